/**
 * The sound check over the real way: microphone and tone marks go to the server and come back. Three stages:
 * connecting, measuring the delay with marks, and a sentence that is recorded as it comes back.
 */
import { RehearsalApi, type SessionApi } from "./api";
import { type Checkup, lineFigures } from "./checkup";
import { parseEnvelope } from "./events";
import { ApiError, UnreachableError } from "./http";
import { levelPercent, rootMeanSquare } from "./level";
import { MARK_HZ, MARK_MS, MARK_TIMES_MS, burstOnsets, delayOf, mergeOnsets, toneLevels } from "./marks";
import { Peer } from "./peer";

export type CheckStage = "connecting" | "measuring" | "speaking";

/** How long the sentence may be. */
export const SENTENCE_MS = 4_000;
const CONNECT_LIMIT_MS = 6_000;
const MARKS_LIMIT_MS = 3_200;
const MARK_LEVEL = 0.4;
/** Windows of 32768 samples (0.68 s) overlap by more than a mark when they are read this often. */
const READ_MARKS_EVERY_MS = 300;
const MARK_WINDOW = 32_768;
const READ_LEVEL_EVERY_MS = 50;
const LEVEL_WINDOW = 2_048;
const CLIPPED = 0.985;
/** The end of the sentence is still on its way when it was spoken. */
const RETURN_MS = 400;

export interface CheckRequest {
  session: SessionApi;
  microphone: MediaStream;
  onStage: (stage: CheckStage) => void;
  /** What comes back; it has to hang on a muted audio element, or Chromium decodes nothing of it. */
  onReturn: (stream: MediaStream) => void;
  signal: AbortSignal;
}

export interface CheckResult {
  checkup: Checkup;
  /** The sentence as it came back from the server, or as the microphone gave it where nothing does. */
  sentence: Blob | null;
}

/** Holds the whole check; rejects with `AbortError` when it is left. */
export async function soundCheck(request: CheckRequest): Promise<CheckResult> {
  const { session, microphone, onStage, signal } = request;
  const line = new TestLine(microphone);
  const returned: Returned = { stream: null, losses: [], jitterMs: null };
  let peer: Peer | null = null;
  try {
    onStage("connecting");
    const connected = await connect(request, line, returned);
    peer = connected.peer;
    let voiceDelayMs: number | null = null;
    if (peer !== null && returned.stream !== null) {
      onStage("measuring");
      voiceDelayMs = await line.measureDelay(returned.stream, signal);
    }
    onStage("speaking");
    const heard = await line.listen(peer === null ? null : returned.stream, voiceDelayMs ?? 0, signal);
    const figures = peer === null ? null : lineFigures(entriesOf(await peer.statistics()));
    const checkup: Checkup = {
      path: figures?.path ?? connected.failure,
      lossUp: mean(returned.losses),
      lossDown: figures?.lossDown ?? null,
      jitterMs: figures === null ? null : Math.max(figures.jitterMs ?? 0, Math.round(returned.jitterMs ?? 0)),
      roundTripMs: figures?.roundTripMs ?? null,
      voiceDelayMs,
      voiceLevel: heard.voiceLevel,
      returnedLevel: heard.returnedLevel,
      clipped: heard.clipped,
    };
    return { checkup, sentence: heard.sentence };
  } finally {
    peer?.close();
    line.close();
    // It ends by itself after a while; saying so gives the server its place back at once.
    void session.endRehearsal().catch(() => undefined);
  }
}

interface Returned {
  stream: MediaStream | null;
  losses: number[];
  jitterMs: number | null;
}

interface Connected {
  peer: Peer | null;
  /** Why there is none. */
  failure: "none" | "unavailable";
}

async function connect(request: CheckRequest, line: TestLine, returned: Returned): Promise<Connected> {
  const api = new RehearsalApi(request.session, "check");
  let peer: Peer | null = null;
  try {
    const iceServers = await api.iceServers();
    peer = new Peer(api, iceServers, line.outgoing, {
      onMessage: (text) => noteQuality(text, returned),
      onChannel: () => undefined,
      onConnection: () => undefined,
      onAudio: (stream) => {
        returned.stream = stream;
        request.onReturn(stream);
      },
    });
    await peer.negotiate();
    await unlessLeft(peer.whenConnected(CONNECT_LIMIT_MS), request.signal);
    return { peer, failure: "none" };
  } catch (error) {
    peer?.close();
    request.signal.throwIfAborted();
    const refused = error instanceof ApiError || error instanceof UnreachableError;
    return { peer: null, failure: refused ? "unavailable" : "none" };
  }
}

function noteQuality(text: string, returned: Returned): void {
  const event = parseEnvelope(text);
  if (event?.type !== "quality") return;
  if (event.lossRatio !== null) returned.losses.push(event.lossRatio);
  if (event.jitterMs !== null) returned.jitterMs = Math.max(returned.jitterMs ?? 0, event.jitterMs);
}

