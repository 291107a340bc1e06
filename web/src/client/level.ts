/** How loud a stream is, for the level meter. */

const FLOOR_DB = -60;

/** Maps root-mean-square amplitude (0 to 1) to 0…100 on a decibel scale from -60 dB to 0 dB, as the ear hears it. */
export function levelPercent(rms: number): number {
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.round(Math.min(100, Math.max(0, ((db - FLOOR_DB) / -FLOOR_DB) * 100)));
}

export function rootMeanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

const READ_EVERY_MS = 100;

/** Calls `onLevel` ten times a second with the stream's level until the returned function is called. */
export function watchLevel(stream: MediaStream, onLevel: (percent: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  const source = context.createMediaStreamSource(stream);
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    // Without a click on the page the context starts suspended; it may run once there was one.
    if (context.state === "suspended") void context.resume().catch(() => undefined);
    analyser.getFloatTimeDomainData(samples);
    onLevel(levelPercent(rootMeanSquare(samples)));
  }, READ_EVERY_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
    void context.close();
  };
}
