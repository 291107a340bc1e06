//! All rooms of this server.

use super::{
    Outbox, Paging, RoomDetails, RoomError, Seat, Statistics,
    index::{Cursor, Index, place, users_of},
    live::LiveRoom,
};
use crate::{
    config::RoomConfig,
    domain::{
        auth::{Owner, Principal},
        id::SocketId,
        room::{Room, RoomCode, RoomState, RoomTerms},
    },
    random,
    store::{RoomTallies, SqlStore, StoreError, StoredMember},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Rooms that are held, ended ones included: about 1 KB each.
const ROOMS_MAX: usize = 100_000;
/// Rooms that one user may be part of.
const USER_ROOMS_MAX: usize = 1_000;
/// Participants in one page of a user's rooms; a page ends early rather than become endless.
const PAGE_PARTICIPANTS_MAX: usize = 10_000;
/// Codes tried for a new room; with [`ROOMS_MAX`] of two billion taken the first is free.
const CODES_TRIED: usize = 8;

/// What is asked for a new room.
#[derive(Clone, Debug, Default)]
pub struct NewRoom {
    pub owner_id: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub ttl: Option<SignedDuration>,
    pub participants_max: Option<u32>,
}

/// All rooms. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Rooms(Arc<Shared>);

#[derive(Debug)]
pub(super) struct Shared {
    index: RwLock<Index>,
    pub(super) database: Arc<SqlStore>,
    config: RoomConfig,
    tallies: Mutex<RoomTallies>,
    /// Rooms whose count of joins is not saved yet.
    uncounted: Mutex<HashSet<RoomCode>>,
}

impl Rooms {
    /// Loads them.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(database: Arc<SqlStore>, config: RoomConfig, now: Timestamp) -> Result<Self, StoreError> {
        let (stored, tallies) = database.load_rooms().await?;
        let mut index = Index::default();
        for stored in stored {
            let mut room = Room::restore(stored.terms, stored.closed_at, stored.participants_total);
            for member in stored.members {
                room.restore_member(&member.user_id, &member.display_name, member.joined_at);
            }
            // One that expired meanwhile is open here and due at once.
            let state = if room.closed_at().is_some() { RoomState::Closed } else { RoomState::Open };
            let room = Arc::new(LiveRoom::new(room));
            let users = users_of(&room);
            index.insert(room, state, &users);
        }
        let rooms = Self(Arc::new(Shared {
            index: RwLock::new(index),
            database,
            config,
            tallies: Mutex::new(tallies),
            uncounted: Mutex::default(),
        }));
        rooms.pass_time(now).await?;
        Ok(rooms)
    }

    /// Makes a room; a user is its first member.
    ///
    /// # Errors
    /// [`RoomError::AtCapacity`], [`RoomError::TooMany`], [`RoomError::Store`].
    pub async fn create(&self, maker: Principal, new: NewRoom, now: Timestamp) -> Result<RoomDetails, RoomError> {
        let rooms = self.clone();
        whole(async move { rooms.make(&maker, new, now).await }).await
    }

    async fn make(&self, maker: &Principal, new: NewRoom, now: Timestamp) -> Result<RoomDetails, RoomError> {
        let owner = maker.owner().ok_or(RoomError::NotFound)?;
        let user = match maker {
            Principal::User { sub, name } => Some((sub.as_str(), name.as_str())),
            _ => None,
        };
        {
            let index = self.index();
            if index.len() >= ROOMS_MAX {
                return Err(RoomError::AtCapacity);
            }
            if user.is_some_and(|(sub, _)| index.rooms_of(sub) >= USER_ROOMS_MAX) {
                return Err(RoomError::TooMany);
            }
        }
        let mut terms = self.terms(owner, new, now);
        let first = user.map(|(sub, name)| StoredMember {
            user_id: sub.to_owned(),
            display_name: name.to_owned(),
            joined_at: now,
        });
        for _ in 0..CODES_TRIED {
            match self.0.database.create_room(terms.clone(), first.clone()).await {
                Ok(()) => return Ok(self.add(terms, user, now)),
                Err(StoreError::Exists) => terms.code = RoomCode::from_random(random::seed()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(RoomError::AtCapacity)
    }

    /// What a platform does not say comes from the configuration; a user's room has no end and no limit unless given.
    fn terms(&self, owner: Owner, new: NewRoom, now: Timestamp) -> RoomTerms {
        let of_user = matches!(owner, Owner::User { .. });
        let default_ttl = SignedDuration::try_from(self.0.config.ttl).ok().filter(|_| !of_user);
        let default_max = Some(self.0.config.participants_max).filter(|_| !of_user);
        let owner_id = match &owner {
            Owner::User { sub } => Some(sub.clone()),
            _ => new.owner_id,
        };
        RoomTerms {
            code: RoomCode::from_random(random::seed()),
            owner,
            owner_id,
            name: new.name,
            description: new.description,
            created_at: now,
            expires_at: new.ttl.or(default_ttl).and_then(|ttl| now.checked_add(ttl).ok()),
            participants_max: new.participants_max.or(default_max),
        }
    }

    fn add(&self, terms: RoomTerms, user: Option<(&str, &str)>, now: Timestamp) -> RoomDetails {
        let mut room = Room::new(terms);
        if let Some((sub, name)) = user {
            // A new room has a place, and nobody in it yet.
            let _ = room.join_member(now, sub, name);
        }
        let details = RoomDetails::of(&room, now);
        let users: Vec<Arc<str>> = user.iter().map(|(sub, _)| Arc::from(*sub)).collect();
        self.index_mut().insert(Arc::new(LiveRoom::new(room)), RoomState::Open, &users);
        details
    }

    /// A room that `principal` may see.
    pub fn details(&self, principal: &Principal, code: RoomCode, now: Timestamp) -> Option<RoomDetails> {
        let room = self.find(code)?;
        room.look(|room| room.is_visible_to(principal)).then(|| room.details(now))
    }

    /// A page of all rooms as JSON of [`super::RoomSummary`] each, how many there are in all, and where the next page
    /// begins.
    pub fn summaries(
        &self,
        state: Option<RoomState>,
        paging: Paging,
        now: Timestamp,
    ) -> (Vec<Arc<str>>, usize, Option<Cursor>) {
        self.expire(now);
        let (mut page, total) = {
            let index = self.index();
            let more = Paging { limit: paging.limit + 1, ..paging };
            (index.page(state, more), state.map_or(index.len(), |state| index.count(state)))
        };
        let next = rest(&mut page, paging.limit).map(|(room, _)| place(&room));
        (page.iter().map(|(room, state)| room.summary(*state)).collect(), total, next)
    }

    /// A page of the rooms that a user is part of, and where the next page begins.
    pub fn of_user(
        &self,
        user: &str,
        state: Option<RoomState>,
        paging: Paging,
        now: Timestamp,
    ) -> (Vec<RoomDetails>, Option<Cursor>) {
        self.expire(now);
        let mut page = self.index().page_of(user, state, Paging { limit: paging.limit + 1, ..paging });
        let mut next = rest(&mut page, paging.limit).map(|room| place(&room));
        let mut rooms = Vec::with_capacity(page.len());
        let mut participants = 0;
        for (at, room) in page.iter().enumerate() {
            let details = room.details(now);
            participants += details.participant_count;
            rooms.push(details);
            if participants > PAGE_PARTICIPANTS_MAX && at + 1 < page.len() {
                next = Some(place(room));
                break;
            }
        }
        (rooms, next)
    }

    /// A user becomes a member.
    ///
    /// # Errors
    /// [`RoomError::NotFound`], a refusal, [`RoomError::TooMany`], [`RoomError::Store`].
    pub async fn join(
        &self,
        code: RoomCode,
        user: String,
        name: String,
        now: Timestamp,
    ) -> Result<RoomDetails, RoomError> {
        let rooms = self.clone();
        whole(async move {
            let room = rooms.find(code).ok_or(RoomError::NotFound)?;
            let _step = room.steps.lock().await;
            if rooms.index().rooms_of(&user) >= USER_ROOMS_MAX {
                return Err(RoomError::TooMany);
            }
            // The place is taken before it is saved, so that two cannot take the last one.
            let Some(member) = room.reserve_member(now, &user, &name)? else { return Ok(room.details(now)) };
            let stored = StoredMember { user_id: user.clone(), display_name: name, joined_at: now };
            let total = room.look(Room::participants_total);
            if let Err(error) = rooms.0.database.join_room(code, stored, total).await {
                room.revoke_member(&user);
                return Err(error.into());
            }
            rooms.index_mut().add_user(&user, &room);
            room.announce(&member);
            Ok(room.details(now))
        })
        .await
    }

    /// A member leaves.
    ///
    /// # Errors
    /// [`RoomError::NotFound`] for who is no member, [`RoomError::Store`].
    pub async fn leave(&self, code: RoomCode, user: String, now: Timestamp) -> Result<RoomDetails, RoomError> {
        let rooms = self.clone();
        whole(async move {
            let room = rooms.find(code).ok_or(RoomError::NotFound)?;
            let _step = room.steps.lock().await;
            if room.look(|room| room.member(&user).is_none()) {
                return Err(RoomError::NotFound);
            }
            rooms.0.database.leave_room(code, &user).await?;
            room.leave_member(&user);
            let owns = room.look(|room| matches!(&room.terms().owner, Owner::User { sub } if *sub == user));
            if !owns {
                rooms.index_mut().remove_user(&user, &room);
            }
            Ok(room.details(now))
        })
        .await
    }

    /// Ends a room and its sockets. It can be read until its time is over.
    ///
    /// # Errors
    /// [`RoomError::NotFound`] where there is none to close for `principal`, or it is closed; [`RoomError::Store`].
    pub async fn close(&self, principal: Principal, code: RoomCode, now: Timestamp) -> Result<(), RoomError> {
        let rooms = self.clone();
        whole(async move {
            let room = rooms.find(code).ok_or(RoomError::NotFound)?;
            let _step = room.steps.lock().await;
            if !room.look(|room| room.may_close(&principal) && room.closed_at().is_none()) {
                return Err(RoomError::NotFound);
            }
            rooms.0.database.close_room(code, now).await?;
            room.close(now);
            rooms.index_mut().closed(&room);
            Ok(())
        })
        .await
    }

    /// A guest's socket comes in.
    ///
    /// # Errors
    /// [`RoomError::NotFound`] or a refusal.
    pub fn enter_guest(
        &self,
        code: &str,
        socket_id: &SocketId,
        guest: (&str, Option<&str>),
        outbox: Outbox,
        now: Timestamp,
    ) -> Result<Seat, RoomError> {
        let room = RoomCode::parse(code).and_then(|code| self.find(code)).ok_or(RoomError::NotFound)?;
        room.enter_guest(now, socket_id, guest, outbox)?;
        self.0.uncounted().insert(room.code);
        Ok(Seat { room, socket_id: socket_id.clone() })
    }

    /// A member's socket comes in.
    ///
    /// # Errors
    /// [`RoomError::NotFound`] for who is no member, or a refusal.
    pub fn enter_member(
        &self,
        code: RoomCode,
        user: &str,
        socket_id: &SocketId,
        outbox: Outbox,
        now: Timestamp,
    ) -> Result<Seat, RoomError> {
        let room = self.find(code).ok_or(RoomError::NotFound)?;
        room.enter_member(now, user, socket_id, outbox)?;
        Ok(Seat { room, socket_id: socket_id.clone() })
    }

    /// Whether a member's socket would be let in now.
    ///
    /// # Errors
    /// As [`Self::enter_member`].
    pub fn admits_member(&self, code: RoomCode, user: &str, now: Timestamp) -> Result<(), RoomError> {
        let room = self.find(code).ok_or(RoomError::NotFound)?;
        room.look(|room| match (room.member(user), room.state(now)) {
            (None, _) => Err(RoomError::NotFound),
            (Some(_), RoomState::Open) => Ok(()),
            (Some(_), RoomState::Closed) => Err(crate::domain::room::Refusal::Closed.into()),
            (Some(_), RoomState::Expired) => Err(crate::domain::room::Refusal::Expired.into()),
        })
    }

    /// Whether a guest would be let in now.
    ///
    /// # Errors
    /// [`RoomError::NotFound`], or a refusal.
    pub fn admits_guest(&self, code: RoomCode, now: Timestamp) -> Result<(), RoomError> {
        let room = self.find(code).ok_or(RoomError::NotFound)?;
        Ok(room.look(|room| room.admits(now))?)
    }

    /// Counts over all rooms that ever were.
    pub fn statistics(&self, now: Timestamp) -> Statistics {
        self.expire(now);
        let index = self.index();
        let tallies = *self.0.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |state: RoomState| index.count(state) as u64;
        let mut statistics = Statistics {
            open_rooms: count(RoomState::Open),
            closed_rooms: count(RoomState::Closed) + tallies.closed,
            expired_rooms: count(RoomState::Expired) + tallies.expired,
            total_participants: tallies.participants,
            ..Statistics::default()
        };
        statistics.total_rooms = statistics.open_rooms + statistics.closed_rooms + statistics.expired_rooms;
        for room in index.rooms() {
            let (total, connected) = room.look(|room| (room.participants_total(), room.connected_count()));
            statistics.total_participants += total;
            statistics.active_participants += connected as u64;
        }
        statistics
    }

    /// Open rooms now.
    pub fn open_count(&self, now: Timestamp) -> usize {
        self.expire(now);
        self.index().count(RoomState::Open)
    }

    fn find(&self, code: RoomCode) -> Option<Arc<LiveRoom>> {
        self.index().get(code).cloned()
    }

    /// Lets rooms expire whose time is over, for answers that depend on it; forgetting is left to the upkeep.
    fn expire(&self, now: Timestamp) {
        if self.index().is_due(now) {
            self.index_mut().expire_due(now);
        }
    }

    /// What is due is done: rooms expire, old ones are forgotten, joins are counted in the store.
    ///
    /// # Errors
    /// When the store cannot be written. What was not saved is tried again by the next call.
    pub async fn pass_time(&self, now: Timestamp) -> Result<(), StoreError> {
        let forgotten = {
            let mut index = self.index_mut();
            index.expire_due(now);
            index.forgettable(now)
        };
        self.save_counts().await?;
        if forgotten.is_empty() {
            return Ok(());
        }
        let mut add = RoomTallies::default();
        for (room, state) in &forgotten {
            add.closed += u64::from(*state == RoomState::Closed);
            add.expired += u64::from(*state == RoomState::Expired);
            add.participants += room.look(Room::participants_total);
        }
        let codes = forgotten.iter().map(|(room, _)| room.code).collect();
        self.0.database.forget_rooms(codes, add).await?;
        let mut index = self.index_mut();
        let mut tallies = self.0.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        tallies.closed += add.closed;
        tallies.expired += add.expired;
        tallies.participants += add.participants;
        forgotten.iter().for_each(|(room, _)| index.forget(room));
        Ok(())
    }

    /// Saves how many ever joined, where that is not saved yet.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn save_counts(&self) -> Result<(), StoreError> {
        let codes = std::mem::take(&mut *self.0.uncounted());
        let totals: Vec<(RoomCode, u64)> =
            codes.iter().filter_map(|code| Some((*code, self.find(*code)?.look(Room::participants_total)))).collect();
        if totals.is_empty() {
            return Ok(());
        }
        let saved = self.0.database.put_room_totals(totals).await;
        if saved.is_err() {
            self.0.uncounted().extend(codes);
        }
        saved
    }

    /// No step leaves the index half changed, so a poisoned lock is still good.
    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.0.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.0.index.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn uncounted(&self) -> std::sync::MutexGuard<'_, HashSet<RoomCode>> {
        self.uncounted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a step to its end even if the caller goes away in the middle: memory and store stay the same.
async fn whole<T: Send + 'static>(
    step: impl Future<Output = Result<T, RoomError>> + Send + 'static,
) -> Result<T, RoomError> {
    let ended = tokio::spawn(step).await;
    ended.unwrap_or_else(|_| Err(StoreError::Unavailable("a step with a room did not end".to_owned()).into()))
}

/// Cuts what is beyond `limit`; returns the last that stays, if something was cut.
fn rest<T: Clone>(page: &mut Vec<T>, limit: usize) -> Option<T> {
    let more = page.len() > limit;
    page.truncate(limit);
    page.last().filter(|_| more).cloned()
}
