//! Which replica of a cache a key belongs to, and where its requests go while replicas are out, overloaded or new.
//! It knows no contents and no messages: numbers in, a number out.

mod ring;
#[cfg(test)]
mod tests;

use crate::base::Time;
use crate::plan::{PlaceBy, Placement as Spec};
use ring::{Member, Ring, mix};

/// At most this many replicas hold a hot key.
pub const COPIES_MAX: usize = 16;

/// A new replica's share of the ring grows in this many steps.
const RAMP_STEPS: u64 = 10;

/// The replicas that a caller has put out of its list for a time.
#[derive(Clone, Debug, Default)]
pub struct Out {
    out: Vec<u32>,
}

impl Out {
    pub const NOBODY: &'static Out = &Out { out: Vec::new() };

    pub fn of(out: Vec<u32>) -> Out {
        Out { out }
    }

    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    pub fn contains(&self, replica: u32) -> bool {
        self.out.contains(&replica)
    }

    pub fn add(&mut self, replica: u32) {
        if !self.contains(replica) {
            self.out.push(replica);
        }
    }

    pub fn remove(&mut self, replica: u32) {
        self.out.retain(|other| *other != replica);
    }
}

#[derive(Clone, Debug)]
pub struct Placement {
    spec: Spec,
    replicas: u32,
    ring: Ring,
    /// Per key, for a ring alone: looked up rather than searched for.
    homes: Vec<u32>,
    /// Per replica: how often it came back under a new address.
    lives: Vec<u32>,
    /// Per replica: when it was added.
    joined: Vec<Option<Time>>,
    /// When the next step of a ramp is due.
    pub next_step: Time,
    keys: u32,
    turn: u32,
}

impl Placement {
    pub fn new(spec: &Spec, keys: u32, replicas: u32) -> Placement {
        let mut placement = Placement {
            spec: spec.clone(),
            replicas,
            ring: Ring::default(),
            homes: Vec::new(),
            lives: vec![0; replicas as usize],
            joined: vec![None; replicas as usize],
            next_step: Time::MAX,
            keys,
            turn: 0,
        };
        placement.deal(Time::ZERO);
        placement
    }

    /// The replica that a key belongs to when all are well.
    #[inline]
    pub fn home(&self, key: u32) -> u32 {
        match self.spec.by {
            _ if self.replicas == 1 => 0,
            PlaceBy::InTurn => key % self.replicas,
            PlaceBy::Modulo => hash(key) % self.replicas,
            // A key beyond the universe is held nowhere, and yet asked for somewhere.
            PlaceBy::Ring { .. } => self.homes.get(key as usize).copied().unwrap_or(0),
        }
    }

    /// The replica to ask for a key: its home, unless that is out, or has too much to do, or the key has copies elsewhere.
    /// `loads` are the requests under way at a replica.
    #[inline]
    pub fn choose(&mut self, key: u32, out: &Out, loads: impl Fn(u32) -> u32) -> u32 {
        if out.is_empty() && self.spec.bound.is_none() && (self.spec.copies == 1 || key >= self.spec.hot_keys) {
            return self.home(key);
        }
        if key < self.spec.hot_keys && self.spec.copies > 1 {
            let (owners, count) = self.owners(key, out);
            self.turn = self.turn.wrapping_add(1);
            return owners[self.turn as usize % count];
        }
        let Some(bound) = self.spec.bound else { return self.owner(key, out) };
        let total: u32 = (0..self.replicas).filter(|replica| !out.contains(*replica)).map(&loads).sum();
        let live = self.live(out);
        // Mirrokni, Thorup and Zadimoghaddam, "Consistent hashing with bounded loads", SODA 2018.
        let most = libm::ceil(bound * f64::from(total + 1) / f64::from(live.max(1)));
        let free = self.walk(key, out).find(|replica| f64::from(loads(*replica)) < most);
        free.unwrap_or_else(|| self.home(key))
    }

