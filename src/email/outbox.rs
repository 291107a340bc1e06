//! Mails that nobody sends, for the developer at this machine.

use super::Mail;
use jiff::Timestamp;
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// Mails kept; older ones go.
const MAILS_MAX: usize = 100;

/// A mail as it would have been sent.
#[derive(Clone, Debug)]
pub struct OutboxMail {
    pub mail: Mail,
    pub sent_at: Timestamp,
}

/// The last mails.
#[derive(Default)]
pub struct Outbox(Mutex<VecDeque<OutboxMail>>);

impl Outbox {
    /// Keeps a mail, and writes it to the log: in open mode the only reader is its developer.
    pub fn keep(&self, mail: Mail) {
        tracing::info!(to = mail.to, subject = mail.subject, "mail, not sent in open mode:\n{}", mail.body);
        // A push is never left half done, so a poisoned lock is still good.
        let mut mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() >= MAILS_MAX {
            mails.pop_front();
        }
        mails.push_back(OutboxMail { mail, sent_at: Timestamp::now() });
    }

    pub fn newest_first(&self) -> Vec<OutboxMail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
}
