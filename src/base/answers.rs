//! What the answers of real protocols mean to a caller: HTTP status codes, Redis error words, SQLSTATEs. Both worlds read them here.

use super::{ErrorKind, Outcome};

/// An HTTP status (RFC 9110, RFC 4918 for 507). Of a cache, 404 is a miss.
pub fn of_status(status: u16, cache: bool) -> Outcome {
    Outcome::Failed(match status {
        404 if cache => return Outcome::Miss,
        408 | 504 => ErrorKind::Timeout,
        429 => ErrorKind::Throttled,
        503 => ErrorKind::Rejected,
        507 => ErrorKind::NoSpace,
        500.. => ErrorKind::Error,
        _ => return Outcome::Ok,
    })
}

/// A Redis error reply, by its first word (redis.io, "Error replies" of the protocol, and src/server.c of Redis).
pub fn of_redis(error: &str) -> ErrorKind {
    match error.split_whitespace().next().unwrap_or_default() {
        "LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" | "NOREPLICAS" => ErrorKind::Unavailable,
        "READONLY" | "MISCONF" => ErrorKind::ReadOnly,
        "OOM" => ErrorKind::NoSpace,
        _ => ErrorKind::Error,
    }
}

/// An SQLSTATE (PostgreSQL documentation, appendix A).
pub fn of_sqlstate(state: &str) -> ErrorKind {
    match state {
        "53100" | "53200" => ErrorKind::NoSpace,
        "53300" => ErrorKind::Rejected,
        "57P03" => ErrorKind::Unavailable,
        "57P01" | "57P02" => ErrorKind::Crashed,
        "57014" | "55P03" | "25P03" => ErrorKind::Timeout,
        "25006" => ErrorKind::ReadOnly,
        _ if state.starts_with("08") => ErrorKind::Reset,
        _ => ErrorKind::Error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_codes_are_read_as_their_documents_say() {
        assert_eq!(of_redis("LOADING Redis is loading the dataset in memory"), ErrorKind::Unavailable);
        assert_eq!(of_redis("READONLY You can't write against a read only replica."), ErrorKind::ReadOnly);
        assert_eq!((of_redis("OOM"), of_redis("")), (ErrorKind::NoSpace, ErrorKind::Error));
        assert_eq!((of_sqlstate("53100"), of_sqlstate("53300")), (ErrorKind::NoSpace, ErrorKind::Rejected));
        assert_eq!((of_sqlstate("57P03"), of_sqlstate("08006")), (ErrorKind::Unavailable, ErrorKind::Reset));
        assert_eq!((of_status(404, true), of_status(404, false)), (Outcome::Miss, Outcome::Ok));
    }
}
