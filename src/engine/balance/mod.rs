//! The balancer in front of a service: who is in rotation, and whose turn it is. A pure state machine; checks and outcomes are told to
//! it, and it never looks at a request.

mod checks;
mod ejection;

pub use ejection::Standing;

use super::nodes::Replica;
use crate::base::{Dice, FaultId, Time};
use crate::plan::balance::Policy;
use crate::plan::{Balance, Replicas};

pub struct Balancer {
    plan: Balance,
    /// One a replica that was ever there.
    pub standings: Vec<Standing>,
    drained: Vec<(FaultId, Replicas)>,
    /// Who is asked now, in order of number.
    rotation: Vec<u32>,
    /// Whose turn it is.
    turn: u32,
    /// How many zones the replicas are dealt to; 0 for none.
    zones: u32,
    dice: Dice,
}

impl Balancer {
    pub fn new(plan: &Balance, replicas: u32, zones: u32, dice: Dice) -> Balancer {
        let standings = vec![Standing::default(); replicas as usize];
        let rotation = (0..replicas).collect();
        Balancer { plan: plan.clone(), standings, drained: Vec::new(), rotation, turn: 0, zones, dice }
    }

    /// How many replicas are asked now.
    pub fn in_rotation(&self) -> u32 {
        self.rotation.len() as u32
    }

    /// Another policy, or another number of replicas.
    pub fn reconfigure(&mut self, plan: &Balance, active: u32) {
        self.plan = plan.clone();
        if self.standings.len() < active as usize {
            self.standings.resize(active as usize, Standing::default());
        }
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
        self.rotation = if is_panic { candidates } else { healthy };
    }

    /// The replica for the next request, from a caller in this zone; `None` when nobody is in rotation.
    pub fn choose(&mut self, replicas: &[Replica], zone: Option<u32>, now: Time) -> Option<u32> {
        let chosen = self.pick(replicas, zone)?;
        // A replica that has just come back is passed over in proportion to the share that it may not take yet.
        match self.standings[chosen as usize].share(&self.plan, now) {
            share if share >= 1.0 || self.dice.chance(share) => Some(chosen),
            _ => self.pick(replicas, zone),
        }
    }

    fn pick(&mut self, replicas: &[Replica], zone: Option<u32>) -> Option<u32> {
        if let Some(zone) = zone.filter(|_| self.plan.prefer_zone && self.zones > 0) {
            let near: Vec<u32> = self.rotation.iter().copied().filter(|replica| replica % self.zones == zone).collect();
            if !near.is_empty() {
                return Some(self.pick_of(&near, replicas));
            }
        }
        if self.rotation.is_empty() {
            return None;
        }
        if self.plan.policy == Policy::RoundRobin {
            return Some(self.next_in_turn());
        }
        let rotation = std::mem::take(&mut self.rotation);
        let chosen = self.pick_of(&rotation, replicas);
        self.rotation = rotation;
        Some(chosen)
    }

    fn next_in_turn(&mut self) -> u32 {
        let after = self.rotation.partition_point(|replica| *replica <= self.turn);
        self.turn = self.rotation[if after < self.rotation.len() { after } else { 0 }];
        self.turn
    }

    fn pick_of(&mut self, among: &[u32], replicas: &[Replica]) -> u32 {
        let load = |replica: u32| replicas[replica as usize].inside();
        match &self.plan.policy {
            Policy::RoundRobin => {
                self.turn = self.turn.wrapping_add(1);
                among[self.turn as usize % among.len()]
            }
            Policy::Random => among[self.dice.below(among.len() as u64) as usize],
            Policy::LeastOutstanding => {
                *among.iter().min_by_key(|replica| load(**replica)).expect("there is somebody to choose from")
            }
            Policy::TwoChoices => {
                let mut draw = || among[self.dice.below(among.len() as u64) as usize];
                let (first, second) = (draw(), draw());
                if load(second) < load(first) { second } else { first }
            }
            Policy::Weighted(weights) => {
                let weight = |replica: u32| weights.get(replica as usize).or(weights.last()).copied().unwrap_or(1.0);
                let mut left = self.dice.unit() * among.iter().map(|replica| weight(*replica)).sum::<f64>();
                for replica in among {
                    left -= weight(*replica);
                    if left < 0.0 {
                        return *replica;
                    }
                }
                among[among.len() - 1]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;
    use crate::plan::balance::{Check, Health};
    use crate::plan::fixture::service;

    fn balancer(policy: Policy, replicas: u32) -> (Balancer, Vec<Replica>) {
        let plan = Balance { policy, ..Balance::default() };
        let all = (0..replicas).map(|_| Replica::new(&service("s", None, vec![]))).collect();
        (Balancer::new(&plan, replicas, 0, Dice::named(1, "balance")), all)
    }

    #[test]
    fn turns_go_round_and_skip_who_is_out() {
        let (mut balancer, replicas) = balancer(Policy::RoundRobin, 4);
        let take = |balancer: &mut Balancer, count: usize| -> Vec<u32> {
            (0..count).filter_map(|_| balancer.choose(&replicas, None, Time::ZERO)).collect()
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
            .filter_map(|_| balancer.choose(&replicas, None, Time::ZERO))
            .for_each(|at| counts[at as usize] += 1);
        assert_eq!(counts[1], 0);
        assert!((f64::from(counts[0]) / 40_000.0 - 0.75).abs() < 0.01, "{counts:?}");
        let (mut least, mut loaded) = self::balancer(Policy::LeastOutstanding, 3);
        (loaded[0].busy, loaded[1].busy, loaded[2].waiting) = (2, 0, 1);
        assert_eq!(least.choose(&loaded, None, Time::ZERO), Some(1));
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
        balancer.reconfigure(&Balance { health: Some(health), ..Balance::default() }, 4);
        for (out, asked) in [(0, 3), (1, 2), (2, 4)] {
            balancer.checked(out, false, Time::ZERO, 4);
            assert_eq!(balancer.in_rotation(), asked);
        }
        balancer.checked(0, true, Time::ZERO, 4);
        assert_eq!(balancer.in_rotation(), 2);
    }
}
