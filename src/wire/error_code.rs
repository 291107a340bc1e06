//! The closed table of error codes at the edge, shared by every protocol. A client may rely on a code; the text beside
//! it is for people.

/// What went wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    InvalidRequest,
    InvalidSdp,
    BodyTooLarge,
    UnsupportedMediaType,
    Unauthorized,
    NotConfigured,
    MailNotConfigured,
    ForbiddenHost,
    Forbidden,
    ProofNeeded,
    WrongCode,
    NotFound,
    MethodNotAllowed,
    ConsentRequired,
    NotConnected,
    SessionEnded,
    InviteUsedUp,
    InviteClosed,
    InviteNotOpen,
    BudgetUsedUp,
    Conflict,
    NameTaken,
    Held,
    RoomClosed,
    RoomFull,
    IdempotencyConflict,
    PreconditionFailed,
    PreconditionRequired,
    NotSupported,
    RangeNotSatisfiable,
    LanguageUnavailable,
    RateLimited,
    AtCapacity,
    Draining,
    StoreUnavailable,
    RequestTimeout,
    UpstreamFailed,
    UpstreamTimeout,
    UpstreamUnavailable,
    Internal,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct ErrorRow {
    pub code: ErrorCode,
    pub name: &'static str,
    /// HTTP status.
    pub status: u16,
    /// Short title (RFC 9457 `title`).
    pub title: &'static str,
}

const fn row(code: ErrorCode, name: &'static str, status: u16, title: &'static str) -> ErrorRow {
    ErrorRow { code, name, status, title }
}

/// Every code.
pub const ERROR_CODES: &[ErrorRow] = &[
    row(ErrorCode::InvalidRequest, "invalid_request", 400, "A parameter is missing or wrong"),
    row(ErrorCode::InvalidSdp, "invalid_sdp", 400, "The session description cannot be used"),
    row(ErrorCode::BodyTooLarge, "body_too_large", 413, "The body is larger than allowed"),
    row(ErrorCode::UnsupportedMediaType, "unsupported_media_type", 415, "The body is not of the type expected"),
    row(ErrorCode::Unauthorized, "unauthorized", 401, "A valid credential is needed"),
    row(ErrorCode::NotConfigured, "not_configured", 401, "This kind of credential is not configured here"),
    row(ErrorCode::MailNotConfigured, "mail_not_configured", 409, "No mail can be sent here"),
    row(ErrorCode::ForbiddenHost, "forbidden_host", 403, "In open mode only this machine is served"),
    row(ErrorCode::Forbidden, "forbidden", 403, "That belongs to somebody else"),
    row(ErrorCode::ProofNeeded, "proof_needed", 401, "The e-mail address is not proved yet"),
    row(ErrorCode::WrongCode, "wrong_code", 400, "The code is wrong, used up or has expired"),
    row(ErrorCode::NotFound, "not_found", 404, "There is nothing here that you may see"),
    row(ErrorCode::MethodNotAllowed, "method_not_allowed", 405, "This address does not take that method"),
    row(ErrorCode::ConsentRequired, "consent_required", 409, "The candidate has not agreed yet"),
    row(ErrorCode::NotConnected, "not_connected", 409, "Nobody is connected yet"),
    row(ErrorCode::SessionEnded, "session_ended", 409, "The interview is over"),
    row(ErrorCode::InviteUsedUp, "invite_used_up", 410, "The invitation is used up"),
    row(ErrorCode::InviteClosed, "invite_closed", 410, "The invitation is closed or has expired"),
    row(ErrorCode::InviteNotOpen, "invite_not_open", 409, "The invitation is not open yet"),
    row(ErrorCode::BudgetUsedUp, "budget_used_up", 402, "What may be spent is spent"),
    row(ErrorCode::Conflict, "conflict", 409, "It is in a state that does not allow this"),
    row(ErrorCode::NameTaken, "name_taken", 409, "Somebody else has that name"),
    row(ErrorCode::Held, "held", 409, "A legal hold forbids that"),
    row(ErrorCode::RoomClosed, "room_closed", 409, "The room is closed or has expired"),
    row(ErrorCode::PreconditionFailed, "precondition_failed", 412, "It was changed meanwhile"),
    row(ErrorCode::PreconditionRequired, "precondition_required", 428, "Say which version is meant"),
    row(ErrorCode::NotSupported, "not_supported", 422, "That is well formed and not supported here"),
    row(ErrorCode::RangeNotSatisfiable, "range_not_satisfiable", 416, "That part is not in it"),
    row(ErrorCode::RoomFull, "room_full", 409, "The room is full"),
    row(
        ErrorCode::IdempotencyConflict,
        "idempotency_conflict",
        422,
        "The Idempotency-Key was used for another request",
    ),
    row(ErrorCode::LanguageUnavailable, "language_unavailable", 400, "The speech engine does not speak that language"),
    row(ErrorCode::RateLimited, "rate_limited", 429, "Too many requests"),
    row(ErrorCode::AtCapacity, "at_capacity", 503, "All places are taken"),
    row(ErrorCode::Draining, "draining", 503, "The server is about to stop"),
    row(ErrorCode::StoreUnavailable, "store_unavailable", 503, "Nothing can be saved at the moment"),
    row(ErrorCode::RequestTimeout, "request_timeout", 408, "The request took too long to arrive"),
    row(ErrorCode::UpstreamFailed, "upstream_failed", 502, "A service that this needs failed"),
    row(ErrorCode::UpstreamTimeout, "upstream_timeout", 504, "A service that this needs did not answer in time"),
    row(ErrorCode::UpstreamUnavailable, "upstream_unavailable", 503, "A service that this needs takes no calls now"),
    row(ErrorCode::Internal, "internal", 500, "Something is wrong on our side"),
];

impl ErrorRow {
    /// Status code of gRPC (google.rpc.Code's own table of HTTP statuses, read backwards).
    pub const fn grpc_status(&self) -> i32 {
        match self.status {
            400 | 413 | 415 | 422 => 3, // INVALID_ARGUMENT
            401 => 16,                  // UNAUTHENTICATED
            416 => 11,                  // OUT_OF_RANGE
            403 => 7,                   // PERMISSION_DENIED
            404 => 5,                   // NOT_FOUND
            405 => 12,                  // UNIMPLEMENTED
            408 | 504 => 4,             // DEADLINE_EXCEEDED
            409 | 410 | 412 | 428 => 9, // FAILED_PRECONDITION
            402 | 429 => 8,             // RESOURCE_EXHAUSTED
            502 | 503 => 14,            // UNAVAILABLE
            _ => 13,                    // INTERNAL
        }
    }
}

impl ErrorCode {
    /// The row of this code.
    pub fn row(self) -> &'static ErrorRow {
        ERROR_CODES.iter().find(|row| row.code == self).unwrap_or(&ERROR_CODES[ERROR_CODES.len() - 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_status_is_an_error() {
        for (at, row) in ERROR_CODES.iter().enumerate() {
            assert!((400..600).contains(&row.status), "{}", row.name);
            assert_eq!(row.code.row().name, row.name);
            assert!(ERROR_CODES[at + 1..].iter().all(|other| other.name != row.name), "{}", row.name);
        }
    }
}
