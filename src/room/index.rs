//! Which rooms there are: by code, by state, by user, and which is due next.

use super::live::LiveRoom;
use crate::domain::room::{RoomCode, RoomState};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

/// How long a room can be read after it expired, or was closed without having an end of its own.
pub(super) const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(24);

/// A place in a list, which is ordered by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    created_ms: i64,
    code: RoomCode,
}

impl Cursor {
    /// The place after which the next page begins, as text.
    pub fn to_text(self) -> String {
        format!("{}-{}", self.created_ms, self.code)
    }

    /// A cursor as it was given out.
    pub fn parse(text: &str) -> Option<Self> {
        let (created_ms, code) = text.split_once('-')?;
        Some(Self { created_ms: created_ms.parse().ok()?, code: RoomCode::parse(code)? })
    }
}

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// Rooms of a page.
    pub limit: usize,
    /// The last room of the page before.
    pub after: Option<Cursor>,
}

type ByAge = BTreeMap<Cursor, Arc<LiveRoom>>;

#[derive(Debug, Default)]
pub(super) struct Index {
    by_code: HashMap<RoomCode, (Arc<LiveRoom>, RoomState)>,
    all: ByAge,
    /// In the order of [`RoomState`].
    by_state: [ByAge; 3],
    by_user: HashMap<Arc<str>, ByAge>,
    /// When a room expires or is forgotten.
    due: BTreeSet<(Timestamp, RoomCode)>,
}

impl Index {
    pub fn len(&self) -> usize {
        self.by_code.len()
    }

    pub fn count(&self, state: RoomState) -> usize {
        self.by_state[state as usize].len()
    }

    pub fn get(&self, code: RoomCode) -> Option<&Arc<LiveRoom>> {
        self.by_code.get(&code).map(|(room, _)| room)
    }

    pub fn rooms(&self) -> impl Iterator<Item = &Arc<LiveRoom>> {
        self.all.values()
    }

    /// False if there is one of that code.
    pub fn insert(&mut self, room: Arc<LiveRoom>, state: RoomState, users: &[Arc<str>]) -> bool {
        if self.by_code.contains_key(&room.code) {
            return false;
        }
        let place = place(&room);
        if let Some(at) = due_at(&room, state) {
            self.due.insert((at, room.code));
        }
        for user in users {
            self.by_user.entry(user.clone()).or_default().insert(place, room.clone());
        }
        self.all.insert(place, room.clone());
        self.by_state[state as usize].insert(place, room.clone());
        self.by_code.insert(room.code, (room, state));
        true
    }

    pub fn add_user(&mut self, user: &str, room: &Arc<LiveRoom>) {
        self.by_user.entry(user.into()).or_default().insert(place(room), room.clone());
    }

    pub fn remove_user(&mut self, user: &str, room: &LiveRoom) {
        if let Some(rooms) = self.by_user.get_mut(user) {
            rooms.remove(&place(room));
            if rooms.is_empty() {
                self.by_user.remove(user);
            }
        }
    }

    pub fn rooms_of(&self, user: &str) -> usize {
        self.by_user.get(user).map_or(0, BTreeMap::len)
    }

    /// The room was closed.
    pub fn closed(&mut self, room: &Arc<LiveRoom>) {
        let state = self.by_code.get(&room.code).map(|(_, state)| *state);
        if let Some(at) = state.and_then(|state| due_at(room, state)) {
            self.due.remove(&(at, room.code));
        }
        self.move_to(room, RoomState::Closed);
    }

    fn move_to(&mut self, room: &Arc<LiveRoom>, state: RoomState) {
        let Some((_, now)) = self.by_code.get_mut(&room.code) else { return };
        let place = place(room);
        self.by_state[*now as usize].remove(&place);
        *now = state;
        self.by_state[state as usize].insert(place, room.clone());
        if let Some(at) = due_at(room, state) {
            self.due.insert((at, room.code));
        }
    }

