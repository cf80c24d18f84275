//! Cores, apart from workers: work needs a core while it is done, and a worker that waits for a call needs none.
//!
//! `cores: 4` gives each replica four. With `sharing: processor` (the default) work beyond one piece a core is done all at once, each
//! with an equal share, as a time-slicing scheduler does it; with `sharing: fifo` a core is kept to the end of a piece of work and
//! the others wait. An event loop is `cores: 1` with unbounded `workers`: in-flight requests cost it nothing but their own work.
//! A slow replica slows the work that is under way, too. `utilisation` of a service with cores is busy cores / cores.
//!
//! ```yaml
//! name: cores-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: loop, rate: 80/s}
//! services:
//!   loop: {cores: 1, sharing: fifo, work: exp(10ms), calls: db}
//!   db: {work: 100ms}
//! expect:
//!   - utilisation(loop) >= 70%
//!   - mean(inflight(loop)) >= 10
//!   - mean(users) < 250ms
//! ```

use crate::model::Page;
use crate::plan::{CoreSpec, Sharing};
use crate::scenario::{FieldDoc, Fields, Shape};

pub const PAGE: Page = Page { name: "cores", page: include_str!("cores.rs"), fields: &[&TABLE] };

pub const TABLE: [FieldDoc; 2] = [
    FieldDoc::optional("cores", Shape::Count, "one for each worker", "per replica; held only while work is done"),
    FieldDoc::optional("sharing", Shape::Choice(&["processor", "fifo"]), "processor", "how cores are shared"),
];

const COUNT_MAX: u64 = 1_000_000;

/// Reads `cores` and `sharing` of a service.
pub fn read(service: &Fields) -> Option<CoreSpec> {
    let sharing = match service.choice("sharing") {
        Some("fifo") => Sharing::Fifo,
        _ => Sharing::Processor,
    };
    if !service.has("cores") {
        if service.has("sharing") {
            let note = service.error("sharing", "there are no cores to share");
            note.help("say how many: `cores: 4`").code("wrong-value");
        }
        return None;
    }
    let count = service.count("cores")?;
    if count == 0 || count > COUNT_MAX {
        service.error("cores", format!("a replica has 1 to {COUNT_MAX} cores")).code("wrong-value");
        return None;
    }
    Some(CoreSpec { count: count as u32, sharing })
}
