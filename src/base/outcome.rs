//! How an attempt ended: the closed list of error kinds that both worlds, the recording and `errors(x, kind=…)` share.

use serde::{Deserialize, Serialize};

/// Why an attempt failed, as its caller saw it. The order is the order of columns in every table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum ErrorKind {
    /// The caller's total timeout ran out.
    Timeout,
    /// The caller's wait timeout ran out before the work was started.
    WaitTimeout,
    /// Turned away by a full queue (HTTP 503).
    Rejected,
    /// Nobody listened: connection refused.
    Refused,
    /// The connection was reset under the request.
    Reset,
    /// The service answered with an error (HTTP 5xx).
    Error,
    /// The volume had no room left (HTTP 507).
    NoSpace,
    /// The service crashed while it held the request.
    Crashed,
    /// The caller's circuit breaker was open: nothing was sent.
    BreakerOpen,
    /// Held back by a rate limit (HTTP 429) or by the caller's own throttling.
    Throttled,
    /// Turned away to shed load, or by a concurrency limit.
    Shed,
    /// The caller's pool or bulkhead had no connection to give in time.
    NoConnection,
    /// The deadline that came with the request had passed.
    Expired,
    /// The name of the service led nowhere.
    Unresolved,
    /// The certificate was not accepted.
    Untrusted,
    /// A write came to something that takes none.
    ReadOnly,
    /// Nobody could take it: no leader, no quorum, no healthy replica.
    Unavailable,
    /// It was made by a version that does not go with the one that was asked (HTTP 404 for an asset that is not there).
    Mismatch,
}

impl ErrorKind {
    pub const ALL: [ErrorKind; 18] = [
        ErrorKind::Timeout,
        ErrorKind::WaitTimeout,
        ErrorKind::Rejected,
        ErrorKind::Refused,
        ErrorKind::Reset,
        ErrorKind::Error,
        ErrorKind::NoSpace,
        ErrorKind::Crashed,
        ErrorKind::BreakerOpen,
        ErrorKind::Throttled,
        ErrorKind::Shed,
        ErrorKind::NoConnection,
        ErrorKind::Expired,
        ErrorKind::Unresolved,
        ErrorKind::Untrusted,
        ErrorKind::ReadOnly,
        ErrorKind::Unavailable,
        ErrorKind::Mismatch,
    ];
    pub const COUNT: usize = Self::ALL.len();

    /// The word used in scenario files, results and reports.
    pub fn word(self) -> &'static str {
        match self {
            ErrorKind::Timeout => "timeout",
            ErrorKind::WaitTimeout => "wait-timeout",
            ErrorKind::Rejected => "rejected",
            ErrorKind::Refused => "refused",
            ErrorKind::Reset => "reset",
            ErrorKind::Error => "error",
            ErrorKind::NoSpace => "no-space",
            ErrorKind::Crashed => "crashed",
            ErrorKind::BreakerOpen => "breaker-open",
            ErrorKind::Throttled => "throttled",
            ErrorKind::Shed => "shed",
            ErrorKind::NoConnection => "no-connection",
            ErrorKind::Expired => "expired",
            ErrorKind::Unresolved => "unresolved",
            ErrorKind::Untrusted => "untrusted",
            ErrorKind::ReadOnly => "read-only",
            ErrorKind::Unavailable => "unavailable",
            ErrorKind::Mismatch => "mismatch",
        }
    }

    pub fn from_word(word: &str) -> Option<ErrorKind> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// The answer to one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// A cache answered that it does not hold the key: an answer, not a failure.
    Miss,
    Failed(ErrorKind),
}

impl Outcome {
    pub fn is_failure(self) -> bool {
        matches!(self, Outcome::Failed(_))
    }
}
