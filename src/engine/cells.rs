//! The books of a run, closed cell by cell.

use super::wire::Wire;
use super::{Engine, Event};

impl<W: Wire> Engine<W> {
    /// Ends the run at `now`: closes the books of every service.
    pub fn finish(&mut self) {
        self.warn_of_deadlocks();
        for index in 0..self.nodes.len() {
            self.roll_node(index);
        }
        for index in 0..self.links.len() {
            self.roll_link(index);
        }
        self.roll_meters();
    }

    pub(super) fn schedule_cells(&mut self) {
        for (index, cell) in self.recorder.grid.cells.iter().enumerate().skip(1) {
            self.queue.push(cell.from, Event::Cell(index as u32));
        }
    }

    pub(super) fn next_cell(&mut self, index: usize) {
        for node in 0..self.nodes.len() {
            self.roll_node(node);
        }
        for link in 0..self.links.len() {
            self.roll_link(link);
        }
        self.roll_meters();
        self.cell = index;
        self.drop_old_messages();
    }

    /// Readings of what a service is beside a pool of workers.
    pub(super) fn read_node(&mut self, index: usize) {
        self.read_copies(index);
        self.read_broker(index);
        self.read_disk(index);
    }

    pub(super) fn roll_node(&mut self, index: usize) {
        self.read_node(index);
        self.nodes[index].account(self.now);
        let closed = self.nodes[index].roll();
        self.recorder.services[index][self.cell] = closed;
    }

    pub(super) fn roll_link(&mut self, index: usize) {
        let closed = std::mem::take(&mut self.links[index].cell);
        self.recorder.edges[index][self.cell] = closed;
    }

    pub(super) fn roll_meters(&mut self) {
        self.read_certificates();
        for (index, closed) in self.meters.roll(self.now).enumerate() {
            self.recorder.meters[index][self.cell] = closed;
        }
    }
}
