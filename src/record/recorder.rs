//! The Recorder: both worlds write to it while they play. It is told, it never asks; it keeps no clock.

use super::{
    ClientCell, EdgeCell, Event, Evidence, Grid, Head, Latencies, Lateness, MeterCell, Recording, Series, ServiceCell,
};
use crate::base::{ClientId, EdgeId, ErrorKind, FaultId, Outcome, ServiceId, Span, Time};
use crate::plan::{Plan, digest};

/// Collects what happens in a run. Cells are addressed by index (`cell_at`), so that hot paths look a moment up once.
#[derive(Clone, Debug)]
pub struct Recorder {
    pub grid: Grid,
    pub clients: Vec<Vec<ClientCell>>,
    pub services: Vec<Vec<ServiceCell>>,
    pub edges: Vec<Vec<EdgeCell>>,
    pub meters: Vec<Vec<MeterCell>>,
    /// What became of the requests of each client since it was last asked, whenever they were sent; empty until it is.
    ended: Vec<ClientCell>,
    pub evidence: Vec<Evidence>,
    pub events: Vec<Event>,
    pub warnings: Vec<String>,
    /// Meters that could not be read, and why.
    pub unread: Vec<(u32, String)>,
    /// Meters that were read at the end, and of how many things.
    pub asked: Vec<(u32, u64)>,
}

impl Recorder {
    pub fn new(plan: &Plan) -> Recorder {
        let grid = Grid::new(plan.length, plan.window, &plan.cuts());
        let cells = grid.cells.len();
        Recorder {
            grid,
            clients: vec![vec![ClientCell::default(); cells]; plan.clients.len()],
            services: vec![vec![ServiceCell::default(); cells]; plan.services.len()],
            edges: vec![vec![EdgeCell::default(); cells]; plan.edges.len()],
            meters: vec![vec![MeterCell::default(); cells]; plan.meters.len()],
            ended: Vec::new(),
            evidence: vec![Evidence::default(); plan.faults.len()],
            events: Vec::new(),
            warnings: Vec::new(),
            unread: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// The index of the cell that holds a moment; valid in every series.
    pub fn cell_at(&self, at: Time) -> usize {
        self.grid.index_at(at)
    }

    /// A request was due in this cell.
    #[inline]
    pub fn offered(&mut self, client: ClientId, cell: usize, fresh: bool) {
        let cell = &mut self.clients[client.index()][cell];
        cell.offered += 1;
        cell.fresh += u64::from(fresh);
    }

    /// It left.
    #[inline]
    pub fn sent(&mut self, client: ClientId, cell: usize) {
        self.clients[client.index()][cell].sent += 1;
    }

    /// It ended: `sent_cell` is the cell of its intended send time, `now_cell` that of its answer.
    #[inline]
    pub fn answered(&mut self, client: ClientId, sent_cell: usize, now_cell: usize, outcome: Outcome, latency: Span) {
        let cells = &mut self.clients[client.index()];
        cells[sent_cell].count(outcome, latency);
        if !matches!(outcome, Outcome::Failed(_)) {
            cells[now_cell].goodput += 1;
        }
        if let Some(ended) = self.ended.get_mut(client.index()) {
            ended.count(outcome, latency);
        }
    }

    /// From now on, counts requests by when they end as well.
    pub fn count_ended(&mut self) {
        self.ended = vec![ClientCell::default(); self.clients.len()];
    }

    /// What ended since the last time, by client; nothing unless it was asked for.
    pub fn take_ended(&mut self) -> Vec<ClientCell> {
        let none = vec![ClientCell::default(); self.ended.len()];
        std::mem::replace(&mut self.ended, none)
    }

    #[inline]
    pub fn client_retry(&mut self, client: ClientId, cell: usize) {
        self.clients[client.index()][cell].retries += 1;
    }

    #[inline]
    pub fn service(&mut self, service: ServiceId, cell: usize) -> &mut ServiceCell {
        &mut self.services[service.index()][cell]
    }

    #[inline]
    pub fn edge(&mut self, edge: EdgeId, cell: usize) -> &mut EdgeCell {
        &mut self.edges[edge.index()][cell]
    }

    #[inline]
    pub fn attempt_failed(&mut self, edge: EdgeId, cell: usize, kind: ErrorKind) {
        self.edges[edge.index()][cell].errors[kind as usize] += 1;
    }

    /// A fault touched something.
    #[inline]
    pub fn touched(&mut self, fault: FaultId, what: &str, count: u64) {
        // What controls do by themselves is nobody's fault.
        if count > 0
            && let Some(evidence) = self.evidence.get_mut(fault.index())
        {
            evidence.add(what, count);
        }
    }

    pub fn event(&mut self, at: Time, text: impl Into<String>) {
        self.events.push(Event { at, text: text.into() });
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }

    /// Closes the books.
    pub fn finish(self, plan: &Plan, wall_s: f64, events: u64, methods: Vec<String>) -> Recording {
        let head = Head {
            program: "firedrill".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            plan_digest: digest::of(plan),
            world: plan.world,
            methods,
            wall_s,
            events,
            send_lag: Latencies::default(),
            lateness: Lateness::default(),
            clock_lag: Latencies::default(),
            load: None,
            part: None,
        };
        Recording {
            schema_version: super::recording::SCHEMA_VERSION,
            head,
            clients: name_each(self.clients, plan.clients.iter().map(|client| &client.name)),
            services: name_each(self.services, plan.services.iter().map(|service| &service.name)),
            edges: name_each(self.edges, plan.edges.iter().map(|edge| &edge.name)),
            meters: name_each(self.meters, plan.meters.iter().map(|meter| &meter.name)),
            grid: self.grid,
            plan: plan.clone(),
            evidence: self.evidence,
            events: self.events,
            undo: Vec::new(),
            warnings: self.warnings,
            unread: self.unread,
            asked: self.asked,
            latency_unsound: None,
            cut_short: None,
        }
    }
}

fn name_each<'a, C>(all: Vec<Vec<C>>, names: impl Iterator<Item = &'a String>) -> Vec<Series<C>> {
    all.into_iter().zip(names).map(|(cells, name)| Series { name: name.clone(), cells }).collect()
}
