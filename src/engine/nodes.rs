//! A service at run time: replicas, workers, waiting lines, cores, contents, and the figures that it keeps of itself.

mod books;
mod rules;

pub use rules::{QueueRules, WorkRules};

use super::balance::{Balancer, leads_to_replicas};
use super::contents::Contents;
use super::controls::Reading;
use super::cores::Cores;
use super::database::Database;
use super::disk::{Disk, Storage};
use super::doors::Doors;
use super::efficiency::warm_up;
use super::ledger::Ledger;
use super::level::Level;
use super::publishing::Exchange;
use super::statements::Copies;
use super::troubles::{AtDoor, Trouble};
use super::versions::Versions;
use super::zones::is_zoned;
use crate::base::{Dice, FaultId, Lot, MeterId, ServiceId, Span, Time};
use crate::plan::expectation::Subject;
use crate::plan::{Effect, Op, Plan, Replicas, Role, Service};
use crate::record::ServiceCell;

pub use super::replica::{Held, Leaked, Replica};
use rules::{UNLIMITED, room};

pub struct Node {
    /// Those that were ever there; one that was scaled away finishes what it has.
    pub replicas: Vec<Replica>,
    /// How many of them, counted from the first, take new requests.
    pub active: u32,
    pub replicas_meter: MeterId,
    pub stale_meter: MeterId,
    pub crashes_meter: MeterId,
    pub blind_meter: MeterId,
    /// How many faults hide it from monitoring.
    pub hidden: i32,
    /// How many keys requests can be for.
    keys: u32,
    /// `None` for a single replica that nothing is asked about: it is always its turn.
    pub balancer: Option<Balancer>,
    /// Are the outcomes of requests told to the balancer?
    pub watches_outcomes: bool,
    pub ejections_meter: MeterId,
    /// Who waits for locks, and who gave up.
    pub waiting_meter: MeterId,
    pub locked_out_meter: MeterId,
    pub contents: Option<Contents>,
    pub storage: Option<Storage>,
    pub disk: Option<Box<Disk>>,
    pub copies: Option<Box<Copies>>,
    pub exchange: Option<Box<Exchange>>,
    /// Do those who call it choose the replica?
    pub takes_aim: bool,
    /// Where its work is drawn from.
    pub lot: Lot,
    /// For requests that come with no lot of their own.
    pub strangers: Dice,
    /// Work that starts takes the product of these times longer.
    pub slow: Vec<Trouble<f64>>,
    /// What replicas have lost bit by bit, and how many workers that are in all.
    pub leaks: Vec<Leaked>,
    pub leaked: u64,
    /// Requests that are let in fail, or kill.
    pub fail: Vec<Trouble<AtDoor>>,
    /// What ends at a replica when that is started anew.
    pub until_start: Vec<(FaultId, Effect)>,
    pub cell: ServiceCell,
    /// Does it look something up, or write it down, before it answers?
    pub has_role: bool,
    /// Requests to it take the short way.
    pub bare: bool,
    /// What the Plan says that it does, at hand.
    pub program: Vec<Op>,
    /// Who is let in.
    pub doors: Doors,
    /// What it has done, by key.
    pub ledger: Option<Box<Ledger>>,
    /// Which version each replica runs, if that matters to anybody.
    pub versions: Option<Box<Versions>>,
    /// The last reading of a real volume, which the engine does not model.
    pub used_outside: Option<u64>,
    pub queue: QueueRules,
    pub working: WorkRules,
    workers: Option<u32>,
    /// Sums over the cells that are closed, and seconds of work begun: what controls see.
    past: Reading,
    worked: Span,
    /// Cores of a replica, where work shares them.
    cores: Option<u32>,
    busy: Level,
    busy_cores: Level,
    /// So many workers or cores there are in all, before leaks and after, and up to when their time was counted.
    given: u64,
    room: u64,
    counted: Time,
    /// Frames that wait for a lock.
    pub locked: u64,
    queued: Level,
    inside: Level,
    /// How long those who have left were inside, all together.
    #[cfg(test)]
    pub stayed: Span,
}

