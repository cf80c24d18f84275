//! NetworkChaos: what netem, tbf and packet filters do to the way between the pods of two parties of a call.

use super::{Desk, Told, milliseconds, percent};
use crate::base::{Dist, EdgeId};
use crate::plan::{Effect, Packets, Ways};
use serde_json::{Value, json};

/// Bytes that may wait in a limited line, and those that may go at once: a tenth of a second of its rate, and a few packets at least.
const WAITING_S: f64 = 0.1;
const LEAST_BYTES: f64 = 15_000.0;

/// From the caller's pods (`to`), from those of the called (`from`), or both.
type Way = &'static str;

impl Desk<'_> {
    pub(super) fn network(&self, edge: EdgeId, effect: &Effect) -> Told {
        match effect {
            Effect::Delay { by, upstream } => {
                let way = if *upstream { "to" } else { "from" };
                // What losses cost is the model's way to lose packets.
                if let Dist::Retransmitted { loss, .. } = by {
                    let loss = json!({"loss": percent(*loss), "correlation": "0"});
                    return Ok(vec![self.between(edge, way, json!({"action": "loss", "loss": loss}))?]);
                }
                Ok(vec![self.between(edge, way, json!({"action": "delay", "delay": delay(by)?}))?])
            }
            Effect::Cut { lose: true, .. } => {
                Err("a partition holds connections and does not close them; leave out `lose`".to_owned())
            }
            Effect::Cut { lose: false, ways } => {
                let way = match ways {
                    Ways::Both => "both",
                    Ways::Requests => "to",
                    Ways::Responses => "from",
                };
                Ok(vec![self.between(edge, way, json!({"action": "partition"}))?])
            }
            Effect::Throttle { bytes_per_sec } => {
                let bytes = libm::ceil((bytes_per_sec * WAITING_S).max(LEAST_BYTES)) as u64;
                // tc(8): bps are bytes per second.
                let rate = format!("{}bps", libm::round(*bytes_per_sec));
                let bandwidth = json!({"rate": rate, "limit": bytes, "buffer": bytes});
                Ok(vec![self.between(edge, "both", json!({"action": "bandwidth", "bandwidth": bandwidth}))?])
            }
            Effect::Packets(packets) => Ok(vec![self.between(edge, "both", netem(packets)?)?]),
            Effect::Refuse => {
                Err("Chaos Mesh refuses no connections: a `cut` drops packets, and `down` takes pods away".to_owned())
            }
            Effect::Certificate(_) => Err("Chaos Mesh does not change certificates".to_owned()),
            Effect::Some { .. } => Err("Chaos Mesh does not pick connections".to_owned()),
            Effect::Toxic(_) => Err("toxics are a proxy's; use `latency`, `bandwidth`, `cut` or `packets`".to_owned()),
            _ => Err("Chaos Mesh has nothing like it".to_owned()),
        }
    }

    fn between(&self, edge: EdgeId, way: Way, what: Value) -> Result<(&'static str, Value), String> {
        let edge = self.plan.edge(edge);
        let (from, to) = (self.party(edge.from)?, self.service(edge.to)?);
        let mut spec = what;
        spec["mode"] = "all".into();
        spec["selector"] = from;
        spec["direction"] = way.into();
        spec["target"] = json!({"mode": "all", "selector": to});
        Ok(("NetworkChaos", spec))
    }
}

/// A netem delay has a mean and a jitter around it (tc-netem(8)).
fn delay(by: &Dist) -> Result<Value, String> {
    let (latency, jitter) = match by {
        Dist::Constant(seconds) => (*seconds, 0.0),
        Dist::Uniform { low, high } => ((low + high) / 2.0, (high - low) / 2.0),
        Dist::Normal { mean, sd } => (*mean, *sd),
        _ => return Err("a delay of netem has a mean and a jitter: write a constant, `uniform` or `normal`".to_owned()),
    };
    let mut delay = json!({"latency": milliseconds(latency)});
    if jitter > 0.0 {
        delay["jitter"] = milliseconds(jitter).into();
    }
    Ok(delay)
}

fn netem(packets: &Packets) -> Result<Value, String> {
    let mut spec = json!({"action": "netem"});
    if let Some(by) = &packets.delay {
        spec["delay"] = delay(by)?;
    }
    if packets.reorder > 0.0 {
        if packets.delay.is_none() {
            return Err("packets overtake others only where these are late: give a `delay` as well".to_owned());
        }
        spec["delay"]["reorder"] = json!({"reorder": percent(packets.reorder), "correlation": "0", "gap": 1});
    }
    if packets.loss > 0.0 {
        spec["loss"] = json!({"loss": percent(packets.loss), "correlation": "0"});
    }
    if packets.duplicate > 0.0 {
        spec["duplicate"] = json!({"duplicate": percent(packets.duplicate), "correlation": "0"});
    }
    Ok(spec)
}
