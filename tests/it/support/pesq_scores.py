"""How good recordings of the same speech are: ITU-T P.862.2 (wide band), as MOS-LQO.

    pesq_scores.py SAID.wav HEARD.wav…

All are mono WAV files of 16 bit at one rate. Each is aligned to what was said by its cross-correlation first. Prints a
JSON list with one score for each file after the first.
"""

import json
import sys
import wave

import numpy
from pesq import pesq

PESQ_RATE_HZ = 16_000
# What a path may be early or late by.
SHIFT_S_MAX = 0.5


def read(path):
    with wave.open(path) as file:
        assert file.getnchannels() == 1 and file.getsampwidth() == 2, path
        samples = numpy.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(numpy.float64)
        return samples / 32768, file.getframerate()


def resampled(samples, rate_hz):
    """At 16 kHz, by leaving out what lies above 8 kHz of the spectrum."""
    count = round(len(samples) * PESQ_RATE_HZ / rate_hz)
    spectrum = numpy.fft.rfft(samples)
    kept = numpy.zeros(count // 2 + 1, dtype=complex)
    common = min(len(kept), len(spectrum))
    kept[:common] = spectrum[:common]
    return numpy.fft.irfft(kept, count) * count / len(samples)


def aligned(said, heard):
    """`heard` moved so that it fits best."""
    size = 1 << (len(said) + len(heard)).bit_length()
    fit = numpy.fft.irfft(numpy.conj(numpy.fft.rfft(said, size)) * numpy.fft.rfft(heard, size), size)
    most = int(SHIFT_S_MAX * PESQ_RATE_HZ)
    shifts = numpy.concatenate([numpy.arange(most), numpy.arange(-most, 0)])
    shift = int(shifts[numpy.argmax(fit[shifts])])
    moved = heard[shift:] if shift >= 0 else numpy.concatenate([numpy.zeros(-shift), heard])
    return numpy.pad(moved, (0, max(0, len(said) - len(moved))))[: len(said)]


def main(paths):
    said = resampled(*read(paths[0]))
    heard = (aligned(said, resampled(*read(path))) for path in paths[1:])
    print(json.dumps([float(pesq(PESQ_RATE_HZ, said, one, "wb")) for one in heard]))


if __name__ == "__main__":
    main(sys.argv[1:])
