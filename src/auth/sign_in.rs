//! Sign-in by a mailed code: sign up, prove the address, choose a name, log in. What the steps are worth is decided in
//! `domain::sign_in`; here they meet the cache, the store and the mail server.
//!
//! Kept in the cache, under a keyed hash of the address: the sealed code (`code:`), how often it was tried (`tries:`),
//! what proves the address afterwards (`proved:`), and what is counted in an hour (`asked:`, `tried:`). Nothing before
//! the proof looks at the users, so that nothing can tell a known address from an unknown one.

use crate::{
    cache::{Cache, CacheError},
    config::AccessConfig,
    domain::{
        auth::{Token, TokenHash},
        id::UserId,
        sign_in::{
            CODE_LIFE_MS, CODES_PER_WINDOW, Code, EmailAddress, SealedCode, SealingKey, TRIES_PER_WINDOW, Try,
            UserName, VERIFICATION_LIFE_MS, WINDOW_MS, judge, window,
        },
    },
    email::{Mail, MailError, Mailer},
    random,
    store::{SqlStore, StoreError, User},
};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};

const CODE_LIFE: Duration = Duration::from_millis(CODE_LIFE_MS);
const VERIFICATION_LIFE: Duration = Duration::from_millis(VERIFICATION_LIFE_MS);
/// Tries of a code are counted for as long as it may prove anything.
const TRIES_LIFE: Duration = Duration::from_millis(CODE_LIFE_MS + VERIFICATION_LIFE_MS);
const WINDOW: Duration = Duration::from_millis(WINDOW_MS);

