//! The ciphers of the clients' stack, out of what Viva links anyway: `ring`, the `aes` crate of the server's own SRTP,
//! and DTLS in Rust. The stack's ready-made sets would each bring a C library.

use super::BenchError;
use aes::{
    Aes128, Aes256,
    cipher::{BlockEncrypt, KeyInit, KeyIvInit, StreamCipher},
};
use ring::{aead, digest, hmac};
use std::{fmt, sync::Arc, time::Instant};
use str0m::crypto::{
    AeadAes128GcmCipher, AeadAes256GcmCipher, Aes128CmSha1_80Cipher, CryptoError, CryptoProvider, Sha1HmacProvider,
    Sha256Provider, SrtpProvider, SupportedAeadAes128Gcm, SupportedAeadAes256Gcm, SupportedAes128CmSha1_80,
    dtls::{DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, ProtocolVersion},
};

type Counter128 = ctr::Ctr128BE<Aes128>;
/// Bytes of a block of AES.
const BLOCK: usize = 16;
/// Name in the certificate, which nobody reads.
const SUBJECT: &str = "viva-bench";

/// All of them.
pub fn provider() -> Arc<CryptoProvider> {
    static CIPHERS: Ciphers = Ciphers;
    Arc::new(CryptoProvider {
        srtp_provider: &CIPHERS,
        sha1_hmac_provider: &CIPHERS,
        sha256_provider: &CIPHERS,
        dtls_provider: &CIPHERS,
    })
}

/// A certificate for DTLS, signed by itself.
///
/// # Errors
/// [`BenchError::Client`] when none can be made.
pub fn certificate() -> Result<DtlsCert, BenchError> {
    let made = rcgen::generate_simple_self_signed([SUBJECT.to_owned()]).map_err(BenchError::client)?;
    Ok(DtlsCert { certificate: made.cert.der().to_vec(), private_key: made.signing_key.serialize_der() })
}

/// What protecting a packet of speech and taking the protection off again does, in one cipher context each (RFC 7714).
pub struct Srtp {
    cipher: Gcm,
    sealed: Vec<u8>,
    opened: Vec<u8>,
    number: u64,
}

impl Srtp {
    /// For payloads of this length.
    pub fn new(payload_bytes: usize) -> Self {
        let cipher = Gcm::new(&aead::AES_128_GCM, &[7; 16]);
        let (sealed, opened) = (vec![0; payload_bytes + aead::AES_128_GCM.tag_len()], vec![0; payload_bytes]);
        Self { cipher, sealed, opened, number: 0 }
    }

    /// Protects the next packet.
    ///
    /// # Errors
    /// [`BenchError::Client`] as the cipher reports it.
    pub fn protect(&mut self) -> Result<(), BenchError> {
        self.number += 1;
        let nonce = nonce(self.number);
        self.cipher.seal(&nonce, &[0; 12], &self.opened, &mut self.sealed).map_err(BenchError::client)
    }

    /// Takes the protection of the last packet off.
    ///
    /// # Errors
    /// [`BenchError::Client`] as the cipher reports it.
    pub fn unprotect(&mut self) -> Result<(), BenchError> {
        let nonce = nonce(self.number);
        self.cipher.open(&nonce, &[&[0; 12]], &self.sealed, &mut self.opened).map(drop).map_err(BenchError::client)
    }
}

fn nonce(number: u64) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce
}

#[derive(Debug)]
struct Ciphers;

impl Sha1HmacProvider for Ciphers {
    fn sha1_hmac(&self, key: &[u8], payloads: &[&[u8]]) -> [u8; 20] {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key));
        payloads.iter().for_each(|payload| context.update(payload));
        let mut out = [0; 20];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

impl Sha256Provider for Ciphers {
    fn sha256(&self, data: &[u8]) -> [u8; 32] {
        let mut out = [0; 32];
        out.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
        out
    }
}

