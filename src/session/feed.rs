//! The live events of one session for whoever watches: Server-Sent Events and gRPC read the same feed as the page.
//!
//! The actor writes every event into a bounded ring. A watcher has a place in it and reads on from there, so a session
//! keeps one copy however many watch, and a watcher that comes back is given what it missed while the ring has it.
//!
//! Invariant: a watcher gets every event from its place on, in order, or its stream ends.

use crate::{
    domain::{
        event::{EndedData, Envelope, ItemData, LiveEvent, NoticeData, QuestionNumber, StateData, TurnData},
        session::{EndReason, Status},
    },
    store::SessionRecord,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// Events that a session remembers: some minutes of a lively interview.
const EVENTS_MAX: usize = 512;
/// Bytes of text in them; transcripts of long answers are sent again with each revision.
const TEXT_BYTES_MAX: usize = 96 * 1024;
/// Watchers of one session at a time.
const WATCHERS_MAX: usize = 16;
/// Events that wait in a watcher's own queue.
const QUEUE: usize = 32;
/// A watcher that takes nothing for so long is cut off.
const STALL: Duration = Duration::from_secs(20);

/// One event on its way to a watcher.
#[derive(Clone, Debug)]
pub struct Watched {
    pub event: Arc<Envelope>,
    /// Whoever names `event.id` later misses nothing. Not so inside a snapshot, which is of use only whole.
    pub resumable: bool,
}

/// Why nobody can watch now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The session has ended; [`final_state`] is what is left to tell.
    #[error("the session has ended")]
    Ended,
    #[error("too many watch this session")]
    TooMany,
}

/// What the session answers to somebody who needs a snapshot.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub events: Vec<Envelope>,
    /// Id of the last event that it includes.
    pub last_id: u64,
}

#[derive(Default)]
struct Ring {
    events: VecDeque<Arc<Envelope>>,
    text_bytes: usize,
}

/// The reading side, shared by all handles of a session.
#[derive(Clone)]
pub(super) struct Feed {
    ring: Arc<Mutex<Ring>>,
    last_id: watch::Receiver<u64>,
    places: Arc<Semaphore>,
}

/// The writing side: the actor's. When it is dropped, the feed ends.
pub(super) struct FeedWriter {
    ring: Arc<Mutex<Ring>>,
    last_id: watch::Sender<u64>,
}

/// The ring no longer has what comes next.
struct Missed;

/// How a watcher's stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// After `session.ended`, or with the session.
    Over,
    /// The watcher went away.
    Gone,
    /// It did not read, or not fast enough.
    Slow,
}

/// A feed without events.
pub(super) fn feed() -> (FeedWriter, Feed) {
    let ring = Arc::new(Mutex::new(Ring::default()));
    let (sender, last_id) = watch::channel(0);
    let writer = FeedWriter { ring: Arc::clone(&ring), last_id: sender };
    (writer, Feed { ring, last_id, places: Arc::new(Semaphore::new(WATCHERS_MAX)) })
}

impl FeedWriter {
    /// Tells everyone. Never waits.
    pub(super) fn publish(&self, envelope: Envelope) {
        let id = envelope.id;
        {
            let mut ring = lock(&self.ring);
            ring.text_bytes += text_bytes(&envelope);
            ring.events.push_back(Arc::new(envelope));
            while ring.events.len() > EVENTS_MAX || (ring.text_bytes > TEXT_BYTES_MAX && ring.events.len() > 1) {
                let Some(oldest) = ring.events.pop_front() else { break };
                ring.text_bytes -= text_bytes(&oldest);
            }
        }
        self.last_id.send_replace(id);
    }
}

impl Feed {
    /// Takes one of the places for watchers.
    pub(super) fn take_place(&self) -> Result<OwnedSemaphorePermit, WatchError> {
        self.places.clone().try_acquire_owned().map_err(|_| WatchError::TooMany)
    }

    /// Whether all events after `id` are still here. An id of the future was never given out.
    pub(super) fn has_all_after(&self, id: u64) -> bool {
        id <= *self.last_id.borrow() && self.after(id).is_ok()
    }

    /// The id of the last event and when it was.
    pub(super) fn last(&self) -> (u64, u64) {
        lock(&self.ring).events.back().map_or((0, 0), |event| (event.id, event.at_ms))
    }

