//! The one integration binary: everything that is proven from outside of the crate.

mod scenarios;
mod tidy;