/// Why a step was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    #[error("sign-in is not configured")]
    NotConfigured,
    /// Wrong, expired, voided, tried too often or never sent: nobody is told which.
    #[error("wrong code")]
    WrongCode,
    #[error("the address is not proved")]
    ProofNeeded,
    #[error("no user name was chosen")]
    NoName,
    #[error("the user name is taken")]
    NameTaken,
    #[error("too often; again in {retry_after_s} s")]
    TooOften { retry_after_s: u64 },
    #[error(transparent)]
    Mail(#[from] MailError),
    #[error(transparent)]
    Cache(#[from] CacheError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What may show that an address is the caller's. Any one of them that holds is enough.
#[derive(Debug, Default)]
pub struct Proofs {
    /// The token of a verification.
    pub token: Option<Token>,
    /// The same, as a browser brings it along by itself.
    pub cookie: Option<Token>,
    /// The code that was verified.
    pub code: Option<Code>,
    /// The subject of a bearer token.
    pub subject: Option<String>,
}

/// A proof that held.
enum Proof {
    /// With what is kept of it.
    Verification(Vec<u8>),
    Bearer,
    /// Open mode trusts an address that was proved once: its only callers are at this machine.
    OpenMode,
}

/// The service.
pub struct SignIn {
    cache: Arc<dyn Cache>,
    users: Arc<SqlStore>,
    mailer: Arc<Mailer>,
    key: SealingKey,
    has_key: bool,
    open_mode: bool,
}

impl SignIn {
    /// With what the configuration gives it. Without `SECRET_KEY` it is off, but in open mode.
    pub fn new(access: &AccessConfig, cache: Arc<dyn Cache>, users: Arc<SqlStore>, mailer: Arc<Mailer>) -> Self {
        let open_mode = access.open_mode();
        let key = match &access.jwt_secret {
            Some(secret) => SealingKey::derive(secret.expose_secret().as_bytes()),
            None => SealingKey::derive(&random::bytes::<32>()),
        };
        Self { cache, users, mailer, key, has_key: access.jwt_secret.is_some() || open_mode, open_mode }
    }

    /// Mails a code to an address, known or not. It voids an earlier one.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_up(&self, email: &EmailAddress, now: Timestamp) -> Result<(), SignInError> {
        self.configured()?;
        let hidden = self.key.address_key(email);
        self.count("asked", &hidden, CODES_PER_WINDOW, now).await?;
        let code = Code::from_random(random::bytes());
        let sealed = self.key.seal(random::bytes(), email, &code);
        self.cache.put(&format!("code:{hidden}"), &sealed.to_bytes(), CODE_LIFE).await?;
        self.mailer.send(code_mail(email, &code))?;
        Ok(())
    }

    /// Proves an address by its code, which is used up. Returns the token of the verification.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn verify(&self, email: &EmailAddress, code: &Code, now: Timestamp) -> Result<Token, SignInError> {
        self.configured()?;
        let hidden = self.key.address_key(email);
        self.count("tried", &hidden, TRIES_PER_WINDOW, now).await?;
        let under = format!("code:{hidden}");
        let kept = self.cache.get(&under).await?;
        let sealed = kept.as_deref().and_then(SealedCode::from_bytes);
        // Without a code the same work is done for one that nobody has.
        let counted = sealed.unwrap_or_else(|| self.key.seal(random::bytes(), email, &Code::from_random([0; 8])));
        let is_right = self.try_code(&counted, email, code).await? && sealed.is_some();
        // Of several right ones at the same time, one is the first.
        if !is_right || !self.cache.delete_if(&under, &counted.to_bytes()).await? {
            return Err(SignInError::WrongCode);
        }
        self.users.ensure_user(UserId::from_random(random::bytes()), email.clone(), now).await?;
        let token = Token::from_random(random::bytes());
        let proved = [counted.to_bytes().as_slice(), token.hash().as_bytes()].concat();
        self.cache.put(&format!("proved:{hidden}"), &proved, VERIFICATION_LIFE).await?;
        Ok(token)
    }

    /// Gives the user of a proved address a name, and mails it. The proof stays good.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn set_username(
        &self,
        email: &EmailAddress,
        name: UserName,
        proofs: &Proofs,
        now: Timestamp,
    ) -> Result<(), SignInError> {
        self.configured()?;
        let (user, _) = self.proved_user(email, proofs, now).await?;
        match self.users.set_username(user.user_id, name.clone()).await {
            Ok(()) => {}
            Err(StoreError::Exists) => return Err(SignInError::NameTaken),
            Err(error) => return Err(error.into()),
        }
        // The name holds even if the mail about it does not fit into the queue.
        if let Err(error) = self.mailer.send(name_mail(email, &name)) {
            tracing::warn!(%error, "a user name was not mailed");
        }
        Ok(())
    }

    /// The user of a proved address, to give a bearer token to, and the name. The proof is used up.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn log_in(
        &self,
        email: &EmailAddress,
        proofs: &Proofs,
        now: Timestamp,
    ) -> Result<(UserId, UserName), SignInError> {
        self.configured()?;
        let (user, proof) = self.proved_user(email, proofs, now).await?;
        // Asked before the proof is used up, so that it is still good once there is a name.
        let name = user.username.ok_or(SignInError::NoName)?;
        if let Proof::Verification(kept) = proof {
            let under = format!("proved:{}", self.key.address_key(email));
            if !self.cache.delete_if(&under, &kept).await? {
                return Err(SignInError::ProofNeeded);
            }
        }
        Ok((user.user_id, name))
    }

    /// Whether people can sign in by a mailed code.
    pub fn is_configured(&self) -> bool {
        self.has_key && self.mailer.is_configured()
    }

    fn configured(&self) -> Result<(), SignInError> {
        if self.is_configured() { Ok(()) } else { Err(SignInError::NotConfigured) }
    }

    /// Looks for a proof that holds, and for whom it is.
    async fn proved_user(
        &self,
        email: &EmailAddress,
        proofs: &Proofs,
        now: Timestamp,
    ) -> Result<(User, Proof), SignInError> {
        let verification = self.verification(email, proofs, now).await?;
        if verification.is_none() && proofs.subject.is_none() && !self.open_mode {
            return Err(SignInError::ProofNeeded);
        }
        let user = self.users.user_by_email(email).await?.ok_or(SignInError::ProofNeeded)?;
        let is_bearer = proofs.subject.as_deref() == Some(user.user_id.as_str());
        let names_none = proofs.token.is_none() && proofs.code.is_none() && proofs.subject.is_none();
        let proof = match verification {
            Some(kept) => Proof::Verification(kept),
            None if is_bearer => Proof::Bearer,
            // A request that names a proof is judged by it. A cookie may be left over from earlier.
            None if self.open_mode && names_none => Proof::OpenMode,
            None => return Err(SignInError::ProofNeeded),
        };
        Ok((user, proof))
    }

    /// What is kept of this address's verification, if a token or the code shows that it is the caller's.
    async fn verification(
        &self,
        email: &EmailAddress,
        proofs: &Proofs,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, SignInError> {
        let tokens = [&proofs.token, &proofs.cookie];
        if proofs.code.is_none() && tokens.iter().all(|token| token.is_none()) {
            return Ok(None);
        }
        let hidden = self.key.address_key(email);
        let Some(kept) = self.cache.get(&format!("proved:{hidden}")).await? else { return Ok(None) };
        let parts = kept.split_at_checked(SealedCode::BYTES);
        let Some((sealed, hash)) =
            parts.and_then(|(code, hash)| Some((SealedCode::from_bytes(code)?, TokenHash::from_stored(hash)?)))
        else {
            return Ok(None);
        };
        if tokens.into_iter().flatten().any(|token| hash.matches(token)) {
            return Ok(Some(kept));
        }
        let Some(code) = &proofs.code else { return Ok(None) };
        self.count("tried", &hidden, TRIES_PER_WINDOW, now).await?;
        Ok(self.try_code(&sealed, email, code).await?.then_some(kept))
    }

    /// One try at a code. It is counted before it is looked at; a right one is given back, because whoever knows the
    /// code guesses nothing.
    async fn try_code(&self, sealed: &SealedCode, email: &EmailAddress, code: &Code) -> Result<bool, SignInError> {
        let id: String = sealed.id.iter().map(|byte| format!("{byte:02x}")).collect();
        let under = format!("tries:{id}");
        let number = self.cache.increment(&under, 1, TRIES_LIFE).await?;
        let outcome = judge(number, || sealed.is(&self.key, email, code));
        let label = match outcome {
            Try::Right => "right",
            Try::Wrong => "wrong",
            Try::UsedUp => "used_up",
        };
        metrics::counter!("viva_sign_in_tries_total", "outcome" => label).increment(1);
        if outcome == Try::Right {
            self.cache.increment(&under, -1, TRIES_LIFE).await?;
        }
        Ok(outcome == Try::Right)
    }

    /// Counts something of an address in this hour.
    async fn count(&self, what: &str, hidden: &str, limit: i64, now: Timestamp) -> Result<(), SignInError> {
        let now_ms = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let (window, retry_after_s) = window(now_ms);
        let number = self.cache.increment(&format!("{what}:{window}:{hidden}"), 1, WINDOW).await?;
        if number > limit { Err(SignInError::TooOften { retry_after_s }) } else { Ok(()) }
    }
}

fn code_mail(email: &EmailAddress, code: &Code) -> Mail {
    let minutes = CODE_LIFE_MS / 60_000;
    Mail {
        to: email.as_str().to_owned(),
        subject: "Your sign-in code".to_owned(),
        body: format!(
            "Your code for Viva is {}.\n\nIt holds for {minutes} minutes. Do not pass it on: whoever has it can sign \
             in with your address.\nIf you did not ask for it, do nothing.\n",
            code.expose()
        ),
    }
}

fn name_mail(email: &EmailAddress, name: &UserName) -> Mail {
    Mail {
        to: email.as_str().to_owned(),
        subject: "Your user name".to_owned(),
        body: format!("Your user name at Viva is now {}.\n\nOthers see it in rooms.\n", name.as_str()),
    }
}
