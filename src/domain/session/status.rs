//! Where a session is in its life, and why it ended: the public, stored names.

/// Where a session is in its life (DESIGN 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema), schema(rename_all = "snake_case"))]
pub enum Status {
    Created,
    Connecting,
    Active,
    Reconnecting,
    Closing,
    Ended,
}

/// Why a session ended. Closed list; stored and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema), schema(rename_all = "snake_case"))]
pub enum EndReason {
    Completed,
    CandidateEnded,
    PlatformEnded,
    TimeLimit,
    NetworkLost,
    Expired,
    Interrupted,
    Budget,
    EngineFailed,
    Internal,
}

impl Status {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Connecting => "connecting",
            Self::Active => "active",
            Self::Reconnecting => "reconnecting",
            Self::Closing => "closing",
            Self::Ended => "ended",
        }
    }

    /// Every status, for parsing a stored name.
    pub const ALL: [Self; 6] =
        [Self::Created, Self::Connecting, Self::Active, Self::Reconnecting, Self::Closing, Self::Ended];
}

impl EndReason {
    /// The public name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::CandidateEnded => "candidate_ended",
            Self::PlatformEnded => "platform_ended",
            Self::TimeLimit => "time_limit",
            Self::NetworkLost => "network_lost",
            Self::Expired => "expired",
            Self::Interrupted => "interrupted",
            Self::Budget => "budget",
            Self::EngineFailed => "engine_failed",
            Self::Internal => "internal",
        }
    }

    /// Every reason, for parsing a stored name.
    pub const ALL: [Self; 10] = [
        Self::Completed,
        Self::CandidateEnded,
        Self::PlatformEnded,
        Self::TimeLimit,
        Self::NetworkLost,
        Self::Expired,
        Self::Interrupted,
        Self::Budget,
        Self::EngineFailed,
        Self::Internal,
    ];
}