impl SrtpProvider for Ciphers {
    fn aes_128_cm_sha1_80(&self) -> &'static dyn SupportedAes128CmSha1_80 {
        &Self
    }

    fn aead_aes_128_gcm(&self) -> &'static dyn SupportedAeadAes128Gcm {
        &Self
    }

    fn aead_aes_256_gcm(&self) -> &'static dyn SupportedAeadAes256Gcm {
        &Self
    }

    fn srtp_aes_128_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        if let Ok(cipher) = Aes128::new_from_slice(key) {
            round(&cipher, input, output);
        }
    }

    fn srtp_aes_256_ecb_round(&self, key: &[u8], input: &[u8], output: &mut [u8]) {
        if let Ok(cipher) = Aes256::new_from_slice(key) {
            round(&cipher, input, output);
        }
    }
}

/// One block, and after it a block of padding (PKCS #7), as the stack expects it of a library's ECB mode.
fn round<C: BlockEncrypt<BlockSize = aes::cipher::consts::U16>>(cipher: &C, input: &[u8], output: &mut [u8]) {
    let blocks = [input, &[BLOCK as u8; BLOCK]];
    for (block, out) in blocks.into_iter().zip(output.chunks_exact_mut(BLOCK)) {
        out.copy_from_slice(block);
        cipher.encrypt_block(out.into());
    }
}

impl SupportedAes128CmSha1_80 for Ciphers {
    fn create_cipher(&self, key: [u8; 16], _encrypt: bool) -> Box<dyn Aes128CmSha1_80Cipher> {
        Box::new(CounterMode { key })
    }
}

struct CounterMode {
    key: [u8; 16],
}

impl fmt::Debug for CounterMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CounterMode").finish_non_exhaustive()
    }
}

impl Aes128CmSha1_80Cipher for CounterMode {
    fn encrypt(&mut self, iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        let output = output.get_mut(..input.len()).ok_or_else(too_short)?;
        output.copy_from_slice(input);
        Counter128::new(&self.key.into(), iv.into()).apply_keystream(output);
        Ok(())
    }

    fn decrypt(&mut self, iv: &[u8; 16], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        self.encrypt(iv, input, output)
    }
}

impl SupportedAeadAes128Gcm for Ciphers {
    fn create_cipher(&self, key: [u8; 16], _encrypt: bool) -> Box<dyn AeadAes128GcmCipher> {
        Box::new(Gcm::new(&aead::AES_128_GCM, &key))
    }
}

impl SupportedAeadAes256Gcm for Ciphers {
    fn create_cipher(&self, key: [u8; 32], _encrypt: bool) -> Box<dyn AeadAes256GcmCipher> {
        Box::new(Gcm::new(&aead::AES_256_GCM, &key))
    }
}

/// AES-GCM of either length.
struct Gcm {
    /// `None` only for a key of the wrong length, which the types exclude.
    key: Option<aead::LessSafeKey>,
    /// For what is decrypted in place, and for what is authenticated with it.
    scratch: Vec<u8>,
    authenticated: Vec<u8>,
}

impl fmt::Debug for Gcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gcm").finish_non_exhaustive()
    }
}

impl Gcm {
    fn new(algorithm: &'static aead::Algorithm, key: &[u8]) -> Self {
        let key = aead::UnboundKey::new(algorithm, key).ok().map(aead::LessSafeKey::new);
        Self { key, scratch: Vec::new(), authenticated: Vec::new() }
    }

    fn seal(&self, iv: &[u8; 12], aad: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        let key = self.key.as_ref().ok_or_else(refused)?;
        let (text, rest) = output.split_at_mut_checked(input.len()).ok_or_else(too_short)?;
        text.copy_from_slice(input);
        let nonce = aead::Nonce::assume_unique_for_key(*iv);
        let tag = key.seal_in_place_separate_tag(nonce, aead::Aad::from(aad), text).map_err(|_| refused())?;
        rest.get_mut(..tag.as_ref().len()).ok_or_else(too_short)?.copy_from_slice(tag.as_ref());
        Ok(())
    }

    fn open(&mut self, iv: &[u8; 12], aads: &[&[u8]], input: &[u8], output: &mut [u8]) -> Result<usize, CryptoError> {
        let key = self.key.as_ref().ok_or_else(refused)?;
        self.authenticated.clear();
        aads.iter().for_each(|part| self.authenticated.extend_from_slice(part));
        self.scratch.clear();
        self.scratch.extend_from_slice(input);
        let nonce = aead::Nonce::assume_unique_for_key(*iv);
        let aad = aead::Aad::from(&self.authenticated[..]);
        let text = key.open_in_place(nonce, aad, &mut self.scratch).map_err(|_| refused())?;
        output.get_mut(..text.len()).ok_or_else(too_short)?.copy_from_slice(text);
        Ok(text.len())
    }
}

