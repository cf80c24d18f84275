//! How many connections a service accepts, from all pools together, whether or not they are in use (`max_connections` of databases).
//!
//! `connections` is for each replica. A pool that would open one more is refused, and the attempt that needed it fails with
//! `no-connection`. So pools that are each small enough can together be too large: the callers' pools, all instances of them, and room
//! for operators have to fit. Connections count as long as they are open: those that a pool keeps idle keep others out. Calls without a
//! `pool` are not counted.
//!
//! ```yaml
//! name: connections-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   users: {calls: shop, rate: 300/s}
//!   clerks: {calls: office, rate: 300/s}
//! services:
//!   shop: {calls: [{to: db, pool: 60}]}
//!   office: {calls: [{to: db, pool: 60}]}
//!   db: {kind: database, connections: 100, work: exp(180ms)}
//! expect:
//!   - errors(shop->db, kind=no-connection) > 0%
//!   - max(connections(shop->db)) <= 60
//! ```

use crate::model::Page;
use crate::scenario::{FieldDoc, Fields, Shape};

pub const PAGE: Page = Page { name: "connections", page: include_str!("connections.rs"), fields: &[&TABLE] };

pub static TABLE: [FieldDoc; 1] =
    [FieldDoc::optional("connections", Shape::Count, "unlimited", "connections that each replica accepts")];

pub fn read(fields: &Fields) -> Option<u32> {
    let count = fields.count("connections")?;
    if count == 0 || count > u64::from(u32::MAX) {
        fields.error("connections", format!("`connections` must be 1 to {}", u32::MAX)).code("wrong-value");
        return None;
    }
    Some(count as u32)
}
