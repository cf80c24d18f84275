//! The scenarios that travel inside the program, so that the first command needs no file, and the lessons beside them. It holds their text
//! and reads none of it; build.rs lists the files.

/// One built-in scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    /// The folder that it lies in, under scenarios/incidents/ or, for the first steps, scenarios/ladder; empty for those to begin with.
    pub group: &'static str,
    pub text: &'static str,
    pub lesson: Option<&'static str>,
}

/// What `firedrill run` plays when it is given nothing.
pub const DEFAULT: &str = "slow-cache";

/// Every scenario under scenarios/, in the order of their paths.
pub static SCENARIOS: &[Entry] = include!(concat!(env!("OUT_DIR"), "/scenarios.rs"));

/// The groups of scenarios as a reader would look for them: folder and title.
pub const GROUPS: [(&str, &str); 11] = [
    ("", "To begin with"),
    ("ladder", "The ladder: from one queue on"),
    ("caches", "Caches"),
    ("timeouts", "Timeouts and retries"),
    ("storage", "Storage"),
    ("queues", "Queues and brokers"),
    ("fleets", "Fleets and configuration"),
    ("naming", "Naming and certificates"),
    ("failover", "Failover and regions"),
    ("delivery", "Delivery networks"),
    ("people", "Dependencies and people"),
];

pub fn named(name: &str) -> Option<&'static Entry> {
    SCENARIOS.iter().find(|entry| entry.name == name)
}

/// All of one group.
pub fn of_group(group: &str) -> impl Iterator<Item = &'static Entry> {
    SCENARIOS.iter().filter(move |entry| entry.group == group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_scenario_has_a_name_of_its_own_and_lies_in_a_known_group() {
        let mut names = BTreeSet::new();
        for entry in SCENARIOS {
            let first = entry.text.lines().find(|line| line.starts_with("name: "));
            assert_eq!(first, Some(format!("name: {}", entry.name).as_str()));
            assert!(names.insert(entry.name), "two scenarios are called {}", entry.name);
            assert!(GROUPS.iter().any(|(folder, _)| *folder == entry.group), "{}: {}", entry.name, entry.group);
        }
        assert!(named(DEFAULT).is_some());
    }
}
