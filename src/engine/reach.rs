//! Whether an attempt finds its service and trusts it: names from caches that age, sessions that end. What is cached lives on when the
//! name is gone, and open sessions do when the certificate is; only what must be made anew fails. It sends nothing.

use super::slab::Handle;
use super::slots::Slots;
use super::wire::Wire;
use super::{EdgeId, Engine, Outcome, Soon};
use crate::base::{Dice, Dist, ErrorKind, Time};
use crate::plan::{Dns, Edge, Effect, Party, Step, Target, Tls};

#[derive(Clone, Debug)]
pub struct Reach {
    names: Option<Names>,
    sessions: Option<Sessions>,
}

#[derive(Clone, Debug)]
struct Names {
    spec: Dns,
    ttl: Dist,
    cached: Slots,
    /// Until then a cache takes the name for gone without asking.
    denied_until: Vec<Time>,
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
        if edge.dns.is_none() && edge.tls.is_none() {
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
        Some(Box::new(Reach { names, sessions }))
    }

    /// Looks the name up and takes a session, for one attempt; says what was wrong.
    fn meet(&mut self, now: Time) -> Option<ErrorKind> {
        // An open session needs no name, and no certificate.
        let slot = match &mut self.sessions {
            Some(sessions) => match sessions.open.pick() {
                Some(slot) if sessions.open.lives(slot, now) => return None,
                slot => slot,
            },
            None => None,
        };
        if self.names.as_mut().is_some_and(|names| !names.resolve(now)) {
            return Some(ErrorKind::Unresolved);
        }
        let sessions = self.sessions.as_mut()?;
        if !sessions.spec.is_trusted(now) {
            return Some(ErrorKind::Untrusted);
        }
        if let Some(slot) = slot {
            sessions.open.renew(slot, &sessions.spec.life, now);
        }
        None
    }
}

impl Names {
    fn new(spec: &Dns, dice: Dice) -> Names {
        let ttl = Dist::Constant(spec.ttl.as_secs_f64());
        let cached = Slots::new(spec.resolvers, &ttl, dice);
        Names { spec: spec.clone(), ttl, cached, denied_until: vec![Time::ZERO; spec.resolvers as usize] }
    }

    fn with(mut self, spec: &Dns, now: Time) -> Names {
        self.ttl = Dist::Constant(spec.ttl.as_secs_f64());
        self.cached.resize(spec.resolvers, &self.ttl, now);
        self.denied_until.resize(spec.resolvers as usize, Time::ZERO);
        Names { spec: spec.clone(), ..self }
    }

    fn resolve(&mut self, now: Time) -> bool {
        let Some(cache) = self.cached.pick() else { return !self.spec.broken };
        if self.cached.lives(cache, now) {
            return true;
        }
        if now < self.denied_until[cache] {
            return false;
        }
        if !self.spec.broken {
            self.cached.renew(cache, &self.ttl, now);
            return true;
        }
        if !self.spec.stale {
            self.denied_until[cache] = now + self.spec.negative;
        }
        self.spec.stale
    }
}

impl<W: Wire> Engine<W> {
    /// `false`: the attempt met nobody, and fails at once.
    pub(super) fn meets(&mut self, handle: Handle, attempt: u16, edge: EdgeId) -> bool {
        let Some(reach) = &mut self.links[edge.index()].reach else { return true };
        let Some(kind) = reach.meet(self.now) else { return true };
        // For whoever counts what goes to a real service this is a request that came back at once.
        self.left_for_real(self.plan.edge(edge).to);
        self.soon.push_back(Soon::Reply(handle, attempt, Outcome::Failed(kind)));
        false
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
            let ended = match (step.target, &step.effect, step.on) {
                (Target::Service { id, replicas }, Effect::Down, true)
                    if edge.to == id || edge.from == Party::Service(id) =>
                {
                    let count = self.nodes[id.index()].active.max(1);
                    sessions.open.end_where(self.now, |slot| replicas.contains(slot % count))
                }
                (Target::Edge(id), Effect::Refuse, true)
                | (Target::Edge(id), Effect::Cut { lose: true, .. }, false)
                    if is_this(id) =>
                {
                    sessions.open.end_where(self.now, |_| true)
                }
                (Target::Edge(id), Effect::Reset { chance }, true) if is_this(id) => {
                    let dice = &mut self.fault_dice[step.fault.index()];
                    sessions.open.end_where(self.now, |_| dice.chance(*chance))
                }
                _ => 0,
            };
            self.recorder.touched(step.fault, "sessions ended", ended);
        }
    }
}
