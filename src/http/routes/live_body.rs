//! Bodies of the routes in [`live`](super::live).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A session description, or the wish for one.
#[derive(Deserialize, ToSchema)]
pub struct Description {
    /// Session description (RFC 8866). Not given to `rtc/offer`: the server offers.
    #[serde(default)]
    pub sdp: Option<String>,
    /// `offer` or `answer`, as the route says.
    #[serde(default, rename = "type")]
    #[schema(example = "offer")]
    pub kind: Option<String>,
    /// Without `sdp`: offer a new path to the peer connection that is there.
    #[serde(default)]
    pub ice_restart: Option<bool>,
}

/// A description of the server's.
#[derive(Serialize, ToSchema)]
pub struct Answered {
    pub sdp: String,
    /// `answer`; `offer` where none was sent.
    #[serde(rename = "type")]
    pub kind: String,
    pub session_id: String,
}

/// What became of an answer.
#[derive(Serialize, ToSchema)]
pub struct AnswerTaken {
    pub success: bool,
    pub session_id: String,
    /// The answer in force, where none was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sdp: Option<String>,
    /// `answer`, beside `sdp`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// One candidate, a list of them, or null for no more. One of the two fields is needed.
#[derive(ToSchema)]
#[allow(dead_code, reason = "what is read is any JSON, so that an error can name the part that is wrong")]
pub struct CandidatesBody {
    #[schema(nullable, required = false)]
    candidate: Option<ClientCandidate>,
    #[schema(required = false)]
    candidates: Option<Vec<ClientCandidate>>,
}

/// A candidate of the client: as `RTCIceCandidate.toJSON()` gives it, or its line alone.
#[derive(ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "for the description only")]
pub enum ClientCandidate {
    Nested(CandidateInit),
    #[schema(example = "candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host")]
    Line(String),
}

/// `RTCIceCandidateInit`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "for the description only")]
pub struct CandidateInit {
    #[schema(example = "candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host")]
    candidate: String,
    #[schema(rename = "sdpMid", example = "0")]
    sdp_mid: Option<String>,
    #[schema(rename = "sdpMLineIndex", example = 0)]
    sdp_m_line_index: Option<u16>,
}

/// The server's own candidates.
#[derive(Serialize, ToSchema)]
pub struct Candidates {
    pub success: bool,
    pub candidates: Vec<OwnCandidate>,
}

/// A candidate of the server, as `addIceCandidate` takes it.
#[derive(Serialize, ToSchema)]
pub struct OwnCandidate {
    pub candidate: String,
    #[serde(rename = "sdpMid")]
    pub sdp_mid: &'static str,
    #[serde(rename = "sdpMLineIndex")]
    pub sdp_m_line_index: u16,
}

impl OwnCandidate {
    /// Everything is bundled on the audio section, which comes first.
    pub fn of_audio(candidate: String) -> Self {
        Self { candidate, sdp_mid: "0", sdp_m_line_index: 0 }
    }
}

/// ICE servers and how long their credentials hold.
#[derive(Serialize, ToSchema)]
pub struct IceServers {
    #[serde(rename = "iceServers")]
    pub ice_servers_camel: Vec<IceServerBody>,
    pub ice_servers: Vec<IceServerBody>,
    /// Seconds.
    pub ttl: u64,
}

/// A dictionary for `RTCPeerConnection`.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = RtcIceServer)]
pub struct IceServerBody {
    /// STUN or TURN addresses.
    pub urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// A message of the candidate's client.
#[derive(ToSchema)]
#[serde(tag = "type")]
#[allow(dead_code, reason = "the schema of `ClientMessage`, which knows nothing of HTTP")]
pub enum ActionBody {
    /// "I'm finished": the answer ends now.
    #[serde(rename = "candidate.finished")]
    Finished,
    /// "I need a moment": nobody speaks for a while.
    #[serde(rename = "candidate.wait")]
    Wait,
    /// "Repeat the question".
    #[serde(rename = "candidate.repeat")]
    Repeat,
    /// A typed answer.
    #[serde(rename = "candidate.text")]
    Text {
        #[schema(min_length = 1, max_length = 4000, example = "Four years at a bakery.")]
        text: String,
    },
    /// The browser's own inbound statistics, cumulative.
    #[serde(rename = "candidate.stats")]
    Stats(StatsBody),
}

/// Fields of the browser's inbound-rtp report (W3C webrtc-stats); times in seconds.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "for the description only")]
pub struct StatsBody {
    jitter_buffer_delay: Option<f64>,
    jitter_buffer_emitted_count: Option<f64>,
    packets_lost: Option<f64>,
    packets_received: Option<f64>,
    concealed_samples: Option<f64>,
    silent_concealed_samples: Option<f64>,
    total_samples_received: Option<f64>,
    round_trip_time: Option<f64>,
}

/// It was passed on.
#[derive(Serialize, ToSchema)]
pub struct ActionTaken {
    pub success: bool,
    pub session_id: String,
}
