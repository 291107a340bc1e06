//! Addresses that are nobody's on the public internet: inner networks, this machine, documentation, transition.
//!
//! IANA's special-purpose registries (RFC 6890 and what was added since), and what clouds use besides. For IPv6 the
//! rule is the other way round: only global unicast (`2000::/3`) is anybody's, less what is special in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// (first address, bits of the prefix, what it is for)
const V4: &[([u8; 4], u32, &str)] = &[
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "a private network"),
    ([100, 64, 0, 0], 10, "a carrier's inner network"),
    ([127, 0, 0, 0], 8, "loopback"),
    // Metadata of most clouds is in here.
    ([169, 254, 0, 0], 16, "link-local"),
    ([172, 16, 0, 0], 12, "a private network"),
    ([192, 0, 0, 0], 24, "protocol assignments"),
    ([192, 0, 2, 0], 24, "documentation"),
    ([192, 31, 196, 0], 24, "AS112"),
    ([192, 52, 193, 0], 24, "AMT"),
    ([192, 88, 99, 0], 24, "6to4 relays"),
    ([192, 168, 0, 0], 16, "a private network"),
    ([192, 175, 48, 0], 24, "AS112"),
    ([198, 18, 0, 0], 15, "benchmarks"),
    ([198, 51, 100, 0], 24, "documentation"),
    ([203, 0, 113, 0], 24, "documentation"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([240, 0, 0, 0], 4, "reserved or broadcast"),
    // Public by its number, and answered by the host of every virtual machine on Azure.
    ([168, 63, 129, 16], 32, "a cloud's own services"),
];

/// The same for IPv6, the more special first.
const V6: &[([u16; 8], u32, &str)] = &[
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified"),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback"),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, "IPv4-mapped"),
    ([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, "IPv4-translated"),
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, "IPv4-compatible"),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, "NAT64"),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "NAT64"),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "discard"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "Teredo"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "protocol assignments"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "6to4"),
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "AS112"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation"),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "a private network"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local"),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
];

/// What a special address is for; `None`: it is a public one.
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let within =
        |&&(first, prefix, _): &&([u8; 4], u32, &str)| (bits ^ u32::from_be_bytes(first)).leading_zeros() >= prefix;
    V4.iter().find(within).map(|&(_, _, what)| what)
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let within = |&&(first, prefix, _): &&([u16; 8], u32, &str)| {
        (bits ^ Ipv6Addr::from(first).to_bits()).leading_zeros() >= prefix
    };
    if let Some(&(_, _, what)) = V6.iter().find(within) {
        return Some(what);
    }
    let [first, _, _, _, group, marker, _, _] = address.segments();
    if first & 0xe000 != 0x2000 {
        return Some("not global unicast");
    }
    // ISATAP (RFC 5214): an IPv4 address, perhaps an inner one, behind any prefix.
    (marker == 0x5efe && matches!(group, 0 | 0x200)).then_some("ISATAP")
}
