//! MSER-5: how much of the begin of a series is a transient (White, Simulation 69(6), 1997; White, Cobb and Spratt, WSC 2000).
//! It finds the cut that makes the mean of the rest most certain; whether the cut is worth a word is for the caller to test.

use super::student;

/// The method's batch size: five neighbours are judged as one.
const BATCH: usize = 5;
/// With fewer batches the cut is a guess.
const BATCHES_MIN: usize = 8;
/// A cut tells of a transient when the means on its two sides differ by this many standard errors: far beyond the chance that the
/// search for the best cut adds.
const ERRORS_APART: f64 = 4.0;
/// And by at least this share of the later one: less is of no account to anybody.
const SHARE_APART: f64 = 0.05;

/// How many values at the begin belong to the transient: 0 for none; `None` when the series is too short to say, or never settles
/// (the best cut lies in the second half).
pub fn transient(series: &[f64]) -> Option<usize> {
    let batches: Vec<f64> = series.chunks_exact(BATCH).map(|five| five.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < BATCHES_MIN {
        return None;
    }
    let cut = best_cut(&batches);
    if !differ(&batches[..cut], &batches[cut..]) {
        return Some(0);
    }
    (cut <= batches.len() / 2).then_some(cut * BATCH)
}

/// The cut with the least squared standard error of the mean of what follows. The last few batches cannot be all that follows.
fn best_cut(batches: &[f64]) -> usize {
    let last = batches.len() - BATCHES_MIN / 2;
    let (mut sum, mut squares) = (0.0, 0.0);
    let mut best = (f64::INFINITY, 0);
    for (cut, value) in batches.iter().enumerate().rev() {
        sum += value;
        squares += value * value;
        let left = (batches.len() - cut) as f64;
        let error = (squares - sum * sum / left).max(0.0) / (left * left);
        // Of equal cuts the earliest is taken: nothing is cut off without a reason.
        if cut <= last && error <= best.0 {
            best = (error, cut);
        }
    }
    best.1
}

/// Both sides are taken to spread like the later one, as they would in a series without a transient.
fn differ(early: &[f64], late: &[f64]) -> bool {
    let (Some(before), Some(after)) = (student::estimate(early), student::estimate(late)) else { return false };
    let error = after.deviation * (1.0 / before.n as f64 + 1.0 / after.n as f64).sqrt();
    let apart = (before.mean - after.mean).abs();
    apart > ERRORS_APART * error && apart > SHARE_APART * after.mean.abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dice;

    /// Noise around 10, with an excess at the begin that decays by the given number of steps.
    fn series(n: usize, excess: f64, decay: f64, dice: &mut Dice) -> Vec<f64> {
        (0..n).map(|at| 10.0 + excess * (-(at as f64) / decay).exp() + dice.normal()).collect()
    }

    #[test]
    fn a_transient_is_found_where_it_ends() {
        let mut dice = Dice::named(2, "transient");
        for (excess, decay) in [(20.0, 10.0), (-9.0, 20.0), (50.0, 20.0)] {
            let cut = transient(&series(400, excess, decay, &mut dice)).expect("it settles");
            // Where the excess has fallen to the noise of a batch of five.
            let gone = decay * (excess.abs() / 0.45f64).ln();
            assert!((0.3 * gone..=1.6 * gone).contains(&(cut as f64)), "{excess} {decay}: {cut}, gone at {gone:.0}");
        }
    }

    #[test]
    fn a_step_is_found_to_the_batch() {
        let step: Vec<f64> = (0..200).map(|at| if at < 35 { 30.0 } else { 10.0 + f64::from(at % 2) }).collect();
        assert_eq!(transient(&step), Some(35));
    }

    #[test]
    fn a_steady_series_has_none() {
        let mut dice = Dice::named(4, "steady");
        let alarms = (0..500).filter(|_| transient(&series(200, 0.0, 1.0, &mut dice)) != Some(0)).count();
        assert!(alarms <= 10, "{alarms} false alarms of 500");
        assert_eq!(transient(&[10.0; 60]), Some(0));
    }

    #[test]
    fn what_is_short_or_never_settles_is_not_told() {
        assert_eq!(transient(&[1.0; 39]), None);
        let rising: Vec<f64> = (0..200).map(f64::from).collect();
        assert_eq!(transient(&rising), None);
    }
}
