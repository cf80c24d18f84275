//! Which windows are over, and which of them are final: all their requests have ended. It tells each once when it is over and, if it was not final
//! then, once more when it is.

use super::Cells;
use super::line::{What, Window};
use crate::base::{ErrorKind, Time};
use crate::plan::Plan;
use crate::record::{Cell, ClientCell, Grid};
use crate::report::result::latency_result;
use std::collections::BTreeSet;

pub struct Windows {
    grid: Grid,
    clients: Vec<String>,
    /// The next window that is not over.
    next: usize,
    /// (window, client) that were told and are not final.
    open: BTreeSet<(usize, usize)>,
}

impl Windows {
    pub fn new(plan: &Plan) -> Windows {
        let grid = Grid::new(plan.length, plan.window, &plan.cuts());
        let clients = plan.clients.iter().map(|client| client.name.clone()).collect();
        Windows { grid, clients, next: 0, open: BTreeSet::new() }
    }

    /// The windows before this one are final, of every client.
    pub fn settled(&self) -> usize {
        self.open.first().map_or(self.next, |(window, _)| *window)
    }

    /// What is to be told now. After the end of the run nothing changes any more; a window that the end cut is told as well.
    pub fn over<'a>(&mut self, now: Time, cells: &Cells<'a>, is_end: bool) -> Vec<(Time, What)> {
        let is_over = |cell: &Cell| if is_end { cell.from < now } else { cell.to <= now };
        let fresh = self.grid.cells.iter().skip(self.next).take_while(|cell| is_over(cell)).count();
        let fresh = self.next..self.next + fresh;
        self.next = fresh.end;
        let clients = self.clients.len();
        let fresh: Vec<_> = fresh.flat_map(|window| (0..clients).map(move |client| (window, client))).collect();
        let asked: Vec<_> = self.open.iter().copied().chain(fresh.iter().copied()).collect();
        let mut told = Vec::new();
        for (index, client) in asked {
            let cell = cells(client, index);
            let is_final = is_end || pending(cell) == 0;
            let was_open = self.open.contains(&(index, client));
            if is_final {
                self.open.remove(&(index, client));
            } else if !was_open {
                self.open.insert((index, client));
            }
            if is_final || !was_open {
                let at = self.grid.cells[index];
                told.push((at.to.min(now), What::Window(window(&self.clients[client], at, cell, is_final))));
            }
        }
        told
    }
}

fn pending(cell: &ClientCell) -> u64 {
    cell.sent.saturating_sub(cell.ok + cell.failed())
}

fn window(client: &str, at: Cell, cell: &ClientCell, is_final: bool) -> Window {
    let errors = ErrorKind::ALL.iter().zip(cell.errors).filter(|(_, count)| *count > 0);
    Window {
        client: client.to_owned(),
        from_s: at.from.as_secs_f64(),
        to_s: at.to.as_secs_f64(),
        offered: cell.offered,
        sent: cell.sent,
        ok: cell.ok,
        errors: errors.map(|(kind, count)| (kind.word().to_owned(), count)).collect(),
        retries: cell.retries,
        goodput: cell.goodput,
        pending: pending(cell),
        latency_ms: latency_result(&cell.latency),
        is_final,
    }
}
