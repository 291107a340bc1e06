"""The `openai` package as a client of Viva's own `/v1/realtime`: one spoken turn, in either dialect, all events held
against the package's types.

    relay_client.py ga|beta WEBSOCKET_BASE_URL CLIP.wav CLIENT_SECRET

The last line of output is a JSON report; it judges nothing.
"""

import asyncio
import base64
import json
import sys
from typing import get_args

import numpy
import pydantic
from openai import AsyncOpenAI
from openai.types.beta.realtime import RealtimeServerEvent as BetaServerEvent

from realtime_client import EVENTS, SAMPLE_RATE_HZ, chunks

TURN_S_MAX = 60

BETA_EVENTS = {
    name: event
    for event in get_args(get_args(BetaServerEvent)[0])
    for name in get_args(event.model_fields["type"].annotation)
}

# As the voice contract prints it.
PRINTED = {
    "modalities": ["text", "audio"],
    "instructions": "You are a helpful AI coach. Speak naturally and provide supportive guidance.",
    "voice": "alloy",
    "input_audio_format": "pcm16",
    "output_audio_format": "pcm16",
    "input_audio_transcription": {"model": "whisper-1"},
}

GA = {
    "type": "realtime",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ},
            "transcription": {"model": "gpt-transcribe"},
            "turn_detection": {"type": "semantic_vad"},
        },
        "output": {"format": {"type": "audio/pcm", "rate": SAMPLE_RATE_HZ}},
    },
}


def fault(known, event):
    """Why the package's types refuse an event; None when they take it."""
    if event.get("type") not in known:
        return f"unknown event {event.get('type')}"
    try:
        known[event["type"]].model_validate(event)
    except pydantic.ValidationError as error:
        return f"{event['type']}: {error}"
    return None


async def spoken_turn(connection, known, clip, session):
    events = []

    async def until(kind, accept=lambda event: True):
        while True:
            event = json.loads(await asyncio.wait_for(connection.recv_bytes(), TURN_S_MAX))
            events.append(event)
            if event["type"] == kind and accept(event):
                return event

    await until("session.created")
    await connection.session.update(session=session)
    await until("session.updated")
    for chunk in chunks(clip):
        await connection.input_audio_buffer.append(audio=chunk)
    # A provider whose ears are quick may hear the clip as two turns, and break off its first answer.
    done = await until("response.done", lambda event: event["response"]["status"] == "completed")
    faults = [problem for event in events if (problem := fault(known, event))]
    return events, faults, done


async def hold(dialect, base_url, clip, secret):
    client = AsyncOpenAI(api_key=secret, websocket_base_url=base_url)
    if dialect == "beta":
        connecting = client.beta.realtime.connect(model="gpt-4o-realtime-preview-2024-10-01")
        known, session = BETA_EVENTS, PRINTED
    else:
        connecting = client.realtime.connect(model="gpt-realtime")
        known, session = EVENTS, GA
    async with connecting as connection:
        events, faults, done = await spoken_turn(connection, known, clip, session)

    def all_of(ends, field):
        return [event[field] for event in events if event["type"].endswith(ends)]

    deltas = all_of("audio.delta", "delta")
    samples = numpy.frombuffer(b"".join(map(base64.b64decode, deltas)), dtype="<i2").astype(numpy.float64)
    return {
        "types": [event["type"] for event in events],
        "faults": faults,
        "model": events[0]["session"]["model"],
        "heard": " ".join(all_of("input_audio_transcription.completed", "transcript")),
        "said": " ".join(all_of("audio_transcript.done", "transcript")),
        "status": done["response"]["status"],
        "audio_ms": 1000 * len(samples) / SAMPLE_RATE_HZ,
        "audio_rms": float(numpy.sqrt(numpy.mean(samples * samples))) if len(samples) else 0.0,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(hold(*sys.argv[1:5]))))