function entriesOf(report: RTCStatsReport): Record<string, unknown>[] {
  return Array.from(report.values()) as Record<string, unknown>[];
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Heard {
  voiceLevel: number;
  returnedLevel: number | null;
  clipped: boolean;
  sentence: Blob | null;
}

/** The sounds of the check on one audio clock: a microphone that can be closed, marks, and what comes back. */
class TestLine {
  private readonly context = new AudioContext();
  private readonly output = this.context.createMediaStreamDestination();
  private readonly voice = this.context.createGain();

  constructor(private readonly microphone: MediaStream) {
    // Until the sentence only the marks are sent: a room's noise could be taken for one.
    this.voice.gain.value = 0;
    if (microphone.getAudioTracks().length > 0) {
      this.context.createMediaStreamSource(microphone).connect(this.voice).connect(this.output);
    }
    void this.context.resume().catch(() => undefined);
  }

  get outgoing(): MediaStream {
    return this.output.stream;
  }

  async measureDelay(returned: MediaStream, signal: AbortSignal): Promise<number | null> {
    const analyser = this.analyserOf(returned, MARK_WINDOW);
    const samples = new Float32Array(analyser.fftSize);
    const windowMs = (analyser.fftSize / this.context.sampleRate) * 1000;
    const startMs = this.context.currentTime * 1000 + 250;
    const sent = MARK_TIMES_MS.map((time) => startMs + time);
    sent.forEach((time) => this.mark(time / 1000));
    const until = performance.now() + MARKS_LIMIT_MS;
    let heard: number[] = [];
    while (performance.now() < until) {
      await pause(READ_MARKS_EVERY_MS, signal);
      analyser.getFloatTimeDomainData(samples);
      const windowStartMs = this.context.currentTime * 1000 - windowMs;
      const onsets = burstOnsets(toneLevels(samples, this.context.sampleRate));
      heard = mergeOnsets(
        heard,
        onsets.map((onset) => windowStartMs + onset),
      );
      if (heard.length >= sent.length) break;
    }
    return delayOf(sent, heard);
  }

  /** Opens the microphone for a sentence, records what comes back of it, and measures both. */
  async listen(returned: MediaStream | null, delayMs: number, signal: AbortSignal): Promise<Heard> {
    const recorder = recorderOf(returned ?? this.microphone);
    const near = this.analyserOf(this.microphone, LEVEL_WINDOW);
    const far = returned === null ? null : this.analyserOf(returned, LEVEL_WINDOW);
    const samples = new Float32Array(LEVEL_WINDOW);
    const heard: Heard = { voiceLevel: 0, returnedLevel: far === null ? null : 0, clipped: false, sentence: null };
    this.voice.gain.value = 1;
    const startedMs = performance.now();
    const lengthMs = SENTENCE_MS + (returned === null ? 0 : delayMs + RETURN_MS);
    try {
      while (performance.now() - startedMs < lengthMs) {
        await pause(READ_LEVEL_EVERY_MS, signal);
        if (performance.now() - startedMs > SENTENCE_MS) this.voice.gain.value = 0;
        near.getFloatTimeDomainData(samples);
        heard.voiceLevel = Math.max(heard.voiceLevel, levelPercent(rootMeanSquare(samples)));
        heard.clipped ||= samples.some((sample) => Math.abs(sample) >= CLIPPED);
        if (far === null) continue;
        far.getFloatTimeDomainData(samples);
        heard.returnedLevel = Math.max(heard.returnedLevel ?? 0, levelPercent(rootMeanSquare(samples)));
      }
    } finally {
      heard.sentence = (await recorder?.()) ?? null;
    }
    return heard;
  }

  close(): void {
    this.output.stream.getTracks().forEach((track) => track.stop());
    void this.context.close().catch(() => undefined);
  }

  /** One burst; its edges are rounded, because a hard edge is a click at all frequencies. */
  private mark(atS: number): void {
    const tone = this.context.createOscillator();
    const level = this.context.createGain();
    const endS = atS + MARK_MS / 1000;
    tone.frequency.value = MARK_HZ;
    level.gain.setValueAtTime(0, atS);
    level.gain.linearRampToValueAtTime(MARK_LEVEL, atS + 0.004);
    level.gain.setValueAtTime(MARK_LEVEL, endS - 0.004);
    level.gain.linearRampToValueAtTime(0, endS);
    tone.connect(level).connect(this.output);
    tone.start(atS);
    tone.stop(endS);
  }

  /** Not connected to the speakers: a voice that comes back there would be an echo. */
  private analyserOf(stream: MediaStream, window: number): AnalyserNode {
    const analyser = this.context.createAnalyser();
    analyser.fftSize = window;
    analyser.smoothingTimeConstant = 0;
    if (stream.getAudioTracks().length > 0) this.context.createMediaStreamSource(stream).connect(analyser);
    return analyser;
  }
}

/** Records from now on; the function that it gives ends it. Null where the browser cannot. */
function recorderOf(stream: MediaStream): (() => Promise<Blob | null>) | null {
  if (typeof MediaRecorder === "undefined" || stream.getAudioTracks().length === 0) return null;
  let recorder: MediaRecorder;
  const parts: Blob[] = [];
  try {
    recorder = new MediaRecorder(new MediaStream(stream.getAudioTracks()));
    recorder.ondataavailable = ({ data }) => void (data.size > 0 && parts.push(data));
    recorder.start();
  } catch {
    return null;
  }
  return () =>
    new Promise((resolve) => {
      const done = (): void => resolve(parts.length === 0 ? null : new Blob(parts, { type: recorder.mimeType }));
      if (recorder.state === "inactive") return done();
      recorder.onstop = done;
      recorder.stop();
    });
}

/**
 * The promise, or a rejection as soon as the check is left: what follows on the server's side must not wait for it, or
 * the late end of this rehearsal would be the end of the next.
 */
function unlessLeft<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    promise.then(resolve, reject);
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