/// The copies of a database.
fn copies(service: &Service, id: ServiceId, plan: &Plan) -> Option<Box<Copies>> {
    let Role::Database(spec) = &service.role else { return None };
    let dice = Dice::named(plan.seed, &format!("copies/{}", service.name));
    Some(Box::new(Copies::new(Database::new(spec, service.replicas, dice), id, plan)))
}

impl Node {
    pub fn new(service: &Service, id: ServiceId, plan: &Plan) -> Node {
        let (name, seed, of) = (&service.name, plan.seed, Subject::Service(id.0));
        let keys = plan.clients.iter().filter_map(|client| client.keys).map(|keys| keys.count).max().unwrap_or(1);
        let callers = || plan.edges.iter().filter(|edge| edge.to == id);
        let is_named = callers().any(leads_to_replicas);
        let (contents, storage) = match &service.role {
            Role::Plain | Role::Database(_) | Role::Broker(_) => (None, None),
            Role::Cache(spec) => (Some(Contents::new(spec, service, seed)), None),
            Role::Store(spec) => (None, Some(Storage::new(spec, Dice::named(seed, &format!("probe/{name}"))))),
        };
        Node {
            copies: copies(service, id, plan),
            exchange: match &service.role {
                Role::Broker(spec) => Some(Box::new(Exchange::new(spec, id, plan))),
                _ => None,
            },
            takes_aim: is_named || callers().any(|edge| plan.is_delivery(edge) || is_zoned(plan, edge)),
            replicas: (0..service.replicas).map(|_| Replica::new(service)).collect(),
            active: service.replicas,
            replicas_meter: plan.meter(of, "replicas"),
            stale_meter: plan.meter(of, "stale"),
            crashes_meter: plan.meter(of, "crashes"),
            blind_meter: plan.meter(of, "blind"),
            hidden: 0,
            keys,
            balancer: Balancer::of(service, keys, seed, is_named),
            watches_outcomes: service.balance.outliers.is_some(),
            ejections_meter: plan.meter(of, "ejections"),
            waiting_meter: plan.meter(of, "waiting"),
            locked_out_meter: plan.meter(of, "locked_out"),
            contents,
            storage,
            disk: Disk::new(id, plan),
            lot: Lot::named(seed, &format!("work/{name}")),
            strangers: Dice::named(seed, &format!("strangers/{name}")),
            slow: Vec::new(),
            leaks: Vec::new(),
            leaked: 0,
            fail: Vec::new(),
            until_start: Vec::new(),
            cell: ServiceCell::default(),
            has_role: service.role != Role::Plain,
            bare: false,
            program: service.program.clone(),
            doors: Doors::of_service(id, service, plan),
            ledger: Ledger::of(id, plan),
            versions: Versions::of(service, id, plan),
            used_outside: None,
            queue: QueueRules::new(&service.queue),
            working: WorkRules::new(service),
            workers: service.workers,
            past: Reading::default(),
            worked: Span::ZERO,
            cores: service.working.cores.map(|cores| cores.count),
            busy: Level::default(),
            busy_cores: Level::default(),
            given: room(service),
            room: room(service),
            counted: Time::ZERO,
            locked: 0,
            queued: Level::default(),
            inside: Level::default(),
            #[cfg(test)]
            stayed: Span::ZERO,
        }
    }

