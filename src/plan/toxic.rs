//! Toxics: what a fault proxy can do to single connections, by the names and with the attributes that users of Toxiproxy know, and a few
//! that it does not have. Plain data and one table; what each does is written in the live world, and nothing here acts.

use super::{Effect, Ways};
use crate::base::{Dist, Which};
use serde::{Deserialize, Serialize};

/// One toxic: its type, the values of its attributes, and which connections it acts on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Toxic {
    pub kind: ToxicKind,
    /// In the order of [`ToxicKind::attributes`], in the units that stand there.
    pub values: Vec<f64>,
    /// Client to server; otherwise server to client.
    pub upstream: bool,
    /// Share: drawn for each connection. The others count the connections that are opened while it lasts, and leave those alone that were
    /// open before.
    pub which: Which,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToxicKind {
    Latency,
    Bandwidth,
    SlowClose,
    Timeout,
    ResetPeer,
    Slicer,
    LimitData,
    PacketLoss,
    Noop,
    /// Not in Toxiproxy: the server is dialled late, or never.
    Connect,
    /// Not in Toxiproxy: the connection is closed so long after it was opened.
    CutAfter,
}

/// One attribute of a type of toxic.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    pub name: &'static str,
    /// The least value that means something; the most is [`Attribute::most`].
    pub least: f64,
    /// A number between 0 and 1 instead of a whole one.
    pub is_share: bool,
    pub doc: &'static str,
}

const fn whole(name: &'static str, least: u32, doc: &'static str) -> Attribute {
    Attribute { name, least: least as f64, is_share: false, doc }
}

const fn share(name: &'static str, doc: &'static str) -> Attribute {
    Attribute { name, least: 0.0, is_share: true, doc }
}

static LATENCY: [Attribute; 2] =
    [whole("latency", 0, "milliseconds"), whole("jitter", 0, "milliseconds, more or less")];
static BANDWIDTH: [Attribute; 1] = [whole("rate", 0, "thousands of bytes per second; 0 passes nothing")];
static SLOW_CLOSE: [Attribute; 1] = [whole("delay", 0, "milliseconds until the end of the stream is passed on")];
static TIMEOUT: [Attribute; 1] = [whole("timeout", 0, "milliseconds after the last bytes until it closes; 0: never")];
static RESET_PEER: [Attribute; 1] = [whole("timeout", 0, "milliseconds until the reset")];
static SLICER: [Attribute; 3] = [
    whole("average_size", 1, "bytes of a slice"),
    whole("size_variation", 0, "bytes, more or less"),
    whole("delay", 0, "microseconds between slices"),
];
static LIMIT_DATA: [Attribute; 1] = [whole("bytes", 0, "bytes until the connection is closed")];
static PACKET_LOSS: [Attribute; 2] = [
    share("loss_rate", "share of the chunks that vanish"),
    share("correlation", "how much a chunk's fate follows the last"),
];
static CONNECT: [Attribute; 3] = [
    whole("latency", 0, "milliseconds until the server is dialled"),
    whole("jitter", 0, "milliseconds, more or less"),
    whole("never", 0, "1: the server is never dialled"),
];
static CUT_AFTER: [Attribute; 2] =
    [whole("after", 0, "milliseconds from opening to closing"), whole("jitter", 0, "milliseconds, more or less")];

impl ToxicKind {
    pub const ALL: [ToxicKind; 11] = [
        ToxicKind::Latency,
        ToxicKind::Bandwidth,
        ToxicKind::SlowClose,
        ToxicKind::Timeout,
        ToxicKind::ResetPeer,
        ToxicKind::Slicer,
        ToxicKind::LimitData,
        ToxicKind::PacketLoss,
        ToxicKind::Noop,
        ToxicKind::Connect,
        ToxicKind::CutAfter,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            ToxicKind::Latency => "latency",
            ToxicKind::Bandwidth => "bandwidth",
            ToxicKind::SlowClose => "slow_close",
            ToxicKind::Timeout => "timeout",
            ToxicKind::ResetPeer => "reset_peer",
            ToxicKind::Slicer => "slicer",
            ToxicKind::LimitData => "limit_data",
            ToxicKind::PacketLoss => "packet_loss",
            ToxicKind::Noop => "noop",
            ToxicKind::Connect => "connect",
            ToxicKind::CutAfter => "cut_after",
        }
    }

    pub fn named(name: &str) -> Option<ToxicKind> {
        ToxicKind::ALL.into_iter().find(|kind| kind.word() == name)
    }

    pub fn attributes(self) -> &'static [Attribute] {
        match self {
            ToxicKind::Latency => &LATENCY,
            ToxicKind::Bandwidth => &BANDWIDTH,
            ToxicKind::SlowClose => &SLOW_CLOSE,
            ToxicKind::Timeout => &TIMEOUT,
            ToxicKind::ResetPeer => &RESET_PEER,
            ToxicKind::Slicer => &SLICER,
            ToxicKind::LimitData => &LIMIT_DATA,
            ToxicKind::PacketLoss => &PACKET_LOSS,
            ToxicKind::Noop => &[],
            ToxicKind::Connect => &CONNECT,
            ToxicKind::CutAfter => &CUT_AFTER,
        }
    }

    /// All attributes at 0, or at the least value where 0 means nothing.
    pub fn defaults(self) -> Vec<f64> {
        self.attributes().iter().map(|attribute| attribute.least).collect()
    }
}

