//! Which replica a request goes to, and which replicas are asked at all, as plain data.

use crate::base::Span;
use serde::{Deserialize, Serialize};

/// The balancer in front of a service's replicas.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Balance {
    pub policy: Policy,
    /// Replicas in the caller's zone first, as long as one of them is in rotation.
    pub prefer_zone: bool,
    pub health: Option<Health>,
    pub outliers: Option<Outliers>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    #[default]
    RoundRobin,
    Random,
    /// The replica with the fewest requests inside; ties by number.
    LeastOutstanding,
    /// The better of two drawn at random, with replacement. M. Mitzenmacher, IEEE TPDS 12(10), 2001.
    TwoChoices,
    /// At random by these weights, one a replica; replicas beyond the list take the last.
    Weighted(Vec<f64>),
    /// By key, on a consistent-hash ring of so many points a replica; one with more requests inside than `bound` times the mean of all in
    /// rotation is passed over. V. Mirrokni, M. Thorup, M. Zadimoghaddam, "Consistent hashing with bounded loads", 2016 (SODA 2018).
    Ring {
        points: u32,
        bound: Option<f64>,
    },
}

/// Active checks of every replica.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Health {
    pub check: Check,
    pub interval: Span,
    /// For `request`: an answer that takes longer is a failed check.
    pub timeout: Span,
    /// Failed checks in a row that take a replica out, and passed ones that bring it back.
    pub fall: u32,
    pub rise: u32,
    /// At most this share of the replicas is taken out by checks.
    pub max_ejected: f64,
    /// With less than this share in rotation all are asked again (Envoy's panic threshold).
    pub panic: f64,
    /// A replica that comes back takes a share of its traffic that grows from nothing to all over this time.
    pub slow_start: Option<Span>,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The port is open: a frozen or drowning process passes.
    Tcp,
    /// A request that needs a worker and no work.
    Request,
    /// A request of this class, worked on like any other: calls included.
    Work { class: u8 },
    /// The replica's busy workers since the last check are at most this share.
    Load { above: f64 },
}

/// Passive ejection by what requests came to (Envoy's outlier detection).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outliers {
    /// Failures in a row.
    pub errors: u32,
    /// Out for this long, times how often it was ejected, at most `longest`.
    pub base: Span,
    pub longest: Span,
    /// At most this share of the replicas, but always one.
    pub max_ejected: f64,
}

impl Balance {
    /// Is there anything but the turn of each?
    pub fn is_plain(&self) -> bool {
        *self == Balance::default()
    }
}
