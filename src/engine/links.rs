//! An edge at run time: how messages pass it, what faults do to them, and the figures that it keeps.

mod faults;
mod passing;
mod spoil;

use super::doors::Door;
use super::eject::Ejector;
use super::frame::Origin;
use super::gate::Gate;
use super::queue::{EventQueue, Lane};
use super::reach::Reach;
use super::retry::Retries;
use super::slab::Handle;
use super::traits::Traits;
use super::wire::Wire;
use super::zones::is_zoned;
use super::{EdgeId, Engine, Event, Outcome, Soon};
use crate::base::{Dice, Dist, ErrorKind, FaultId, Lot, MeterId, ServiceId, Span, Time};
use crate::plan::{Deadline, Edge, Effect, Plan, Ways};
use crate::record::EdgeCell;
use spoil::Spoiling;

pub struct Link {
    pub timeout: Option<Lane>,
    pub wait: Option<Lane>,
    pub retries: Retries,
    /// The edge to the cache that this edge rebuilds values for.
    pub fills: Option<EdgeId>,
    /// The caller's own list of the replicas of a cache.
    pub ejector: Option<Ejector>,
    /// Names and certificates, if it has them.
    pub reach: Option<Box<Reach>>,
    /// Its requests change their keys.
    pub write: bool,
    /// It asks for pages.
    pub loads: bool,
    pub cell: EdgeCell,
    pub class: Option<u8>,
    /// Who may send at all.
    pub door: Door,
    /// What an attempt must pass before it is sent; most edges have none.
    pub gate: Option<Box<Gate>>,
    pub deadline: Option<Deadline>,
    /// Counts answers that are not what was asked for.
    pub degraded: MeterId,
    /// How much its turn in a split is due.
    pub credit: f64,
    latency: Dist,
    /// Messages take no time, unless a fault says so.
    instant: bool,
    /// Request and response sizes.
    bytes: [u64; 2],
    /// Where the calls over it get their lots from, and what decides whether they are made and how long messages take.
    pub lot: Lot,
    chance_lot: Lot,
    latency_lot: Lot,
    pub latency_dice: Dice,
    faults: Vec<LinkFault>,
    /// Requests over it take the short way.
    pub bare: bool,
    /// What the Plan says, at hand.
    pub to: ServiceId,
    pub count: u32,
    pub chance: f64,
    /// Nothing lies on the edge, and it crosses no shared link and no zones: messages just take their time.
    is_plain: bool,
    crosses: bool,
    /// What its messages take depends on where they go.
    pub zoned: bool,
    /// The replica for an attempt is chosen before it is sent.
    pub aims: bool,
    pub(super) held: Vec<Held>,
}

/// An effect that lies on the edge now.
struct LinkFault {
    fault: FaultId,
    effect: Effect,
    only: Only,
    /// For a throttle: when each direction is free again.
    free_at: [Time; 2],
    /// For what acts on single messages.
    spoiling: Option<Box<Spoiling>>,
}

/// Which attempts an effect acts on: each is taken for a connection of its own, and meets the same choice on its way there and back.
#[derive(Clone, Copy, Debug)]
struct Only {
    share: f64,
    place: Lot,
}

impl Only {
    fn takes(self, lot: Lot, attempt: u16) -> bool {
        self.share >= 1.0 || lot.dice(self.place, u64::from(attempt)).chance(self.share)
    }
}

/// A message that a cut holds back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    Request(Transit),
    Response(Handle, u16, Outcome),
}

