//! What is shown of a room: the union of both contracts' fields.

use crate::domain::{
    id::SocketId,
    room::{Participant, Room, RoomState},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A room with everybody in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoomDetails {
    #[schema(example = "a7x9k2")]
    pub room_code: String,
    /// The same as `room_code`.
    #[schema(example = "a7x9k2")]
    pub room_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub owner_id: Option<String>,
    #[schema(format = DateTime)]
    pub created_at: String,
    /// `null`: never.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// `open`, `closed` or `expired`.
    #[schema(example = "open")]
    pub state: &'static str,
    pub participant_count: usize,
    /// `null`: no limit of its own.
    pub max_participants: Option<u32>,
    /// All who ever joined.
    pub total_participants: u64,
    /// In the order of joining.
    pub participants: Vec<ParticipantView>,
}

/// Somebody in a room.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ParticipantView {
    /// `null`: a member who is not connected.
    pub socket_id: Option<String>,
    pub display_name: String,
    /// Address in the flat dialect: unique in the room.
    pub username: String,
    /// Of a member the user, of a guest what the guest says.
    pub user_id: Option<String>,
    #[schema(format = DateTime)]
    pub joined_at: String,
    pub connected: bool,
    /// Whether `user_id` is proved.
    pub is_member: bool,
}

/// A room in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoomSummary {
    #[schema(example = "a7x9k2")]
    pub room_code: String,
    /// `open`, `closed` or `expired`.
    #[schema(example = "open")]
    pub state: &'static str,
    pub participant_count: usize,
    pub max_participants: Option<u32>,
    #[schema(format = DateTime)]
    pub created_at: String,
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    pub owner_id: Option<String>,
    pub name: Option<String>,
}

/// Counts over all rooms, those included that are forgotten by now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Statistics {
    pub total_rooms: u64,
    pub open_rooms: u64,
    pub closed_rooms: u64,
    pub expired_rooms: u64,
    /// All who ever joined.
    pub total_participants: u64,
    /// Who is connected now.
    pub active_participants: u64,
}

impl RoomDetails {
    /// The room as it is at `now`.
    pub fn of(room: &Room, now: Timestamp) -> Self {
        let terms = room.terms();
        Self {
            room_code: terms.code.to_string(),
            room_id: terms.code.to_string(),
            name: terms.name.clone(),
            description: terms.description.clone(),
            owner_id: terms.owner_id.clone(),
            created_at: terms.created_at.to_string(),
            expires_at: terms.expires_at.map(|at| at.to_string()),
            state: room.state(now).as_str(),
            participant_count: room.participant_count(),
            max_participants: terms.participants_max,
            total_participants: room.participants_total(),
            participants: room.participants().map(ParticipantView::of).collect(),
        }
    }
}

impl ParticipantView {
    fn of(participant: &Participant) -> Self {
        Self {
            socket_id: participant.socket_id.as_ref().map(SocketId::to_string),
            display_name: participant.display_name.to_string(),
            username: participant.name.to_string(),
            user_id: participant.user_id.as_deref().map(str::to_owned),
            joined_at: participant.joined_at.to_string(),
            connected: participant.socket_id.is_some(),
            is_member: participant.is_member,
        }
    }
}

impl RoomSummary {
    /// The room in the state that the index has it in.
    pub fn of(room: &Room, state: RoomState) -> Self {
        let terms = room.terms();
        Self {
            room_code: terms.code.to_string(),
            state: state.as_str(),
            participant_count: room.participant_count(),
            max_participants: terms.participants_max,
            created_at: terms.created_at.to_string(),
            expires_at: terms.expires_at.map(|at| at.to_string()),
            owner_id: terms.owner_id.clone(),
            name: terms.name.clone(),
        }
    }
}
