//! The balancer in front of a service: who is in rotation, and whose turn it is. A pure state machine; checks and outcomes are told to
//! it, and it never looks at a request.

mod checks;
mod ejection;
mod rotation;

pub use ejection::Standing;

use super::nodes::Replica;
use super::placement::Placement;
use crate::base::{Dice, FaultId, Time};
use crate::plan::balance::Policy;
use crate::plan::{Balance, Edge, PlaceBy, Placement as RingSpec, Replicas, Service};
use rotation::Rotation;
use std::collections::VecDeque;

/// The number of a list of those who were in rotation.
pub type Listing = u32;

/// The list of the start, and that of whichever moment it is.
pub const FIRST: Listing = 0;
pub const CURRENT: Listing = u32::MAX;

/// So many lists are remembered; whoever holds an older one has the oldest of these.
const LISTS_MAX: usize = 64;

pub struct Balancer {
    plan: Balance,
    /// One a replica that was ever there.
    pub standings: Vec<Standing>,
    drained: Vec<(FaultId, Replicas)>,
    /// Of all zones together, and then of each.
    rotations: Vec<Rotation>,
    listing: Listing,
    /// The lists before, oldest first, if names lead to them.
    past: Past,
    /// For balancing by key.
    ring: Option<Box<Placement>>,
    /// How many keys there are.
    keys: u32,
    dice: Dice,
}

/// What a balancer sees of a request.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The caller's zone, by its number among those of the service.
    pub zone: Option<u32>,
    pub key: u32,
    /// The list that it holds.
    pub listed: Listing,
}

/// Does the name that an edge calls by list the replicas themselves?
pub fn leads_to_replicas(edge: &Edge) -> bool {
    edge.dns.as_ref().is_some_and(|dns| dns.lists)
}

impl Balancer {
    /// One for a service, where there is anything to choose or to check. `named`: some of its callers hold lists of its replicas.
    pub fn of(service: &Service, keys: u32, seed: u64, named: bool) -> Option<Balancer> {
        let (plan, zones) = (&service.balance, service.zones.len() as u32);
        let is_needed = service.replicas > 1 || !plan.is_plain() || named;
        let dice = Dice::named(seed, &format!("balance/{}", service.name));
        let mut balancer = is_needed.then(|| Balancer::new(plan, service.replicas, zones, keys, dice))?;
        balancer.past = named.then(VecDeque::new);
        Some(balancer)
    }

    pub fn new(plan: &Balance, replicas: u32, zones: u32, keys: u32, dice: Dice) -> Balancer {
        let standings = vec![Standing::default(); replicas as usize];
        let rotations = (0..=zones).map(|_| Rotation::default()).collect();
        let mut balancer = Balancer {
            plan: plan.clone(),
            standings,
            drained: Vec::new(),
            rotations,
            listing: FIRST,
            past: None,
            ring: None,
            keys,
            dice,
        };
        balancer.reconfigure(plan, replicas, Time::ZERO);
        balancer
    }

    /// The list of now.
    pub fn listing(&self) -> Listing {
        self.listing
    }

    /// How many replicas are asked now.
    pub fn in_rotation(&self) -> u32 {
        self.rotations[0].members().len() as u32
    }

    /// Another policy, or another number of replicas.
    pub fn reconfigure(&mut self, plan: &Balance, active: u32, now: Time) {
        self.plan = plan.clone();
        if self.standings.len() < active as usize {
            self.standings.resize(active as usize, Standing::default());
        }
        self.ring = match (self.ring.take(), ring(&plan.policy)) {
            (_, None) => None,
            (None, Some(spec)) => Some(Box::new(Placement::new(&spec, self.keys, active))),
            (Some(mut ring), Some(spec)) => {
                ring.resize(&spec, active, now);
                Some(ring)
            }
        };
        self.settle(active);
    }

    pub fn drain(&mut self, fault: FaultId, replicas: Replicas, active: u32) {
        self.drained.push((fault, replicas));
        self.settle(active);
    }

    pub fn undrain(&mut self, fault: FaultId, active: u32) {
        self.drained.retain(|(of, _)| *of != fault);
        self.settle(active);
    }

