//! Whether an attempt finds its service and trusts it: names from caches that age, sessions that end. What is cached lives on when the
//! name is gone, and open sessions do when the certificate is; only what must be made anew fails. It sends nothing.

use super::balance::{Balancer, CURRENT, FIRST, Listing, Wanted};
use super::frame::Origin;
use super::slab::Handle;
use super::slots::Slots;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome, ServiceId, Soon};
use crate::base::{Dice, Dist, ErrorKind, FaultId, Time};
use crate::plan::{Dns, Edge, Effect, Party, Step, Target, Tls};

#[derive(Clone, Debug)]
pub struct Reach {
    names: Option<Names>,
    sessions: Option<Sessions>,
    /// Faults that show a wrong certificate.
    pub distrusted: Vec<FaultId>,
}

#[derive(Clone, Debug)]
struct Names {
    spec: Dns,
    lives: Lives,
    cached: Slots,
    /// Which list of addresses each cache holds.
    lists: Vec<Listing>,
    /// Until then a cache takes the name for gone without asking.
    denied_until: Vec<Time>,
}

/// How long answers are kept: by those who keep to it, and by the first so many caches, who do not.
#[derive(Clone, Debug)]
struct Lives {
    ttl: Dist,
    linger: Dist,
    lingering: usize,
}

#[derive(Clone, Debug)]
struct Sessions {
    spec: Tls,
    open: Slots,
}

impl Reach {
    /// `None` for an edge that needs neither name nor certificate.
    pub fn of(edge: &Edge, seed: u64) -> Option<Box<Reach>> {
        Reach::after(None, edge, seed, Time::ZERO)
    }

    /// The entry of the edge is this one from now on: caches and sessions stay what they are where they can.
    pub fn after(old: Option<Box<Reach>>, edge: &Edge, seed: u64, now: Time) -> Option<Box<Reach>> {
        let distrusted = old.as_ref().map_or_else(Vec::new, |old| old.distrusted.clone());
        if edge.dns.is_none() && edge.tls.is_none() && distrusted.is_empty() {
            return None;
        }
        let dice = |purpose: &str| Dice::named(seed, &format!("{purpose}/{}", edge.name));
        let (names, sessions) = old.map_or((None, None), |old| (old.names, old.sessions));
        let names = edge.dns.as_ref().map(|spec| match names {
            Some(names) => names.with(spec, now),
            None => Names::new(spec, dice("dns")),
        });
        let sessions = edge.tls.as_ref().map(|spec| match sessions {
            Some(mut sessions) => {
                sessions.open.resize(spec.connections, &spec.life, now);
                Sessions { spec: spec.clone(), ..sessions }
            }
            None => Sessions { open: Slots::new(spec.connections, &spec.life, dice("tls")), spec: spec.clone() },
        });
        Some(Box::new(Reach { names, sessions, distrusted }))
    }

    /// A fault shows a wrong certificate from now on.
    pub fn distrust(old: Option<Box<Reach>>, fault: FaultId) -> Box<Reach> {
        let plain = || Box::new(Reach { names: None, sessions: None, distrusted: Vec::new() });
        let mut reach = old.unwrap_or_else(plain);
        reach.distrusted.push(fault);
        reach
    }

    /// It no longer does. `None`: the edge needs neither name nor certificate.
    pub fn trust(mut self: Box<Reach>, fault: FaultId) -> Option<Box<Reach>> {
        self.distrusted.retain(|other| *other != fault);
        let needed = self.names.is_some() || self.sessions.is_some() || !self.distrusted.is_empty();
        needed.then_some(self)
    }

    /// Looks the name up, whose list of addresses is this one now, and takes a session, for one attempt. The answer is the list that
    /// the attempt has, or what was wrong.
    fn meet(&mut self, now: Time, current: Listing) -> Result<Listing, ErrorKind> {
        // An open session needs no name, and no certificate.
        let slot = match &mut self.sessions {
            Some(sessions) => match sessions.open.pick() {
                Some(slot) if sessions.open.lives(slot, now) => return Ok(current),
                slot => slot,
            },
            None => None,
        };
        let listed = match &mut self.names {
            Some(names) => names.resolve(now, current).ok_or(ErrorKind::Unresolved)?,
            None => current,
        };
        if !self.distrusted.is_empty() {
            return Err(ErrorKind::Untrusted);
        }
        let Some(sessions) = &mut self.sessions else { return Ok(listed) };
        if !sessions.spec.is_trusted(now) {
            return Err(ErrorKind::Untrusted);
        }
        if let Some(slot) = slot {
            sessions.open.renew(slot, &sessions.spec.life, now);
        }
        Ok(listed)
    }

    /// Does the name lead to the replicas themselves?
    fn lists(&self) -> bool {
        self.names.as_ref().is_some_and(|names| names.spec.lists)
    }
}

impl Lives {
    fn of(spec: &Dns) -> Lives {
        let (share, lasts) = spec.linger.unwrap_or((0.0, spec.ttl));
        Lives {
            ttl: Dist::Constant(spec.ttl.as_secs_f64()),
            linger: Dist::Constant(lasts.as_secs_f64()),
            lingering: libm::round(share * f64::from(spec.resolvers)) as usize,
        }
    }

    fn of_cache(&self, cache: usize) -> &Dist {
        if cache < self.lingering { &self.linger } else { &self.ttl }
    }
}

