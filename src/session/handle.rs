//! The mailbox end of a session, and the view of it that is always at hand.

use crate::{
    domain::{
        event::{ClientMessage, QualityData, QuestionNumber},
        id::SessionId,
        session::{EndReason, PeerEvent, Status, StopReason},
    },
    media::{MediaSession, OfferError},
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};

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
    End(StopReason),
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
}

impl SessionHandle {
    /// What it is doing now.
    pub fn view(&self) -> StatusView {
        self.view.borrow().clone()
    }

    /// Answers an offer: the first one, an ICE restart, or a return after a reload.
    pub async fn offer(&self, sdp: &str) -> Result<String, OfferError> {
        let answer = self.media.offer(sdp).await?;
        // A full mailbox loses nothing here: the media path says itself when the peer is connected.
        let _ = self.requests.try_send(Request::Peer(PeerEvent::Offered));
        Ok(answer)
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

    /// The consent record is stored; media may be processed.
    pub async fn consented(&self) -> Result<(), SessionClosed> {
        self.send(Request::Consented).await
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

    async fn send(&self, request: Request) -> Result<(), SessionClosed> {
        self.requests.send(request).await.map_err(|_| SessionClosed)
    }
}
