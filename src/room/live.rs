//! One room and the sockets in it, behind one lock.

use super::{
    CloseReason, Outbox, Outgoing,
    view::{RoomDetails, RoomSummary},
};
use crate::{
    domain::{
        id::SocketId,
        room::{Participant, Refusal, Room, RoomCode, RoomState, Route, Target},
    },
    wire::signaling::{Dialect, Notice, Relay, encode},
};
use bytes::Bytes;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A room that is served.
#[derive(Debug)]
pub(super) struct LiveRoom {
    pub code: RoomCode,
    pub created_at: Timestamp,
    inner: Mutex<Inner>,
    /// Held through a step that is stored, so that steps of one room do not overtake each other.
    pub steps: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Inner {
    room: Room,
    sockets: HashMap<SocketId, Outbox>,
    /// Sockets whose queue was full.
    slow: Vec<SocketId>,
    /// The room in a list, as JSON: lists are asked for more often than rooms change.
    summary: Option<(RoomState, Arc<str>)>,
}

/// Something that one participant sends to others.
enum Said<'a> {
    Step(&'a Relay),
    Words(&'a str),
}

impl<'a> Said<'a> {
    fn notice(&self, sender: &'a Participant, target: Option<&'a Participant>) -> Notice<'a> {
        match *self {
            Self::Step(relay) => Notice::Relayed { relay, sender, target },
            Self::Words(text) => Notice::Chat { text, sender, target },
        }
    }
}

impl LiveRoom {
    pub fn new(room: Room) -> Self {
        let inner = Inner { room, sockets: HashMap::new(), slow: Vec::new(), summary: None };
        let terms = inner.room.terms();
        Self {
            code: terms.code,
            created_at: terms.created_at,
            inner: Mutex::new(inner),
            steps: tokio::sync::Mutex::new(()),
        }
    }

    /// Looks at the room.
    pub fn look<T>(&self, look: impl FnOnce(&Room) -> T) -> T {
        look(&self.lock().room)
    }

    pub fn details(&self, now: Timestamp) -> RoomDetails {
        RoomDetails::of(&self.lock().room, now)
    }

    pub fn summary(&self, state: RoomState) -> Arc<str> {
        let mut inner = self.lock();
        match &inner.summary {
            Some((of, summary)) if *of == state => summary.clone(),
            _ => {
                let text = serde_json::to_string(&RoomSummary::of(&inner.room, state)).unwrap_or_default();
                let summary: Arc<str> = text.into();
                inner.summary = Some((state, summary.clone()));
                summary
            }
        }
    }

    /// A guest comes in, is told who is here, and the others are told of the guest.
    pub fn enter_guest(
        &self,
        now: Timestamp,
        socket_id: &SocketId,
        guest: (&str, Option<&str>),
        outbox: Outbox,
    ) -> Result<(), Refusal> {
        self.change(|inner| {
            let participant = inner.room.join_guest(now, socket_id, guest.0, guest.1)?;
            inner.sockets.insert(socket_id.clone(), outbox);
            let connected = inner.room.participants().filter(|one| one.socket_id.is_some());
            let others: Vec<&Participant> = connected.filter(|one| one.socket_id.as_ref() != Some(socket_id)).collect();
            let joined = Notice::RoomJoined { room_code: self.code, socket_id, others: &others };
            let text = encode(Dialect::Envelope, &joined).unwrap_or_default();
            inner.send(socket_id, Outgoing::Text(text.into()));
            inner.tell_all(&Notice::Joined { room_code: self.code, participant: &participant }, Some(socket_id));
            Ok(())
        })
    }

    /// A member's socket comes in. Another one of the same member goes.
    pub fn enter_member(
        &self,
        now: Timestamp,
        user: &str,
        socket_id: &SocketId,
        outbox: Outbox,
    ) -> Result<(), Refusal> {
        self.change(|inner| {
            let (member, before) = inner.room.connect_member(now, user, socket_id)?;
            if let Some(before) = before {
                inner.end_socket(&before, CloseReason::Replaced);
                inner.tell_all(&Notice::Left { room_code: self.code, participant: &before }, None);
            }
            inner.sockets.insert(socket_id.clone(), outbox);
            inner.tell_all(&Notice::Joined { room_code: self.code, participant: &member }, Some(socket_id));
            Ok(())
        })
    }

    /// A socket is gone.
    pub fn disconnect(&self, socket_id: &SocketId) {
        self.change(|inner| {
            inner.sockets.remove(socket_id);
            if let Some(departure) = inner.room.disconnect(socket_id) {
                inner.tell_all(&Notice::Left { room_code: self.code, participant: &departure.participant }, None);
            }
        });
    }

    /// Takes a place for a member; [`Self::announce`] follows when it is saved. `None`: is one already.
    pub fn reserve_member(&self, now: Timestamp, user: &str, name: &str) -> Result<Option<Participant>, Refusal> {
        self.change(|inner| inner.room.join_member(now, user, name))
    }

    /// The place was not saved.
    pub fn revoke_member(&self, user: &str) {
        self.change(|inner| inner.room.revoke_member(user));
    }

