//! A proportional feedback controller as a pure machine: readings in, new values out. It keeps the readings that are on their way to it
//! and nothing else; whose they are, and what the values move, it does not know.
//!
//! With readings that are d ticks old the closed loop is x(t+1) = x(t) - K x(t-d), which swings up without end from a loop gain of
//! K = 2 sin(pi / (2 (2d + 1))) on (Levin & May, "A note on difference-delay equations", 1976).

use crate::plan::Steering;
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub struct Controller {
    /// Readings that it has not seen yet, oldest first.
    on_their_way: VecDeque<Vec<f64>>,
}

impl Controller {
    /// One tick: the readings of now (one for each value, or one for all), and what the values become. `None` when nothing moves.
    pub fn tick(&mut self, spec: &Steering, readings: Vec<f64>, values: &[f64]) -> Option<Vec<f64>> {
        self.on_their_way.push_back(readings);
        if self.on_their_way.len() <= spec.delay as usize {
            return None;
        }
        let seen = self.on_their_way.pop_front()?;
        let mean = seen.iter().sum::<f64>() / seen.len() as f64;
        let target = spec.target.unwrap_or(mean);
        let sign = if spec.moves.goes_down() { -1.0 } else { 1.0 };
        let moved = values.iter().enumerate().map(|(index, value)| {
            let error = seen[index.min(seen.len() - 1)] - target;
            if let Some(aimd) = spec.aimd {
                let is_too_much = sign * error < -spec.hysteresis;
                let to = if is_too_much { value * aimd.decrease } else { value + aimd.increase };
                return to.clamp(spec.min, spec.max);
            }
            if error.abs() <= spec.hysteresis {
                return *value;
            }
            let by = (sign * spec.gain * error).clamp(-spec.clamp, spec.clamp);
            (value + by).clamp(spec.min, spec.max)
        });
        let moved: Vec<f64> = moved.collect();
        (moved != values).then_some(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{ClientId, EdgeId, ServiceId};
    use crate::plan::{Lever, Signal};

    fn spec(gain: f64, delay: u32) -> Steering {
        Steering {
            moves: Lever::Weights(vec![EdgeId(0), EdgeId(1)]),
            reads: Signal::Utilisation,
            of: vec![ServiceId(0), ServiceId(1)],
            target: None,
            gain,
            aimd: None,
            delay,
            clamp: f64::INFINITY,
            hysteresis: 0.0,
            min: f64::NEG_INFINITY,
            max: f64::INFINITY,
        }
    }

    /// Two equal sites, each as busy as its share; how far from the middle the first is after so many ticks.
    fn swing(spec: &Steering, ticks: u32) -> f64 {
        let mut controller = Controller::default();
        let mut values = vec![0.6, 0.4];
        let mut largest = 0.0;
        for tick in 0..ticks {
            values = controller.tick(spec, values.clone(), &values).unwrap_or(values);
            if tick + 20 >= ticks {
                largest = f64::max(largest, (values[0] - 0.5).abs());
            }
        }
        largest
    }

    #[test]
    fn old_readings_bound_the_gain() {
        for delay in 0..=4u32 {
            let limit = 2.0 * libm::sin(std::f64::consts::PI / (2.0 * f64::from(2 * delay + 1)));
            assert!(swing(&spec(0.95 * limit, delay), 600) < 0.01, "delay {delay}");
            assert!(swing(&spec(1.05 * limit, delay), 600) > 0.3, "delay {delay}");
        }
    }

    #[test]
    fn a_dead_band_and_a_clamp_bound_the_move() {
        let values = [0.6, 0.4];
        let tick = |spec: &Steering| Controller::default().tick(spec, vec![0.6, 0.4], &values);
        assert_eq!(tick(&Steering { hysteresis: 0.11, ..spec(1.0, 0) }), None);
        let moved = tick(&Steering { clamp: 0.02, ..spec(1.0, 0) }).expect("a clamp lets it move a bit");
        assert!((moved[0] - 0.58).abs() < 1e-12 && (moved[1] - 0.42).abs() < 1e-12, "{moved:?}");
        let moved = tick(&Steering { min: 0.45, max: 0.55, ..spec(0.1, 0) }).expect("the bounds move it");
        assert_eq!(moved, [0.55, 0.45]);
    }

    #[test]
    fn steps_up_and_halves_down_make_two_senders_equal() {
        // Two senders on one line: both halve when the sum is over 1, and both add 0.01 otherwise (Chiu & Jain, 1989).
        let aimd = Some(crate::plan::Aimd { increase: 0.01, decrease: 0.5 });
        let spec = Steering { moves: Lever::Rate(ClientId(0)), target: Some(1.0), aimd, ..spec(0.0, 0) };
        let (mut one, mut other) = (0.9, 0.1);
        let mut controllers = [Controller::default(), Controller::default()];
        for _ in 0..400 {
            let sum = one + other;
            let mut tick = |which: usize, value: f64| {
                controllers[which].tick(&spec, vec![sum], &[value]).map_or(value, |values| values[0])
            };
            (one, other) = (tick(0, one), tick(1, other));
        }
        assert!((one - other).abs() < 0.01, "{one} and {other}");
        assert!((0.5..=1.03).contains(&(one + other)), "{}", one + other);
    }

    #[test]
    fn workers_follow_a_signal_up_and_a_chance_follows_it_down() {
        let up = Steering { moves: Lever::Workers(ServiceId(0)), target: Some(0.5), ..spec(10.0, 0) };
        assert_eq!(Controller::default().tick(&up, vec![0.7], &[4.0]).map(|v| v[0].round()), Some(6.0));
        let down = Steering { moves: Lever::Chance(EdgeId(0)), target: Some(0.5), ..spec(1.0, 0) };
        assert_eq!(Controller::default().tick(&down, vec![0.75], &[1.0]), Some(vec![0.75]));
    }
}