    /// Who is in rotation, after something changed.
    pub fn settle(&mut self, active: u32) {
        let open = |replica: &u32| !self.drained.iter().any(|(_, replicas)| replicas.contains(*replica));
        let candidates: Vec<u32> = (0..active).filter(open).collect();
        let healthy: Vec<u32> =
            candidates.iter().copied().filter(|replica| self.standings[*replica as usize].is_in()).collect();
        let panic = self.plan.health.as_ref().map_or(0.0, |health| health.panic);
        let is_panic = (healthy.len() as f64) < panic * candidates.len() as f64;
        let asked = if is_panic { candidates } else { healthy };
        let zones = self.rotations.len() as u32 - 1;
        if self.rotations[0].members() == asked && self.past.is_some() {
            return;
        }
        if let Some(past) = &mut self.past {
            let old = (0..=zones).map(|_| Rotation::default()).collect();
            past.push_back((self.listing, std::mem::replace(&mut self.rotations, old)));
            self.listing += 1;
            if past.len() > LISTS_MAX {
                past.pop_front();
            }
        }
        for zone in 0..zones {
            let near = asked.iter().copied().filter(|replica| replica % zones == zone).collect();
            self.rotations[zone as usize + 1].set(near, active);
        }
        self.rotations[0].set(asked, active);
    }

    /// The replica for the next request; `None` when nobody is in rotation.
    pub fn choose(&mut self, replicas: &[Replica], wanted: Wanted, now: Time) -> Option<u32> {
        let near = wanted.zone.filter(|_| self.plan.prefer_zone).map_or(0, |zone| zone as usize + 1);
        let rotations = list(&mut self.rotations, &mut self.past, wanted.listed);
        let near = if rotations[near].members().is_empty() { 0 } else { near };
        if rotations[near].members().is_empty() {
            return None;
        }
        let chosen = self.pick(near, replicas, wanted);
        // A replica that has just come back is passed over in proportion to the share that it may not take yet.
        match self.standings[chosen as usize].share(&self.plan, now) {
            share if share >= 1.0 || self.dice.chance(share) => Some(chosen),
            _ => Some(self.pick(near, replicas, wanted)),
        }
    }

    fn pick(&mut self, rotation: usize, replicas: &[Replica], wanted: Wanted) -> u32 {
        let load = |replica: u32| replicas[replica as usize].inside();
        let key = wanted.key;
        let rotations = list(&mut self.rotations, &mut self.past, wanted.listed);
        let (rotation, dice) = (&mut rotations[rotation], &mut self.dice);
        let among = rotation.members();
        match &self.plan.policy {
            Policy::RoundRobin => rotation.next(),
            Policy::Random => among[dice.below(among.len() as u64) as usize],
            Policy::LeastOutstanding => {
                *among.iter().min_by_key(|replica| load(**replica)).expect("there is somebody to choose from")
            }
            Policy::TwoChoices => {
                let mut draw = || among[dice.below(among.len() as u64) as usize];
                let (first, second) = (draw(), draw());
                if load(second) < load(first) { second } else { first }
            }
            Policy::Weighted(weights) => {
                let weight = |replica: u32| weights.get(replica as usize).or(weights.last()).copied().unwrap_or(1.0);
                let mut left = dice.unit() * among.iter().map(|replica| weight(*replica)).sum::<f64>();
                for replica in among {
                    left -= weight(*replica);
                    if left < 0.0 {
                        return *replica;
                    }
                }
                among[among.len() - 1]
            }
            Policy::Ring { .. } => match &mut self.ring {
                Some(ring) => ring.choose(key, rotation.out(), load),
                None => among[0],
            },
        }
    }
}

type Past = Option<VecDeque<(Listing, Vec<Rotation>)>>;

/// The rotations of a list: those of now, if it is not one of the past. A list that is forgotten is taken for the oldest.
fn list<'a>(now: &'a mut [Rotation], past: &'a mut Past, listed: Listing) -> &'a mut [Rotation] {
    let old = past.as_mut().and_then(|past| past.iter_mut().find(|(number, _)| *number >= listed));
    old.map_or(now, |(_, rotations)| rotations)
}

