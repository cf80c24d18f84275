//! Scenario text to a tree of values that know their places, a typed reader for their fields, and diagnostics that show the
//! author every mistake at once. It gives no field its meaning: services, faults and clients are read by those who build them.
//!
//! ```text
//! bytes ──load──► Node tree ──overlay──► Node tree ──fields──► typed values
//!                     └────────────────────┴────────────────────┴──► Diagnostics ──render──► text
//! ```

pub mod diagnostic;
pub mod dist;
pub mod fields;
mod files;
pub mod filter;
pub mod load;
pub mod node;
pub mod overlay;
pub mod render;
pub mod schema;
mod shield;
pub mod source;
pub mod suggest;
pub mod values;
pub mod write;
mod yaml;
mod yaml_words;

pub use diagnostic::{Diagnostic, Diagnostics, Note, Severity, quote};
pub use fields::{FieldDoc, Fields, Shape};
pub use load::{Loaded, VariantHead, load, load_text, variants};
pub use node::{Entry, Node, Place, Quoting, Value};
pub use render::{render, render_lines};
pub use source::{SourceId, Sources};
pub use suggest::{did_you_mean, help_for};
