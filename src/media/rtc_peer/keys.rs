//! The SRTP keys that the stack's DTLS agreed on (RFC 5764 section 4.2).
//!
//! The stack derives them and keeps them, but it does so through the crypto provider that its user supplies: ours
//! passes every call on to the stack's own, and remembers the master keys whose session keys are derived. Nothing else
//! in the stack encrypts single blocks (pinned in Cargo.toml; the media tests fail if that ever changes).

use std::sync::{Arc, Mutex, PoisonError};

use rtc::{
    crypto::{
        ActiveKeyExchange, AeadAlgorithm, AeadCipher, BlockCipherAlgorithm, CbcAlgorithm, CbcCipher, CryptoAlgorithm,
        CryptoError, HashAlgorithm, HmacAlgorithm, KeyExchangeAlgorithm, Mac, PublicKey, RTCCrypto, RTCCryptoProvider,
        RTCRandom, SecretVec, SignatureScheme, SigningKey, StreamCipher, StreamCipherAlgorithm,
    },
    srtp::protection_profile::ProtectionProfile,
};

/// A master key and its salt, which stands in a block of its own length before the counter (RFC 3711 section 4.3.3).
struct Master {
    key: SecretVec,
    salt_block: SecretVec,
}

impl Master {
    fn salt(&self, profile: ProtectionProfile) -> &[u8] {
        &self.salt_block.as_ref()[..profile.salt_len()]
    }
}

/// The keys of a session.
pub(super) struct SrtpKeys {
    pub profile: ProtectionProfile,
    local: Master,
    remote: Master,
}

impl SrtpKeys {
    /// Key and salt of what we send.
    pub(super) fn local(&self) -> (&[u8], &[u8]) {
        (self.local.key.as_ref(), self.local.salt(self.profile))
    }

    /// Key and salt of what the peer sends.
    pub(super) fn remote(&self) -> (&[u8], &[u8]) {
        (self.remote.key.as_ref(), self.remote.salt(self.profile))
    }
}

#[derive(Default)]
struct Derived {
    masters: Vec<Master>,
    profile: Option<ProtectionProfile>,
}

/// A crypto provider of one peer, which remembers its SRTP keys.
pub(super) struct KeyTap {
    inner: Arc<dyn RTCCryptoProvider>,
    derived: Mutex<Derived>,
}

impl KeyTap {
    pub(super) fn new(inner: Arc<dyn RTCCryptoProvider>) -> Self {
        Self { inner, derived: Mutex::default() }
    }

    /// The stack's own provider.
    pub(super) fn inner(&self) -> &dyn RTCCrypto {
        self.inner.crypto()
    }

    /// The keys, once the handshake has made them: the stack derives ours first, then the peer's.
    pub(super) fn take(&self) -> Option<SrtpKeys> {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        let profile = derived.profile.filter(|_| derived.masters.len() == 2)?;
        let (remote, local) = (derived.masters.pop()?, derived.masters.pop()?);
        Some(SrtpKeys { profile, local, remote })
    }

    fn note_block(&self, key: &[u8], block: &[u8]) {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        // The first block under a master key has label 0 and counter 0: it is the salt itself.
        let is_known = derived.masters.iter().any(|master| master.key.as_ref() == key);
        if !is_known && derived.masters.len() < 2 {
            let (key, salt_block) = (SecretVec::new(key.to_vec()), SecretVec::new(block.to_vec()));
            derived.masters.push(Master { key, salt_block });
        }
    }

    /// The cipher that a session key is made into tells the profile.
    fn note_cipher(&self, profile: ProtectionProfile) {
        let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
        if !derived.masters.is_empty() {
            derived.profile.get_or_insert(profile);
        }
    }
}

impl RTCCryptoProvider for KeyTap {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn crypto(&self) -> &dyn RTCCrypto {
        self
    }

    fn random(&self) -> &dyn RTCRandom {
        self.inner.random()
    }
}

impl RTCCrypto for KeyTap {
    fn supports(&self, algorithm: CryptoAlgorithm) -> bool {
        self.inner().supports(algorithm)
    }

    fn hash(&self, algorithm: HashAlgorithm, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner().hash(algorithm, data)
    }

    fn block_encrypt(&self, algorithm: BlockCipherAlgorithm, key: &[u8], block: &mut [u8]) -> Result<(), CryptoError> {
        self.note_block(key, block);
        self.inner().block_encrypt(algorithm, key, block)
    }

    fn new_hmac(&self, algorithm: HmacAlgorithm, key: &[u8]) -> Result<Box<dyn Mac>, CryptoError> {
        self.inner().new_hmac(algorithm, key)
    }

    fn new_stream_cipher(
        &self,
        algorithm: StreamCipherAlgorithm,
        key: &[u8],
    ) -> Result<Box<dyn StreamCipher>, CryptoError> {
        self.note_cipher(ProtectionProfile::Aes128CmHmacSha1_80);
        self.inner().new_stream_cipher(algorithm, key)
    }

    fn new_aead(&self, algorithm: AeadAlgorithm, key: &[u8]) -> Result<Box<dyn AeadCipher>, CryptoError> {
        self.note_cipher(ProtectionProfile::AeadAes128Gcm);
        self.inner().new_aead(algorithm, key)
    }

    fn new_cbc(&self, algorithm: CbcAlgorithm, key: &[u8]) -> Result<Box<dyn CbcCipher>, CryptoError> {
        self.inner().new_cbc(algorithm, key)
    }

    fn start_key_exchange(&self, algorithm: KeyExchangeAlgorithm) -> Result<Box<dyn ActiveKeyExchange>, CryptoError> {
        self.inner().start_key_exchange(algorithm)
    }

    fn generate_signing_key(&self, scheme: SignatureScheme) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.inner().generate_signing_key(scheme)
    }

    fn import_signing_key(
        &self,
        scheme: SignatureScheme,
        pkcs8_der: &[u8],
    ) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.inner().import_signing_key(scheme, pkcs8_der)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        public_key: PublicKey<'_>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        self.inner().verify_signature(scheme, public_key, message, signature)
    }
}
