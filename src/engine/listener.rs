//! From windows to utterances: when somebody begins to speak, pauses, goes on and ends, and where a long answer may be
//! cut into chunks for the transcriber. Sans-IO: time is that of the frames.

use super::{
    stt::LISTEN_RATE_HZ,
    turn::TURN_SAMPLES,
    vad::{VoiceDetector, WINDOW, WINDOW_MS, Window},
};
use crate::media::port::{FRAME_MS, FRAME_SAMPLES, UplinkFrame};

/// Voiced windows in a row that begin an utterance (96 ms), and how many of them must be sure.
const ONSET_WINDOWS: (u32, u32) = (6, 2);
/// While the interviewer speaks, so many of the last [`BARGE_IN_SPAN`] windows (256 of 320 ms): its echo must not
/// count.
const BARGE_IN_WINDOWS: (u32, u32) = (16, 6);
const BARGE_IN_SPAN: u32 = 20;
/// Sound before the onset that belongs to the utterance.
const PRE_ROLL: usize = LISTEN_RATE_HZ * 3 / 10;
/// Sound kept while nobody speaks.
const RING: usize = PRE_ROLL + BARGE_IN_SPAN as usize * WINDOW;
const RING_MAX: usize = RING + 16 * WINDOW;
/// A pause: worth a guess that the answer is over.
pub(super) const PAUSE_MS: u64 = 200;
/// A chunk that is longer is closed at the next pause.
const CHUNK: usize = 6 * LISTEN_RATE_HZ;
/// A chunk never gets longer: it is cut where it is quietest.
const CHUNK_MAX: usize = 15 * LISTEN_RATE_HZ;
/// Length of the quiet place that is looked for.
const QUIET: usize = LISTEN_RATE_HZ / 5;
/// An utterance ends after this, whatever happens: nothing grows without bound.
const UTTERANCE_MS_MAX: u64 = 10 * 60 * 1_000;
/// Lost time that is filled with silence; after a longer gap an utterance would have ended anyway.
const GAP_MS_MAX: u64 = 3_000;

/// What was heard.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// Somebody speaks, since `audio_ms` (pre-roll included).
    Started { audio_ms: u64 },
    /// Quiet for [`PAUSE_MS`].
    Paused,
    /// The pause was no end.
    Resumed,
    /// This part of the utterance will not change any more.
    Chunk { samples: Vec<f32> },
    /// It has been going on for [`UTTERANCE_MS_MAX`].
    TooLong,
}

/// What is left when an utterance ends.
pub(super) struct Ending {
    /// End of the last word.
    pub audio_ms: u64,
    /// The last chunk, if there is a voice in it.
    pub rest: Option<Vec<f32>>,
}

struct Utterance {
    started_ms: u64,
    pcm: Vec<i16>,
    /// Where the open chunk begins in `pcm`; before it is only what the turn model wants to hear again.
    chunk_at: usize,
    chunk_voiced: bool,
    voice_end_ms: u64,
    quiet_ms: u64,
    paused: bool,
}

/// The last 32 windows, newest in bit 0.
#[derive(Clone, Copy, Default)]
struct Voices {
    voiced: u32,
    sure: u32,
}

/// Ears of one session, without the understanding.
pub(super) struct Listener {
    detector: VoiceDetector,
    /// Last sound before an utterance.
    ring: Vec<i16>,
    voices: Voices,
    utterance: Option<Utterance>,
    end_ms: Option<u64>,
}

impl Listener {
    pub(super) fn new() -> Self {
        let detector = VoiceDetector::new();
        Self { detector, ring: Vec::with_capacity(RING_MAX), voices: Voices::default(), utterance: None, end_ms: None }
    }

