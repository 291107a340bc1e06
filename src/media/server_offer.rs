//! The other way round: Viva offers and the client answers. Nothing is let in before the answer is here, because only
//! it names the one who may come.

use super::{
    MediaSession, OfferError,
    agreement::Negotiated,
    lock,
    peer::PeerError,
    refusal,
    rtc_peer::RtcPeer,
    sdp::{Offer, check_answer},
    shard::Command,
};
use std::time::Instant;
use tokio::sync::oneshot;

/// An offer of ours that waits for its answer. A newer one, ours or the client's, makes it void.
pub(super) enum OpenOffer {
    /// Of a peer that is new; the one that is there, if any, goes on until the answer comes.
    Fresh { peer: Box<RtcPeer>, sdp: String },
    /// Of the peer that is there: an ICE restart.
    Restart { sdp: String },
}

impl MediaSession {
    /// Makes an offer: for a new peer, or with `restart` for the one that is there, to find a new path.
    ///
    /// # Errors
    /// [`OfferError::NoPeer`] when there is none to restart; otherwise media is gone or overloaded.
    pub async fn server_offer(&self, restart: bool) -> Result<String, OfferError> {
        let _one_at_a_time = self.negotiation.lock().await;
        let open = if restart { self.offer_restart().await? } else { self.offer_fresh().await? };
        let (OpenOffer::Fresh { sdp, .. } | OpenOffer::Restart { sdp }) = &open;
        let sdp = sdp.clone();
        *lock(&self.open_offer) = Some(open);
        Ok(sdp)
    }

    /// Whether an offer of ours waits for its answer.
    pub fn has_open_offer(&self) -> bool {
        lock(&self.open_offer).is_some()
    }

    /// Takes the answer to the open offer. One that cannot be used leaves the offer open, as far as the stack allows.
    ///
    /// # Errors
    /// [`OfferError::NotOffered`] when no offer is open; otherwise what is wrong with the answer, or that media
    /// is gone.
    pub async fn take_answer(&self, sdp: &str) -> Result<(), OfferError> {
        let _one_at_a_time = self.negotiation.lock().await;
        if !self.has_open_offer() {
            return Err(OfferError::NotOffered);
        }
        let answer = check_answer(sdp)?;
        let open = lock(&self.open_offer).take().ok_or(OfferError::NotOffered)?;
        let local = match open {
            OpenOffer::Fresh { peer, .. } => self.install_answered(peer, answer.clone()).await?,
            OpenOffer::Restart { sdp } => match self.answers_peer(&answer) {
                true => self.restart_answered(answer.clone()).await?,
                false => {
                    *lock(&self.open_offer) = Some(OpenOffer::Restart { sdp });
                    let why = "an ICE restart is answered with the fingerprint of the peer that is there";
                    return Err(OfferError::Malformed(why.to_owned()));
                }
            },
        };
        *lock(&self.current) = Some(Negotiated::new(answer, local, sdp.to_owned())?);
        Ok(())
    }

    async fn offer_fresh(&self) -> Result<OpenOffer, OfferError> {
        let stack = self.seat.inner.stack.clone();
        let made = tokio::task::spawn_blocking(move || stack.offer(Instant::now())).await;
        let (peer, sdp) = made.map_err(|_| OfferError::Refused("it broke the stack".to_owned()))?.map_err(refusal)?;
        Ok(OpenOffer::Fresh { peer: Box::new(peer), sdp })
    }

    async fn offer_restart(&self) -> Result<OpenOffer, OfferError> {
        let (reply, offer) = oneshot::channel();
        match self.ask(Command::RestartOffer { key: self.key, reply }, offer).await? {
            Ok(sdp) => Ok(OpenOffer::Restart { sdp }),
            Err(PeerError::NotOpen) => Err(OfferError::NoPeer),
            Err(error) => Err(refusal(error)),
        }
    }

    async fn install_answered(&self, mut peer: Box<RtcPeer>, answer: Offer) -> Result<String, OfferError> {
        let last_words = self.last_words_for(&answer);
        let concluded = tokio::task::spawn_blocking(move || {
            use super::peer::Peer;
            peer.accept_answer(&answer, Instant::now()).map(|concluded| (peer, concluded))
        });
        let concluded = concluded.await.map_err(|_| OfferError::Refused("it broke the stack".to_owned()))?;
        let (peer, concluded) = concluded.map_err(refusal)?;
        self.install(peer, concluded, last_words).await
    }

    async fn restart_answered(&self, answer: Offer) -> Result<String, OfferError> {
        let (reply, concluded) = oneshot::channel();
        match self.ask(Command::AcceptAnswer { key: self.key, answer, reply }, concluded).await? {
            Ok(local) => Ok(local),
            Err(PeerError::NotOpen) => Err(OfferError::NoPeer),
            Err(error) => Err(refusal(error)),
        }
    }

    fn answers_peer(&self, answer: &Offer) -> bool {
        lock(&self.current).as_ref().is_some_and(|current| current.remote.fingerprint == answer.fingerprint)
    }
}
