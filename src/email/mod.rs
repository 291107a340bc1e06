//! Mail: codes of sign-in, and invitations. Over SMTP where `SMTP_SERVER` is set; in open mode without it, into the log
//! and an outbox that the developer can read; otherwise not at all.
//!
//! Nobody waits for a mail server: mails go into a bounded queue, and what becomes of them is told to the log alone.

mod outbox;
mod smtp;

pub use outbox::OutboxMail;

use self::{outbox::Outbox, smtp::Smtp};
use crate::config::{AccessConfig, EmailConfig};
use std::fmt;
use tokio::sync::mpsc::Permit;

/// A mail to one person, in plain text.
#[derive(Clone)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub body: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mail(redacted)")
    }
}

/// Why no mail can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("EMAIL_USER must be the e-mail address to send from")]
    Sender,
    #[error("no TLS for mail: {0}")]
    Tls(lettre::transport::smtp::Error),
}

/// Why a mail was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    #[error("no mail server is configured")]
    NotConfigured,
    #[error("too many mails wait")]
    QueueFull,
}

/// Takes mails and delivers them by itself.
pub struct Mailer(Way);

/// Where one mail will be taken. Given back when it is dropped.
pub struct Place<'m>(Taker<'m>);

enum Taker<'m> {
    Queue(Permit<'m, Mail>),
    Outbox(&'m Outbox),
}

impl Place<'_> {
    /// Takes the mail to deliver; that it arrives is not known.
    pub fn send(self, mail: Mail) {
        match self.0 {
            Taker::Queue(permit) => permit.send(mail),
            Taker::Outbox(outbox) => outbox.keep(mail),
        }
    }
}

enum Way {
    Smtp(Smtp),
    Outbox(Outbox),
    Off,
}

impl Mailer {
    /// As configured. Starts the tasks that deliver.
    ///
    /// # Errors
    /// [`SetupError`]. A server that does not answer is none.
    pub fn start(email: &EmailConfig, access: &AccessConfig) -> Result<Self, SetupError> {
        Ok(Self(match &email.server {
            Some(server) => Way::Smtp(Smtp::start(server, email)?),
            None if access.open_mode() => Way::Outbox(Outbox::default()),
            None => Way::Off,
        }))
    }

    /// Whether mails can be sent.
    pub fn is_configured(&self) -> bool {
        !matches!(self.0, Way::Off)
    }

    /// Whether mails only go to the outbox of development.
    pub fn is_outbox(&self) -> bool {
        matches!(self.0, Way::Outbox(_))
    }

    /// Takes a mail to deliver. Returns at once; that it arrives is not known.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn send(&self, mail: Mail) -> Result<(), MailError> {
        self.reserve()?.send(mail);
        Ok(())
    }

    /// A place for one mail, for those who must not begin what they cannot tell.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn reserve(&self) -> Result<Place<'_>, MailError> {
        match &self.0 {
            Way::Smtp(smtp) => Ok(Place(Taker::Queue(smtp.reserve()?))),
            Way::Outbox(outbox) => Ok(Place(Taker::Outbox(outbox))),
            Way::Off => Err(MailError::NotConfigured),
        }
    }

    /// The mails that were "sent" in development, newest first; `None` anywhere else.
    pub fn outbox(&self) -> Option<Vec<OutboxMail>> {
        match &self.0 {
            Way::Outbox(outbox) => Some(outbox.newest_first()),
            Way::Smtp(_) | Way::Off => None,
        }
    }
}
