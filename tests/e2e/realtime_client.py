"""The `openai` package as the client of a Realtime server: one spoken turn, all events held against its types.

    realtime_client.py WEBSOCKET_BASE_URL CLIP.wav [CA.pem]

The last line of output is a JSON report; it judges nothing.
"""

import asyncio
import base64
import json
import ssl
import sys
from typing import get_args

import av
import numpy
import pydantic
from openai import AsyncOpenAI
from openai.types.realtime import RealtimeServerEvent

SAMPLE_RATE_HZ = 24_000
CHUNK_SAMPLES = SAMPLE_RATE_HZ // 10
TRAILING_SILENCE_CHUNKS = 15
TURN_S_MAX = 30

# The union of all server events, by the value of their `type`.
EVENTS = {
    name: event
    for event in get_args(get_args(RealtimeServerEvent)[0])
    for name in get_args(event.model_fields["type"].annotation)
}


def chunks(path):
    """The clip as base64 PCM at 24 kHz, a tenth of a second each, and the silence that ends a turn."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    with av.open(path) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    samples = numpy.concatenate([frame.to_ndarray().reshape(-1) for frame in frames + resampler.resample(None)])
    pieces = [samples[at : at + CHUNK_SAMPLES] for at in range(0, len(samples), CHUNK_SAMPLES)]
    pieces += [numpy.zeros(CHUNK_SAMPLES, dtype=numpy.int16)] * TRAILING_SILENCE_CHUNKS
    return [base64.b64encode(piece.tobytes()).decode() for piece in pieces]


def fault(event):
    """Why the package's types refuse an event; None when they take it."""
    if event.get("type") not in EVENTS:
        return f"unknown event {event.get('type')}"
    try:
        EVENTS[event["type"]].model_validate(event)
    except pydantic.ValidationError as error:
        return f"{event['type']}: {error}"
    return None


class Turn:
    def __init__(self, connection):
        self._connection = connection
        self.types, self.faults, self.audio, self.said, self.heard = [], [], bytearray(), "", ""

    async def until(self, kind):
        while True:
            event = json.loads(await asyncio.wait_for(self._connection.recv_bytes(), TURN_S_MAX))
            self.types.append(event.get("type"))
            if problem := fault(event):
                self.faults.append(problem)
            if event["type"] == "response.output_audio.delta":
                self.audio += base64.b64decode(event["delta"])
            if event["type"] == "response.output_audio_transcript.done":
                self.said = event["transcript"]
            if event["type"] == "conversation.item.input_audio_transcription.completed":
                self.heard = event["transcript"]
            if event["type"] == kind:
                return event


async def hold(base_url, clip, authority):
    options = {"ssl": ssl.create_default_context(cafile=authority)} if authority else {}
    client = AsyncOpenAI(api_key="a-key", websocket_base_url=base_url)
    async with client.realtime.connect(
        model="gpt-realtime-2.1", websocket_connection_options=options
    ) as connection:
        turn = Turn(connection)
        await turn.until("session.created")
        await connection.session.update(
            session={
                "type": "realtime",
                "instructions": "Be brief.",
                "output_modalities": ["audio"],
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ},
                        "transcription": {"model": "gpt-transcribe"},
                        "turn_detection": {"type": "server_vad", "create_response": False},
                    },
                    "output": {"format": {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ}},
                },
            }
        )
        await turn.until("session.updated")
        for chunk in chunks(clip):
            await connection.input_audio_buffer.append(audio=chunk)
        await turn.until("conversation.item.input_audio_transcription.completed")
        await connection.response.create()
        done = await turn.until("response.done")
    samples = numpy.frombuffer(bytes(turn.audio), dtype="<i2").astype(numpy.float64)
    return {
        "types": turn.types,
        "faults": turn.faults,
        "heard": turn.heard,
        "said": turn.said,
        "status": done["response"]["status"],
        "audio_ms": 1000 * len(samples) / SAMPLE_RATE_HZ,
        "audio_rms": float(numpy.sqrt(numpy.mean(samples * samples))) if len(samples) else 0.0,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(hold(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None))))
