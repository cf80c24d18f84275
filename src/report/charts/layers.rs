//! Where the boxes of the topology picture stand: clients left, services by the depth at which they are called, long edges routed
//! through empty slots of the layers between. Plain arithmetic, the same for the same plan.

use crate::plan::{Plan, topology::Party};

/// One slot of a layer: a box, or a place where a long edge passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Box(usize),
    Pass(usize, usize),
}

/// Boxes are numbered clients first, then services.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// (layer, row) of each box; rows are fractions, so that short layers stand in the middle.
    pub boxes: Vec<(usize, f64)>,
    /// For each edge, where it passes in each layer between its ends, in the direction of its call.
    pub passes: Vec<Vec<(usize, f64)>>,
    pub layers: usize,
    pub rows: usize,
}

/// The two boxes that an edge joins.
pub fn ends(plan: &Plan, edge: usize) -> (usize, usize) {
    let edge = &plan.edges[edge];
    let from = match edge.from {
        Party::Client(client) => client.index(),
        Party::Service(service) => plan.clients.len() + service.index(),
    };
    (from, plan.clients.len() + edge.to.index())
}

pub fn layout(plan: &Plan) -> Layout {
    let depth = depths(plan);
    let mut layers: Vec<Vec<Slot>> = vec![Vec::new(); depth.iter().max().map_or(1, |deepest| deepest + 1)];
    for (index, layer) in depth.iter().enumerate() {
        layers[*layer].push(Slot::Box(index));
    }
    for edge in 0..plan.edges.len() {
        let (from, to) = ends(plan, edge);
        for (layer, slots) in layers.iter_mut().enumerate().take(depth[to]).skip(depth[from] + 1) {
            slots.push(Slot::Pass(edge, layer));
        }
    }
    for _ in 0..4 {
        order(plan, &mut layers);
    }
    placed(plan, &layers)
}

/// Longest chain of calls from a client. A cycle ends the chain where it closes, after as many rounds as there are services.
fn depths(plan: &Plan) -> Vec<usize> {
    let boxes = plan.clients.len() + plan.services.len();
    let mut depth: Vec<usize> = (0..boxes).map(|index| usize::from(index >= plan.clients.len())).collect();
    for _ in 0..plan.services.len() {
        for edge in 0..plan.edges.len() {
            let (from, to) = ends(plan, edge);
            if from != to && depth[from] < plan.services.len() {
                depth[to] = depth[to].max(depth[from] + 1);
            }
        }
    }
    squeezed(depth)
}

/// Depths without unused numbers between them.
fn squeezed(depth: Vec<usize>) -> Vec<usize> {
    let mut used = depth.clone();
    used.sort_unstable();
    used.dedup();
    depth.iter().map(|value| used.partition_point(|other| other < value)).collect()
}

/// Sorts each layer by the mean row of what its slots are joined to in the layer before, then backwards by the layer after.
fn order(plan: &Plan, layers: &mut [Vec<Slot>]) {
    let count = layers.len();
    let forward = (1..count).map(|layer| (layer, layer - 1));
    let backward = (0..count.saturating_sub(1)).rev().map(|layer| (layer, layer + 1));
    for (layer, other) in forward.chain(backward).collect::<Vec<_>>() {
        let reference = layers[other].clone();
        let mut keyed: Vec<(f64, usize, Slot)> = layers[layer]
            .iter()
            .enumerate()
            .map(|(row, slot)| (barycenter(plan, *slot, &reference, row), row, *slot))
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        layers[layer] = keyed.into_iter().map(|(_, _, slot)| slot).collect();
    }
}

fn barycenter(plan: &Plan, slot: Slot, reference: &[Slot], own: usize) -> f64 {
    let joined: Vec<usize> = (0..reference.len()).filter(|row| are_joined(plan, slot, reference[*row])).collect();
    if joined.is_empty() { own as f64 } else { joined.iter().sum::<usize>() as f64 / joined.len() as f64 }
}

fn are_joined(plan: &Plan, a: Slot, b: Slot) -> bool {
    let touches = |edge: usize, slot: Slot| match slot {
        Slot::Box(index) => ends(plan, edge).0 == index || ends(plan, edge).1 == index,
        Slot::Pass(other, _) => other == edge,
    };
    (0..plan.edges.len()).any(|edge| touches(edge, a) && touches(edge, b))
}

fn placed(plan: &Plan, layers: &[Vec<Slot>]) -> Layout {
    let rows = layers.iter().map(Vec::len).max().unwrap_or(1);
    let mut boxes = vec![(0, 0.0); plan.clients.len() + plan.services.len()];
    let mut passes = vec![Vec::new(); plan.edges.len()];
    for (layer, slots) in layers.iter().enumerate() {
        let shift = (rows - slots.len()) as f64 / 2.0;
        for (row, slot) in slots.iter().enumerate() {
            match *slot {
                Slot::Box(index) => boxes[index] = (layer, row as f64 + shift),
                Slot::Pass(edge, _) => passes[edge].push((layer, row as f64 + shift)),
            }
        }
    }
    Layout { boxes, passes, layers: layers.len(), rows }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn callers_stand_left_of_what_they_call_and_no_two_boxes_share_a_place() {
        for recording in [fixture::incident(), fixture::crowd()] {
            let plan = &recording.plan;
            let layout = layout(plan);
            for edge in 0..plan.edges.len() {
                let (from, to) = ends(plan, edge);
                assert!(layout.boxes[from].0 < layout.boxes[to].0, "{}", plan.edges[edge].name);
            }
            for (index, place) in layout.boxes.iter().enumerate() {
                assert!(!layout.boxes[..index].contains(place));
            }
        }
    }
}
