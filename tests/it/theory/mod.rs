//! The simulator against closed forms and published results, from the text of a scenario to the figures of its recording, so that the
//! whole path is proven. docs/validation.md is written from these tests.

mod backoff;
mod balancing;
mod caches;
mod fanout;
mod findings;
mod guards;
mod hotos;
mod loops;
mod loss;
mod many;
mod osdi;
pub mod played;
mod proof;
mod retries;
mod sheet;
mod single;
mod tiers;
