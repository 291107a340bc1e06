//! The addresses that our descriptions announce, and the candidates that they are written as.

use std::net::{IpAddr, SocketAddr};

/// Type preference of a host candidate over UDP, and over TCP where UDP is better (RFC 8445 section 5.1.2.1, RFC 6544
/// section 4.2).
const UDP_PREFERENCE: u32 = 126;
const TCP_PREFERENCE: u32 = 90;
/// Direction preference of a passive host candidate (RFC 6544 section 4.2), in front of 13 bits of our own.
const PASSIVE_PREFERENCE: u32 = 4 << 13;
/// RTP and RTCP together (RFC 5761).
const COMPONENT: u32 = 1;

/// Lines of our candidates, without the `a=`.
pub(super) struct OwnCandidates {
    pub udp: Vec<String>,
    pub tcp: Vec<String>,
}

impl OwnCandidates {
    /// All of them, UDP first.
    pub(super) fn lines(&self) -> impl Iterator<Item = &String> {
        self.udp.iter().chain(&self.tcp)
    }
}

/// What is announced of these addresses: each that could be reached at a socket of ours, once.
pub(super) fn announce(
    addresses: &[IpAddr],
    udp: SocketAddr,
    tcp: Option<SocketAddr>,
) -> (Vec<SocketAddr>, OwnCandidates) {
    let mut usable: Vec<IpAddr> = Vec::new();
    for address in addresses.iter().map(IpAddr::to_canonical) {
        let is_usable = !address.is_unspecified() && !address.is_multicast() && reaches(udp, address);
        if is_usable && !usable.contains(&address) {
            usable.push(address);
        }
    }
    let announced: Vec<_> = usable.iter().map(|address| SocketAddr::new(*address, udp.port())).collect();
    let tcp = usable.iter().enumerate().filter_map(|(index, address)| {
        let listener = tcp?;
        Some(tcp_candidate(index as u32, SocketAddr::new(*address, listener.port())))
    });
    let candidates = OwnCandidates { udp: announced.iter().copied().map(udp_candidate).collect(), tcp: tcp.collect() };
    (announced, candidates)
}

/// Whether packets to an address of this family can come in at the socket: an IPv6 one takes both, unless it is bound
/// to one address.
fn reaches(socket: SocketAddr, address: IpAddr) -> bool {
    match socket.ip() {
        IpAddr::V4(_) => address.is_ipv4(),
        IpAddr::V6(own) => address.is_ipv6() || own.is_unspecified(),
    }
}

/// A host candidate of the first component (RFC 8839 section 5.1).
pub(super) fn udp_candidate(address: SocketAddr) -> String {
    let priority = UDP_PREFERENCE << 24 | 0xffff << 8 | (256 - COMPONENT);
    format!("candidate:1 {COMPONENT} udp {priority} {} {} typ host", address.ip(), address.port())
}

/// A passive host candidate over TCP (RFC 6544 section 4.5). `index`: of the addresses, the best first.
fn tcp_candidate(index: u32, address: SocketAddr) -> String {
    let local_preference = PASSIVE_PREFERENCE + (8_191 - index.min(8_191));
    let priority = TCP_PREFERENCE << 24 | local_preference << 8 | (256 - COMPONENT);
    let (ip, port) = (address.ip(), address.port());
    format!("candidate:tcp{index} {COMPONENT} tcp {priority} {ip} {port} typ host tcptype passive")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(addresses: &[&str], udp: &str) -> Vec<String> {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        let tcp = Some("0.0.0.0:8001".parse().expect("an address"));
        announce(&addresses, udp.parse().expect("an address"), tcp).1.lines().cloned().collect()
    }

    #[test]
    fn each_address_is_announced_once_and_only_where_it_can_be_reached() {
        let both = ["203.0.113.1", "2001:db8::1", "203.0.113.1", "::ffff:203.0.113.1", "0.0.0.0", "::", "224.0.0.1"];
        let udp4 = "candidate:1 1 udp 2130706431 203.0.113.1 8000 typ host";
        let udp6 = "candidate:1 1 udp 2130706431 2001:db8::1 8000 typ host";
        let tcp4 = "candidate:tcp0 1 tcp 1520435199 203.0.113.1 8001 typ host tcptype passive";
        let tcp6 = "candidate:tcp1 1 tcp 1520434943 2001:db8::1 8001 typ host tcptype passive";
        assert_eq!(announced(&both, "[::]:8000"), [udp4, udp6, tcp4, tcp6]);
        assert_eq!(announced(&both, "0.0.0.0:8000"), [udp4, tcp4]);
        assert_eq!(announced(&both, "10.0.0.1:8000"), [udp4, tcp4], "NAT 1:1: what is bound is not what is announced");
        assert_eq!(announced(&["2001:db8::1", "203.0.113.1"], "[2001:db8::2]:8000").len(), 2);
        assert!(announced(&["2001:db8::1"], "0.0.0.0:8000").is_empty());
    }
}