impl AeadAes128GcmCipher for Gcm {
    fn encrypt(&mut self, iv: &[u8; 12], aad: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        self.seal(iv, aad, input, output)
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.open(iv, aads, input, output)
    }
}

impl AeadAes256GcmCipher for Gcm {
    fn encrypt(&mut self, iv: &[u8; 12], aad: &[u8], input: &[u8], output: &mut [u8]) -> Result<(), CryptoError> {
        self.seal(iv, aad, input, output)
    }

    fn decrypt(
        &mut self,
        iv: &[u8; 12],
        aads: &[&[u8]],
        input: &[u8],
        output: &mut [u8],
    ) -> Result<usize, CryptoError> {
        self.open(iv, aads, input, output)
    }
}

fn too_short() -> CryptoError {
    CryptoError::Other("output is too short".into())
}

fn refused() -> CryptoError {
    CryptoError::Other("AES-GCM refused".into())
}

impl DtlsProvider for Ciphers {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        certificate().ok()
    }

    fn new_dtls(
        &self,
        certificate: &DtlsCert,
        now: Instant,
        version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        // ICE has verified the path: no cookie is needed.
        let mut builder = dimpl::Config::builder().use_server_cookie(false);
        if let Some(mtu) = mtu {
            builder = builder.mtu(mtu);
        }
        let config = Arc::new(builder.build().map_err(|error| CryptoError::Other(error.to_string()))?);
        let certificate = certificate.clone();
        let dtls = match version {
            DtlsVersion::Dtls12 => dimpl::Dtls::new_12(config, certificate, now),
            DtlsVersion::Dtls13 => dimpl::Dtls::new_13(config, certificate, now),
            _ => dimpl::Dtls::new_auto(config, certificate, now),
        };
        Ok(Box::new(Dtls(dtls)))
    }
}

struct Dtls(dimpl::Dtls);

impl fmt::Debug for Dtls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dtls").finish_non_exhaustive()
    }
}

impl DtlsInstance for Dtls {
    fn set_active(&mut self, active: bool) {
        self.0.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.0.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buffer: &'a mut [u8]) -> DtlsOutput<'a> {
        self.0.poll_output(buffer)
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.0.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<(), DtlsImplError> {
        self.0.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.0.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.0.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.0.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3711 appendix B.2: keystream of AES in counter mode; FIPS 197 appendix C.1 for the block.
    #[test]
    fn aes_is_as_published() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
        };
        let key: [u8; 16] = bytes("2b7e151628aed2a6abf7158809cf4f3c").try_into().expect("a key");
        let iv: [u8; 16] = bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000").try_into().expect("an iv");
        let mut out = [0; 32];
        CounterMode { key }.encrypt(&iv, &[0; 32], &mut out).expect("a keystream");
        assert_eq!(out[..], bytes("e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab"));
        let key = bytes("000102030405060708090a0b0c0d0e0f");
        let mut out = [0; 32];
        Ciphers.srtp_aes_128_ecb_round(&key, &bytes("00112233445566778899aabbccddeeff"), &mut out);
        assert_eq!(out[..16], bytes("69c4e0d86a7b0430d8cdb78070b4c55a"));
    }

    #[test]
    fn what_gcm_seals_it_opens_and_nothing_else() {
        let mut cipher = Gcm::new(&aead::AES_128_GCM, &[7; 16]);
        let (iv, aad, text) = ([3; 12], [9; 12], [5; 40]);
        let mut sealed = [0; 56];
        cipher.seal(&iv, &aad, &text, &mut sealed).expect("sealed");
        let mut opened = [0; 40];
        assert_eq!(cipher.open(&iv, &[&aad[..4], &aad[4..]], &sealed, &mut opened).expect("opened"), 40);
        assert_eq!(opened, text);
        sealed[50] ^= 1;
        assert!(cipher.open(&iv, &[&aad], &sealed, &mut opened).is_err());
    }
}
