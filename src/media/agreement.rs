//! What was agreed with a peer, and the names under which a client that knows nothing else (WHIP, RFC 9725) speaks of
//! it: the peer connection, and its ICE session, which is another one after each restart.

use super::{
    MediaSession, OfferError, lock,
    sdp::{self, Offer, check_offer, with_login},
    shard::Command,
};
use crate::{
    domain::id::encode_128_bits,
    wire::sdp_fragment::{self, IceLogin},
};
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;

/// What was agreed last.
pub(super) struct Negotiated {
    /// The client's description.
    pub remote: Offer,
    /// Ours.
    pub local: String,
    /// The one of the two that is the answer.
    pub answer: String,
    /// Names the peer connection.
    connection: String,
    /// Names its ICE session.
    ice_session: String,
}

impl Negotiated {
    /// # Errors
    /// [`OfferError::Refused`] when there is no randomness.
    pub(super) fn new(remote: Offer, local: String, answer: String) -> Result<Self, OfferError> {
        Ok(Self { remote, local, answer, connection: random_name()?, ice_session: random_name()? })
    }

    /// The next negotiation of the same peer connection. The same answer again is no new ICE session.
    pub(super) fn next(&self, remote: Offer, answer: String) -> Result<Self, OfferError> {
        let is_same = self.answer == answer;
        let ice_session = if is_same { self.ice_session.clone() } else { random_name()? };
        let connection = self.connection.clone();
        Ok(Self { remote, local: answer.clone(), answer, connection, ice_session })
    }

    /// What a client may know of it.
    pub(super) fn shown(&self) -> Agreement {
        let Offer { ice_ufrag: ufrag, ice_password: password, .. } = &self.remote;
        Agreement {
            answer: self.answer.clone(),
            connection: self.connection.clone(),
            ice_session: self.ice_session.clone(),
            remote_login: IceLogin { ufrag: ufrag.clone(), password: password.clone() },
        }
    }
}

/// Nobody can guess it (RFC 9725 section 4.2 asks for that).
fn random_name() -> Result<String, OfferError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| OfferError::Refused(error.to_string()))?;
    Ok(encode_128_bits(bytes))
}

/// An agreement that is in force.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The answer to the last offer.
    pub answer: String,
    /// Names the peer connection. Unguessable; the same until another one takes its place.
    pub connection: String,
    /// Names its ICE session: changes with each restart.
    pub ice_session: String,
    /// The client's ICE credentials.
    pub remote_login: IceLogin,
}

impl Agreement {
    /// What a client needs of it after a restart, as a fragment (RFC 9725 section 4.3.3).
    pub fn fragment(&self) -> Option<String> {
        let (_, ufrag, password) = sdp::finish_local(&self.answer)?;
        let mid = self.answer.lines().find_map(|line| line.strip_prefix("a=mid:"))?;
        Some(sdp_fragment::write(&IceLogin { ufrag, password }, mid, &sdp::candidates(&self.answer)))
    }
}

/// ICE was not restarted; what was agreed before holds.
#[derive(Debug, thiserror::Error)]
pub enum RestartError {
    #[error("that peer connection is not there any more")]
    Gone,
    #[error("its ice session is another one by now")]
    Changed,
    #[error(transparent)]
    Refused(#[from] OfferError),
}

impl MediaSession {
    /// Answers an offer as [`MediaSession::offer`] does, and says under which names the outcome goes.
    ///
    /// # Errors
    /// [`OfferError`]; [`OfferError::OtherMedia`] for an offer of more than a conversation, which RFC 9725 section
    /// 4.4.3 would rather have refused than half answered.
    pub async fn agree(&self, sdp: &str) -> Result<Agreement, OfferError> {
        let offer = check_offer(sdp)?;
        if sdp::has_other_media(&offer.sdp) {
            return Err(OfferError::OtherMedia);
        }
        self.negotiate(offer).await
    }

    /// What is in force, while the peer is there.
    pub fn agreement(&self) -> Option<Agreement> {
        let has_peer = self.shared.has_peer.load(Ordering::Acquire);
        lock(&self.current).as_ref().filter(|_| has_peer).map(Negotiated::shown)
    }

    /// Restarts ICE of the named peer connection, whose client has these credentials from now on: the last offer with
    /// them in it is offered again. With `ice_session`, only as long as that one is in force.
    ///
    /// # Errors
    /// [`RestartError`]; the peer goes on as before.
    pub async fn restart_ice(
        &self,
        connection: &str,
        ice_session: Option<&str>,
        login: &IceLogin,
    ) -> Result<Agreement, RestartError> {
        let _one_at_a_time = self.negotiation.lock().await;
        let offer = {
            let has_peer = self.shared.has_peer.load(Ordering::Acquire);
            let current = lock(&self.current);
            let current = current.as_ref().filter(|it| has_peer && it.connection == connection);
            let current = current.ok_or(RestartError::Gone)?;
            if ice_session.is_some_and(|wanted| wanted != current.ice_session) {
                return Err(RestartError::Changed);
            }
            check_offer(&with_login(&current.remote.sdp, &login.ufrag, &login.password))?
        };
        *lock(&self.open_offer) = None;
        let (reply, answer) = oneshot::channel();
        let command = Command::Reoffer { key: self.key, offer: offer.clone(), reply };
        let answer = self.ask(command, answer).await?.map_err(super::refusal)?;
        let mut current = lock(&self.current);
        let next = current.as_ref().ok_or(RestartError::Gone)?.next(offer, answer)?;
        let agreement = next.shown();
        *current = Some(next);
        Ok(agreement)
    }

    /// Says goodbye to the named peer connection, unless it has said so itself; `false` when another one took its
    /// place, or it was hung up before.
    pub async fn hang_up(&self, connection: &str) -> bool {
        let _one_at_a_time = self.negotiation.lock().await;
        let is_last = lock(&self.current).as_ref().is_some_and(|current| current.connection == connection);
        if is_last {
            self.close().await;
        }
        is_last
    }
}