    /// Whether a room is due.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due.first().is_some_and(|(at, _)| *at <= now)
    }

    /// Lets rooms expire whose time is over.
    pub fn expire_due(&mut self, now: Timestamp) {
        let due: Vec<(Timestamp, RoomCode)> = self.due.range(..=(now, RoomCode::LAST)).copied().collect();
        for (at, code) in due {
            if let Some((room, RoomState::Open)) = self.by_code.get(&code).cloned() {
                self.due.remove(&(at, code));
                room.expire(now);
                self.move_to(&room, RoomState::Expired);
            }
        }
    }

    /// Rooms that were kept long enough. They stay until [`Self::forget`], when the store has forgotten them too.
    pub fn forgettable(&self, now: Timestamp) -> Vec<(Arc<LiveRoom>, RoomState)> {
        let due = self.due.range(..=(now, RoomCode::LAST));
        let ended = due.filter_map(|(_, code)| self.by_code.get(code)).filter(|(_, state)| *state != RoomState::Open);
        ended.cloned().collect()
    }

    /// Takes a room out of everything.
    pub fn forget(&mut self, room: &Arc<LiveRoom>) {
        let Some(&(_, state)) = self.by_code.get(&room.code) else { return };
        let place = place(room);
        if let Some(at) = due_at(room, state) {
            self.due.remove(&(at, room.code));
        }
        self.by_code.remove(&room.code);
        self.all.remove(&place);
        self.by_state[state as usize].remove(&place);
        for user in users_of(room) {
            self.remove_user(&user, room);
        }
    }

    /// A page of all rooms, newest first, with its states.
    pub fn page(&self, state: Option<RoomState>, paging: Paging) -> Vec<(Arc<LiveRoom>, RoomState)> {
        let rooms = match state {
            Some(state) => &self.by_state[state as usize],
            None => &self.all,
        };
        let state_of = |room: &Arc<LiveRoom>| self.by_code.get(&room.code).map_or(RoomState::Expired, |(_, s)| *s);
        before(rooms, paging.after).take(paging.limit).map(|room| (room.clone(), state_of(room))).collect()
    }

    /// The rooms of a user, newest first.
    pub fn page_of(&self, user: &str, state: Option<RoomState>, paging: Paging) -> Vec<Arc<LiveRoom>> {
        let Some(rooms) = self.by_user.get(user) else { return Vec::new() };
        let matches = |room: &&Arc<LiveRoom>| {
            state.is_none_or(|state| self.by_code.get(&room.code).is_some_and(|(_, now)| *now == state))
        };
        before(rooms, paging.after).filter(matches).take(paging.limit).cloned().collect()
    }
}

/// The place of a room in lists.
pub(super) fn place(room: &LiveRoom) -> Cursor {
    Cursor { created_ms: room.created_at.as_millisecond(), code: room.code }
}

/// The users who are part of a room: its owner and its members.
pub(super) fn users_of(room: &LiveRoom) -> Vec<Arc<str>> {
    room.look(|room| {
        let owner = match &room.terms().owner {
            crate::domain::auth::Owner::User { sub } => Some(Arc::from(sub.as_str())),
            _ => None,
        };
        let members = room.participants().filter(|one| one.is_member).filter_map(|one| one.user_id.clone());
        owner.into_iter().chain(members).collect()
    })
}

fn before(rooms: &ByAge, after: Option<Cursor>) -> impl Iterator<Item = &Arc<LiveRoom>> {
    let end = after.map_or(Bound::Unbounded, Bound::Excluded);
    rooms.range((Bound::Unbounded, end)).rev().map(|(_, room)| room)
}

/// When the next thing happens to a room by itself.
fn due_at(room: &LiveRoom, state: RoomState) -> Option<Timestamp> {
    let (expires_at, closed_at) = room.look(|room| (room.terms().expires_at, room.closed_at()));
    let kept = |at: Timestamp| at.checked_add(KEPT_AFTER_END).ok();
    match state {
        RoomState::Open => expires_at,
        RoomState::Expired => expires_at.and_then(kept),
        // It can be read until it would have expired.
        RoomState::Closed => expires_at.filter(|at| Some(*at) > closed_at).or_else(|| closed_at.and_then(kept)),
    }
}