    /// Starts to send: first these, then all events after `last_id`.
    pub(super) fn start(
        &self,
        place: OwnedSemaphorePermit,
        first: Vec<Envelope>,
        last_id: u64,
    ) -> mpsc::Receiver<Watched> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let feed = self.clone();
        tokio::spawn(async move {
            let watching = metrics::gauge!("viva_event_watchers");
            watching.increment(1.0);
            if feed.run(first, last_id, sender).await == End::Slow {
                metrics::counter!("viva_event_watchers_cut_total").increment(1);
            }
            watching.decrement(1.0);
            drop(place);
        });
        receiver
    }

    async fn run(mut self, first: Vec<Envelope>, mut last_id: u64, sender: mpsc::Sender<Watched>) -> End {
        let last_of_first = first.len().saturating_sub(1);
        for (index, event) in first.into_iter().enumerate() {
            let watched = Watched { event: Arc::new(event), resumable: index == last_of_first };
            if let Some(end) = send(&sender, watched).await {
                return end;
            }
        }
        loop {
            self.last_id.mark_unchanged();
            let Ok(events) = self.after(last_id) else { return End::Slow };
            for event in events {
                last_id = event.id;
                let is_last = matches!(event.event, LiveEvent::Ended(_));
                if let Some(end) = send(&sender, Watched { event, resumable: true }).await {
                    return end;
                }
                if is_last {
                    return End::Over;
                }
            }
            tokio::select! {
                changed = self.last_id.changed() => if changed.is_err() { return End::Over },
                () = sender.closed() => return End::Gone,
            }
        }
    }

    /// All events after `id`, as far as there are any.
    fn after(&self, id: u64) -> Result<Vec<Arc<Envelope>>, Missed> {
        let ring = lock(&self.ring);
        let oldest = ring.events.front().map_or(1, |event| event.id);
        if id + 1 < oldest {
            return Err(Missed);
        }
        Ok(ring.events.iter().skip_while(|event| event.id <= id).cloned().collect())
    }
}

/// `None`: sent.
async fn send(sender: &mpsc::Sender<Watched>, watched: Watched) -> Option<End> {
    match tokio::time::timeout(STALL, sender.send(watched)).await {
        Ok(Ok(())) => None,
        Ok(Err(_)) => Some(End::Gone),
        Err(_) => Some(End::Slow),
    }
}

/// Tells a watcher that it missed more than is remembered; a snapshot follows.
pub(super) fn missed_notice() -> LiveEvent {
    LiveEvent::Notice(NoticeData {
        code: "events_missed",
        text: "Some events are no longer remembered; this is where the interview stands now".to_owned(),
        level: "info",
    })
}

/// What there is to tell of a session that has ended, from its record. The events have id 0: nothing follows them.
pub fn final_state(record: &SessionRecord) -> Vec<Watched> {
    let end_reason = record.end_reason.unwrap_or(EndReason::Interrupted).as_str();
    let total = u32::try_from(record.interview.questions.len()).unwrap_or(u32::MAX);
    let number = record.questions.iter().map(|question| question.number).max().unwrap_or(0);
    let state = StateData {
        status: Status::Ended.as_str(),
        end_reason: Some(end_reason),
        engine: record.engine.clone(),
        question: QuestionNumber { number, total },
        speaker: None,
        time_limit_ms: record.interview.limits.max_duration_ms,
    };
    let may_read = record.interview.candidate_may_read_results;
    let ended =
        EndedData { end_reason, saved: true, results_url: may_read.then(|| format!("/results/{}", record.session_id)) };
    let at_ms = record.items.iter().map(|item| item.end_ms.unwrap_or(item.start_ms)).max().unwrap_or(0);
    let mut events = vec![LiveEvent::State(state)];
    events.extend(record.items.iter().map(|item| LiveEvent::Item(ItemData::from(item))));
    events.push(LiveEvent::Turn(TurnData { speaker: None, state: "idle" }));
    events.push(LiveEvent::Ended(ended));
    let watched = |event| Watched { event: Arc::new(Envelope { id: 0, at_ms, event }), resumable: false };
    events.into_iter().map(watched).collect()
}

/// About how much an event weighs: its texts, which are the only part that grows.
fn text_bytes(envelope: &Envelope) -> usize {
    match &envelope.event {
        LiveEvent::Item(item) => item.content.len() + item.generated_content.len(),
        LiveEvent::Question(question) => question.text.len(),
        LiveEvent::Notice(notice) => notice.text.len(),
        LiveEvent::State(_) | LiveEvent::Turn(_) | LiveEvent::Quality(_) | LiveEvent::Ended(_) => 0,
    }
}

