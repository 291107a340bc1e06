//! A room: people who find each other to talk, while the server passes their offers, answers and candidates on.
//!
//! Two kinds of people take part. A *guest* is one WebSocket that showed the room's code, and is gone with it. A
//! *member* is a user who joined over REST and stays a member until leaving, connected or not. Both have an address in
//! either dialect: a socket id, and a name that is unique in the room.
//!
//! Invariant: nobody is in a room twice, no two participants share a socket or a name, there are never more of them
//! than the room holds, and a room that is over has no sockets.

mod code;

pub use code::{CODE_CHARS, RoomCode};

use crate::domain::{
    auth::{Owner, Principal},
    id::SocketId,
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Participants of a room without a limit of its own: what one message can be passed to in good time.
pub const PARTICIPANTS_MAX: u32 = 5_000;
/// Characters of a display name.
pub const NAME_CHARS_MAX: usize = 80;

/// What is agreed about a room when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomTerms {
    pub code: RoomCode,
    pub owner: Owner,
    /// What a platform calls the owner; for a user's room the user.
    pub owner_id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub created_at: Timestamp,
    /// `None`: never.
    pub expires_at: Option<Timestamp>,
    /// `None`: [`PARTICIPANTS_MAX`].
    pub participants_max: Option<u32>,
}

/// Where a room is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoomState {
    Open,
    /// Ended by its owner.
    Closed,
    /// Ended by its time.
    Expired,
}

impl RoomState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Closed, Self::Expired];

    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Expired => "expired",
        }
    }

    /// The state that the contract calls so.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The socket now; a member who is not connected has none.
    pub socket_id: Option<SocketId>,
    /// What people are shown.
    pub display_name: Arc<str>,
    /// Unique in the room. Of a guest it is the socket id, of a member the user name, with a number behind it where
    /// somebody of that name was here first.
    pub name: Arc<str>,
    /// Of a member the proved user, of a guest what the guest says.
    pub user_id: Option<Arc<str>>,
    pub is_member: bool,
    pub joined_at: Timestamp,
}

/// Why something did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the room is closed")]
    Closed,
    #[error("the room has expired")]
    Expired,
    #[error("the room is full")]
    Full,
    #[error("already in the room")]
    AlreadyJoined,
    #[error("not in the room")]
    NotJoined,
    #[error("nobody here has that address")]
    NoSuchTarget,
    #[error("that participant is not connected")]
    TargetOffline,
}

/// Whom a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// Everybody else.
    Others,
    Socket(&'a str),
    Name(&'a str),
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// To every socket but the sender's.
    Others,
    To(SocketId),
}

/// What a disconnected socket means for the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// As it was before, socket included.
    pub participant: Participant,
    /// A guest is gone, a member stays without a socket.
    pub is_gone: bool,
}

/// A room with who is in it.
#[derive(Clone, Debug)]
pub struct Room {
    terms: RoomTerms,
    closed_at: Option<Timestamp>,
    /// By number, which counts joins, so that the order is that of joining.
    participants: BTreeMap<u64, Participant>,
    by_socket: HashMap<SocketId, u64>,
    by_name: HashMap<Arc<str>, u64>,
    members: HashMap<Arc<str>, u64>,
    /// All who ever joined.
    participants_total: u64,
    next_number: u64,
}

impl Room {
    /// An empty room.
    pub fn new(terms: RoomTerms) -> Self {
        Self::restore(terms, None, 0)
    }

    /// A room as it was stored; its members follow with [`Self::restore_member`].
    pub fn restore(terms: RoomTerms, closed_at: Option<Timestamp>, participants_total: u64) -> Self {
        Self {
            terms,
            closed_at,
            participants: BTreeMap::new(),
            by_socket: HashMap::new(),
            by_name: HashMap::new(),
            members: HashMap::new(),
            participants_total,
            next_number: 0,
        }
    }

    /// Puts a member back who joined in an earlier life of the server; counts nobody.
    pub fn restore_member(&mut self, user: &str, display_name: &str, joined_at: Timestamp) {
        if !self.members.contains_key(user) {
            self.insert_member(user, display_name, joined_at);
        }
    }

    /// What was agreed.
    pub const fn terms(&self) -> &RoomTerms {
        &self.terms
    }

    /// Where it is in its life at `now`. Closed wins over expired.
    pub fn state(&self, now: Timestamp) -> RoomState {
        match (self.closed_at, self.terms.expires_at) {
            (Some(_), _) => RoomState::Closed,
            (None, Some(at)) if at <= now => RoomState::Expired,
            _ => RoomState::Open,
        }
    }