    /// Takes a frame. `agent_speaks`: the interviewer can be heard, so a voice may be its echo. `manual`: an utterance
    /// begins with whatever comes first, and no pause is told.
    pub(super) fn push(&mut self, frame: &UplinkFrame, agent_speaks: bool, manual: bool) -> Vec<Heard> {
        let mut heard = Vec::new();
        let expected = self.end_ms.unwrap_or(frame.audio_ms);
        if manual && self.utterance.is_none() {
            self.utterance = Some(Utterance::at(frame.audio_ms));
            heard.push(Heard::Started { audio_ms: frame.audio_ms });
        }
        let gap_ms = frame.audio_ms.saturating_sub(expected).min(GAP_MS_MAX);
        let silence = [0; FRAME_SAMPLES];
        for lost in 0..gap_ms / FRAME_MS {
            self.take(&silence, expected + (lost + 1) * FRAME_MS, agent_speaks, &mut heard);
        }
        let end_ms = frame.audio_ms + FRAME_MS;
        self.take(&frame.pcm, end_ms, agent_speaks, &mut heard);
        self.end_ms = Some(end_ms);
        heard
    }

    fn take(&mut self, pcm: &[i16; FRAME_SAMPLES], end_ms: u64, agent_speaks: bool, heard: &mut Vec<Heard>) {
        let Self { detector, ring, voices, utterance, .. } = self;
        detector.push(pcm, |window| {
            voices.voiced = voices.voiced << 1 | u32::from(window.voiced);
            voices.sure = voices.sure << 1 | u32::from(window.sure);
            let window_end_ms = end_ms.saturating_sub(window.before_end_ms);
            match utterance {
                Some(utterance) => utterance.extend(&window, voices.voiced, window_end_ms, heard),
                None => {
                    keep_window(ring, window.pcm);
                    if let Some(windows) = voices.onset(agent_speaks) {
                        let begun = Utterance::begin(ring, windows, window_end_ms);
                        heard.push(Heard::Started { audio_ms: begun.started_ms });
                        *utterance = Some(begun);
                        ring.clear();
                    }
                }
            }
        });
    }

    /// How long it has been quiet in this utterance; 0 between utterances.
    pub(super) fn quiet_ms(&self) -> u64 {
        self.utterance.as_ref().map_or(0, |utterance| utterance.quiet_ms)
    }

    /// The open chunk, if there is a voice in it.
    pub(super) fn open_chunk(&self) -> Option<Vec<f32>> {
        self.utterance.as_ref().and_then(Utterance::open_chunk)
    }

    /// Milliseconds in the open chunk.
    pub(super) fn open_chunk_ms(&self) -> u64 {
        let samples = self.utterance.as_ref().map_or(0, |utterance| utterance.pcm.len() - utterance.chunk_at);
        (samples * 1_000 / LISTEN_RATE_HZ) as u64
    }

    /// What the turn model wants to hear: the last 8 s at most.
    pub(super) fn last_8_s(&self) -> Vec<f32> {
        let pcm = self.utterance.as_ref().map_or(&[][..], |utterance| &utterance.pcm);
        floats(&pcm[pcm.len().saturating_sub(TURN_SAMPLES)..])
    }

    /// Whether there is an utterance.
    pub(super) fn is_open(&self) -> bool {
        self.utterance.is_some()
    }

    /// Ends the utterance, if there is one.
    pub(super) fn end(&mut self) -> Option<Ending> {
        let utterance = self.utterance.take()?;
        // No pre-roll from here: these words are said, the next utterance must not repeat them.
        self.voices = Voices::default();
        Some(Ending { audio_ms: utterance.voice_end_ms, rest: utterance.open_chunk() })
    }
}

impl Utterance {
    /// One that begins without a voice.
    fn at(started_ms: u64) -> Self {
        Self {
            started_ms,
            pcm: Vec::new(),
            chunk_at: 0,
            chunk_voiced: false,
            voice_end_ms: started_ms,
            quiet_ms: 0,
            paused: false,
        }
    }

    /// `windows`: how many at the end of `ring` made the onset.
    fn begin(ring: &[i16], windows: u32, now_ms: u64) -> Self {
        let wanted = PRE_ROLL + windows as usize * WINDOW;
        let pcm = ring[ring.len().saturating_sub(wanted)..].to_vec();
        let length_ms = (pcm.len() * 1_000 / LISTEN_RATE_HZ) as u64;
        Self {
            started_ms: now_ms.saturating_sub(length_ms),
            pcm,
            chunk_at: 0,
            chunk_voiced: true,
            voice_end_ms: now_ms,
            quiet_ms: 0,
            paused: false,
        }
    }

