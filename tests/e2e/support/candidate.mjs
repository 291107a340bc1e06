/** A candidate with a recorded voice, and the way through the page's steps. */
import { byId, waitForData } from "./browser.mjs";

/**
 * Puts a microphone into the page that is fed by WebAudio. Whenever the page says that it is the candidate's turn,
 * the next clip is spoken; `window.candidate` tells what was. The sound check and the practice get the first clip,
 * which the interview hears again. Works in Chromium and in Firefox (`FirefoxPage`).
 */
export async function giveVoice(page, clips) {
  await page.addInitScript((recordings) => {
    const candidate = {
      spoken: [],
      playing: false,
      turns: 0,
      tracks: [],
      practised: 0,
    };
    window.candidate = candidate;
    let context = null;
    let output = null;
    let turn = "none";
    let next = 0;
    let waiting = false;

    const microphone = () => {
      context ??= new AudioContext({ sampleRate: 48000 });
      output ??= context.createMediaStreamDestination();
      // Each caller gets a track of its own: the page stops the one that it no longer needs.
      const tracks = output.stream.getAudioTracks().map((track) => track.clone());
      candidate.tracks.push(...tracks);
      return new MediaStream(tracks);
    };
    // Absent on the empty page that comes before every other.
    if (!navigator.mediaDevices) return;
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async () => {
      // Firefox connects to its own machine only while the page has a microphone open: its tone is open, and unheard.
      if (navigator.userAgent.includes("Firefox")) candidate.tone ??= await real({ audio: true });
      return microphone();
    };

    const play = (index) => speak(recordings[index].wav);
    const speak = async (wav) => {
      const bytes = Uint8Array.from(atob(wav), (character) => character.charCodeAt(0));
      const source = context.createBufferSource();
      source.buffer = await context.decodeAudioData(bytes.buffer);
      source.connect(output);
      const ended = new Promise((resolve) => {
        source.onended = resolve;
      });
      source.start();
      await ended;
    };

    /** Speaks the next clip; a turn that comes while one is still being spoken gets its own afterwards. */
    const answer = async () => {
      if (!context || next === recordings.length) return;
      if (candidate.playing) {
        waiting = true;
        return;
      }
      candidate.playing = true;
      if (document.querySelector('[data-testid="practice-mark"]')) {
        await play(0);
        candidate.practised += 1;
      } else {
        const index = next++;
        await play(index);
        candidate.spoken.push(recordings[index].name);
      }
      candidate.playing = false;
      if (waiting && turn === "user") void answer();
      waiting = false;
    };
    /** For the level meter: a few words before the interview. */
    candidate.tryMicrophone = () => play(0);
    /** Whatever is wanted, whenever it is. */
    candidate.speak = speak;

    let stage = null;
    const look = () => {
      const checking = document.querySelector('[data-testid="check"]')?.dataset.stage ?? null;
      if (checking !== stage && checking === "speaking" && recordings.length > 0) void play(0);
      stage = checking;
      const now = document.querySelector('[data-testid="turn"]')?.dataset.turn ?? "none";
      if (now === turn) return;
      turn = now;
      if (now !== "user") return;
      candidate.turns += 1;
      void answer();
    };
    new MutationObserver(look).observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
    });
  }, clips);
}

/** Keeps what the page showed over the whole interview in `window.shown`; the page itself forgets at the end. */
export async function watchPage(page) {
  await page.addInitScript(() => {
    const shown = { captions: {}, questions: [], notices: [], turns: [] };
    window.shown = shown;
    const note = (list, value) => {
      if (value && list.at(-1) !== value) list.push(value);
    };
    const look = () => {
      for (const caption of document.querySelectorAll('[data-testid="caption"]')) {
        const { itemId, role, state } = caption.dataset;
        shown.captions[itemId] = {
          role,
          state,
          text: caption.querySelector(".caption-text")?.textContent ?? "",
        };
      }
      const question = document.querySelector('[data-testid="question"]')?.dataset ?? {};
      note(shown.questions, question.number && `${question.number}/${question.total}`);
      note(shown.turns, document.querySelector('[data-testid="turn"]')?.dataset.turn);
      for (const notice of document.querySelectorAll('[data-testid="notice"]')) {
        note(shown.notices, `${notice.dataset.level} ${notice.dataset.code}`);
      }
    };
    new MutationObserver(look).observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  });
}

/** The session that the page's address names. */
export function sessionOf(page) {
  return decodeURIComponent(new URL(page.url()).pathname.split("/").at(-1));
}

/** Presses Tab until the focus is in the element, as a candidate without a mouse does. */
export async function tabTo(page, id) {
  for (let presses = 0; presses < 40; presses += 1) {
    const there = await page.evaluate(
      (wanted) => document.activeElement?.closest(`[data-testid="${wanted}"]`) !== null,
      id,
    );
    if (there) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${id} cannot be reached with the Tab key`);
}

/** Measures the interviewer's voice as it comes out of the page's audio element, in `window.agentVoice`. */
export async function listenToAgent(page) {
  await page.addInitScript(() => {
    const voice = { peak: 0, loudMs: 0 };
    window.agentVoice = voice;
    const STEP_MS = 50;
    let context = null;
    let analyser = null;
    let heard = null;
    setInterval(() => {
      const stream = document.querySelector('[data-testid="agent-audio"]')?.srcObject;
      if (!stream || stream.getAudioTracks().length === 0) return;
      if (stream !== heard) {
        heard = stream;
        context ??= new AudioContext();
        analyser = context.createAnalyser();
        analyser.fftSize = 2048;
        context.createMediaStreamSource(stream).connect(analyser);
      }
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      const rms = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
      voice.peak = Math.max(voice.peak, rms);
      if (rms > 0.01) voice.loudMs += STEP_MS;
    }, STEP_MS);
  });
}

/** From the first step to the button that starts; `look(step)` is called on each. No check and no practice. */
export async function walkToStart(page, look = async () => undefined) {
  await walkToCheck(page, look);
  if (await byId(page, "check-next").isVisible()) {
    await look("microphone");
    await page.locator('[data-testid="check-next"]:not([data-disabled])').click();
  }
  await page.locator('[data-testid="start"]:not([data-disabled])').waitFor({ timeout: 10_000 });
  await look("start");
}

/** From the first step to the sound check, or to the button of who comes back. */
export async function walkToCheck(page, look = async () => undefined) {
  const there = byId(page, "check").or(byId(page, "start")).first();
  await byId(page, "continue").or(there).first().waitFor({ timeout: 20_000 });
  if (await byId(page, "continue").isVisible()) {
    await look("welcome");
    await byId(page, "continue").click();
    await byId(page, "agree").or(there).first().waitFor({ timeout: 10_000 });
    if (await byId(page, "agree").isVisible()) {
      await look("consent");
      await byId(page, "consent").click();
      await byId(page, "agree").click();
    }
  }
  await there.waitFor({ timeout: 10_000 });
}

/** Starts, and waits until audio flows. */
export async function startInterview(page) {
  await byId(page, "start").click();
  await waitForData(page, "connection-state", "state", "live", 20_000);
}
