//! Chunks of the stream vanish. This is not what lost packets do: TCP would send them again, and the receiver would see a pause. Here
//! the bytes are missing, which tests what a program makes of a broken stream. The end of the stream is passed on.

use super::super::evidence::Count;
use super::{Desk, Fate, Toxic};

#[derive(Clone, Debug)]
pub struct PacketLoss {
    loss_rate: f64,
    /// Chance that a chunk shares the fate of the one before, without a draw of its own; the share lost stays `loss_rate`.
    correlation: f64,
    last: Option<bool>,
}

impl PacketLoss {
    pub fn new(loss_rate: f64, correlation: f64) -> PacketLoss {
        PacketLoss { loss_rate, correlation, last: None }
    }
}

impl Toxic for PacketLoss {
    fn fresh(&self) -> Box<dyn Toxic> {
        Box::new(PacketLoss { last: None, ..self.clone() })
    }

    fn arrive(&mut self, desk: &mut Desk, bytes: usize) -> Fate {
        let lost = match self.last {
            Some(last) if desk.dice.chance(self.correlation) => last,
            _ => desk.dice.chance(self.loss_rate),
        };
        self.last = Some(lost);
        if !lost {
            return Fate::Pass;
        }
        desk.tally.add(Count::ChunksDropped, 1);
        desk.tally.add(Count::BytesDropped, bytes as u64);
        Fate::Drop
    }
}
