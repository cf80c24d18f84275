//! The options that say which form of a scenario is meant: variant, overridden values, seed, world. Shared by the commands that compile one.

use super::panics::quoted;
use crate::plan::World;
use clap::{Args, ValueEnum};

#[derive(Clone, Debug, Default, Args)]
pub struct Shape {
    /// Play it simulated or live; default: the scenario's own `world:`, else sim
    #[arg(long, value_enum, value_name = "WORLD")]
    pub world: Option<WorldWord>,
    /// A named variant of the scenario
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Override a value, such as services.db.workers=12 (repeatable)
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// The seed of all dice, decimal or 0x…; default: the scenario's own
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WorldWord {
    /// Virtual time; no real system is touched
    Sim,
    /// Real processes and real time, through the fault proxy
    Live,
}

impl WorldWord {
    pub fn world(self) -> World {
        match self {
            WorldWord::Sim => World::Sim,
            WorldWord::Live => World::Live,
        }
    }
}

impl Shape {
    pub fn world(&self) -> Option<World> {
        self.world.map(WorldWord::world)
    }

    /// Only the world is given.
    pub fn of(world: World) -> Shape {
        let word = match world {
            World::Sim => WorldWord::Sim,
            World::Live => WorldWord::Live,
        };
        Shape { world: Some(word), ..Shape::default() }
    }

    /// The same form as arguments, for the command that plays a run again.
    pub fn again(&self, scenario: &str, variant: Option<&str>, seed: u64, world: World) -> String {
        let mut words = vec!["firedrill".to_owned(), "run".to_owned(), quoted(scenario)];
        words.extend(variant.map(|name| format!("--variant {}", quoted(name))));
        words.extend(self.set.iter().map(|setting| format!("--set {}", quoted(setting))));
        words.push(format!("--seed {seed}"));
        words.push(format!("--world {}", world.word()));
        words.join(" ")
    }
}

/// `7` or `0x1F`.
pub fn seed(text: &str) -> Result<u64, String> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let read = hex.map_or_else(|| text.parse(), |digits| u64::from_str_radix(digits, 16));
    read.map_err(|_| "a seed is a whole number from 0 to 18446744073709551615, or hexadecimal like 0x1F".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_decimal_or_hexadecimal() {
        assert_eq!(seed("7"), Ok(7));
        assert_eq!(seed("0x1F"), Ok(31));
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        for wrong in ["", "-1", "1.5", "0x", "0xg", "18446744073709551616"] {
            assert!(seed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_to_play_again_is_whole_and_quoted() {
        let shape = Shape { set: vec!["services.db.work=exp(5ms)".into()], ..Shape::default() };
        assert_eq!(
            shape.again("my file.yaml", Some("fixed"), 7, World::Sim),
            "firedrill run 'my file.yaml' --variant fixed --set 'services.db.work=exp(5ms)' --seed 7 --world sim"
        );
    }
}
