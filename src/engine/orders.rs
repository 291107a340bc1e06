//! What a conversation is told, and the channels that it works on.

use crate::{
    domain::{
        session::{ModelCommand, ModelEvent},
        turns::Turns,
    },
    media::port::{Downlink, Uplink},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Something that the engine is to do in a conversation that it serves.
#[derive(Debug)]
pub enum Order {
    /// Now.
    Model(ModelCommand),
    /// Behind so many frames of this conversation, which were sent before it.
    After { frames: u64, order: AudioOrder },
}

/// An order about what is heard, which has its place between two frames.
#[derive(Debug)]
pub enum AudioOrder {
    /// From here on these rules hold.
    Turns(Turns),
    /// What was heard since the last turn is a turn, even if nobody spoke.
    Commit,
    /// What was heard since the last turn is to be forgotten.
    Clear,
}

/// Which frames come before an order.
pub(super) enum Before {
    None,
    /// All that are there.
    All,
    /// So many since the beginning.
    Count(u64),
}

impl Order {
    pub(super) fn frames_before(&self) -> Before {
        match self {
            Self::Model(ModelCommand::CommitAudio) => Before::All,
            Self::Model(_) => Before::None,
            Self::After { frames, .. } => Before::Count(*frames),
        }
    }
}

/// The ends of the channels of a conversation that is served; it ends when `orders` is closed or `cancel` is cancelled.
pub struct ServePorts {
    pub uplink: Uplink,
    pub downlink: Downlink,
    pub orders: mpsc::Receiver<Order>,
    pub events: mpsc::Sender<ModelEvent>,
    pub cancel: CancellationToken,
}

/// The same for every kind of conversation.
pub(super) struct Ports {
    pub uplink: Uplink,
    pub downlink: Downlink,
    pub orders: Orders,
    pub events: mpsc::Sender<ModelEvent>,
    pub cancel: CancellationToken,
}

/// Where orders come from.
pub(super) enum Orders {
    /// A session.
    Commands(mpsc::Receiver<ModelCommand>),
    /// A server of `/v1/realtime`.
    Any(mpsc::Receiver<Order>),
}

impl Orders {
    pub(super) async fn recv(&mut self) -> Option<Order> {
        match self {
            Self::Commands(commands) => commands.recv().await.map(Order::Model),
            Self::Any(orders) => orders.recv().await,
        }
    }
}
