"""A candidate made of aiortc, which shares no code with Viva or a browser, is interviewed through REST alone.

    aiortc_interview.py URL [CLIP.wav…]

It starts a session, offers audio, speaks the next clip each time `status` says that it is the candidate's turn (without
clips it stays silent), listens to the interviewer, and fetches the results at the end. Its first line of output is what
`start` answered and its last a report, both JSON; it judges nothing.
"""

import asyncio
import fractions
import json
import sys
import time
import urllib.error
import urllib.request

import aioice.ice
import av
import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

SAMPLE_RATE_HZ = 48_000
FRAME_SAMPLES = 960
FRAME_S = FRAME_SAMPLES / SAMPLE_RATE_HZ
# Silence around a clip, as a person leaves it.
PAUSE_SAMPLES = SAMPLE_RATE_HZ // 4
# 16-bit RMS above which a frame is speech and not noise.
LOUD_RMS = 300
POLL_S = 0.1
INTERVIEW_S_MAX = 300

# aioice leaves loopback out; here both ends are on one machine.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def samples_of(path):
    """A WAV file as 48 kHz mono samples."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(path) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    return numpy.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


class Microphone(MediaStreamTrack):
    """Silence in real time, and speech when there is some to say."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self._queue = numpy.zeros(0, dtype=numpy.int16)
        self._sent = 0
        self._started_at = None
        self.quiet = asyncio.Event()
        self.quiet.set()

    def say(self, samples):
        pause = numpy.zeros(PAUSE_SAMPLES, dtype=numpy.int16)
        self._queue = numpy.concatenate([self._queue, pause, samples, pause])
        self.quiet.clear()

    async def recv(self):
        now = time.monotonic()
        if self._started_at is None:
            self._started_at = now
        # A microphone gives a frame each 20 ms; this is its clock.
        await asyncio.sleep(max(0, self._started_at + self._sent * FRAME_S - now))
        now_samples, self._queue = self._queue[:FRAME_SAMPLES], self._queue[FRAME_SAMPLES:]
        if len(self._queue) == 0:
            self.quiet.set()
        padded = numpy.zeros(FRAME_SAMPLES, dtype=numpy.int16)
        padded[: len(now_samples)] = now_samples
        frame = av.AudioFrame.from_ndarray(padded.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = self._sent * FRAME_SAMPLES
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE_HZ)
        self._sent += 1
        return frame


class Listener:
    """Measures what arrives from the interviewer."""

    def __init__(self):
        self.frames = 0
        self.loud_ms = 0.0
        self.peak_rms = 0.0
        self.first_loud_at = None
        self.task = None

    def on_track(self, track):
        if track.kind == "audio":
            self.task = asyncio.create_task(self._listen(track))

    async def _listen(self, track):
        try:
            while True:
                frame = await track.recv()
                samples = frame.to_ndarray().astype(numpy.float64)
                rms = float(numpy.sqrt(numpy.mean(samples * samples)))
                self.frames += 1
                self.peak_rms = max(self.peak_rms, rms)
                if rms > LOUD_RMS:
                    self.loud_ms += 1000 * frame.samples / frame.sample_rate
                    self.first_loud_at = self.first_loud_at or time.monotonic()
        except MediaStreamError:
            pass


class Interview:
    """The REST side of one session."""

    def __init__(self, url):
        self._url = url
        self._token = None
        self._path = "/api/interview"

    async def start(self):
        started = await self.call("POST", "/start", {"user_id": "aiortc", "kind": "tryout"})
        self._token = started["token"]
        self._path += "/" + started["session_id"]
        return started

    async def call(self, method, path, body=None):
        return await asyncio.to_thread(self._call, method, path, body)

    def _call(self, method, path, body):
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + self._path + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from error


async def connect(peer, interview):
    connected = asyncio.Event()

    @peer.on("connectionstatechange")
    def changed():
        if peer.connectionState == "connected":
            connected.set()

    await peer.setLocalDescription(await peer.createOffer())
    offer = {"sdp": peer.localDescription.sdp, "type": peer.localDescription.type}
    answer = await interview.call("POST", "/rtc/offer", offer)
    await peer.setRemoteDescription(RTCSessionDescription(sdp=answer["sdp"], type=answer["type"]))
    await asyncio.wait_for(connected.wait(), 15)
    return time.monotonic()


async def converse(interview, microphone, clips):
    """Answers every turn until the session has ended. Returns the clips that were spoken and the questions seen."""
    spoken, questions, was = [], [], None
    while True:
        status = await interview.call("GET", "/status")
        if status["status"] == "ended":
            return spoken, questions, status
        number = status["question"]["number"]
        if number not in questions:
            questions.append(number)
        if clips and status["speaker"] == "user" and was != "user":
            path = clips[len(spoken) % len(clips)]
            microphone.say(samples_of(path))
            spoken.append(path)
            await microphone.quiet.wait()
        was = status["speaker"]
        await asyncio.sleep(POLL_S)


async def hold(url, clips):
    interview = Interview(url)
    started = await interview.start()
    print(json.dumps(started), flush=True)
    peer, microphone, listener = RTCPeerConnection(), Microphone(), Listener()
    peer.on("track", listener.on_track)
    peer.addTrack(microphone)
    try:
        connected_at = await connect(peer, interview)
        spoken, questions, status = await asyncio.wait_for(converse(interview, microphone, clips), INTERVIEW_S_MAX)
        end = await interview.call("POST", "/end", {})
        results = await interview.call("GET", "/results")
    finally:
        await peer.close()
        if listener.task:
            await listener.task
    first = listener.first_loud_at
    return {
        "started": {key: started[key] for key in ("session_id", "status")},
        "spoken": spoken,
        "questions": questions,
        "status": status,
        "end": end,
        "results": results,
        "agent": {
            "frames": listener.frames,
            "loud_ms": listener.loud_ms,
            "peak_rms": listener.peak_rms,
            "first_after_connected_ms": None if first is None else (first - connected_at) * 1000,
        },
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(hold(sys.argv[1].rstrip("/"), sys.argv[2:]))))
