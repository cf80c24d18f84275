//! IOChaos: what is done to the calls into a volume of a pod.

use super::{Desk, Told, milliseconds, mode, with};
use crate::base::{Dist, ServiceId};
use crate::plan::{DiskAnswer, DiskError, Effect, Replicas, SlowDisk};
use serde_json::{Value, json};

impl Desk<'_> {
    pub(super) fn disk(&self, id: ServiceId, replicas: Replicas, effect: &Effect) -> Told {
        let rest = match effect {
            Effect::SlowDisk(slow) => latency(slow)?,
            Effect::DiskError(error) => fault(error)?,
            Effect::ShortWrites { .. } => {
                return Err("a `mistake` of Chaos Mesh changes what is written, and does not cut it short".to_owned());
            }
            _ => return Err("Chaos Mesh fills no disks in a cluster; `disk-error` answers ENOSPC".to_owned()),
        };
        let name = &self.plan.service(id).name;
        let volume = self.places.volumes.get(name).ok_or_else(|| {
            format!("it is not said where the volume of `{name}` is mounted: give --volume {name}=PATH")
        })?;
        let mut spec = with(mode(replicas)?, self.service(id)?, rest);
        spec["volumePath"] = volume.as_str().into();
        Ok(vec![("IOChaos", spec)])
    }
}

fn latency(slow: &SlowDisk) -> Result<Value, String> {
    match &slow.add {
        Some(Dist::Constant(seconds)) if slow.factor == 1.0 && !slow.stall => {
            Ok(json!({"action": "latency", "delay": milliseconds(*seconds), "percent": 100}))
        }
        _ => Err("Chaos Mesh makes each call later by a constant: give `add` alone, as a constant".to_owned()),
    }
}

/// The numbers of Linux (errno(3)).
fn fault(error: &DiskError) -> Result<Value, String> {
    let errno = match error.answer {
        DiskAnswer::InputOutput => libc::EIO,
        DiskAnswer::NoSpace => libc::ENOSPC,
        DiskAnswer::ReadOnly => libc::EROFS,
    };
    let calls = [(error.reads, "read"), (error.writes, "write"), (error.syncs, "fsync")];
    let methods: Vec<&str> = calls.iter().filter(|(is_hit, _)| *is_hit).map(|(_, method)| *method).collect();
    let percent = libm::round(error.share * 100.0);
    if percent < 1.0 || (error.share * 100.0 - percent).abs() > 1e-9 {
        return Err("Chaos Mesh takes whole percent of the calls: give such a share".to_owned());
    }
    Ok(json!({"action": "fault", "errno": errno, "methods": methods, "percent": percent as u64}))
}