    /// From now on the service is as this entry says. What is inside stays inside.
    pub fn reconfigure(&mut self, service: &Service, seed: u64, now: Time) {
        self.account(now);
        self.workers = service.workers;
        self.program.clone_from(&service.program);
        let before = std::mem::replace(&mut self.active, service.replicas);
        self.watches_outcomes = service.balance.outliers.is_some();
        self.queue = QueueRules::new(&service.queue);
        self.cores = service.working.cores.map(|cores| cores.count);
        self.given = room(service);
        self.less_leaks();
        let (on_cores, takes_locks) = (self.working.on_cores, self.working.takes_locks);
        self.working = WorkRules::new(service);
        // What is on the cores ends there, and who holds a lock gives it back.
        self.working.on_cores |= on_cores;
        self.working.takes_locks |= takes_locks;
        self.working.any |= on_cores || takes_locks;
        let more = (self.replicas.len()..service.replicas as usize).map(|_| Replica::new(service));
        self.replicas.extend(more);
        if let Some(versions) = &mut self.versions {
            versions.reconfigure(service, before);
        }
        // Those that were not there start now.
        let joined = self.replicas.iter_mut().take(service.replicas as usize).skip(before as usize);
        joined.for_each(|replica| replica.started = Some(now));
        match &mut self.balancer {
            Some(balancer) => balancer.reconfigure(&service.balance, service.replicas, now),
            None => self.balancer = Balancer::of(service, self.keys, seed, false),
        }
        if let (Some(contents), Role::Cache(spec)) = (&mut self.contents, &service.role) {
            contents.reconfigure(spec, service.replicas, now);
        }
    }

    /// Is it workers and a line, and nothing else? Faults are not asked about here: they come and go.
    pub fn is_bare(&self) -> bool {
        let chooses = self.balancer.is_some() || self.watches_outcomes || self.replicas.len() != 1 || self.active != 1;
        let is_role = self.copies.is_some() || self.exchange.is_some() || self.takes_aim || self.disk.is_some();
        !chooses && !is_role && !self.working.any && self.doors.is_empty() && self.versions.is_none()
    }

    /// As many workers have leaked away as are said to have; the books are closed up to now.
    pub fn less_leaks(&mut self) {
        self.room = if self.given == UNLIMITED { UNLIMITED } else { self.given.saturating_sub(self.leaked) };
    }

    #[inline(always)]
    pub fn change_busy(&mut self, now: Time, replica: u32, class: u8, by: i32) {
        if self.busy.count() >= self.room {
            self.count_workers(now);
        }
        let replica = &mut self.replicas[replica as usize];
        if let Some((busy_s, since)) = &mut replica.load {
            *busy_s += f64::from(replica.busy) * now.since(*since).as_secs_f64();
            *since = now;
        }
        replica.line.busy_changed(class, by);
        replica.busy = replica.busy.checked_add_signed(by).expect("no more workers are freed than are busy");
        if by > 0 { self.busy.up(now) } else { self.busy.down(now) }
    }

    #[inline]
    pub fn change_queued(&mut self, now: Time, replica: u32, class: u8, by: i32) {
        let replica = &mut self.replicas[replica as usize];
        if replica.waiting == 0 {
            replica.presence.begins(now);
        }
        replica.line.waiting_changed(class, by);
        replica.waiting = replica.waiting.checked_add_signed(by).expect("no more leave the line than wait");
        if by > 0 {
            self.queued.up(now);
            self.cell.queue_max = self.cell.queue_max.max(self.queued.count());
        } else {
            self.queued.down(now);
            self.cell.queue_min = self.cell.queue_min.min(self.queued.count());
        }
    }

    #[inline(always)]
    pub fn change_inside(&mut self, now: Time, by: i64) {
        if by > 0 {
            self.inside.up(now);
            self.cell.inflight_max = self.cell.inflight_max.max(self.inside.count());
        } else {
            self.inside.down(now);
            self.cell.inflight_min = self.cell.inflight_min.min(self.inside.count());
        }
    }