/// The ring is whole after any panic.
fn lock(ring: &Mutex<Ring>) -> std::sync::MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: u64) -> Envelope {
        Envelope { id, at_ms: id, event: LiveEvent::Turn(TurnData { speaker: None, state: "idle" }) }
    }

    fn long_item(id: u64) -> Envelope {
        let item = ItemData {
            item_id: "item".into(),
            role: "user",
            content: "x".repeat(TEXT_BYTES_MAX / 4),
            generated_content: String::new(),
            start_ms: 0,
            end_ms: None,
            state: "interim",
            question: None,
            revision: id as u32,
        };
        Envelope { id, at_ms: id, event: LiveEvent::Item(item) }
    }

    async fn ids(receiver: &mut mpsc::Receiver<Watched>) -> Vec<u64> {
        let mut ids = Vec::new();
        while let Some(watched) = receiver.recv().await {
            ids.push(watched.event.id);
        }
        ids
    }

    #[tokio::test]
    async fn a_watcher_reads_on_from_its_place_to_the_end() {
        let (writer, feed) = feed();
        (1..=5).for_each(|id| writer.publish(event(id)));
        let mut late = feed.start(feed.take_place().unwrap(), Vec::new(), 3);
        writer.publish(event(6));
        drop(writer);
        assert_eq!(ids(&mut late).await, [4, 5, 6]);
    }

    #[tokio::test]
    async fn nothing_follows_the_end_of_the_session() {
        let (writer, feed) = feed();
        let ended = EndedData { end_reason: "completed", saved: true, results_url: None };
        writer.publish(Envelope { id: 1, at_ms: 1, event: LiveEvent::Ended(ended) });
        writer.publish(event(2));
        let mut watcher = feed.start(feed.take_place().unwrap(), vec![event(0), event(0)], 0);
        let (first, second) = (watcher.recv().await.unwrap(), watcher.recv().await.unwrap());
        assert_eq!((first.resumable, second.resumable), (false, true), "a snapshot is whole only at its end");
        assert_eq!(ids(&mut watcher).await, [1]);
    }

    #[tokio::test]
    async fn the_ring_is_bounded_and_says_what_it_lost() {
        let (writer, feed) = feed();
        (1..=EVENTS_MAX as u64 + 10).for_each(|id| writer.publish(event(id)));
        assert!(feed.has_all_after(10) && !feed.has_all_after(9));
        assert!(feed.has_all_after(EVENTS_MAX as u64 + 10) && !feed.has_all_after(EVENTS_MAX as u64 + 11));
        let first = EVENTS_MAX as u64 + 11;
        (first..first + 10).for_each(|id| writer.publish(long_item(id)));
        assert!(feed.has_all_after(first + 5) && !feed.has_all_after(first + 4), "long texts count by their length");
        assert!(lock(&feed.ring).text_bytes <= TEXT_BYTES_MAX);
    }

    #[tokio::test]
    async fn a_watcher_that_does_not_read_is_cut_off_and_the_others_are_not() {
        let (writer, feed) = feed();
        let mut idle = feed.start(feed.take_place().unwrap(), Vec::new(), 0);
        let mut quick = feed.start(feed.take_place().unwrap(), Vec::new(), 0);
        let total = (QUEUE + EVENTS_MAX) as u64 * 2;
        for id in 1..=total {
            writer.publish(event(id));
            assert_eq!(quick.recv().await.unwrap().event.id, id);
        }
        let got = ids(&mut idle).await;
        assert!((1..total).contains(&(got.len() as u64)), "{} of {total}", got.len());
        assert_eq!(got, (1..=got.len() as u64).collect::<Vec<_>>(), "what it got has no hole");
    }

    #[tokio::test]
    async fn places_are_limited_and_come_back() {
        let (_writer, feed) = feed();
        let mut watchers: Vec<_> =
            (0..WATCHERS_MAX).map(|_| feed.start(feed.take_place().unwrap(), Vec::new(), 0)).collect();
        assert_eq!(feed.take_place().err(), Some(WatchError::TooMany));
        watchers.pop();
        let free = tokio::time::timeout(Duration::from_secs(5), feed.places.acquire()).await;
        assert!(free.is_ok(), "a place comes free when its watcher goes");
    }
}
