//! Wilson's score interval of a share (Wilson, J. American Statistical Association 22(158), 1927). Unlike mean ± 1.96 deviations it stays
//! within 0 and 1 and says something even where nothing or everything succeeded.

use super::Interval;

/// The 97.5% quantile of the standard normal.
const Z: f64 = 1.959_963_984_540_054;

/// The 95% interval of the share behind `hits` of `n`; `None` when nothing was tried.
pub fn interval(hits: u64, n: u64) -> Option<Interval> {
    if n == 0 {
        return None;
    }
    let (count, share) = (n as f64, hits as f64 / n as f64);
    let middle = share + Z * Z / (2.0 * count);
    let half = Z * (share * (1.0 - share) / count + Z * Z / (4.0 * count * count)).sqrt();
    let scale = 1.0 + Z * Z / count;
    let low = if hits == 0 { 0.0 } else { (middle - half) / scale };
    let high = if hits == n { 1.0 } else { (middle + half) / scale };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Dice;

    /// Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
    #[test]
    fn published_values() {
        for (hits, n, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0000, 0.1611),
            (1, 29, 0.0061, 0.1718),
            (20, 20, 0.8389, 1.0000),
        ] {
            let (found_low, found_high) = interval(hits, n).expect("something was tried");
            assert!(
                (found_low - low).abs() < 6e-5 && (found_high - high).abs() < 6e-5,
                "{hits} of {n}: {found_low} {found_high}"
            );
        }
        assert_eq!(interval(0, 0), None);
    }

    #[test]
    fn intervals_cover_the_truth_about_95_times_in_100() {
        let mut dice = Dice::named(5, "wilson coverage");
        for share in [0.1, 0.3, 0.5, 0.9] {
            let covered = (0..2000).filter(|_| {
                let hits = (0..40).filter(|_| dice.chance(share)).count() as u64;
                let (low, high) = interval(hits, 40).expect("tried");
                low <= share && share <= high
            });
            let covered = covered.count() as f64 / 2000.0;
            // Counts are few, so the coverage of any interval jumps about 95% as the share moves.
            assert!((0.92..=0.98).contains(&covered), "{share}: {covered}");
        }
    }
}