impl Names {
    fn new(spec: &Dns, dice: Dice) -> Names {
        let cached = Slots::new(0, &Dist::Constant(0.0), dice);
        let names =
            Names { spec: spec.clone(), lives: Lives::of(spec), cached, lists: Vec::new(), denied_until: Vec::new() };
        names.with(spec, Time::ZERO)
    }

    /// Under new values; what is cached stays.
    fn with(mut self, spec: &Dns, now: Time) -> Names {
        self.lives = Lives::of(spec);
        self.cached.resize_with(spec.resolvers, |cache| self.lives.of_cache(cache), now);
        let first = if now == Time::ZERO { FIRST } else { CURRENT };
        self.lists.resize(spec.resolvers as usize, first);
        self.denied_until.resize(spec.resolvers as usize, Time::ZERO);
        if spec.emptied > self.spec.emptied {
            self.cached.end_where(now, |_| true);
            self.denied_until.fill(Time::ZERO);
        }
        Names { spec: spec.clone(), ..self }
    }

    /// The list that the cache of a request holds, or `None`: it has none.
    fn resolve(&mut self, now: Time, current: Listing) -> Option<Listing> {
        let Some(cache) = self.cached.pick() else { return (!self.spec.broken).then_some(current) };
        if self.cached.lives(cache, now) {
            return Some(self.lists[cache]);
        }
        if now < self.denied_until[cache] {
            return None;
        }
        if !self.spec.broken {
            self.cached.renew(cache, self.lives.of_cache(cache), now);
            self.lists[cache] = current;
            return Some(current);
        }
        if !self.spec.stale {
            self.denied_until[cache] = now + self.spec.negative;
        }
        self.spec.stale.then_some(self.lists[cache])
    }
}

impl<W: Wire> Engine<W> {
    /// `false`: the attempt met nobody, and fails at once.
    pub(super) fn meets(&mut self, handle: Handle, attempt: u16, edge: EdgeId) -> bool {
        let to = self.plan.edge(edge).to;
        let Some(reach) = &mut self.links[edge.index()].reach else { return true };
        let balancer = self.nodes[to.index()].balancer.as_ref();
        let (lists, current) = (reach.lists(), balancer.map_or(CURRENT, Balancer::listing));
        let by = reach.distrusted.first().copied();
        let met = reach.meet(self.now, current);
        let met = met.and_then(|listed| if lists { self.address(handle, attempt, to, listed) } else { Ok(()) });
        let Err(kind) = met else { return true };
        if let (ErrorKind::Untrusted, Some(fault)) = (kind, by) {
            self.recorder.touched(fault, "handshakes failed", 1);
        }
        // For whoever counts what goes to a real service this is a request that came back at once.
        self.left_for_real(to);
        self.soon.push_back(Soon::Reply(handle, attempt, Outcome::Failed(kind)));
        false
    }

    /// Takes one of the replicas on a list, whether or not it is still there.
    fn address(&mut self, handle: Handle, attempt: u16, to: ServiceId, listed: Listing) -> Result<(), ErrorKind> {
        let Some(traits) = self.calls.get(handle).map(|call| call.traits) else { return Ok(()) };
        let origin = Origin { parent: handle, attempt, traits, token: None };
        let wanted = Wanted { zone: self.zone_of_caller(to.index(), &origin), key: traits.key, listed };
        let node = &mut self.nodes[to.index()];
        let Some(balancer) = &mut node.balancer else { return Ok(()) };
        let replica = balancer.choose(&node.replicas, wanted, self.now).ok_or(ErrorKind::Unavailable)?;
        self.calls.beside_mut(handle).aimed = replica;
        Ok(())
    }

    /// Sessions end where a step of the schedule closes their connections: those of replicas that crash, at either end, and those of
    /// an edge that refuses, resets or loses. Session n is taken to be with the n-th replica, around.
    pub(super) fn end_sessions(&mut self, step: &Step) {
        for index in 0..self.links.len() {
            let Some(sessions) = self.links[index].reach.as_mut().and_then(|reach| reach.sessions.as_mut()) else {
                continue;
            };
            let edge = &self.plan.edges[index];
            let is_this = |target: EdgeId| target.index() == index;
            let (effect, which) = step.effect.split();
            let ended = match (step.target, effect, step.on) {
                (Target::Service { id, replicas }, Effect::Down | Effect::PowerCut, true)
                    if edge.to == id || edge.from == Party::Service(id) =>
                {
                    let count = self.nodes[id.index()].active.max(1);
                    sessions.open.end_where(self.now, |slot| replicas.contains(slot % count))
                }
                (Target::Edge(id), Effect::Refuse, true)
                | (Target::Edge(id), Effect::Cut { lose: true, .. }, false)
                    if is_this(id) =>
                {
                    let dice = &mut self.fault_dice[step.fault.index()];
                    sessions.open.end_where(self.now, |_| which.share >= 1.0 || dice.chance(which.share))
                }
                (Target::Edge(id), Effect::Reset { chance }, true) if is_this(id) => {
                    let dice = &mut self.fault_dice[step.fault.index()];
                    sessions.open.end_where(self.now, |_| dice.chance(chance * which.share))
                }
                _ => 0,
            };
            self.recorder.touched(step.fault, "sessions ended", ended);
        }
    }
}
