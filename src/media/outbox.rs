//! Where packets leave: the UDP socket, or the connection of a peer without UDP.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
};

use super::{
    front_door::{Path, Transport},
    tcp::Outlets,
};

/// Where a shard's packets leave.
pub(super) struct Outbox {
    socket: UdpSocket,
    is_ipv6: bool,
    tcp: Arc<Outlets>,
    failed: metrics::Counter,
}

impl Outbox {
    pub(super) fn new(socket: UdpSocket, is_ipv6: bool, tcp: Arc<Outlets>) -> Self {
        Self { socket, is_ipv6, tcp, failed: metrics::counter!("viva_transmit_failed_total") }
    }

    /// Never waits.
    pub(super) fn send(&self, datagram: &[u8], to: Path) {
        match to.transport {
            Transport::Udp => self.send_udp(datagram, to.peer),
            Transport::Tcp(connection) => self.tcp.send(connection, datagram),
        }
    }

    /// Where no way is known yet, it is lost.
    pub(super) fn send_if(&self, datagram: &[u8], to: Option<Path>) {
        if let Some(to) = to {
            self.send(datagram, to);
        }
    }

    fn send_udp(&self, datagram: &[u8], to: SocketAddr) {
        let to = match to {
            SocketAddr::V4(v4) if self.is_ipv6 => SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()),
            other => other,
        };
        // A full send buffer is a lost packet, as any other on the way.
        if self.socket.send_to(datagram, to).is_err() {
            self.failed.increment(1);
        }
    }
}
