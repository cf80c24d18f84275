//! Effects in the words of Toxiproxy: the toxics that do what an effect says, or why none does. Pure; sends nothing.

use crate::base::{Dist, Which};
use crate::plan::toxic::ToxicKind;
use crate::plan::{Effect, Toxic, Ways};

/// What puts an effect on a proxy.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    Toxics(Vec<Toxic>),
    /// The proxy is disabled as long as it lasts.
    Disable,
}

/// `Err` says in plain words why a Toxiproxy cannot do this.
pub fn of(effect: &Effect) -> Result<Wish, String> {
    if let Effect::Some { which, does } = effect {
        let Wish::Toxics(toxics) = of(does)? else {
            return Err("a Toxiproxy refuses all connections, or none".to_owned());
        };
        let on = |toxic: Toxic| Toxic { which: Which { share: toxic.which.share * which.share, ..*which }, ..toxic };
        return Ok(Wish::Toxics(toxics.into_iter().map(|toxic| known(&on(toxic))).collect::<Result<_, _>>()?));
    }
    let toxic = |kind, values: &[f64], upstream, share| Toxic {
        kind,
        values: values.to_vec(),
        upstream,
        which: Which::share(share),
    };
    Ok(Wish::Toxics(match effect {
        Effect::Delay { by, upstream } => {
            let (latency, jitter) = milliseconds(by)?;
            vec![toxic(ToxicKind::Latency, &[latency, jitter], *upstream, 1.0)]
        }
        Effect::Throttle { bytes_per_sec } => {
            let rate = whole(bytes_per_sec / 1e3, "thousands of bytes per second")?;
            [true, false].map(|upstream| toxic(ToxicKind::Bandwidth, &[rate], upstream, 1.0)).into()
        }
        Effect::Cut { lose, ways } => {
            let kind = if *lose { ToxicKind::Timeout } else { ToxicKind::Bandwidth };
            streams(*ways).map(|upstream| toxic(kind, &[0.0], upstream, 1.0)).collect()
        }
        Effect::Reset { chance } => vec![toxic(ToxicKind::ResetPeer, &[0.0], false, *chance)],
        Effect::Refuse => return Ok(Wish::Disable),
        Effect::Toxic(given) => vec![known(given)?],
        _ => return Err("a Toxiproxy has nothing like it".to_owned()),
    }))
}

fn streams(ways: Ways) -> impl Iterator<Item = bool> {
    [(true, ways.requests()), (false, ways.responses())].into_iter().filter(|(_, is_cut)| *is_cut).map(|(up, _)| up)
}

/// A toxic that every Toxiproxy knows, on connections that it can pick.
fn known(given: &Toxic) -> Result<Toxic, String> {
    if matches!(given.kind, ToxicKind::Connect | ToxicKind::CutAfter) {
        return Err(format!("`{}` is not a toxic of Toxiproxy", given.kind.word()));
    }
    if given.which != Which::share(given.which.share) {
        return Err("a Toxiproxy picks connections by `toxicity` only, not by `first` or `every`".to_owned());
    }
    Ok(given.clone())
}

/// Constant, give or take: in whole milliseconds.
fn milliseconds(by: &Dist) -> Result<(f64, f64), String> {
    let (low, high) = match by {
        Dist::Constant(length) => (*length, *length),
        Dist::Uniform { low, high } => (*low, *high),
        _ => return Err("a Toxiproxy delays by a constant, give or take, and by no other distribution".to_owned()),
    };
    let middle = whole((low + high) / 2.0 * 1e3, "milliseconds")?;
    Ok((middle, whole((high - low) / 2.0 * 1e3, "milliseconds")?))
}

fn whole(value: f64, of: &str) -> Result<f64, String> {
    let rounded = value.round();
    match (value - rounded).abs() < 1e-6 {
        true => Ok(rounded),
        false => Err(format!("a Toxiproxy counts in whole {of}, not in {value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toxics(effect: &Effect) -> Vec<(&'static str, Vec<f64>, bool, f64)> {
        match of(effect) {
            Ok(Wish::Toxics(all)) => {
                all.into_iter().map(|t| (t.kind.word(), t.values, t.upstream, t.which.share)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn effects_become_toxics_and_what_does_not_is_told() {
        let late = |by| Effect::Delay { by, upstream: true };
        assert_eq!(toxics(&late(Dist::Uniform { low: 0.1, high: 0.3 })), [("latency", vec![200.0, 100.0], true, 1.0)]);
        let lose = Effect::Cut { lose: true, ways: Ways::Both };
        assert_eq!(toxics(&lose), [("timeout", vec![0.0], true, 1.0), ("timeout", vec![0.0], false, 1.0)]);
        let hold = Effect::Cut { lose: false, ways: Ways::Responses };
        assert_eq!(toxics(&hold), [("bandwidth", vec![0.0], false, 1.0)]);
        assert_eq!(toxics(&Effect::Reset { chance: 0.3 }), [("reset_peer", vec![0.0], false, 0.3)]);
        assert_eq!(toxics(&Effect::Throttle { bytes_per_sec: 1e6 }).len(), 2);
        assert_eq!(of(&Effect::Refuse), Ok(Wish::Disable));
        for (effect, why) in [
            (late(Dist::Exponential { mean: 0.1 }), "no other distribution"),
            (late(Dist::Constant(0.0204)), "whole milliseconds"),
            (Effect::Down, "nothing like it"),
        ] {
            assert!(of(&effect).is_err_and(|told| told.contains(why)), "{effect:?}");
        }
    }
}
