//! Versions at run time: which one each replica runs, whether a request of another one is served, and how whoever asked for a page
//! learns of which version it is. Replacing replicas is `controls`; pages that stay open are `pages`.

use super::call::Owner;
use super::frame::Origin;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome};
use crate::base::{ControlId, Dice, ErrorKind, ServiceId};
use crate::plan::{Does, Plan, Service, Skew};

impl Owner {
    /// A user who loads a page?
    pub fn opens(self) -> bool {
        matches!(self, Owner::User { opens: true, .. })
    }
}

/// The versions of one service.
#[derive(Debug)]
pub struct Versions {
    skew: Option<Skew>,
    /// By replica; those beyond the list run what starts now.
    of: Vec<u16>,
    /// What a replica that is added runs.
    pub current: u16,
    /// The rollout that began last.
    pub rollout: Option<ControlId>,
    dice: Dice,
}

impl Versions {
    /// `None` for a service that has one version, which matters to nobody.
    pub fn of(service: &Service, id: ServiceId, plan: &Plan) -> Option<Box<Versions>> {
        let is_deployed =
            plan.controls.iter().any(|control| matches!(&control.does, Does::Roll(roll) if roll.service == id));
        (is_deployed || service.versions.is_some()).then(|| {
            Box::new(Versions {
                skew: service.versions,
                of: vec![0; service.replicas as usize],
                current: 0,
                rollout: None,
                dice: Dice::named(plan.seed, &format!("versions/{}", service.name)),
            })
        })
    }

    /// The service, which had so many replicas, is from now on as this entry says. Those that are added are started now.
    pub fn reconfigure(&mut self, service: &Service, before: u32) {
        self.skew = service.versions;
        self.of.resize(self.of.len().max(service.replicas as usize), self.current);
        self.of.iter_mut().take(service.replicas as usize).skip(before as usize).for_each(|of| *of = self.current);
    }

    pub fn at(&self, replica: u32) -> u16 {
        self.of.get(replica as usize).copied().unwrap_or(self.current)
    }

    pub fn set(&mut self, replica: u32, version: u16) {
        if let Some(of) = self.of.get_mut(replica as usize) {
            *of = version;
        }
    }

    /// Does a replica serve a request of this version?
    pub fn serves(&mut self, replica: u32, version: u16) -> bool {
        let own = self.at(replica);
        let Some(skew) = self.skew.filter(|_| version < Traits::UNDECIDED && version != own) else { return true };
        let fails = match version < own {
            true => skew.older && own - version > skew.keep,
            false => skew.newer,
        };
        !(fails && self.dice.chance(skew.fails))
    }
}

impl<W: Wire> Engine<W> {
    /// Is a request turned away because of its version?
    pub(super) fn mismatches(&mut self, index: usize, replica: u32, version: u16) -> bool {
        let node = &mut self.nodes[index];
        let Some(versions) = &mut node.versions else { return false };
        let fails = !versions.serves(replica, version);
        node.cell.failed += u64::from(fails);
        fails
    }

    /// A page is on its way back: whoever asked for it knows then of which version it is.
    pub(super) fn tell_version(&mut self, index: usize, replica: u32, origin: Origin, outcome: Outcome) {
        let version = self.nodes[index].versions.as_ref().map_or(origin.traits.version, |own| own.at(replica));
        if version >= Traits::UNDECIDED || outcome.is_failure() {
            return;
        }
        let asked = self.calls.get_mut(origin.parent).filter(|call| call.attempt == origin.attempt);
        let Some(asked) = asked.filter(|call| call.traits.version == Traits::UNDECIDED) else { return };
        asked.traits.version = version;
        if let Owner::Twin(first) = asked.owner
            && let Some(first) = self.calls.get_mut(first)
        {
            first.traits.version = version;
        }
    }

    /// A call of a frame has ended: what it was told is what it asks for from now on, if it asked for a page.
    pub(super) fn learn_version(&mut self, frame: Handle, edge: EdgeId, version: u16) {
        let loads = self.links[edge.index()].loads;
        if version < Traits::UNDECIDED
            && let Some(this) = self.frames.get_mut(frame)
            && (loads || this.traits.version == Traits::UNDECIDED)
        {
            this.traits.version = version;
        }
    }

    /// What an error of a replica of another version is.
    pub(super) const MISMATCH: Outcome = Outcome::Failed(ErrorKind::Mismatch);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixture::{chain, service};

    fn versions(skew: Skew) -> Versions {
        let mut service = service("web", None, vec![]);
        (service.versions, service.replicas) = (Some(skew), 3);
        let versions = Versions::of(&service, ServiceId(0), &chain(1.0, &[]));
        let mut versions = *versions.expect("it has a policy");
        [(0, 5), (1, 6), (2, 7)].into_iter().for_each(|(replica, version)| versions.set(replica, version));
        versions
    }

    #[test]
    fn old_versions_are_kept_and_new_ones_are_not_there_yet() {
        let strict = Skew { keep: 0, older: true, newer: true, fails: 1.0 };
        let served = |skew: Skew| {
            let mut versions = versions(skew);
            [0, 1, 2].map(|replica| versions.serves(replica, 6))
        };
        assert_eq!(served(strict), [false, true, false]);
        assert_eq!(served(Skew { keep: 1, ..strict }), [false, true, true]);
        assert_eq!(served(Skew { newer: false, ..strict }), [true, true, false]);
        assert_eq!(served(Skew { older: false, ..strict }), [false, true, true]);
        assert_eq!(served(Skew { fails: 0.0, ..strict }), [true, true, true]);
        let mut versions = versions(strict);
        assert!(versions.serves(0, Traits::ANY) && versions.serves(0, Traits::UNDECIDED));
    }
}
