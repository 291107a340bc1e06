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
    Model(ModelCommand),
    /// From here on these rules hold.
    Turns(Turns),
    /// What was heard since the last turn is a turn, even if nobody spoke.
    Commit,
    /// What was heard since the last turn is to be forgotten.
    Clear,
}

impl Order {
    /// Whether it is about the frames that were sent before it.
    pub(super) fn is_about_audio(&self) -> bool {
        match self {
            Self::Model(command) => *command == ModelCommand::CommitAudio,
            Self::Turns(_) | Self::Commit | Self::Clear => true,
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
