//! How fast a replica works, given how much it has in flight and how long ago it started. Arithmetic only.

use crate::base::Time;
use crate::plan::{Efficiency, WarmUp};

/// The share of its full speed at which a replica works with this many requests in flight: linear between the points, flat beyond.
pub fn efficiency(curve: &Efficiency, in_flight: u32) -> f64 {
    let at = f64::from(in_flight);
    let points = &curve.points;
    let Some(after) = points.iter().position(|(n, _)| *n > at) else {
        return points.last().map_or(1.0, |(_, share)| *share);
    };
    let Some(before) = after.checked_sub(1) else { return points[after].1 };
    let ((x0, y0), (x1, y1)) = (points[before], points[after]);
    y0 + (y1 - y0) * (at - x0) / (x1 - x0)
}

/// How many times longer work takes that begins now, on a replica that started at `started`.
pub fn warm_up(policy: &WarmUp, started: Time, now: Time) -> f64 {
    let since = now.since(started);
    if since >= policy.lasts {
        return 1.0;
    }
    let cold = 1.0 - since.0 as f64 / policy.lasts.0 as f64;
    1.0 + (policy.slower - 1.0) * cold
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Span;

    #[test]
    fn efficiency_is_linear_between_its_points_and_flat_beyond() {
        let curve = Efficiency { points: vec![(71.0, 1.0), (142.0, 0.03)] };
        let shares = [0, 71, 142, 1000].map(|n| efficiency(&curve, n));
        assert_eq!(shares, [1.0, 1.0, 0.03, 0.03]);
        let half = Efficiency { points: vec![(0.0, 1.0), (10.0, 0.0)] };
        assert!((efficiency(&half, 5) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_cold_start_is_slow_and_warms_up_evenly() {
        let policy = WarmUp { lasts: Span::from_secs(60), slower: 5.0, cold_start: true };
        let factor = |seconds: f64| warm_up(&policy, Time::from_secs_f64(100.0), Time::from_secs_f64(100.0 + seconds));
        assert_eq!([0.0, 15.0, 30.0, 60.0, 1e6].map(factor), [5.0, 4.0, 3.0, 1.0, 1.0]);
    }
}
