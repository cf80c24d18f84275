//! Zones, the regions they make, and how long messages take between them, as plain data.

use crate::base::Dist;
use serde::{Deserialize, Serialize};

/// The zones of a scenario: every one that a service or a client is in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Zones {
    pub names: Vec<String>,
    /// Names of several zones together.
    pub regions: Vec<(String, ZoneSet)>,
    /// Of the paths from one zone to another the last one counts; where there is none messages take no longer than within an edge.
    pub paths: Vec<ZonePath>,
}

/// What a message takes, one way, beside what its edge says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ZonePath {
    pub from: ZoneSet,
    pub to: ZoneSet,
    pub latency: Dist,
}

/// Zones by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ZoneSet(u64);

impl ZoneSet {
    pub const ZONES_MAX: usize = 64;

    pub fn of(zone: usize) -> ZoneSet {
        ZoneSet(1 << zone)
    }

    #[inline]
    pub fn contains(self, zone: u8) -> bool {
        self.0 >> zone & 1 == 1
    }

    pub fn plus(self, other: ZoneSet) -> ZoneSet {
        ZoneSet(self.0 | other.0)
    }

    pub fn overlaps(self, other: ZoneSet) -> bool {
        self.0 & other.0 != 0
    }
}

impl Zones {
    /// The zone of this name, or the zones of the region.
    pub fn named(&self, name: &str) -> Option<ZoneSet> {
        let region = self.regions.iter().find(|(region, _)| region == name).map(|(_, zones)| *zones);
        region.or_else(|| self.names.iter().position(|zone| zone == name).map(ZoneSet::of))
    }

    /// Every name that `named` knows.
    pub fn words(&self) -> impl Iterator<Item = &str> + Clone {
        self.regions.iter().map(|(name, _)| name.as_str()).chain(self.names.iter().map(String::as_str))
    }

    /// The zones that are not among these.
    pub fn others(&self, than: ZoneSet) -> ZoneSet {
        let outside = (0..self.names.len()).filter(|zone| !than.contains(*zone as u8));
        outside.fold(ZoneSet::default(), |all, zone| all.plus(ZoneSet::of(zone)))
    }
}
