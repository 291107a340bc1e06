//! The mailbox end of a session, and the view of it that is always at hand.

use super::{
    feed::{Feed, Snapshot, WatchError, Watched},
    recording::RecordingSwitch,
    rehearsal::Stage,
};
use crate::{
    domain::{
        event::{ClientMessage, Envelope, LiveEvent, NoticeData, QualityData, QuestionNumber},
        id::SessionId,
        session::{EndReason, PeerEvent, Status, StopReason},
    },
    media::{Agreement, MediaSession, OfferError, RestartError},
    wire::sdp_fragment::IceLogin,
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot, watch};

/// What a session is doing, as `GET …/status` shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusView {
    pub status: Status,
    pub end_reason: Option<EndReason>,
    pub question: QuestionNumber,
    pub speaker: Option<&'static str>,
    pub quality: Option<QualityData>,
    pub started_at: Option<Timestamp>,
    /// The actor has nothing more to do: everything is durable, or could not be made so.
    pub finished: bool,
}

/// What can be asked of a session.
#[derive(Debug)]
pub(super) enum Request {
    Peer(PeerEvent),
    Client(ClientMessage),
    Consented,
    Preparing {
        for_ms: u64,
    },
    End(StopReason),
    /// Where the interview stands, for somebody who begins to watch. `missed`: more than the feed remembers.
    Snapshot {
        missed: bool,
        reply: oneshot::Sender<Snapshot>,
    },
}

/// Requests that may wait for a session.
pub(super) const MAILBOX: usize = 64;
/// How long `end` waits for the end to be durable.
const END_WAIT: Duration = Duration::from_millis(1_500);

/// The session is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session has ended")]
pub struct SessionClosed;

/// A live session, from outside. Cheap to clone.
#[derive(Clone)]
pub struct SessionHandle {
    pub session_id: SessionId,
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) view: watch::Receiver<StatusView>,
    pub(super) media: Arc<MediaSession>,
    pub(super) feed: Feed,
    pub(super) recording: RecordingSwitch,
    pub(super) rehearsal: Arc<Stage>,
}

impl SessionHandle {
    /// What it is doing now.
    pub fn view(&self) -> StatusView {
        self.view.borrow().clone()
    }

    /// Answers an offer: the first one, an ICE restart, or a return after a reload.
    pub async fn offer(&self, sdp: &str) -> Result<String, OfferError> {
        self.rehearsal.clear();
        self.prepare_takeover();
        let answer = self.media.offer(sdp).await?;
        // A full mailbox loses nothing here: the media path says itself when the peer is connected.
        let _ = self.requests.try_send(Request::Peer(PeerEvent::Offered));
        Ok(answer)
    }

    /// The same for a client that speaks of the outcome by its names (WHIP).
    pub async fn agree(&self, sdp: &str) -> Result<Agreement, OfferError> {
        self.rehearsal.clear();
        self.prepare_takeover();
        let agreement = self.media.agree(sdp).await?;
        let _ = self.requests.try_send(Request::Peer(PeerEvent::Offered));
        Ok(agreement)
    }

    /// What was agreed with the peer that is there.
    pub fn agreement(&self) -> Option<Agreement> {
        self.media.agreement()
    }

    /// Restarts ICE of the named peer connection; see [`MediaSession::restart_ice`].
    pub async fn restart_ice(
        &self,
        connection: &str,
        ice_session: Option<&str>,
        login: &IceLogin,
    ) -> Result<Agreement, RestartError> {
        let agreement = self.media.restart_ice(connection, ice_session, login).await?;
        let _ = self.requests.try_send(Request::Peer(PeerEvent::Offered));
        Ok(agreement)
    }

    /// Says goodbye to the named peer connection; the interview waits for its candidate. `false`: it is not there.
    pub async fn hang_up(&self, connection: &str) -> bool {
        self.media.hang_up(connection).await
    }

    /// An offer of ours, for a client that would rather answer: for a new peer, or with `restart` for a new path of the
    /// one that is there.
    pub async fn server_offer(&self, restart: bool) -> Result<String, OfferError> {
        self.rehearsal.clear();
        self.media.server_offer(restart).await
    }