    /// The replicas that hold a key: one, or several for a hot key; the first `count` of the array.
    pub fn owners(&self, key: u32, out: &Out) -> ([u32; COPIES_MAX], usize) {
        let mut owners = [self.home(key); COPIES_MAX];
        let wanted = if key < self.spec.hot_keys { (self.spec.copies as usize).min(COPIES_MAX) } else { 1 };
        if wanted == 1 && out.is_empty() {
            return (owners, 1);
        }
        let mut count = 0;
        for replica in self.walk(key, out) {
            if !owners[..count].contains(&replica) {
                owners[count] = replica;
                count += 1;
                if count == wanted {
                    break;
                }
            }
        }
        (owners, count.max(1))
    }

    fn owner(&self, key: u32, out: &Out) -> u32 {
        let home = self.home(key);
        match self.spec.by {
            PlaceBy::Ring { .. } if !out.contains(home) => home,
            _ => self.walk(key, out).next().unwrap_or(home),
        }
    }

    /// The replicas that are not out, in the order in which a key would go to them.
    fn walk<'a>(&'a self, key: u32, out: &'a Out) -> impl Iterator<Item = u32> + 'a {
        let number = match self.spec.by {
            PlaceBy::InTurn => Some(key),
            PlaceBy::Modulo => Some(hash(key)),
            PlaceBy::Ring { .. } => None,
        };
        let live = self.live(out);
        // The list without those that are out is dealt anew: nearly every key changes its place.
        let first = number.map_or(0, |number| if live == 0 { 0 } else { number % live }) as usize;
        let listed = number.map(|_| (0..self.replicas).filter(|replica| !out.contains(*replica)));
        let listed = listed.map(|all| all.clone().skip(first).chain(all.take(first)));
        let ringed = number.is_none().then(|| self.ring.walk(hash(key)).filter(|replica| !out.contains(*replica)));
        listed.into_iter().flatten().chain(ringed.into_iter().flatten())
    }

    fn live(&self, out: &Out) -> u32 {
        self.replicas - out.out.iter().filter(|replica| **replica < self.replicas).count() as u32
    }

    /// There are this many replicas from now on.
    pub fn resize(&mut self, spec: &Spec, replicas: u32, now: Time) {
        let joined = (spec.ramp > crate::base::Span::ZERO).then_some(now);
        self.spec = spec.clone();
        self.replicas = replicas;
        self.lives.resize(replicas as usize, 0);
        self.joined.resize(replicas as usize, joined);
        self.deal(now);
    }

    /// A replica came back after a crash; `true` if it has a new address, and keys have moved.
    pub fn reborn(&mut self, replica: u32, now: Time) -> bool {
        if !matches!(self.spec.by, PlaceBy::Ring { named: false, .. }) {
            return false;
        }
        self.lives[replica as usize] += 1;
        self.deal(now);
        true
    }

    /// Deals the keys to the replicas of this moment.
    pub fn deal(&mut self, now: Time) {
        self.next_step = Time::MAX;
        let PlaceBy::Ring { points, .. } = self.spec.by else { return };
        let members: Vec<Member> = (0..self.replicas).map(|replica| self.member(replica, points, now)).collect();
        self.ring = Ring::new(members.into_iter());
        let ring = &self.ring;
        self.homes.clear();
        self.homes.extend((0..self.keys).map(|key| ring.owner(hash(key))));
    }

    fn member(&mut self, replica: u32, points: u32, now: Time) -> Member {
        let identity = u64::from(self.lives[replica as usize]) << 32 | u64::from(replica);
        let joined = self.joined[replica as usize];
        let Some(joined) = joined else { return Member { replica, identity, points } };
        let step = (self.spec.ramp.0 / RAMP_STEPS).max(1);
        let steps = (now.since(joined).0 / step + 1).min(RAMP_STEPS);
        match steps {
            RAMP_STEPS => self.joined[replica as usize] = None,
            _ => self.next_step = self.next_step.min(Time(joined.0 + steps * step)),
        }
        Member { replica, identity, points: (u64::from(points) * steps / RAMP_STEPS).max(1) as u32 }
    }
}

fn hash(key: u32) -> u32 {
    (mix(u64::from(key) | 1 << 63) >> 32) as u32
}