impl Held {
    fn direction(&self) -> Direction {
        match self {
            Held::Request(_) => Direction::Request,
            Held::Response(..) => Direction::Response,
        }
    }
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transit {
    pub call: Handle,
    pub attempt: u16,
    pub edge: EdgeId,
    pub traits: Traits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Request,
    Response,
}

/// What became of an attempt to open a connection.
pub(super) enum Handshake {
    Done(Span),
    /// Nobody answered.
    Lost,
    Failed(ErrorKind),
}

impl Direction {
    fn is_among(self, ways: Ways) -> bool {
        match self {
            Direction::Request => ways.requests(),
            Direction::Response => ways.responses(),
        }
    }
}

/// What becomes of a message.
enum Passage {
    After(Span),
    Held,
    Failed(ErrorKind),
    /// Answered on the way, so late.
    Answered(Outcome, Span),
    /// A shared link had no room for it, or a fault dropped it.
    Lost,
}

impl Link {
    pub fn new(index: usize, plan: &Plan, queue: &mut EventQueue) -> Link {
        let edge = &plan.edges[index];
        let dice = |purpose: &str| Dice::named(plan.seed, &format!("{purpose}/{}", edge.name));
        let zoned = is_zoned(plan, edge);
        let lot = |purpose: &str| Lot::named(plan.seed, &format!("{purpose}/{}", edge.name));
        Link {
            timeout: edge.timeout.map(|delay| queue.lane(delay)),
            wait: edge.wait.map(|delay| queue.lane(delay)),
            retries: Retries::new(edge.retry.as_ref(), dice("retry")),
            class: edge.class,
            fills: None,
            reach: Reach::of(edge, plan.seed),
            ejector: edge.eject.map(|spec| Ejector::new(spec, MeterId::NONE)),
            write: edge.write,
            loads: edge.loads,
            cell: EdgeCell::default(),
            door: Door::of_edge(index, plan),
            credit: 0.0,
            latency: edge.latency.clone(),
            instant: edge.latency.is_zero(),
            bytes: [edge.request_bytes, edge.response_bytes],
            gate: None,
            deadline: edge.deadline,
            degraded: MeterId::NONE,
            lot: lot("call"),
            chance_lot: lot("chance"),
            latency_lot: lot("latency"),
            latency_dice: dice("latency"),
            faults: Vec::new(),
            bare: false,
            to: edge.to,
            count: edge.count,
            chance: edge.chance,
            is_plain: edge.via.is_empty() && !zoned,
            zoned,
            aims: zoned || edge.eject.is_some(),
            crosses: !edge.via.is_empty(),
            held: Vec::new(),
        }
    }

    /// From now on the edge is as this entry says; its budget stays what it is where it can. Its gate is reconfigured beside this.
    pub fn reconfigure(&mut self, edge: &Edge, queue: &mut EventQueue) {
        self.timeout = edge.timeout.map(|delay| queue.lane(delay));
        self.wait = edge.wait.map(|delay| queue.lane(delay));
        self.class = edge.class;
        (self.to, self.count, self.chance) = (edge.to, edge.count, edge.chance);
        self.retries.reconfigure(edge.retry.as_ref());
        self.ejector = Ejector::after(self.ejector.take(), edge);
        self.write = edge.write;
        self.loads = edge.loads;
        self.latency = edge.latency.clone();
        self.instant = edge.latency.is_zero();
        self.bytes = [edge.request_bytes, edge.response_bytes];
        self.deadline = edge.deadline;
        self.crosses = !edge.via.is_empty();
        self.aims = self.zoned || self.ejector.is_some();
        self.look_anew();
    }

    fn look_anew(&mut self) {
        self.is_plain = self.faults.is_empty() && !self.crosses && !self.zoned;
    }

    /// Is a call with this chance made by a request with this lot, in its turn?
    #[inline]
    pub fn is_made(&self, chance: f64, lot: Lot, turn: u64) -> bool {
        chance >= 1.0 || lot.dice(self.chance_lot, turn).chance(chance)
    }

    /// Is there nothing on it but timeouts and retries, now?
    pub fn is_bare(&self, edge: &Edge) -> bool {
        let asks = self.aims || self.reach.is_some() || self.gate.is_some() || !self.door.guards.is_empty();
        let carries = self.is_plain && self.instant && self.deadline.is_none();
        let ends =
            !self.loads && self.fills.is_none() && edge.miss.is_none() && !edge.mirror && !self.retries.has_budget();
        carries && ends && !asks
    }

    /// Does somebody want to know how long attempts take?
    pub fn measures_attempts(&self) -> bool {
        self.gate.is_some() || self.deadline.is_some() || !self.door.guards.is_empty()
    }

    pub fn is_cut(&self) -> bool {
        let all = |on: &&LinkFault| on.only.share >= 1.0;
        self.faults.iter().filter(all).any(|on| matches!(on.effect, Effect::Cut { .. } | Effect::Refuse))
    }

