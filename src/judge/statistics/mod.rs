//! What samples allow to be said about the truth behind them: means, shares and quantiles with their 95% intervals, batch means, and the
//! length of a warm-up. Pure numbers: nothing here knows of runs, windows or expectations.

pub mod batches;
pub mod quantile;
pub mod student;
pub mod truncation;
pub mod wilson;

/// A lower and an upper end.
pub type Interval = (f64, f64);
