//! Statistical checks of the dice, and proof that each of them can fail: generators with a planted flaw must be rejected.

use super::Dice;

const DRAWS: usize = 2_000_000;
const CELLS: usize = 1000;

/// How far a chi-square statistic lies from what chance gives, as a standard normal (Wilson and Hilferty, 1931).
fn chi_square_z(counts: &[u64]) -> f64 {
    let expected = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
    let off = |count: &u64| (*count as f64 - expected) * (*count as f64 - expected) / expected;
    let (sum, freedom) = (counts.iter().map(off).sum::<f64>(), counts.len() as f64 - 1.0);
    let spread = 2.0 / (9.0 * freedom);
    (libm::cbrt(sum / freedom) - (1.0 - spread)) / libm::sqrt(spread)
}

/// Are these draws independent and uniform in [0, 1)? Each check in standard deviations: at most 4.5 may be chance.
fn uniform(mut draw: impl FnMut() -> f64) -> Result<(), String> {
    let (mut cells, mut pairs) = (vec![0; CELLS], vec![0; 32 * 32]);
    let (mut sum, mut products, mut last) = (0.0, 0.0, draw());
    for _ in 0..DRAWS {
        let u = draw();
        if !(0.0..1.0).contains(&u) {
            return Err(format!("{u} is out of range"));
        }
        cells[(u * CELLS as f64) as usize] += 1;
        pairs[(last * 32.0) as usize * 32 + (u * 32.0) as usize] += 1;
        sum += u - 0.5;
        products += (u - 0.5) * (last - 0.5);
        last = u;
    }
    let root = libm::sqrt(DRAWS as f64);
    let checks = [
        ("the mean", sum / root * libm::sqrt(12.0)),
        ("the cells", chi_square_z(&cells)),
        ("neighbours", chi_square_z(&pairs)),
        ("serial correlation", products / root * 12.0),
    ];
    match checks.into_iter().find(|(_, z)| z.abs() > 4.5) {
        Some((what, z)) => Err(format!("{what}: {z:.1} standard deviations")),
        None => Ok(()),
    }
}

/// Exponential draws of mean 1 are uniform under their own distribution; the far tail is counted by itself.
fn exponential(mut draw: impl FnMut() -> f64) -> Result<(), String> {
    let mut far = 0u64;
    uniform(|| {
        let x = draw();
        far += u64::from(x > 9.0);
        1.0 - libm::exp(-x)
    })?;
    let expected = DRAWS as f64 * libm::exp(-9.0);
    let z = (far as f64 - expected) / libm::sqrt(expected);
    if z.abs() > 4.5 { Err(format!("the tail: {z:.1} standard deviations")) } else { Ok(()) }
}

fn normal(mut draw: impl FnMut() -> f64) -> Result<(), String> {
    uniform(|| 0.5 * libm::erfc(-draw() / std::f64::consts::SQRT_2))
}

/// Whole numbers below 7.
fn dealt(mut draw: impl FnMut() -> u64) -> Result<(), String> {
    let mut counts = [0; 7];
    for _ in 0..DRAWS {
        counts[draw() as usize] += 1;
    }
    let z = chi_square_z(&counts);
    if z > 4.5 { Err(format!("{counts:?}: {z:.1} standard deviations")) } else { Ok(()) }
}

#[test]
fn fair_dice_pass() {
    for seed in 1..=3 {
        let dice = |name: &str| Dice::named(seed, name);
        let (mut unit, mut exp, mut gauss, mut below) = (dice("unit"), dice("exp"), dice("gauss"), dice("below"));
        assert_eq!(uniform(|| unit.unit()), Ok(()));
        assert_eq!(exponential(|| exp.exponential()), Ok(()));
        assert_eq!(normal(|| gauss.normal()), Ok(()));
        assert_eq!(dealt(|| below.below(7)), Ok(()));
    }
}

#[test]
fn streams_of_different_names_are_independent() {
    // Every draw comes from dice of its own, as neighbours on the map do.
    let mut number = 0;
    let fresh = |number: &mut u64| {
        *number += 1;
        Dice::named(1, &format!("work/s{number}"))
    };
    let mut dice = fresh(&mut number);
    let mut left = 20;
    let draw = || {
        left -= 1;
        if left == 0 {
            (dice, left) = (fresh(&mut number), 20);
        }
        dice.unit()
    };
    assert_eq!(uniform(draw), Ok(()));
}

#[test]
fn biased_uniform_dice_are_rejected() {
    let mut dice = Dice::named(1, "biased");
    assert!(uniform(|| dice.unit() * 0.998).is_err(), "never at the top");
    assert!(uniform(|| libm::floor(dice.unit() * 256.0) / 256.0).is_err(), "only eight bits");
    assert!(uniform(|| dice.unit().max(dice.unit() * 0.01)).is_err(), "seldom at the bottom");
    let mut last = 0.5;
    let sticky = || {
        if !dice.chance(0.02) {
            last = dice.unit();
        }
        last
    };
    assert!(uniform(sticky).is_err(), "one draw in fifty is said twice");
    let mut phase = 0.0;
    let regular = || {
        phase = (phase + 0.618_033_988_749_895) % 1.0;
        phase
    };
    assert!(uniform(regular).is_err(), "more even than chance");
}

#[test]
fn biased_exponential_dice_are_rejected() {
    let mut dice = Dice::named(1, "biased");
    assert!(exponential(|| dice.exponential() * 1.005).is_err(), "half a percent too long");
    let short = |dice: &mut Dice| std::iter::repeat_with(|| dice.exponential()).find(|x| *x < 7.697);
    assert!(exponential(|| short(&mut dice).expect("it comes soon")).is_err(), "the ziggurat without its tail");
    let sigma2 = std::f64::consts::LN_2;
    let lognormal = || libm::exp(libm::sqrt(sigma2) * dice.normal() - sigma2 / 2.0);
    assert!(exponential(lognormal).is_err(), "a lognormal of the same mean and variance");
    assert!(exponential(|| (dice.exponential() + dice.exponential()) / 2.0).is_err(), "an Erlang of the same mean");
}

#[test]
fn other_biased_dice_are_rejected() {
    let mut dice = Dice::named(1, "biased");
    assert!(normal(|| dice.normal() * 1.01).is_err(), "one percent too wide");
    let twelve = |dice: &mut Dice| (0..12).map(|_| dice.unit()).sum::<f64>() - 6.0;
    assert!(normal(|| twelve(&mut dice)).is_err(), "the sum of twelve instead of a normal");
    assert!(dealt(|| (dice.unit() * 7.0 + 0.02).min(6.9) as u64).is_err(), "zero too seldom");
    assert!(dealt(|| dice.bits() % 256 % 7).is_err(), "the remainder of a byte");
}
