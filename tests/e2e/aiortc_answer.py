"""The same interview as aiortc_interview.py, the other way round: Viva offers and aiortc answers.

    aiortc_answer.py URL [CLIP.wav…]

Beside what that script reports, `events` has the types of the live events on the channel that Viva opened.
"""

import asyncio
import json
import sys
import time

import aiortc_interview
from aiortc import RTCSessionDescription

EVENTS = []


async def connect(peer, interview):
    connected = asyncio.Event()

    @peer.on("connectionstatechange")
    def changed():
        if peer.connectionState == "connected":
            connected.set()

    @peer.on("datachannel")
    def opened(channel):
        assert channel.label == "viva-events", channel.label
        channel.on("message", lambda message: EVENTS.append(json.loads(message)["type"]))

    offer = await interview.call("POST", "/rtc/offer", {})
    assert offer["type"] == "offer", offer
    await peer.setRemoteDescription(RTCSessionDescription(sdp=offer["sdp"], type=offer["type"]))
    await peer.setLocalDescription(await peer.createAnswer())
    answer = {"sdp": peer.localDescription.sdp, "type": peer.localDescription.type}
    taken = await interview.call("POST", "/rtc/answer", answer)
    assert taken["success"] is True, taken
    await asyncio.wait_for(connected.wait(), 15)
    return time.monotonic()


if __name__ == "__main__":
    aiortc_interview.connect = connect
    report = asyncio.run(aiortc_interview.hold(sys.argv[1].rstrip("/"), sys.argv[2:]))
    print(json.dumps(report | {"events": EVENTS}))
