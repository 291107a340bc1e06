//! What the stages of a session's audio cost, each alone and with nothing around it: the least that any server can
//! spend that does the same work with the same codec, and the measure that the whole is held against.

use super::{
    BenchError, Mode,
    ciphers::Srtp,
    measurement::{PACKETS_PER_S, rounded},
    speech::{Frame, Sentence},
    upstream::DELTA_MS,
};
use crate::{
    domain::audio::{
        FRAME_TICKS,
        jitter::{JitterBuffer, Packet},
    },
    media::opus::{DECODED_SAMPLES_MAX, Decoder, Encoder, Mode as Codec, PACKET_BYTES_MAX},
    wire::realtime::audio,
};
use serde::Serialize;
use std::{
    hint::black_box,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    time::Instant,
};
use tokio_tungstenite::tungstenite::{Message, WebSocket, protocol::Role};

/// Frames of one batch: 10 s.
const FRAMES: usize = 500;
/// The fastest batch counts: the others were disturbed.
const BATCHES: usize = 5;
/// An SRTP packet of speech, about.
const DATAGRAM_BYTES: usize = 120;
/// Frames in a delta.
const DELTA_FRAMES: f64 = DELTA_MS as f64 / 20.0;

/// One stage.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    pub name: &'static str,
    pub us_per_frame: f64,
}

/// All stages, in microseconds for 20 ms.
#[derive(Clone, Debug, Serialize)]
pub struct Floor {
    pub decode_us: f64,
    pub jitter_us: f64,
    /// Base 64, JSON, WebSocket frame and mask of an append.
    pub append_us: f64,
    pub tcp_write_us: f64,
    pub udp_receive_us: f64,
    /// AES-128-GCM of a packet, off and on.
    pub unprotect_us: f64,
    pub protect_us: f64,
    /// CELT, 48 kb/s: the clean link.
    pub encode_us: f64,
    /// Voice with FEC, 32 kb/s: the lossy link.
    pub encode_lossy_us: f64,
    /// WebSocket read, JSON and base 64 of a delta, for each of its frames.
    pub delta_us: f64,
    pub tcp_read_us: f64,
    pub udp_send_us: f64,
}

impl Floor {
    /// Times the stages: about half a second each, on this thread.
    ///
    /// # Errors
    /// [`BenchError`] when codec or sockets cannot be had.
    pub fn measure() -> Result<Self, BenchError> {
        let speech = Sentence::load()?.frames(FRAMES, 1);
        let (udp_send_us, udp_receive_us) = udp()?;
        let (tcp_write_us, tcp_read_us) = tcp()?;
        let (protect_us, unprotect_us) = srtp()?;
        Ok(Self {
            decode_us: decode(&speech)?,
            jitter_us: jitter(),
            append_us: append(&speech)?,
            tcp_write_us,
            udp_receive_us,
            unprotect_us,
            protect_us,
            encode_us: encode(&speech, Codec::Clean)?,
            encode_lossy_us: encode(&speech, Codec::Lossy)?,
            delta_us: delta(&speech)?,
            tcp_read_us,
            udp_send_us,
        })
    }

    /// What is spent on the candidate's voice, all the time.
    pub fn up(&self) -> [Stage; 6] {
        [
            stage("receive UDP", self.udp_receive_us),
            stage("unprotect SRTP", self.unprotect_us),
            stage("jitter buffer", self.jitter_us),
            stage("decode Opus", self.decode_us),
            stage("append: base 64, JSON, WebSocket", self.append_us),
            stage("write TCP", self.tcp_write_us),
        ]
    }

    /// What is spent while the agent speaks, on a clean link.
    pub fn down(&self) -> [Stage; 5] {
        [
            stage("read TCP", self.tcp_read_us),
            stage("delta: JSON, base 64", self.delta_us),
            stage("encode Opus", self.encode_us),
            stage("protect SRTP", self.protect_us),
            stage("send UDP", self.udp_send_us),
        ]
    }

