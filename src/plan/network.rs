//! What a call needs before anything can be sent: a name that resolves and a certificate that is accepted.

use crate::base::{Dist, Span, Time};
use serde::{Deserialize, Serialize};

/// The caches of a name that an edge calls by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dns {
    /// How long an answer may be kept.
    pub ttl: Span,
    /// Caches among the callers, each asked for an equal share of the requests. None: every request resolves the name.
    pub resolvers: u32,
    /// An answer that is too old is used when there is no new one.
    pub stale: bool,
    /// How long "there is no such name" is kept.
    pub negative: Span,
    /// The name does not resolve now.
    pub broken: bool,
    /// An answer is the list of the replicas in rotation, of which the caller takes one; otherwise it is the balancer before them.
    pub lists: bool,
    /// The share of the caches that keep an answer longer than they may, and for how long.
    pub linger: Option<(f64, Span)>,
    /// How often all of the caches were emptied until now.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub emptied: u32,
}

/// The sessions of an edge, and the certificate that the called side shows for a new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tls {
    /// Sessions kept open, each used for an equal share of the requests. None: every request shakes hands.
    pub connections: u32,
    /// How long one lives.
    pub life: Dist,
    /// The certificate was issued so long before the start; `None`: long ago.
    pub age: Option<Span>,
    /// The certificate expires; `None`: long after the end.
    pub not_after: Option<Time>,
    /// The caller's clock is ahead by so many nanoseconds, or behind.
    pub skew_ns: i64,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Dns {
    /// Without caches.
    pub fn plain() -> Dns {
        let (ttl, negative) = (Span::ZERO, Span::ZERO);
        Dns { ttl, resolvers: 0, stale: false, negative, broken: false, lists: false, linger: None, emptied: 0 }
    }
}

impl Tls {
    /// A new session for every request, and a certificate that holds.
    pub fn plain() -> Tls {
        Tls { connections: 0, life: Dist::Constant(0.0), age: None, not_after: None, skew_ns: 0 }
    }

    /// Does the caller take the certificate at this moment for valid?
    pub fn is_trusted(&self, now: Time) -> bool {
        let clock = i128::from(now.0) + i128::from(self.skew_ns);
        let issued = self.age.is_none_or(|age| clock >= -i128::from(age.0));
        issued && self.not_after.is_none_or(|end| clock < i128::from(end.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_sees_another_validity() {
        let at = Time::from_secs_f64;
        let of = |skew_s: i64| Tls {
            age: Some(Span::from_secs(60)),
            not_after: Some(at(100.0)),
            skew_ns: skew_s * 1_000_000_000,
            ..Tls::plain()
        };
        assert!(of(0).is_trusted(at(0.0)) && of(0).is_trusted(at(99.9)) && !of(0).is_trusted(at(100.0)));
        assert!(!of(50).is_trusted(at(60.0)), "ahead: it has expired already");
        assert!(!of(-100).is_trusted(at(30.0)) && of(-100).is_trusted(at(150.0)), "behind: not yet, and longer");
    }
}