/// The ring of a policy that has one.
fn ring(policy: &Policy) -> Option<RingSpec> {
    let Policy::Ring { points, bound } = *policy else { return None };
    Some(RingSpec { by: PlaceBy::Ring { points, named: true }, bound, ..RingSpec::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::plan::balance::{Check, Health};
    use crate::plan::fixture::service;

    const ANYONE: Wanted = Wanted { zone: None, key: 0, listed: CURRENT };

    fn balancer(policy: Policy, replicas: u32) -> (Balancer, Vec<Replica>) {
        let plan = Balance { policy, ..Balance::default() };
        let all = (0..replicas).map(|_| Replica::new(&service("s", None, vec![]))).collect();
        (Balancer::new(&plan, replicas, 0, 1000, Dice::named(1, "balance")), all)
    }

    #[test]
    fn turns_go_round_and_skip_who_is_out() {
        let (mut balancer, replicas) = balancer(Policy::RoundRobin, 4);
        let take = |balancer: &mut Balancer, count: usize| -> Vec<u32> {
            (0..count).filter_map(|_| balancer.choose(&replicas, ANYONE, Time::ZERO)).collect()
        };
        assert_eq!(take(&mut balancer, 5), [1, 2, 3, 0, 1]);
        balancer.drain(FaultId(0), Replicas::first(2), 4);
        assert_eq!(take(&mut balancer, 4), [2, 3, 2, 3]);
        balancer.drain(FaultId(1), Replicas::ALL, 4);
        assert!(take(&mut balancer, 1).is_empty());
        balancer.undrain(FaultId(1), 4);
        balancer.undrain(FaultId(0), 4);
        assert_eq!(balancer.in_rotation(), 4);
    }

    #[test]
    fn weights_are_shares_and_the_least_loaded_is_found() {
        let (mut balancer, replicas) = balancer(Policy::Weighted(vec![3.0, 0.0, 1.0]), 3);
        let mut counts = [0u32; 3];
        (0..40_000)
            .filter_map(|_| balancer.choose(&replicas, ANYONE, Time::ZERO))
            .for_each(|at| counts[at as usize] += 1);
        assert_eq!(counts[1], 0);
        assert!((f64::from(counts[0]) / 40_000.0 - 0.75).abs() < 0.01, "{counts:?}");
        let (mut least, mut loaded) = self::balancer(Policy::LeastOutstanding, 3);
        (loaded[0].busy, loaded[1].busy, loaded[2].waiting) = (2, 0, 1);
        assert_eq!(least.choose(&loaded, ANYONE, Time::ZERO), Some(1));
    }

    #[test]
    fn with_too_few_left_all_are_asked() {
        let (mut balancer, _) = balancer(Policy::RoundRobin, 4);
        let health = Health {
            check: Check::Tcp,
            interval: Span::from_secs(1),
            timeout: Span::from_secs(1),
            fall: 1,
            rise: 1,
            max_ejected: 1.0,
            panic: 0.5,
            slow_start: None,
        };
        balancer.reconfigure(&Balance { health: Some(health), ..Balance::default() }, 4, Time::ZERO);
        for (out, asked) in [(0, 3), (1, 2), (2, 4)] {
            balancer.checked(out, false, Time::ZERO, 4);
            assert_eq!(balancer.in_rotation(), asked);
        }
        balancer.checked(0, true, Time::ZERO, 4);
        assert_eq!(balancer.in_rotation(), 2);
    }

    #[test]
    fn callers_of_a_zone_are_served_there_in_turn_and_others_do_not_disturb_their_turns() {
        let plan = Balance { prefer_zone: true, ..Balance::default() };
        let mut balancer = Balancer::new(&plan, 4, 2, 1, Dice::named(1, "balance"));
        let replicas: Vec<Replica> = (0..4).map(|_| Replica::new(&service("s", None, vec![]))).collect();
        let mut ask = |zone| balancer.choose(&replicas, Wanted { zone, ..ANYONE }, Time::ZERO).expect("all are in");
        let near: Vec<u32> = (0..4).map(|_| ask(Some(1))).collect();
        assert_eq!(near, [1, 3, 1, 3]);
        let turns: Vec<u32> = (0..4).map(|_| [ask(None), ask(Some(0))][0]).collect();
        assert_eq!(turns, [1, 2, 3, 0], "as if nobody else had asked");
    }

    #[test]
    fn on_a_ring_a_key_stays_where_it_is_while_others_leave() {
        let (mut balancer, replicas) = balancer(Policy::Ring { points: 160, bound: None }, 10);
        let at = |balancer: &mut Balancer| -> Vec<u32> {
            let ask = |key| balancer.choose(&replicas, Wanted { key, ..ANYONE }, Time::ZERO);
            (0..1000).map(ask).map(|chosen| chosen.expect("somebody is in")).collect()
        };
        let before = at(&mut balancer);
        balancer.drain(FaultId(0), Replicas::first(1), 10);
        let without = at(&mut balancer);
        let moved = before.iter().zip(&without).filter(|(one, other)| one != other).count();
        assert!(before.iter().zip(&without).all(|(one, other)| *one == 0 || one == other), "only those of the one");
        assert!((50..=170).contains(&moved), "about a tenth: {moved}");
        balancer.undrain(FaultId(0), 10);
        assert_eq!(at(&mut balancer), before);
        balancer.reconfigure(
            &Balance { policy: Policy::Ring { points: 160, bound: None }, ..Balance::default() },
            11,
            Time::ZERO,
        );
        let added = at(&mut balancer);
        assert!(before.iter().zip(&added).all(|(one, other)| *other == 10 || one == other), "only to the new one");
    }

    /// Requests come and go; one key in five is asked for by half of them.
    #[test]
    fn no_replica_of_a_ring_holds_more_than_its_bound() {
        let (mut balancer, mut replicas) = balancer(Policy::Ring { points: 160, bound: Some(1.25) }, 10);
        let (mut dice, mut under_way, mut at_home) = (Dice::named(2, "ring"), Vec::new(), 0);
        let home = |balancer: &Balancer, key: u32| balancer.ring.as_ref().map(|ring| ring.home(key));
        for number in 0..50_000u32 {
            let key = if dice.chance(0.5) { dice.below(5) } else { dice.below(1000) } as u32;
            let chosen = balancer.choose(&replicas, Wanted { key, ..ANYONE }, Time::ZERO).expect("all are in");
            replicas[chosen as usize].busy += 1;
            under_way.push(chosen);
            at_home += u32::from(home(&balancer, key) == Some(chosen));
            let most = (1.25 * under_way.len() as f64 / 10.0).ceil() as u32;
            assert!(replicas[chosen as usize].busy <= most, "{number}: {most}");
            // Some 200 are under way.
            while under_way.len() > 150 + dice.below(100) as usize {
                let gone = under_way.swap_remove(dice.below(under_way.len() as u64) as usize);
                replicas[gone as usize].busy -= 1;
            }
        }
        // Five hot keys are half of the load, and their homes at most carry an eighth each.
        assert!((20_000..45_000).contains(&at_home), "most keys stay at home: {at_home}");
    }

    #[test]
    fn who_holds_an_old_list_is_sent_to_those_on_it() {
        let (mut balancer, replicas) = balancer(Policy::RoundRobin, 4);
        balancer.past = Some(VecDeque::new());
        let first = balancer.listing();
        balancer.drain(FaultId(0), Replicas::first(3), 4);
        let ask = |balancer: &mut Balancer, listed| {
            (0..4)
                .filter_map(|_| balancer.choose(&replicas, Wanted { listed, ..ANYONE }, Time::ZERO))
                .collect::<Vec<_>>()
        };
        assert_eq!(ask(&mut balancer, first), [1, 2, 3, 0]);
        let second = balancer.listing();
        assert_eq!([second, CURRENT].map(|listed| ask(&mut balancer, listed)), [[3; 4]; 2]);
        balancer.undrain(FaultId(0), 4);
        assert_eq!(ask(&mut balancer, second), [3; 4]);
        for _ in 0..LISTS_MAX {
            balancer.drain(FaultId(1), Replicas::first(1), 4);
            balancer.undrain(FaultId(1), 4);
        }
        assert_eq!(ask(&mut balancer, first).len(), 4, "a forgotten list is an old one");
    }
}