    /// CPU milliseconds of a session-second for which the agent speaks this part of the time.
    pub fn ms_per_session_second(&self, agent_share: f64) -> f64 {
        let sum = |stages: &[Stage]| stages.iter().map(|stage| stage.us_per_frame).sum::<f64>();
        let us = sum(&self.up()) + agent_share.clamp(0.0, 1.0) * sum(&self.down());
        rounded(us * PACKETS_PER_S / 1e3)
    }

    /// The part of the time for which the agent speaks by definition; measured figures have their own.
    pub fn agent_share(mode: Mode) -> f64 {
        if mode == Mode::Turn { 0.4 } else { 1.0 }
    }
}

fn stage(name: &'static str, us_per_frame: f64) -> Stage {
    Stage { name, us_per_frame: rounded(us_per_frame) }
}

/// The fastest of several batches, in microseconds a frame.
fn fastest(mut batch: impl FnMut() -> Result<(), BenchError>) -> Result<f64, BenchError> {
    let mut best = f64::INFINITY;
    for _ in 0..BATCHES {
        let start = Instant::now();
        batch()?;
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / FRAMES as f64);
    }
    Ok(rounded(best))
}

fn encode(speech: &[Frame], mode: Codec) -> Result<f64, BenchError> {
    let mut encoder = Encoder::new(mode)?;
    let mut packet = [0; PACKET_BYTES_MAX];
    fastest(|| {
        for frame in speech {
            black_box(encoder.encode(frame, &mut packet)?);
        }
        Ok(())
    })
}

/// Voice with FEC, which is what browsers send.
fn decode(speech: &[Frame]) -> Result<f64, BenchError> {
    let mut encoder = Encoder::new(Codec::Lossy)?;
    let mut packet = [0; PACKET_BYTES_MAX];
    let mut packets = Vec::with_capacity(speech.len());
    for frame in speech {
        let length = encoder.encode(frame, &mut packet)?;
        packets.push(packet[..length].to_vec());
    }
    let mut decoder = Decoder::new()?;
    let mut pcm = [0; DECODED_SAMPLES_MAX];
    fastest(|| {
        for packet in &packets {
            black_box(decoder.decode(packet, &mut pcm)?);
        }
        Ok(())
    })
}

/// Protecting a packet, and taking the protection off: each alone, the fastest of many small batches.
fn srtp() -> Result<(f64, f64), BenchError> {
    let mut srtp = Srtp::new(DATAGRAM_BYTES - 28);
    let both = fastest(|| {
        (0..FRAMES).try_for_each(|_| {
            srtp.protect()?;
            srtp.unprotect()
        })
    })?;
    let protect = fastest(|| (0..FRAMES).try_for_each(|_| srtp.protect()))?;
    Ok((protect, rounded((both - protect).max(0.0))))
}

fn jitter() -> f64 {
    let payload: bytes::Bytes = vec![15 << 3; 80].into();
    let mut buffer = JitterBuffer::default();
    let mut number = 0u32;
    let timed = fastest(|| {
        for _ in 0..FRAMES {
            let (sequence, timestamp) = (number as u16, number.wrapping_mul(FRAME_TICKS));
            let now_ms = u64::from(number) * 20;
            number += 1;
            buffer.push(Packet { ssrc: 1, sequence, timestamp, payload: payload.clone() }, now_ms);
            while let Some(step) = buffer.poll(now_ms) {
                black_box(step);
            }
        }
        Ok(())
    });
    timed.unwrap_or(f64::NAN)
}

/// Takes everything and gives nothing.
struct Hole;