    /// Tells all that a member came.
    pub fn announce(&self, member: &Participant) {
        self.change(|inner| inner.tell_all(&Notice::Joined { room_code: self.code, participant: member }, None));
    }

    /// A member left; the member's socket goes.
    pub fn leave_member(&self, user: &str) {
        self.change(|inner| {
            if let Some(member) = inner.room.leave_member(user) {
                inner.end_socket(&member, CloseReason::Left);
                inner.tell_all(&Notice::Left { room_code: self.code, participant: &member }, None);
            }
        });
    }

    /// Ends the room by its owner.
    pub fn close(&self, now: Timestamp) {
        self.change(|inner| {
            if inner.room.close(now).is_ok() {
                inner.end_all(CloseReason::RoomClosed);
            }
        });
    }

    /// Ends the room by its time, if that is over.
    pub fn expire(&self, now: Timestamp) {
        self.change(|inner| {
            if inner.room.expire(now) {
                inner.end_all(CloseReason::RoomExpired);
            }
        });
    }

    /// Passes something on.
    pub fn relay(&self, now: Timestamp, from: &SocketId, relay: &Relay) -> Result<(), Refusal> {
        self.pass(now, from, relay.target.as_deref(), &Said::Step(relay))
    }

    /// Passes words on.
    pub fn chat(&self, now: Timestamp, from: &SocketId, target: Option<&str>, text: &str) -> Result<(), Refusal> {
        self.pass(now, from, target, &Said::Words(text))
    }

    /// Who is connected, in words for a socket of that dialect.
    pub fn presence(&self, dialect: Dialect) -> Option<String> {
        let inner = self.lock();
        let connected: Vec<&Participant> = inner.room.participants().filter(|one| one.socket_id.is_some()).collect();
        encode(dialect, &Notice::Presence { room_code: self.code, connected: &connected })
    }

    fn pass(&self, now: Timestamp, from: &SocketId, target: Option<&str>, said: &Said<'_>) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let dialect = inner.sockets.get(from).ok_or(Refusal::NotJoined)?.dialect;
        let target = match (target, dialect) {
            (None, _) => Target::Others,
            (Some(id), Dialect::Envelope) => Target::Socket(id),
            (Some(name), Dialect::Flat) => Target::Name(name),
        };
        let route = inner.room.route(now, from, target)?;
        let sender = inner.room.of_socket(from).ok_or(Refusal::NotJoined)?;
        match route {
            Route::Others => {
                let sender = sender.clone();
                inner.tell_all(&said.notice(&sender, None), Some(from));
            }
            Route::To(socket_id) => {
                let target = inner.room.of_socket(&socket_id).ok_or(Refusal::NoSuchTarget)?;
                let to = inner.sockets.get(&socket_id).ok_or(Refusal::TargetOffline)?.dialect;
                if let Some(text) = encode(to, &said.notice(sender, Some(target))) {
                    inner.send(&socket_id, Outgoing::Text(text.into()));
                }
            }
        }
        inner.drop_slow(self.code);
        Ok(())
    }

    /// Changes who is in the room.
    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.lock();
        inner.summary = None;
        let done = change(&mut inner);
        inner.drop_slow(self.code);
        done
    }

    /// Every method leaves the room whole, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn send(&mut self, socket_id: &SocketId, message: Outgoing) {
        if self.sockets.get(socket_id).is_some_and(|outbox| outbox.send(message).is_err()) {
            self.slow.push(socket_id.clone());
        }
    }

    /// To everybody but one. Each dialect's text is made once, when the first socket needs it.
    fn tell_all(&mut self, notice: &Notice<'_>, but: Option<&SocketId>) {
        let mut texts: [Option<Option<Bytes>>; 2] = [None, None];
        for (socket_id, outbox) in &self.sockets {
            if Some(socket_id) == but {
                continue;
            }
            let text = texts[outbox.dialect as usize].get_or_insert_with(|| {
                let text = encode(outbox.dialect, notice);
                text.map(Bytes::from)
            });
            if let Some(text) = text
                && outbox.send(Outgoing::Text(text.clone())).is_err()
            {
                self.slow.push(socket_id.clone());
            }
        }
    }

    fn end_socket(&mut self, participant: &Participant, reason: CloseReason) {
        if let Some(outbox) = participant.socket_id.as_ref().and_then(|id| self.sockets.remove(id)) {
            outbox.end(reason);
        }
    }

    fn end_all(&mut self, reason: CloseReason) {
        for (_, outbox) in self.sockets.drain() {
            outbox.end(reason);
        }
    }

    /// Lets go of who cannot keep up, and tells the others, which may be too much for the next one.
    fn drop_slow(&mut self, room_code: RoomCode) {
        while let Some(socket_id) = self.slow.pop() {
            let Some(outbox) = self.sockets.remove(&socket_id) else { continue };
            metrics::counter!("viva_room_sockets_dropped_total", "reason" => "slow").increment(1);
            outbox.end(CloseReason::TooSlow);
            if let Some(departure) = self.room.disconnect(&socket_id) {
                self.summary = None;
                self.tell_all(&Notice::Left { room_code, participant: &departure.participant }, None);
            }
        }
    }
}
