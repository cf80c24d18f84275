//! Disks as the engine runs them: what a request does to the volume of its service before it is worked on, appends of stores, and the
//! readings of volumes. What fills and frees one is in `volume`; nothing here decides any of it.

mod broken;
mod slow;
mod storage;
mod volume;
#[cfg(test)]
mod volume_tests;

pub use storage::Storage;

use super::slab::Handle;
use super::wire::Wire;
use super::{Engine, Outcome, ServiceId};
use crate::base::{Dice, ErrorKind, FaultId, MeterId, Time};
use crate::plan::expectation::Subject;
use crate::plan::meters::FOREVER_S;
use crate::plan::{Plan, VolumeSpec};
use broken::Broken;
use slow::Trouble;
use volume::Volume;

/// The disk under a service, and its meters.
pub struct Disk {
    spec: VolumeSpec,
    /// `None`: it has room without end.
    pub volume: Option<Volume>,
    /// The size of requests whose caller has gone.
    usual_bytes: u64,
    trend: Trend,
    dice: Dice,
    troubles: Vec<Trouble>,
    broken: Vec<Broken>,
    /// Writes that a stall keeps; stale handles are skipped.
    pub stalled: Vec<Handle>,
    free: MeterId,
    runway: MeterId,
    read_only: MeterId,
}

/// How fast the data grow: a mean over readings that forgets.
#[derive(Clone, Copy, Debug, Default)]
struct Trend {
    read: Time,
    data: f64,
    rate: f64,
    weight: f64,
    memory_s: f64,
}

/// The trend forgets what is longer ago than so many windows.
const MEMORY_WINDOWS: f64 = 5.0;

impl Disk {
    /// The disk of a service that has one.
    pub fn new(id: ServiceId, plan: &Plan) -> Option<Box<Disk>> {
        let spec = plan.service(id).volume.clone()?;
        Some(Disk::of(*spec, id, plan))
    }

    /// A disk of which nothing was said.
    fn endless(id: ServiceId, plan: &Plan) -> Box<Disk> {
        Disk::of(VolumeSpec { size_bytes: None, ..VolumeSpec::plain(0, 0) }, id, plan)
    }

    fn of(spec: VolumeSpec, id: ServiceId, plan: &Plan) -> Box<Disk> {
        let meter = |name: &str| plan.meter(Subject::Service(id.0), name);
        Box::new(Disk {
            volume: Volume::new(&spec),
            usual_bytes: plan.edges.iter().find(|edge| edge.to == id).map_or(0, |edge| edge.request_bytes),
            trend: Trend {
                data: spec.used_bytes as f64,
                memory_s: MEMORY_WINDOWS * plan.window.as_secs_f64(),
                ..Trend::default()
            },
            dice: Dice::named(plan.seed, &format!("disk/{}", plan.service(id).name)),
            troubles: Vec::new(),
            broken: Vec::new(),
            stalled: Vec::new(),
            free: meter("free"),
            runway: meter("runway"),
            read_only: meter("read-only"),
            spec,
        })
    }

    /// Takes the room for a request, or says why it may not be served.
    fn admit(&mut self, is_write: bool, class: u8, request: Option<u64>) -> Result<(), ErrorKind> {
        let Some(volume) = &mut self.volume else { return Ok(()) };
        if is_write && volume.is_read_only() {
            return Err(ErrorKind::ReadOnly);
        }
        let of_class = self.spec.class_bytes.iter().find(|(of, _)| *of == class).map(|(_, bytes)| *bytes);
        let of_write = of_class.or(self.spec.write_bytes).or(request).unwrap_or(self.usual_bytes);
        let bytes = if is_write { of_write } else { self.spec.read_bytes };
        match volume.write(bytes) {
            // What a read would have noted down is left out.
            fits if fits || !is_write => Ok(()),
            _ if volume.is_read_only() => Err(ErrorKind::ReadOnly),
            _ => Err(ErrorKind::NoSpace),
        }
    }

    /// Seconds until it takes no more writes at the present growth.
    fn runway(&self) -> f64 {
        let Some(volume) = &self.volume else { return FOREVER_S };
        let left = volume.left();
        match volume.is_read_only() || left < 1.0 {
            true => 0.0,
            false if self.trend.rate > 0.0 => (left / self.trend.rate).min(FOREVER_S),
            false => FOREVER_S,
        }
    }
}

impl Trend {
    fn note(&mut self, now: Time, data: f64) {
        let seconds = now.since(self.read).as_secs_f64();
        if seconds > 0.0 {
            let new = 1.0 - libm::exp(-seconds / self.memory_s);
            // Divided by the weights given so far, so that the first readings count in full.
            let sum = self.rate * self.weight * (1.0 - new) + (data - self.data) / seconds * new;
            self.weight = self.weight * (1.0 - new) + new;
            (self.rate, self.read, self.data) = (sum / self.weight, now, data);
        }
    }
}