impl Write for Hole {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        black_box(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Hole {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

fn append(speech: &[Frame]) -> Result<f64, BenchError> {
    let mut socket = WebSocket::from_raw_socket(Hole, Role::Client, None);
    let mut buffer = bytes::BytesMut::new();
    fastest(|| {
        for frame in speech {
            buffer.resize(audio::append_len(frame.len()), 0);
            let length = audio::write_append([&frame[..]], &mut buffer).unwrap_or(0);
            let text = buffer.split_to(length).freeze().try_into().map_err(BenchError::client)?;
            socket.write(Message::Text(text)).map_err(BenchError::client)?;
            socket.flush().map_err(BenchError::client)?;
        }
        Ok(())
    })
}

fn delta(speech: &[Frame]) -> Result<f64, BenchError> {
    let head = r#"{"type":"response.output_audio.delta","event_id":"event_1","response_id":"resp_1","item_id":"item_1"#;
    let message = |frames: &[Frame]| {
        let pcm: Vec<i16> = frames.iter().flatten().copied().collect();
        format!(r#"{head}","output_index":0,"content_index":0,"delta":"{}"}}"#, audio::encode_pcm(&pcm))
    };
    let messages: Vec<String> = speech.chunks(DELTA_FRAMES as usize).map(message).collect();
    let mut decoder = audio::DeltaDecoder::default();
    let mut pcm = Vec::new();
    fastest(|| {
        for message in &messages {
            pcm.clear();
            if let Some(delta) = audio::parse_delta(message) {
                decoder.decode(&delta.delta, &mut pcm).map_err(BenchError::client)?;
            }
            black_box(&pcm);
        }
        Ok(())
    })
}

/// Sending and receiving a datagram over loopback; the kernel's delivery is in the sending.
fn udp() -> Result<(f64, f64), BenchError> {
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (sender, receiver) = (UdpSocket::bind(here)?, UdpSocket::bind(here)?);
    sender.connect(receiver.local_addr()?)?;
    let mut buffer = [0; 2_000];
    let mut timed = (f64::INFINITY, f64::INFINITY);
    // Few at a time: none must be lost for want of room.
    for _ in 0..BATCHES * FRAMES / 50 {
        let start = Instant::now();
        for _ in 0..50 {
            sender.send(&[1; DATAGRAM_BYTES])?;
        }
        let sent = start.elapsed();
        for _ in 0..50 {
            black_box(receiver.recv(&mut buffer)?);
        }
        let us = |spent: std::time::Duration| spent.as_secs_f64() * 1e6 / 50.0;
        timed = (timed.0.min(us(sent)), timed.1.min(us(start.elapsed() - sent)));
    }
    Ok((rounded(timed.0), rounded(timed.1)))
}

/// Writing an append, and reading a frame's part of a delta, over loopback.
fn tcp() -> Result<(f64, f64), BenchError> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    let (mut server, _) = listener.accept()?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let append = vec![b'a'; audio::append_len(480)];
    let delta = vec![b'd'; (480.0 * 2.0 * DELTA_FRAMES * 4.0 / 3.0) as usize + 160];
    let mut buffer = vec![0; delta.len()];
    let mut timed = (f64::INFINITY, f64::INFINITY);
    for _ in 0..BATCHES * FRAMES / 10 {
        let start = Instant::now();
        for _ in 0..10 {
            client.write_all(&append)?;
        }
        let wrote = start.elapsed();
        for _ in 0..10 {
            server.read_exact(&mut buffer[..append.len()])?;
        }
        server.write_all(&delta)?;
        let start = Instant::now();
        client.read_exact(&mut buffer)?;
        let read = start.elapsed();
        timed.0 = timed.0.min(wrote.as_secs_f64() * 1e6 / 10.0);
        timed.1 = timed.1.min(read.as_secs_f64() * 1e6 / DELTA_FRAMES);
    }
    Ok((rounded(timed.0), rounded(timed.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_the_sum_of_what_is_done() {
        let floor = Floor {
            decode_us: 20.0,
            jitter_us: 1.0,
            append_us: 1.0,
            tcp_write_us: 4.0,
            udp_receive_us: 0.5,
            unprotect_us: 0.5,
            protect_us: 0.5,
            encode_us: 35.0,
            encode_lossy_us: 150.0,
            delta_us: 2.0,
            tcp_read_us: 1.0,
            udp_send_us: 1.5,
        };
        assert_eq!(floor.ms_per_session_second(0.0), 1.35);
        assert_eq!(floor.ms_per_session_second(1.0), 3.35);
        assert_eq!(floor.ms_per_session_second(Floor::agent_share(Mode::Turn)), 2.15);
    }
}