impl Attribute {
    /// Whole numbers stay exact in a float up to here.
    const WHOLE_MOST: f64 = 9e15;

    pub fn most(&self) -> f64 {
        if self.is_share { 1.0 } else { Attribute::WHOLE_MOST }
    }

    /// What is wrong with this value, if anything is.
    pub fn complaint(&self, value: f64) -> Option<String> {
        let name = self.name;
        if !(self.least..=self.most()).contains(&value) {
            return Some(match self.is_share {
                true => format!("{name} must be between 0 and 1"),
                false => format!("{name} must be at least {}", self.least),
            });
        }
        (!self.is_share && value.fract() != 0.0).then(|| format!("{name} must be a whole number"))
    }
}

impl Toxic {
    /// What it comes to in a model of requests without bytes and connections; `None`: nothing that would be true to it.
    pub fn modelled(&self) -> Option<Effect> {
        let (share, upstream) = (self.which.share, self.upstream);
        if !self.which.counts(None) {
            return None;
        }
        Some(match self.kind {
            ToxicKind::Latency => Effect::Delay { by: partly(share, self.late("latency")), upstream },
            _ if share < 1.0 && self.kind != ToxicKind::ResetPeer => return None,
            ToxicKind::Bandwidth if self.value("rate") > 0.0 => {
                Effect::Throttle { bytes_per_sec: self.value("rate") * 1e3 }
            }
            ToxicKind::Bandwidth => Effect::Cut { lose: false, ways: self.ways() },
            ToxicKind::Timeout => Effect::Cut { lose: true, ways: self.ways() },
            ToxicKind::ResetPeer if self.value("timeout") == 0.0 => Effect::Reset { chance: share },
            _ => return None,
        })
    }

    fn ways(&self) -> Ways {
        if self.upstream { Ways::Requests } else { Ways::Responses }
    }

    /// Milliseconds of this attribute, more or less by `jitter`, in seconds; what falls below 0 counts as 0 when it is drawn.
    pub fn late(&self, name: &str) -> Dist {
        let (ms, jitter) = (self.value(name), self.value("jitter"));
        match jitter > 0.0 {
            true => Dist::Uniform { low: (ms - jitter) / 1e3, high: (ms + jitter) / 1e3 },
            false => Dist::Constant(ms / 1e3),
        }
    }

    /// The value of an attribute; 0 for one that this type does not have.
    pub fn value(&self, name: &str) -> f64 {
        let at = self.kind.attributes().iter().position(|attribute| attribute.name == name);
        at.and_then(|at| self.values.get(at)).copied().unwrap_or(0.0)
    }
}

/// Nothing for all but this share.
fn partly(share: f64, by: Dist) -> Dist {
    match share < 1.0 {
        true => Dist::Mixture { upto: vec![1.0 - share, 1.0], parts: vec![Dist::Constant(0.0), by] },
        false => by,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_kinds_and_defaults_are_allowed() {
        for kind in ToxicKind::ALL {
            assert_eq!(ToxicKind::named(kind.word()), Some(kind));
            for (attribute, value) in kind.attributes().iter().zip(kind.defaults()) {
                assert_eq!(attribute.complaint(value), None, "{kind:?} {attribute:?}");
            }
        }
        let size = &SLICER[0];
        assert!(size.complaint(0.0).is_some() && size.complaint(1.5).is_some() && size.complaint(f64::NAN).is_some());
        assert!(PACKET_LOSS[0].complaint(1.1).is_some() && PACKET_LOSS[0].complaint(0.25).is_none());
    }

    #[test]
    fn only_what_is_true_to_a_toxic_stands_for_it_in_the_model() {
        let toxic = |kind: ToxicKind, values: &[f64]| Toxic {
            kind,
            values: values.to_vec(),
            upstream: true,
            which: Which::ALL,
        };
        let half = Which::share(0.5);
        let latency = toxic(ToxicKind::Latency, &[200.0, 50.0]);
        assert_eq!(
            latency.modelled(),
            Some(Effect::Delay { by: Dist::Uniform { low: 0.15, high: 0.25 }, upstream: true })
        );
        let Some(Effect::Delay { by, .. }) = (Toxic { which: half, ..latency.clone() }).modelled() else { panic!() };
        assert!((by.mean() - 0.1).abs() < 1e-12);
        let timeout = toxic(ToxicKind::Timeout, &[0.0]);
        assert_eq!(timeout.modelled(), Some(Effect::Cut { lose: true, ways: Ways::Requests }));
        assert_eq!((Toxic { which: half, ..timeout }).modelled(), None);
        assert_eq!(toxic(ToxicKind::Bandwidth, &[7.0]).modelled(), Some(Effect::Throttle { bytes_per_sec: 7000.0 }));
        assert_eq!(toxic(ToxicKind::ResetPeer, &[1.0]).modelled(), None);
        assert_eq!((Toxic { which: Which { first: Some(2), ..Which::ALL }, ..latency }).modelled(), None);
        assert_eq!(toxic(ToxicKind::Slicer, &[1.0, 0.0, 0.0]).modelled(), None);
    }
}