    /// Ends the cell: gives it out and begins the next with the readings of now.
    pub fn roll(&mut self) -> ServiceCell {
        if let Some(contents) = &self.contents {
            self.cell.cold_keys = contents.cold();
        }
        if let Some(volume) = self.disk.as_ref().and_then(|disk| disk.volume.as_ref()) {
            self.cell.used_bytes = volume.used();
        }
        if let Some(bytes) = self.used_outside {
            self.cell.used_bytes = bytes;
        }
        self.past = self.past.plus(Reading::of(&self.cell, 0.0));
        let next = ServiceCell {
            queue_max: self.queued.count(),
            queue_min: self.queued.count(),
            inflight_max: self.inside.count(),
            inflight_min: self.inside.count(),
            ..ServiceCell::default()
        };
        std::mem::replace(&mut self.cell, next)
    }

    /// Per replica; `None`: no limit.
    pub fn workers(&self) -> Option<u32> {
        self.workers
    }

    /// Sums since the beginning of the run, up to `now`.
    pub fn reading(&mut self, now: Time) -> Reading {
        self.account(now);
        let reading = self.past.plus(Reading::of(&self.cell, self.worked.as_secs_f64()));
        // What is busy of cores is work, at the speed that it has.
        let cpu_s = if self.cores.is_some() { reading.busy_s } else { reading.cpu_s };
        Reading { cpu_s, ..reading }
    }

    /// Work of this length begins.
    #[inline]
    pub fn begin_work(&mut self, length: Span) {
        self.worked = self.worked + length;
    }

    /// Are its replicas equal, whatever is asked for?
    pub fn is_plain(&self) -> bool {
        self.contents.is_none() && self.copies.is_none() && self.exchange.is_none() && self.balancer.is_some()
    }

    /// A replica turned a request away: that is work, too.
    pub fn pay_for_rejection(&mut self, replica: u32) {
        if let Some(cost) = self.working.reject_cost {
            let place = &mut self.replicas[replica as usize];
            place.debt = place.debt + cost;
        }
    }

    /// Has this replica a worker to spare?
    #[inline(always)]
    pub fn has_worker(&self, replica: u32) -> bool {
        let replica = &self.replicas[replica as usize];
        replica.frozen.is_empty() && self.workers.is_none_or(|workers| replica.busy + replica.leaked < workers)
    }

    /// Busy, queued, inside: what its integrals run over.
    #[cfg(test)]
    pub fn books(&self) -> [u64; 3] {
        [self.busy, self.queued, self.inside].map(|level| level.count())
    }

    /// The replicas that an effect is aimed at, as many as there are.
    pub fn aimed_at(&mut self, replicas: Replicas) -> impl Iterator<Item = &mut Replica> {
        self.replicas
            .iter_mut()
            .zip(0..)
            .filter(move |(_, number)| replicas.contains(*number))
            .map(|(replica, _)| replica)
    }

    /// Pieces of work on the cores of these replicas, which feel a change of speed.
    pub fn running(&mut self, replicas: Replicas) -> u64 {
        let cores = self.aimed_at(replicas).filter_map(|replica| replica.cores.as_ref());
        cores.map(|cores| u64::from(cores.running())).sum()
    }

    /// Does something to the cores of a replica, and keeps the books of those at work. `None`: it has no cores of its own.
    pub fn on_cores<R>(&mut self, now: Time, replica: u32, act: impl FnOnce(&mut Cores) -> R) -> Option<R> {
        self.count_workers(now);
        let cores = self.replicas[replica as usize].cores.as_mut()?;
        let before = cores.busy();
        let answer = act(cores);
        let count = self.busy_cores.count() + u64::from(cores.busy()) - u64::from(before);
        self.busy_cores.set(now, count);
        Some(answer)
    }

    #[cfg(test)]
    pub fn busy_cores(&self) -> u64 {
        self.busy_cores.count()
    }

    #[cfg(test)]
    pub fn core_count(&self) -> Option<u32> {
        self.cores
    }

    /// How many times longer work takes at this replica because it started not long ago.
    pub fn coldness(&self, replica: u32, now: Time) -> f64 {
        match (&self.working.warm_up, self.replicas[replica as usize].started) {
            (Some(policy), Some(started)) => warm_up(policy, started, now),
            _ => 1.0,
        }
    }
}
