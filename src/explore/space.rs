//! The points that are tried: every combination of the axes' values, or a sample. A sample is a Latin hypercube (McKay, Beckman and Conover,
//! Technometrics 1979): each axis is cut into as many strata as there are points, and each stratum is met once.

use super::vary::{Axis, Values};
use crate::base::Dice;

/// More points are surely a slip, and would not be looked at.
pub const POINTS_MAX: usize = 1_000_000;

/// One value for each axis, as text.
pub type Point = Vec<String>;

/// Every combination, the last axis changing fastest; words on why not.
pub fn grid(axes: &[Axis]) -> Result<Vec<Point>, String> {
    let mut points: Vec<Point> = vec![Vec::new()];
    for axis in axes {
        let values = axis.list().ok_or_else(|| {
            format!(
                "{} has no step: give one (`{}=FROM..TO:STEP`), or take a sample with --samples N",
                axis.path, axis.path
            )
        })?;
        if points.len().saturating_mul(values.len()) > POINTS_MAX {
            return Err(format!("the grid has more than {POINTS_MAX} points: take larger steps, or --samples N"));
        }
        points = points
            .iter()
            .flat_map(|point| values.iter().map(move |value| [point.as_slice(), std::slice::from_ref(value)].concat()))
            .collect();
    }
    Ok(points)
}

/// So many points, the same for the same seed.
pub fn sample(axes: &[Axis], points: usize, seed: u64) -> Vec<Point> {
    let columns: Vec<Vec<String>> = axes.iter().map(|axis| column(axis, points, seed)).collect();
    (0..points).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect()
}

fn column(axis: &Axis, points: usize, seed: u64) -> Vec<String> {
    let mut dice = Dice::named(seed, &format!("sample/{}", axis.path));
    let mut strata: Vec<usize> = (0..points).collect();
    for last in (1..points).rev() {
        strata.swap(last, dice.below(last as u64 + 1) as usize);
    }
    let place = |stratum: usize, within: f64| (stratum as f64 + within) / points as f64;
    let value = |share: f64| match &axis.values {
        Values::Within(range) => range.written(range.from + share * range.span()),
        Values::List(values) => values[((share * values.len() as f64) as usize).min(values.len() - 1)].clone(),
    };
    strata.into_iter().map(|stratum| value(place(stratum, dice.unit()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(texts: &[&str]) -> Vec<Axis> {
        texts.iter().map(|text| Axis::read(text).expect("it can be read")).collect()
    }

    #[test]
    fn a_grid_is_every_combination() {
        let points = grid(&axes(&["a=1,2", "b=x,y,z"])).expect("it is small");
        assert_eq!(points.len(), 6);
        assert_eq!((points[0].join(" "), points[5].join(" ")), ("1 x".to_owned(), "2 z".to_owned()));
        assert!(grid(&axes(&["a=1..9"])).is_err());
        assert!(grid(&axes(&["a=1..9000:1", "b=1..9000:1"])).is_err());
    }

    #[test]
    fn a_sample_meets_each_stratum_once() {
        let axes = axes(&["a=0.0..10.0", "b=x,y"]);
        let points = sample(&axes, 10, 7);
        let mut tenths: Vec<u32> =
            points.iter().map(|point| point[0].parse::<f64>().expect("a number") as u32).collect();
        tenths.sort_unstable();
        assert_eq!(tenths, (0..10).collect::<Vec<_>>());
        assert_eq!(points.iter().filter(|point| point[1] == "x").count(), 5);
        assert_eq!(sample(&axes, 10, 7), points);
        assert_ne!(sample(&axes, 10, 8), points);
    }
}