    /// Whether an offer of ours waits for its answer.
    pub fn has_open_offer(&self) -> bool {
        self.media.has_open_offer()
    }

    /// Takes the answer to it.
    pub async fn take_answer(&self, sdp: &str) -> Result<(), OfferError> {
        self.prepare_takeover();
        self.media.take_answer(sdp).await?;
        let _ = self.requests.try_send(Request::Peer(PeerEvent::Offered));
        Ok(())
    }

    /// Two tabs: the one that was there hears that it is no more the one, so that they do not take turns. It is not
    /// of the session's events, for nobody else hears it, and nothing follows it.
    fn prepare_takeover(&self) {
        let (id, at_ms) = self.feed.last();
        let notice = NoticeData {
            code: "continued_elsewhere",
            text: "The interview goes on in another window or on another device. You can close this one.".to_owned(),
            level: "warning",
        };
        match serde_json::to_string(&Envelope { id, at_ms, event: LiveEvent::Notice(notice) }) {
            Ok(message) => self.media.set_last_words(message),
            Err(error) => tracing::error!(%error, "a notice cannot be written"),
        }
    }

    /// The answer in force.
    pub fn answer_sdp(&self) -> Option<String> {
        self.media.answer_sdp()
    }

    /// The server's own candidates.
    pub fn local_candidates(&self) -> Vec<String> {
        self.media.local_candidates()
    }

    /// A message of the page.
    pub async fn client(&self, message: ClientMessage) -> Result<(), SessionClosed> {
        self.send(Request::Client(message)).await
    }

    /// The consent record is stored; media may be processed, and recorded where the interview says so.
    pub async fn consented(&self) -> Result<(), SessionClosed> {
        self.recording.turn_on(&self.media);
        self.send(Request::Consented).await
    }

    /// The live events from now on, after a snapshot; or all since the one with the id `after`. When more was missed
    /// than is remembered, a notice says so and a snapshot follows. Ends with `session.ended`, with the session, or
    /// when the receiver is not read.
    ///
    /// # Errors
    /// [`WatchError`], when the session has ended or too many watch it.
    pub async fn watch(&self, after: Option<u64>) -> Result<mpsc::Receiver<Watched>, WatchError> {
        let place = self.feed.take_place()?;
        if let Some(after) = after.filter(|after| self.feed.has_all_after(*after)) {
            return Ok(self.feed.start(place, Vec::new(), after));
        }
        let (reply, snapshot) = oneshot::channel();
        let request = Request::Snapshot { missed: after.is_some(), reply };
        self.send(request).await.map_err(|_| WatchError::Ended)?;
        let snapshot = snapshot.await.map_err(|_| WatchError::Ended)?;
        Ok(self.feed.start(place, snapshot.events, snapshot.last_id))
    }

    /// Asks for the end and waits a moment for it to be durable; closing words may still be spoken after that.
    pub async fn end(&self, reason: StopReason) -> StatusView {
        if self.send(Request::End(reason)).await.is_ok() {
            let mut view = self.view.clone();
            // A timeout means that it is closing; an error that the actor is gone, and so finished.
            let _ = tokio::time::timeout(END_WAIT, view.wait_for(|view| view.finished)).await;
        }
        self.view()
    }

    /// Ends it without a word more, and waits a moment for that.
    pub(super) async fn stop(&self) {
        // The first is refused a goodbye, the second the time for the last transcript. Gone is as good.
        let _ = self.send(Request::End(StopReason::Candidate)).await;
        self.end(StopReason::Internal).await;
    }

    /// Whoever is expected rehearses: the session does not expire meanwhile.
    pub(super) async fn preparing(&self, for_ms: u64) -> Result<(), SessionClosed> {
        self.send(Request::Preparing { for_ms }).await
    }

    /// Whether its actor is gone, so that there is nobody to ask.
    pub fn is_gone(&self) -> bool {
        self.requests.is_closed()
    }

    async fn send(&self, request: Request) -> Result<(), SessionClosed> {
        self.requests.send(request).await.map_err(|_| SessionClosed)
    }
}