    fn extend(&mut self, window: &Window<'_>, voices: u32, now_ms: u64, heard: &mut Vec<Heard>) {
        self.pcm.extend_from_slice(window.pcm);
        // One voiced window alone is a click.
        if voices & 0b11 == 0b11 {
            self.chunk_voiced = true;
            self.voice_end_ms = now_ms;
            self.quiet_ms = 0;
            if std::mem::take(&mut self.paused) {
                heard.push(Heard::Resumed);
            }
        } else {
            self.quiet_ms += WINDOW_MS;
        }
        if !self.paused && self.quiet_ms >= PAUSE_MS {
            self.paused = true;
            if self.pcm.len() - self.chunk_at > CHUNK {
                heard.extend(self.close_chunk(self.pcm.len()));
            }
            heard.push(Heard::Paused);
        }
        if self.pcm.len() - self.chunk_at >= CHUNK_MAX {
            heard.extend(self.close_chunk(self.quietest()));
        }
        if now_ms.saturating_sub(self.started_ms) >= UTTERANCE_MS_MAX {
            heard.push(Heard::TooLong);
        }
    }

    /// Middle of the quietest 200 ms in the second half of the open chunk.
    fn quietest(&self) -> usize {
        let from = self.chunk_at + CHUNK_MAX / 2;
        let energy = |at: &usize| self.pcm[*at..*at + QUIET].iter().map(|&s| i64::from(s).pow(2)).sum::<i64>();
        let places = (from..self.pcm.len() - QUIET).step_by(WINDOW);
        places.min_by_key(energy).map_or(self.pcm.len(), |at| at + QUIET / 2)
    }

    /// Closes the open chunk at `end` and forgets what nobody needs any more.
    fn close_chunk(&mut self, end: usize) -> Option<Heard> {
        let voiced = std::mem::replace(&mut self.chunk_voiced, end < self.pcm.len());
        let closed = voiced.then(|| Heard::Chunk { samples: floats(&self.pcm[self.chunk_at..end]) });
        let forget = self.pcm.len().saturating_sub(TURN_SAMPLES).min(end);
        self.pcm.drain(..forget);
        self.chunk_at = end - forget;
        closed
    }

    fn open_chunk(&self) -> Option<Vec<f32>> {
        self.chunk_voiced.then(|| floats(&self.pcm[self.chunk_at..]))
    }
}

impl Voices {
    /// Whether an utterance begins now; if so, how many windows ago.
    fn onset(self, agent_speaks: bool) -> Option<u32> {
        let span = if agent_speaks { BARGE_IN_SPAN } else { self.voiced.trailing_ones().min(BARGE_IN_SPAN) };
        let mask = (1 << span) - 1;
        let (voiced, sure) = if agent_speaks { BARGE_IN_WINDOWS } else { ONSET_WINDOWS };
        let enough = (self.voiced & mask).count_ones() >= voiced && (self.sure & mask).count_ones() >= sure;
        enough.then_some(span)
    }
}

/// Appends a window to the ring and keeps its newest part; it is compacted rarely.
fn keep_window(ring: &mut Vec<i16>, pcm: &[i16]) {
    ring.extend_from_slice(pcm);
    if ring.len() + WINDOW > RING_MAX {
        ring.drain(..ring.len() - RING);
    }
}

fn floats(pcm: &[i16]) -> Vec<f32> {
    pcm.iter().map(|&sample| f32::from(sample) / 32_768.0).collect()
}

#[cfg(test)]
mod tests {
    use super::{Heard, Listener};
    use crate::media::port::{FRAME_MS, FRAME_SAMPLES, FrameKind, UplinkFrame};
    use std::path::Path;