    /// When it was closed.
    pub const fn closed_at(&self) -> Option<Timestamp> {
        self.closed_at
    }

    /// Everybody in it, in the order of joining.
    pub fn participants(&self) -> impl ExactSizeIterator<Item = &Participant> {
        self.participants.values()
    }

    /// How many are in it.
    pub fn participant_count(&self) -> usize {
        self.participants.len()
    }

    /// How many of them have a socket.
    pub fn connected_count(&self) -> usize {
        self.by_socket.len()
    }

    /// How many joins there ever were.
    pub const fn participants_total(&self) -> u64 {
        self.participants_total
    }

    /// The participant with this socket.
    pub fn of_socket(&self, socket_id: &SocketId) -> Option<&Participant> {
        self.by_socket.get(socket_id).and_then(|number| self.participants.get(number))
    }

    /// The member of that user.
    pub fn member(&self, user: &str) -> Option<&Participant> {
        self.members.get(user).and_then(|number| self.participants.get(number))
    }

    /// Whether `principal` may see the room: operators see all, users what they own or are members of.
    pub fn is_visible_to(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Local | Principal::Platform => true,
            Principal::User { sub, .. } => self.is_owned_by(sub) || self.members.contains_key(sub.as_str()),
            Principal::Candidate { .. } | Principal::Nobody => false,
        }
    }

    /// Whether `principal` may close the room: operators and its owner.
    pub fn may_close(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Local | Principal::Platform => true,
            Principal::User { sub, .. } => self.is_owned_by(sub),
            Principal::Candidate { .. } | Principal::Nobody => false,
        }
    }

    fn is_owned_by(&self, user: &str) -> bool {
        matches!(&self.terms.owner, Owner::User { sub } if sub == user)
    }

    /// A socket that showed the code comes in.
    ///
    /// # Errors
    /// When the room is over or full, or the socket is in it already.
    pub fn join_guest(
        &mut self,
        now: Timestamp,
        socket_id: &SocketId,
        display_name: &str,
        user_id: Option<&str>,
    ) -> Result<Participant, Refusal> {
        self.admits(now)?;
        if self.by_socket.contains_key(socket_id) {
            return Err(Refusal::AlreadyJoined);
        }
        let participant = Participant {
            socket_id: Some(socket_id.clone()),
            display_name: display_name.into(),
            name: self.free_name(socket_id.as_str()),
            user_id: user_id.map(Into::into),
            is_member: false,
            joined_at: now,
        };
        let number = self.insert(participant.clone());
        self.by_socket.insert(socket_id.clone(), number);
        self.participants_total += 1;
        Ok(participant)
    }

    /// A user becomes a member. `None`: was one already.
    ///
    /// # Errors
    /// When the room is over or full.
    pub fn join_member(
        &mut self,
        now: Timestamp,
        user: &str,
        display_name: &str,
    ) -> Result<Option<Participant>, Refusal> {
        if self.members.contains_key(user) {
            self.is_open(now)?;
            return Ok(None);
        }
        self.admits(now)?;
        self.participants_total += 1;
        Ok(Some(self.insert_member(user, display_name, now)))
    }

    /// Takes a membership back that could not be saved: as if it had never been.
    pub fn revoke_member(&mut self, user: &str) {
        if self.leave_member(user).is_some() {
            self.participants_total -= 1;
        }
    }

    /// A member is none any more. Returned as it was, socket included.
    pub fn leave_member(&mut self, user: &str) -> Option<Participant> {
        let number = self.members.get(user).copied()?;
        self.remove(number)
    }

    /// A member's socket comes in; returns the member, and who it was before where that had another socket.
    ///
    /// # Errors
    /// When the room is over, or the user is no member.
    pub fn connect_member(
        &mut self,
        now: Timestamp,
        user: &str,
        socket_id: &SocketId,
    ) -> Result<(Participant, Option<Participant>), Refusal> {
        let number = self.members.get(user).copied().ok_or(Refusal::NotJoined)?;
        self.is_open(now)?;
        if self.by_socket.contains_key(socket_id) {
            return Err(Refusal::AlreadyJoined);
        }
        let member = self.participants.get_mut(&number).ok_or(Refusal::NotJoined)?;
        let before = member.clone();
        member.socket_id = Some(socket_id.clone());
        let after = member.clone();
        if let Some(old) = &before.socket_id {
            self.by_socket.remove(old);
        }
        self.by_socket.insert(socket_id.clone(), number);
        Ok((after, before.socket_id.is_some().then_some(before)))
    }

    /// A socket is gone. `None`: it was not in the room.
    pub fn disconnect(&mut self, socket_id: &SocketId) -> Option<Departure> {
        let number = self.by_socket.get(socket_id).copied()?;
        let participant = self.participants.get(&number)?.clone();
        if !participant.is_member {
            self.remove(number);
            return Some(Departure { participant, is_gone: true });
        }
        self.by_socket.remove(socket_id);
        if let Some(member) = self.participants.get_mut(&number) {
            member.socket_id = None;
        }
        Some(Departure { participant, is_gone: false })
    }

    /// Ends the room. Its guests are gone, its members stay on record without sockets.
    ///
    /// # Errors
    /// When it is closed already.
    pub fn close(&mut self, now: Timestamp) -> Result<(), Refusal> {
        if self.closed_at.is_some() {
            return Err(Refusal::Closed);
        }
        self.closed_at = Some(now);
        self.empty();
        Ok(())
    }

    /// Does at the end of its time what [`Self::close`] does. Returns whether the time was over.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let over = self.state(now) == RoomState::Expired;
        if over {
            self.empty();
        }
        over
    }

    /// Where a message of `from` goes.
    ///
    /// # Errors
    /// When the room is over, the sender is not in it, or the target is not here or not connected.
    pub fn route(&self, now: Timestamp, from: &SocketId, target: Target<'_>) -> Result<Route, Refusal> {
        self.is_open(now)?;
        if !self.by_socket.contains_key(from) {
            return Err(Refusal::NotJoined);
        }
        let number = match target {
            Target::Others => return Ok(Route::Others),
            Target::Socket(id) => self.by_socket.get(&SocketId::new(id)),
            Target::Name(name) => self.by_name.get(name),
        };
        let participant = number.and_then(|number| self.participants.get(number)).ok_or(Refusal::NoSuchTarget)?;
        participant.socket_id.clone().map(Route::To).ok_or(Refusal::TargetOffline)
    }

    fn is_open(&self, now: Timestamp) -> Result<(), Refusal> {
        match self.state(now) {
            RoomState::Open => Ok(()),
            RoomState::Closed => Err(Refusal::Closed),
            RoomState::Expired => Err(Refusal::Expired),
        }
    }

    /// Whether one more may come in at `now`.
    ///
    /// # Errors
    /// When the room is over or full.
    pub fn admits(&self, now: Timestamp) -> Result<(), Refusal> {
        self.is_open(now)?;
        let places = self.terms.participants_max.unwrap_or(PARTICIPANTS_MAX) as usize;
        if self.participants.len() < places { Ok(()) } else { Err(Refusal::Full) }
    }

    fn insert_member(&mut self, user: &str, display_name: &str, joined_at: Timestamp) -> Participant {
        let user: Arc<str> = user.into();
        let participant = Participant {
            socket_id: None,
            display_name: display_name.into(),
            name: self.free_name(display_name),
            user_id: Some(user.clone()),
            is_member: true,
            joined_at,
        };
        let number = self.insert(participant.clone());
        self.members.insert(user, number);
        participant
    }

    fn insert(&mut self, participant: Participant) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.by_name.insert(participant.name.clone(), number);
        self.participants.insert(number, participant);
        number
    }

    fn remove(&mut self, number: u64) -> Option<Participant> {
        let participant = self.participants.remove(&number)?;
        self.by_name.remove(&participant.name);
        if let Some(socket_id) = &participant.socket_id {
            self.by_socket.remove(socket_id);
        }
        if let (true, Some(user)) = (participant.is_member, &participant.user_id) {
            self.members.remove(user);
        }
        Some(participant)
    }

    fn empty(&mut self) {
        let sockets: Vec<SocketId> = self.by_socket.keys().cloned().collect();
        for socket_id in sockets {
            self.disconnect(&socket_id);
        }
    }

    /// `wanted`, or with the first number that makes it free. Two people of one name are told apart by all others.
    fn free_name(&self, wanted: &str) -> Arc<str> {
        if !self.by_name.contains_key(wanted) {
            return wanted.into();
        }
        let numbered = (2_u64..).map(|n| format!("{wanted} ({n})")).find(|name| !self.by_name.contains_key(&**name));
        numbered.unwrap_or_default().into()
    }
}
