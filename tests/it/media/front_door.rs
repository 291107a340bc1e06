//! Strangers at the front door.

use tokio::net::UdpSocket;
use viva::{
    domain::session::PeerEvent,
    media::{MediaEvent, port::FrameKind},
};

use super::{Caller, LOOPBACK, Line, attribute, ice_ufrag, start, within};

/// A STUN binding request (RFC 8489), as an attacker would write it.
pub(super) fn binding_request(user: Option<&str>, attributes: &[(u16, &[u8])], password: Option<&[u8]>) -> Vec<u8> {
    use hmac::{Hmac, Mac};
    let mut message = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    message.extend([9; 12]);
    let add = |message: &mut Vec<u8>, kind: u16, value: &[u8]| {
        message.extend(kind.to_be_bytes());
        message.extend((value.len() as u16).to_be_bytes());
        message.extend(value);
        message.resize(message.len().next_multiple_of(4), 0);
    };
    if let Some(user) = user {
        add(&mut message, 0x0006, user.as_bytes());
    }
    for (kind, value) in attributes {
        add(&mut message, *kind, value);
    }
    let set_length = |message: &mut Vec<u8>, extra: usize| {
        let length = (message.len() - 20 + extra) as u16;
        message[2..4].copy_from_slice(&length.to_be_bytes());
    };
    if let Some(password) = password {
        set_length(&mut message, 24);
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(password).unwrap();
        mac.update(&message);
        add(&mut message, 0x0008, &mac.finalize().into_bytes());
    }
    set_length(&mut message, 8);
    let crc = message.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    });
    add(&mut message, 0x8028, &(!crc ^ 0x5354_554e).to_be_bytes());
    message
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_door_is_silent_to_strangers() {
    let media = start(4);
    let mut line = Line::attach(&media);
    let caller = Caller::call(&mut line).await;
    let answer = line.session.answer_sdp().unwrap();
    let ufrag = ice_ufrag(&answer);
    let user = format!("{ufrag}:stranger");
    let password = attribute(&answer, "a=ice-pwd:").as_bytes();
    let tie: &[u8] = &[0xff; 8];
    let zero: &[u8] = &[0; 8];
    let good = binding_request(Some(&user), &[(0x802a, tie), (0x0025, &[])], Some(password));
    let mut forged = vec![
        binding_request(None, &[], None),
        binding_request(None, &[(0x8029, zero)], None),
        binding_request(None, &[(0x802a, tie)], None),
        binding_request(Some(&user), &[(0x802a, tie), (0x0025, &[])], None),
        binding_request(Some(&user), &[(0x802a, tie), (0x0025, &[])], Some(b"not the password at all")),
        binding_request(Some("nobody:stranger"), &[(0x0025, &[])], Some(password)),
        // Authentic, but it claims our role.
        binding_request(Some(&user), &[(0x8029, zero)], Some(password)),
        // A DTLS ClientHello's start, SRTP, SRTCP, TURN channel data, noise.
        [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4][..], &[1, 0, 0, 0]].concat(),
        [&[0x80, 111, 0, 1][..], &[0; 60]].concat(),
        [&[0x80, 200, 0, 6][..], &[0; 60]].concat(),
        vec![0x40, 0, 0, 4, 1, 2, 3, 4],
        vec![0xff; 1_500],
    ];
    forged.extend((1..good.len()).map(|length| good[..length].to_vec()));
    let stranger = UdpSocket::bind(LOOPBACK).await.unwrap();
    stranger.connect(media.local_addr()).await.unwrap();
    let attack = async {
        for datagram in &forged {
            stranger.send(datagram).await.unwrap();
        }
    };
    tokio::join!(attack, caller.speak(50, |_| false));
    // The call went on as if nothing had been.
    for _ in 0..45 {
        assert_eq!(line.frame().await.kind, FrameKind::Normal);
    }
    while let Ok(event) = line.events.try_recv() {
        assert!(!matches!(event, MediaEvent::Peer(PeerEvent::Disconnected | PeerEvent::Closed)), "{event:?}");
    }
    let mut buffer = [0; 2_048];
    let answered = stranger.try_recv(&mut buffer);
    assert!(answered.is_err(), "{answered:?} bytes to a stranger");
    // The stranger's requests are well made: with everything right, there is an answer.
    let user = format!("{ufrag}:{}", ice_ufrag(&caller.peer.offer(false).await.unwrap()));
    stranger.send(&binding_request(Some(&user), &[(0x802a, tie)], Some(password))).await.unwrap();
    within("an answer to a right check", stranger.recv(&mut buffer)).await.unwrap();
    media.shutdown().await;
}