    /// The four clips one after the other, 16 to 24 kHz by straight lines.
    fn speech() -> Vec<i16> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/speech");
        let mut samples: Vec<f32> = Vec::new();
        for name in ["0870", "0880", "0890", "0920"] {
            let path = folder.join(format!("sense_and_sensibility_01_austen_64kb-{name}.wav"));
            let mut wav = hound::WavReader::open(path).unwrap();
            samples.extend(wav.samples::<i16>().map(|sample| f32::from(sample.unwrap())));
        }
        let at = |n: usize| samples.get(n).copied().unwrap_or_default();
        let between = |n: usize| {
            let part = (n * 2 % 3) as f32 / 3.0;
            (at(n * 2 / 3) * (1.0 - part) + at(n * 2 / 3 + 1) * part) as i16
        };
        (0..samples.len() * 3 / 2).map(between).collect()
    }

    #[test]
    fn chunks_are_of_bounded_length_and_no_sample_is_lost_or_doubled() {
        let mut listener = Listener::new();
        let (mut started_ms, mut chunks) = (None, Vec::new());
        let pcm = speech();
        let mut audio_ms = 0;
        for frame in pcm.chunks_exact(FRAME_SAMPLES) {
            let pcm = frame.try_into().unwrap();
            let frame = UplinkFrame { pcm, mulaw: None, rtp_time: audio_ms * 48, audio_ms, kind: FrameKind::Normal };
            audio_ms += FRAME_MS;
            for heard in listener.push(&frame, false, false) {
                match heard {
                    Heard::Started { audio_ms } => started_ms = Some(audio_ms),
                    Heard::Chunk { samples } => chunks.push(samples.len()),
                    _ => {}
                }
            }
        }
        let started_ms = started_ms.expect("somebody speaks");
        assert!(started_ms < 400, "{started_ms}");
        assert!(chunks.len() >= 2 && chunks.iter().all(|&samples| samples <= 15 * 16_000), "{chunks:?}");
        let rest = listener.end().and_then(|ending| ending.rest).map_or(0, |rest| rest.len());
        let heard_ms = (chunks.iter().sum::<usize>() + rest) as u64 / 16;
        // All but the resampler's delay and the window that is not full yet.
        let expected_ms = audio_ms - started_ms;
        assert!(heard_ms <= expected_ms && heard_ms + 40 >= expected_ms, "{heard_ms} of {expected_ms}");
    }

    #[test]
    fn a_voice_without_pause_is_cut_where_it_is_quietest() {
        let mut listener = Listener::new();
        let pcm = speech();
        // Only the loudest second, over and over, with one quiet place.
        let loud: Vec<i16> = pcm[24_000..48_000].to_vec();
        let mut chunks = Vec::new();
        for index in 0..18 * 50u64 {
            let at = (index as usize * FRAME_SAMPLES) % loud.len();
            let quiet = (500..512).contains(&index);
            let scale = if quiet { 0.02 } else { 1.0 };
            let pcm = std::array::from_fn(|n| (f32::from(loud[(at + n) % loud.len()]) * scale) as i16);
            let audio_ms = index * FRAME_MS;
            let frame = UplinkFrame { pcm, mulaw: None, rtp_time: audio_ms * 48, audio_ms, kind: FrameKind::Normal };
            for heard in listener.push(&frame, false, false) {
                if let Heard::Chunk { samples } = heard {
                    chunks.push(samples.len() as u64 / 16);
                }
            }
        }
        let [first_ms] = chunks.as_slice() else { panic!("{chunks:?}") };
        assert!((9_900..10_400).contains(first_ms), "cut after {first_ms} ms");
    }

    #[test]
    fn lost_time_passes_as_silence() {
        let mut listener = Listener::new();
        let pcm = speech();
        let mut audio_ms = 0;
        let push = |listener: &mut Listener, pcm: &[i16], audio_ms: u64| {
            let pcm = pcm.try_into().unwrap();
            listener.push(
                &UplinkFrame { pcm, mulaw: None, rtp_time: audio_ms * 48, audio_ms, kind: FrameKind::Normal },
                false,
                false,
            )
        };
        for frame in pcm.chunks_exact(FRAME_SAMPLES).take(100) {
            push(&mut listener, frame, audio_ms);
            audio_ms += FRAME_MS;
        }
        assert_eq!(listener.quiet_ms(), 0);
        let heard = push(&mut listener, &[0; FRAME_SAMPLES], audio_ms + 1_000);
        assert!(heard.contains(&Heard::Paused), "{heard:?}");
        assert!((600..1_020).contains(&listener.quiet_ms()), "{}", listener.quiet_ms());
    }
}
