//! Scenario to Plan. It reads what people wrote and reports their mistakes; it never plays anything.

pub mod expect;
