//! One simulated candidate: starts an interview over REST, speaks a clip each time it is its turn, stays to the end.

use super::{
    peer::{ClientError, ClientEvent, ClientPeer, Heard},
    speech::Clip,
};
use crate::domain::audio::FRAME_SAMPLES;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, time::MissedTickBehavior};

/// Who is to be interviewed, where, and what it says.
pub struct Candidate {
    pub url: String,
    pub kind: String,
    pub user_id: String,
    /// In place of the kind.
    pub interview_id: Option<String>,
    pub api_key: Option<String>,
    /// One for each of its turns, over and over.
    pub clips: Vec<Clip>,
}

/// What it saw.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub session_id: String,
    /// The offer's way: request to answer.
    pub answer: Duration,
    /// Offer posted to DTLS connected.
    pub set_up: Duration,
    /// Connected to the first packet with a voice in it.
    pub first_audio: Option<Duration>,
    /// Connected to the end.
    pub media: Duration,
    pub agent_frames: u64,
    /// How much later than its place in the talk spurt each agent packet came, in milliseconds.
    pub lateness_ms: Vec<f64>,
    pub end_reason: String,
    pub user_items: usize,
    /// The candidate's words as the results have them.
    pub words: String,
}

/// Why an interview did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    #[error("http: {0}")]
    Http(#[from] reqwest::Error),
    #[error("viva answered {status}: {body}")]
    Refused { status: u16, body: String },
    #[error("{0} is missing in an answer")]
    Missing(&'static str),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("the connection was lost before the interview ended")]
    Lost,
}

/// Between the start of its turn and its first word.
const THINKING: Duration = Duration::from_millis(300);
const FRAME: Duration = Duration::from_millis(20);
/// Mean amplitude above which a packet has a voice in it.
const VOICE_LEVEL: u32 = 100;
/// A pause in the packets after which a new talk spurt begins.
const SPURT_GAP: Duration = Duration::from_millis(200);

impl Candidate {
    /// Holds the whole interview.
    ///
    /// # Errors
    /// [`SimulationError`]
    pub async fn attend(self) -> Result<Outcome, SimulationError> {
        let http = Client::new();
        let start = http.post(format!("{}/api/interview/start", self.url));
        let start = match &self.api_key {
            Some(key) => start.header("x-api-key", key),
            None => start,
        };
        let wanted = match &self.interview_id {
            Some(interview_id) => json!({"user_id": self.user_id, "interview_id": interview_id}),
            None => json!({"user_id": self.user_id, "kind": self.kind}),
        };
        let started = json(start.json(&wanted)).await?;
        let session_id = string(&started, "session_id")?;
        let token = string(&started, "token")?;
        let base = format!("{}/api/interview/{session_id}", self.url);
        let (peer, mut events) = ClientPeer::new(self.bind()).await?;
        let offer = peer.offer(false).await?;
        let posted = Instant::now();
        let request = http.post(format!("{base}/rtc/offer")).bearer_auth(&token);
        let answered = json(request.json(&json!({"sdp": offer, "type": "offer"}))).await?;
        let answer = posted.elapsed();
        peer.accept(&string(&answered, "sdp")?).await?;
        let seen = Call { peer: &peer, clips: &self.clips, posted }.hold(&mut events).await?;
        // It is over for the server; a hang-up that fails changes nothing.
        let _ = peer.close().await;
        let results = http.get(format!("{base}/results"));
        let results = match &self.api_key {
            Some(key) => json(results.header("x-api-key", key)).await?,
            None => json(results).await?,
        };
        Ok(outcome(session_id, answer, seen, &results))
    }

    /// A server on this machine is reached over loopback only.
    fn bind(&self) -> SocketAddr {
        let local = self.url.contains("//127.") || self.url.contains("//localhost");
        let ip = if local { Ipv4Addr::LOCALHOST } else { Ipv4Addr::UNSPECIFIED };
        SocketAddr::new(IpAddr::V4(ip), 0)
    }
}

async fn json(request: RequestBuilder) -> Result<Value, SimulationError> {
    let response = request.send().await?;
    let status = response.status();
    if !status.is_success() {
        return Err(SimulationError::Refused { status: status.as_u16(), body: response.text().await? });
    }
    Ok(response.json().await?)
}

fn string(value: &Value, field: &'static str) -> Result<String, SimulationError> {
    value[field].as_str().map(str::to_owned).ok_or(SimulationError::Missing(field))
}

fn outcome(session_id: String, answer: Duration, seen: Seen, results: &Value) -> Outcome {
    let items = results["transcript"].as_array().map(Vec::as_slice).unwrap_or_default();
    let said: Vec<&str> =
        items.iter().filter(|item| item["role"] == "user").filter_map(|item| item["content"].as_str()).collect();
    Outcome {
        session_id,
        answer,
        set_up: seen.connected.saturating_duration_since(seen.posted),
        first_audio: seen.first_voice.map(|at| at.saturating_duration_since(seen.connected)),
        media: seen.ended.saturating_duration_since(seen.connected),
        agent_frames: seen.spurts.frames,
        lateness_ms: seen.spurts.lateness_ms,
        end_reason: results["end_reason"].as_str().unwrap_or("unknown").to_owned(),
        user_items: said.len(),
        words: said.join(" "),
    }
}

/// One connection, from the offer to the end.
struct Call<'a> {
    peer: &'a ClientPeer,
    clips: &'a [Clip],
    posted: Instant,
}