impl<W: Wire> Engine<W> {
    /// A request that a worker has taken goes to the disk before anything else is done for it.
    pub(super) fn begin_on_disk(&mut self, frame: Handle, index: usize) {
        let Some(this) = self.frames.get(frame) else { return };
        let (traits, parent) = (this.traits, this.parent);
        if !this.is_request() {
            return self.advance(frame);
        }
        let request = self.calls.get(parent).map(|call| self.plan.edge(call.edge).request_bytes);
        self.bring_disk(index);
        let node = &mut self.nodes[index];
        let Some(disk) = &mut node.disk else { return self.advance(frame) };
        // A store takes its room when it has found some.
        let is_append = node.storage.is_some();
        let is_write = traits.write || is_append || node.exchange.is_some();
        let room = match is_append {
            true if disk.volume.as_ref().is_some_and(Volume::is_read_only) => Err(ErrorKind::ReadOnly),
            true => Ok(()),
            false => disk.admit(is_write, traits.class, request),
        };
        if let Err(kind) = room {
            self.read_disk(index);
            return self.answer(frame, Outcome::Failed(kind));
        }
        self.stay_at_disk(frame, index, is_write)
    }

    /// A store has worked on a request: it looks for room, and then appends.
    pub(super) fn end_of_append(&mut self, frame: Handle, index: usize) {
        self.bring_disk(index);
        let node = &mut self.nodes[index];
        let (Some(storage), Some(disk), Some(this)) = (&mut node.storage, &mut node.disk, self.frames.get_mut(frame))
        else {
            return self.answer(frame, Outcome::Ok);
        };
        let replica = this.replica;
        match this.found_room {
            None => {
                let (time, found) = storage.probe(disk.volume.as_ref().map_or(0, Volume::used));
                this.found_room = Some(found);
                let time = self.probing(index, replica, time);
                if !self.work(frame, time) {
                    self.soon.push_back(super::Soon::Advance(frame));
                }
            }
            Some(true) => {
                let class = this.traits.class;
                let outcome = disk.admit(true, class, None).map_or_else(Outcome::Failed, |()| Outcome::Ok);
                self.answer(frame, outcome);
            }
            Some(false) => self.answer(frame, Outcome::Failed(ErrorKind::NoSpace)),
        }
    }

    /// Brings a volume up to now, and notes whether it is read-only.
    fn bring_disk(&mut self, index: usize) {
        let now = self.now;
        let Some(disk) = &mut self.nodes[index].disk else { return };
        let Some(volume) = &mut disk.volume else { return };
        let (meters, meter) = (&mut self.meters, disk.read_only);
        let was = volume.is_read_only();
        volume.advance(now, |at, is| meters.set(meter, at, f64::from(u8::from(is))));
        self.note_disk(index, was);
    }

    /// Writes down that a volume is read-only now, or no longer.
    fn note_disk(&mut self, index: usize, was: bool) {
        let Some(disk) = &self.nodes[index].disk else { return };
        let is = disk.volume.as_ref().is_some_and(Volume::is_read_only);
        if is == was {
            return;
        }
        self.meters.set(disk.read_only, self.now, f64::from(u8::from(is)));
        let name = &self.plan.services[index].name;
        let text = if is { "the volume takes no more writes" } else { "the volume takes writes again" };
        self.recorder.event(self.now, format!("{name}: {text}"));
    }

    /// Readings of a disk at the end of a cell.
    pub(super) fn read_disk(&mut self, index: usize) {
        self.bring_disk(index);
        let now = self.now;
        let Some(disk) = &mut self.nodes[index].disk else { return };
        let Some(volume) = &disk.volume else { return };
        disk.trend.note(now, volume.data());
        self.meters.set(disk.free, now, volume.free());
        self.meters.set(disk.read_only, now, f64::from(u8::from(volume.is_read_only())));
        self.meters.set(disk.runway, now, disk.runway());
    }

    /// Something is done to a volume from outside.
    fn change_volume<R>(&mut self, index: usize, act: impl FnOnce(&mut Volume) -> R) -> Option<R> {
        self.bring_disk(index);
        let volume = self.nodes[index].disk.as_mut()?.volume.as_mut()?;
        let was = volume.is_read_only();
        let answer = act(volume);
        self.note_disk(index, was);
        Some(answer)
    }

    pub(super) fn fill_up(&mut self, index: usize, fault: FaultId, share: f64, added: bool) {
        if let Some(bytes) = self.change_volume(index, |volume| volume.fill(fault, share, added)) {
            self.recorder.touched(fault, "bytes filled", bytes);
        }
    }

    pub(super) fn take_away(&mut self, index: usize, fault: FaultId) {
        self.change_volume(index, |volume| volume.take_away(fault));
    }

    /// New settings of a volume.
    pub(super) fn reconfigure_disk(&mut self, index: usize, spec: &VolumeSpec) {
        self.change_volume(index, |volume| volume.reconfigure(spec));
        if let Some(disk) = &mut self.nodes[index].disk {
            disk.spec = spec.clone();
        }
    }
}
