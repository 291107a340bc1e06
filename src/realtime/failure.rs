//! Which errors end a session, which cost a connection, and which mean nothing.

use crate::domain::key_ring::Outcome;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// Why a connection is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The session wants no more: closed, cancelled, or its channels are gone.
    Gone,
    /// Replaced on purpose, while nobody spoke.
    Recycle,
    /// The service's time limit for one connection; no failure.
    Expired,
    /// Lost; another try may help.
    Broken(String),
    /// No other try can help.
    Fatal(String),
}

/// Codes (or types: services use either place) after which every reply would fail.
const EXHAUSTED: [&str; 5] = [
    "insufficient_quota",
    "credit_balance_exhausted",
    "billing_hard_limit_reached",
    "account_deactivated",
    "billing_not_active",
];

/// Codes that end the connection, and would end the next one.
const REFUSED: [&str; 4] = ["invalid_api_key", "invalid_model", "missing_model", "beta_api_shape_disabled"];

/// The time limit of one connection.
const EXPIRED: &str = "session_expired";

/// Errors that only say that something was late or already so.
const BENIGN: [&str; 9] = [
    "response_cancel_not_active",
    "conversation_already_has_active_response",
    "input_audio_buffer_commit_empty",
    "item_truncate_invalid_item_id",
    "item_delete_invalid_item_id",
    "item_retrieve_invalid_item_id",
    "item_create_duplicate_item_id",
    "item_not_found",
    "unsupported_content_type",
];

/// Whether every further reply will fail. Errors carry the reason in `code` or in `type`.
pub fn is_exhausted(code: Option<&str>, kind: &str) -> bool {
    EXHAUSTED.iter().any(|known| code == Some(known) || kind == *known)
}

/// Whether the error is only about something late.
pub fn is_benign(code: Option<&str>) -> bool {
    code.is_some_and(|code| BENIGN.contains(&code))
}

/// Whether a close follows this error.
pub fn ends_connection(code: Option<&str>) -> bool {
    code.is_some_and(|code| REFUSED.contains(&code) || code == EXPIRED)
}

/// What a close means. `last_error`: code of the error event before it, if any.
pub fn on_close(code: Option<CloseCode>, reason: &str, last_error: Option<&str>) -> Ending {
    let number = code.map_or(1_005, u16::from);
    let said = format!("close {number}");
    let refused = REFUSED.iter().any(|known| last_error == Some(known) || reason.ends_with(known));
    match number {
        // "Your session hit the maximum duration of 60 minutes."
        1_001 if last_error == Some(EXPIRED) || reason.contains("maximum duration") => Ending::Expired,
        _ if last_error == Some(EXPIRED) => Ending::Expired,
        _ if refused => Ending::Fatal(last_error.map_or(said, str::to_owned)),
        // The service's own codes for what it will not do; see section 3 of the protocol's error table.
        3_000 | 4_000 if reason.starts_with("invalid_request_error") => Ending::Fatal(said),
        _ => Ending::Broken(said),
    }
}

/// What an ending says about the key: that it is refused or spent. Other endings say nothing.
pub fn blames_key(ending: &Ending) -> Option<Outcome> {
    let Ending::Fatal(reason) = ending else { return None };
    match reason.as_str() {
        // The service's close code for what is wrong with the credential.
        "invalid_api_key" | "http 401" | "http 403" | "close 3000" => Some(Outcome::Refused),
        reason if is_exhausted(Some(reason), "") => Some(Outcome::Exhausted),
        _ => None,
    }
}

/// What a refusal of the upgrade means.
pub fn on_status(status: u16) -> Ending {
    match status {
        401 | 403 => Ending::Fatal(format!("http {status}")),
        _ => Ending::Broken(format!("http {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let close = |code: u16, reason: &str, last| on_close(Some(CloseCode::from(code)), reason, last);
        assert!(matches!(close(3_000, "invalid_request_error.invalid_api_key", None), Ending::Fatal(_)));
        assert!(matches!(close(3_000, "invalid_request_error", None), Ending::Fatal(_)));
        assert!(matches!(close(4_000, "invalid_request_error.invalid_model", None), Ending::Fatal(_)));
        assert!(matches!(close(1_008, "", Some("invalid_api_key")), Ending::Fatal(_)));
        assert_eq!(close(1_001, "Your session hit the maximum duration of 60 minutes.", None), Ending::Expired);
        assert_eq!(close(1_000, "", Some("session_expired")), Ending::Expired);
        assert!(matches!(close(1_001, "going away", None), Ending::Broken(_)));
        assert!(matches!(close(1_011, "", Some("server_error")), Ending::Broken(_)));
        assert!(matches!(on_close(None, "", None), Ending::Broken(_)));
        assert!(matches!(on_status(401), Ending::Fatal(_)));
        assert!(matches!(on_status(503), Ending::Broken(_)));
        let blames = |reason: &str| blames_key(&Ending::Fatal(reason.to_owned()));
        assert_eq!(blames("invalid_api_key"), Some(Outcome::Refused));
        assert_eq!(blames("insufficient_quota"), Some(Outcome::Exhausted));
        assert_eq!((blames("invalid_model"), blames_key(&Ending::Gone)), (None, None));
        assert!(is_exhausted(None, "insufficient_quota"));
        assert!(is_exhausted(Some("billing_hard_limit_reached"), "x"));
        assert!(!is_exhausted(Some("rate_limit_exceeded"), "server_error"));
    }
}