/// What was heard and seen on it.
struct Seen {
    posted: Instant,
    connected: Instant,
    ended: Instant,
    first_voice: Option<Instant>,
    spurts: Spurts,
}

/// What the candidate is doing.
enum Mouth {
    Shut,
    Thinking {
        until: Instant,
    },
    Saying {
        clip: usize,
        frame: usize,
    },
    /// This turn's clip is said.
    Said,
}

impl Call<'_> {
    async fn hold(&self, events: &mut mpsc::Receiver<ClientEvent>) -> Result<Seen, SimulationError> {
        let mut seen = Seen {
            posted: self.posted,
            connected: self.posted,
            ended: self.posted,
            first_voice: None,
            spurts: Spurts::default(),
        };
        let mut mouth = Mouth::Shut;
        let mut turns = 0;
        let mut tick = tokio::time::interval(FRAME);
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            tokio::select! {
                _ = tick.tick() => {
                    let frame = self.next_frame(&mut mouth, &mut turns);
                    self.peer.send_frame(&frame).await?;
                }
                event = events.recv() => match event {
                    Some(ClientEvent::Connected) => seen.connected = Instant::now(),
                    Some(ClientEvent::Audio(heard)) => seen.hear(&heard),
                    Some(ClientEvent::Message(text)) => {
                        let event: Value = serde_json::from_str(&text).unwrap_or_default();
                        if event["type"] == "session.ended" {
                            seen.ended = Instant::now();
                            return Ok(seen);
                        }
                        listen_for_turns(&event, &mut mouth);
                    }
                    Some(ClientEvent::ChannelOpen) => {}
                    Some(ClientEvent::Closed) | None => return Err(SimulationError::Lost),
                }
            }
        }
    }

    fn next_frame(&self, mouth: &mut Mouth, turns: &mut usize) -> [i16; FRAME_SAMPLES] {
        if let Mouth::Thinking { until } = mouth
            && *until <= Instant::now()
        {
            *mouth = Mouth::Saying { clip: *turns % self.clips.len().max(1), frame: 0 };
            *turns += 1;
        }
        let Mouth::Saying { clip, frame } = mouth else { return [0; FRAME_SAMPLES] };
        match self.clips.get(*clip).and_then(|clip| clip.get(*frame)) {
            Some(pcm) => {
                *frame += 1;
                *pcm
            }
            None => {
                *mouth = Mouth::Said;
                [0; FRAME_SAMPLES]
            }
        }
    }
}

fn listen_for_turns(event: &Value, mouth: &mut Mouth) {
    if event["type"] != "turn" {
        return;
    }
    match (event["data"]["speaker"].as_str(), &*mouth) {
        (Some("user"), Mouth::Shut) => *mouth = Mouth::Thinking { until: Instant::now() + THINKING },
        (Some("assistant"), Mouth::Said | Mouth::Thinking { .. }) => *mouth = Mouth::Shut,
        _ => {}
    }
}

impl Seen {
    fn hear(&mut self, heard: &Heard) {
        self.spurts.add(heard);
        let level = heard.pcm.iter().map(|sample| u32::from(sample.unsigned_abs())).sum::<u32>();
        if self.first_voice.is_none() && level > VOICE_LEVEL * heard.pcm.len() as u32 {
            self.first_voice = Some(heard.at);
        }
    }
}

/// How evenly agent packets come. Within a talk spurt the earliest packet sets the clock.
#[derive(Default)]
struct Spurts {
    frames: u64,
    /// Arrival and RTP time (48 kHz) of the packet that is the measure, and the last arrival.
    clock: Option<(Instant, u32, Instant)>,
    lateness_ms: Vec<f64>,
}

impl Spurts {
    fn add(&mut self, heard: &Heard) {
        self.frames += 1;
        let Some((measure, rtp, last)) = self.clock else {
            self.clock = Some((heard.at, heard.timestamp, heard.at));
            return;
        };
        let ticks = heard.timestamp.wrapping_sub(rtp);
        let due = measure + Duration::from_micros(u64::from(ticks) * 1_000 / 48);
        if heard.marker || heard.at.saturating_duration_since(last) > SPURT_GAP || heard.at < due {
            // A new spurt, or one that is earlier than the measure: it is the measure now.
            self.clock = Some((heard.at, heard.timestamp, heard.at));
            self.lateness_ms.push(0.0);
            return;
        }
        self.lateness_ms.push(heard.at.saturating_duration_since(due).as_secs_f64() * 1_000.0);
        self.clock = Some((measure, rtp, heard.at));
    }
}
