//! Typed indices into the tables of a Plan: a service can never be looked up in the table of edges.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl From<usize> for $name {
            fn from(index: usize) -> Self {
                $name(u32::try_from(index).expect("a plan has fewer than 2^32 entries"))
            }
        }
    };
}

id!(
    /// Index into `Plan::services`.
    ServiceId
);
id!(
    /// Index into `Plan::edges`.
    EdgeId
);
id!(
    /// Index into `Plan::clients`.
    ClientId
);
id!(
    /// Index into `Plan::faults`.
    FaultId
);
id!(
    /// Index into `Plan::controls`.
    ControlId
);
id!(
    /// Index into `Plan::segments`.
    SegmentId
);
id!(
    /// Index into `Plan::meters`.
    MeterId
);

impl MeterId {
    /// The meter of something that nobody measures.
    pub const NONE: MeterId = MeterId(u32::MAX);
}
