//! The conversations that are open now: how many there may be, and how one is found and ended from elsewhere.

use crate::domain::{auth::Owner, id::SessionId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// Conversations that one user may have open at once; platforms share all places.
const PER_USER_MAX: usize = 8;
/// How long somebody waits for a conversation to be over: its last words are saved meanwhile.
const OVER_WITHIN: Duration = Duration::from_secs(5);

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// All places of this server are taken.
    #[error("all conversations are taken")]
    Server,
    /// This user has as many open as one may have.
    #[error("this user has too many conversations open")]
    User,
    /// The session's earlier connection does not let go.
    #[error("the session's earlier connection is still closing")]
    Session,
}

/// All open conversations. Clones are the same.
#[derive(Clone)]
pub(super) struct Live {
    shared: Arc<Mutex<Shared>>,
    count: watch::Sender<usize>,
    places: Arc<Semaphore>,
}

#[derive(Default)]
struct Shared {
    sessions: HashMap<SessionId, Open>,
    users: HashMap<String, usize>,
}

/// The two ends of a conversation's life.
#[derive(Clone, Default)]
struct Open {
    /// Asks it to end.
    end: CancellationToken,
    /// It has ended.
    over: CancellationToken,
}

/// A place among the open conversations; free again when it is dropped.
pub(super) struct Place {
    live: Live,
    user: Option<String>,
    session_id: Option<SessionId>,
    open: Open,
    _permit: OwnedSemaphorePermit,
}

impl Live {
    /// At most `places_max` at once.
    pub(super) fn new(places_max: usize) -> Self {
        let places = Arc::new(Semaphore::new(places_max.min(Semaphore::MAX_PERMITS)));
        Self { shared: Arc::default(), count: watch::Sender::new(0), places }
    }

    /// Takes a place. A connection of the same session that is open is ended first: whoever comes back wins.
    pub(super) async fn enter(&self, owner: &Owner, session_id: Option<&SessionId>) -> Result<Place, Full> {
        let permit = self.places.clone().try_acquire_owned().map_err(|_| Full::Server)?;
        if let Some(session_id) = session_id {
            self.end(session_id).await;
        }
        let mut shared = self.lock();
        let open = Open::default();
        let user = match owner {
            Owner::User { sub } => Some(sub.clone()),
            Owner::Local | Owner::Platform | Owner::Public => None,
        };
        if user.as_ref().is_some_and(|user| shared.users.get(user).is_some_and(|count| *count >= PER_USER_MAX)) {
            return Err(Full::User);
        }
        if let Some(session_id) = session_id {
            // Another connection of the same session was quicker, or the old one is not over.
            if shared.sessions.contains_key(session_id) {
                return Err(Full::Session);
            }
            shared.sessions.insert(session_id.clone(), open.clone());
        }
        if let Some(user) = &user {
            *shared.users.entry(user.clone()).or_default() += 1;
        }
        drop(shared);
        self.count.send_modify(|count| *count += 1);
        metrics::gauge!("viva_relay_conversations").increment(1.0);
        Ok(Place { live: self.clone(), user, session_id: session_id.cloned(), open, _permit: permit })
    }

    /// Asks the conversation of a session to end and waits, within bounds, until it has; says whether there was one.
    pub(super) async fn end(&self, session_id: &SessionId) -> bool {
        let Some(open) = self.lock().sessions.get(session_id).cloned() else { return false };
        open.end.cancel();
        if timeout(OVER_WITHIN, open.over.cancelled()).await.is_err() {
            tracing::warn!(session = %session_id, "a conversation does not end in time");
        }
        true
    }

    pub(super) fn has(&self, session_id: &SessionId) -> bool {
        self.lock().sessions.contains_key(session_id)
    }

    pub(super) fn len(&self) -> usize {
        *self.count.borrow()
    }

    pub(super) async fn all_finished(&self) {
        // An error would mean that the sender is gone, but it is ours.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }

    /// The maps are never left half changed, so a poisoned lock is still good.
    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Cancelled when somebody asks for the end.
    pub(super) fn end(&self) -> &CancellationToken {
        &self.open.end
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut shared = self.live.lock();
        if let Some(session_id) = &self.session_id {
            shared.sessions.remove(session_id);
        }
        if let Some(user) = &self.user
            && let Some(count) = shared.users.get_mut(user)
        {
            *count -= 1;
            if *count == 0 {
                shared.users.remove(user);
            }
        }
        drop(shared);
        self.open.over.cancel();
        metrics::gauge!("viva_relay_conversations").decrement(1.0);
        self.live.count.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_are_bounded_and_come_back() {
        let live = Live::new(2);
        let first = live.enter(&Owner::Platform, None).await.expect("a place");
        let _second = live.enter(&Owner::Platform, None).await.expect("a place");
        assert_eq!(live.enter(&Owner::Platform, None).await.err(), Some(Full::Server));
        drop(first);
        assert_eq!(live.len(), 1);
        live.enter(&Owner::Platform, None).await.expect("the place is free again");
    }

    #[tokio::test]
    async fn one_user_does_not_take_all_places() {
        let live = Live::new(100);
        let ann = Owner::User { sub: "ann".to_owned() };
        let mut places = Vec::new();
        for _ in 0..PER_USER_MAX {
            places.push(live.enter(&ann, None).await.expect("a place"));
        }
        assert_eq!(live.enter(&ann, None).await.err(), Some(Full::User));
        live.enter(&Owner::User { sub: "ben".to_owned() }, None).await.expect("a place for somebody else");
        places.pop();
        live.enter(&ann, None).await.expect("a place again");
    }

    #[tokio::test]
    async fn a_session_has_one_connection_and_the_newer_one_wins() {
        let live = Live::new(10);
        let session_id = SessionId::new("voice-1");
        let place = live.enter(&Owner::Local, Some(&session_id)).await.expect("a place");
        assert!(live.has(&session_id));
        let end = place.end().clone();
        let older = tokio::spawn(async move {
            end.cancelled().await;
            drop(place);
        });
        let newer = live.enter(&Owner::Local, Some(&session_id)).await.expect("a place for the newer one");
        older.await.expect("the older one ends");
        assert!(live.has(&session_id) && !newer.end().is_cancelled());
        drop(newer);
        assert!(!live.has(&session_id) && !live.end(&session_id).await);
        live.all_finished().await;
    }
}
