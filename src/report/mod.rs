//! Reports: one file per format, one per chart. Everything here reads a Recording and its verdict; nothing here measures or judges.

pub mod against;
pub mod charts;
pub mod feed;
pub mod figures;
pub mod formats;
pub mod html;
pub mod load;
pub mod markdown;
pub mod page;
pub mod points;
pub mod result;
pub mod seeds;
pub mod sparkline;
pub mod text;

#[cfg(test)]
pub(crate) mod fixture;
