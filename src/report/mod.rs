//! Reports: one file per format, one per chart. Everything here reads a Recording and its verdict; nothing here measures or judges.

pub mod charts;
pub mod figures;
pub mod html;
pub mod junit;
pub mod load;
pub mod page;
pub mod result;
pub mod seeds;
pub mod text;

#[cfg(test)]
pub(crate) mod fixture;