    /// Does a cut hold messages of this direction, of this attempt?
    fn holds(&self, direction: Direction, lot: Lot, attempt: u16) -> bool {
        let cuts = |on: &LinkFault| matches!(on.effect, Effect::Cut { ways, .. } if direction.is_among(ways));
        self.faults.iter().any(|on| cuts(on) && on.only.takes(lot, attempt))
    }
}

impl<W: Wire> Engine<W> {
    /// Sends an attempt towards the called service.
    pub(super) fn send_request(&mut self, message: Transit) {
        match self.pass(message.edge, message.call, Direction::Request, message.traits.lot, message.attempt) {
            Passage::After(Span::ZERO) => self.deliver(message),
            Passage::After(delay) => {
                let message = self.transits.insert(message);
                self.queue.push(self.now + delay, Event::Deliver(message));
            }
            Passage::Held => self.links[message.edge.index()].held.push(Held::Request(message)),
            Passage::Failed(kind) => self.bounce(message, kind),
            Passage::Answered(outcome, delay) => self.reply_after(delay, message.call, message.attempt, outcome),
            Passage::Lost => {}
        }
    }

    fn reply_after(&mut self, delay: Span, call: Handle, attempt: u16, outcome: Outcome) {
        match delay {
            Span::ZERO => self.soon.push_back(Soon::Reply(call, attempt, outcome)),
            delay => self.queue.push(self.now + delay, Event::Reply(call, attempt, outcome)),
        }
    }

    fn bounce(&mut self, message: Transit, kind: ErrorKind) {
        self.soon.push_back(Soon::Reply(message.call, message.attempt, Outcome::Failed(kind)));
    }

    pub(super) fn delivered(&mut self, handle: Handle) {
        let Some(message) = self.transits.get(handle).copied() else { return };
        self.transits.remove(handle);
        self.deliver(message);
    }

    /// The request is at the called service. One whose caller has given up meanwhile is served all the same, as on a real
    /// network, unless giving up cancels it.
    fn deliver(&mut self, message: Transit) {
        let edge = self.plan.edge(message.edge);
        if edge.cancel && self.edge_of(message.call, message.attempt).is_none() {
            return;
        }
        // A hedge that has lost is stopped wherever it is.
        if edge.hedge.as_ref().is_some_and(|hedge| hedge.cancel) && !self.calls.contains(message.call) {
            return;
        }
        let to = edge.to;
        self.arrive(to, Origin { parent: message.call, attempt: message.attempt, traits: message.traits, token: None });
    }

    /// Sends an answer back to the caller. Nobody carries an answer to a caller who has gone.
    pub(super) fn send_reply(&mut self, call: Handle, attempt: u16, outcome: Outcome) {
        let Some((edge, lot)) = self.edge_and_lot(call, attempt) else { return };
        match self.pass(edge, call, Direction::Response, lot, attempt) {
            Passage::After(Span::ZERO) => self.soon.push_back(Soon::Reply(call, attempt, outcome)),
            Passage::After(delay) => self.queue.push(self.now + delay, Event::Reply(call, attempt, outcome)),
            Passage::Held => self.links[edge.index()].held.push(Held::Response(call, attempt, outcome)),
            Passage::Failed(kind) => self.soon.push_back(Soon::Reply(call, attempt, Outcome::Failed(kind))),
            // A failure has no body that could be cut short.
            Passage::Answered(_, delay) if outcome.is_failure() => self.reply_after(delay, call, attempt, outcome),
            Passage::Answered(broken, delay) => self.reply_after(delay, call, attempt, broken),
            Passage::Lost => {}
        }
    }

    #[inline]
    fn pass(&mut self, edge: EdgeId, call: Handle, direction: Direction, lot: Lot, attempt: u16) -> Passage {
        let link = &mut self.links[edge.index()];
        let way = usize::from(direction == Direction::Response);
        let latency = match link.instant {
            true => Span::ZERO,
            false => link.latency.draw_span(&mut lot.dice(link.latency_lot, u64::from(attempt) * 2 + way as u64)),
        };
        if link.is_plain {
            return Passage::After(latency);
        }
        let bytes = link.bytes[way];
        let across = if link.zoned { self.cross_zones(edge, call, way == 1) } else { Some(Span::ZERO) };
        let Some(across) = across else { return Passage::Held };
        match self.pass_faults(edge, call, (direction, lot, attempt), latency + across) {
            Passage::After(delay) => self.cross_segments(edge, way, bytes, delay).map_or(Passage::Lost, Passage::After),
            other => other,
        }
    }
}
