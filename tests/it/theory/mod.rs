//! The simulator against closed forms and published results, from the text of a scenario to the figures of its recording, so that the
//! whole path is proven. docs/validation.md is written from these tests.

mod backoff;
mod balancing;
mod caches;
mod cascade;
mod collapse;
mod elsewhere;
mod fanout;
mod feedback;
mod findings;
mod guards;
mod hotos;
mod joined;
mod loops;
mod loss;
mod many;
mod metastable;
mod osdi;
mod overload;
pub mod played;
mod proof;
mod retries;
mod sharing;
mod sheet;
mod single;
mod tiers;
