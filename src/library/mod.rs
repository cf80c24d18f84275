//! The scenarios that travel inside the program, so that the first command needs no file. It holds their text and reads none of it.

/// One built-in scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    pub text: &'static str,
}

/// What `firedrill run` plays when it is given nothing.
pub const DEFAULT: &str = "slow-cache";

/// Every file of the folder scenarios/, in the order in which they are listed.
pub static SCENARIOS: &[Entry] = &[
    Entry { name: "slow-cache", text: include_str!("../../scenarios/slow-cache.yaml") },
    Entry { name: "game-day", text: include_str!("../../scenarios/game-day.yaml") },
    Entry { name: "retry-storm", text: include_str!("../../scenarios/retry-storm.yaml") },
    Entry { name: "timeout-inversion", text: include_str!("../../scenarios/timeout-inversion.yaml") },
    Entry {
        name: "memcached-cannot-be-restarted",
        text: include_str!("../../scenarios/memcached-cannot-be-restarted.yaml"),
    },
    Entry { name: "storage-exhaustion", text: include_str!("../../scenarios/storage-exhaustion.yaml") },
    Entry { name: "elb-pre-open", text: include_str!("../../scenarios/elb-pre-open.yaml") },
];

pub fn named(name: &str) -> Option<&'static Entry> {
    SCENARIOS.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_of_the_folder_is_built_in_under_its_own_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("scenarios/ is there")
            .map(|entry| entry.expect("scenarios/ can be listed").file_name().to_string_lossy().into_owned())
            .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
            .collect();
        files.sort();
        let mut built_in: Vec<&str> = SCENARIOS.iter().map(|entry| entry.name).collect();
        built_in.sort_unstable();
        assert_eq!(built_in, files, "add the missing file to library::SCENARIOS");
        for entry in SCENARIOS {
            let first = entry.text.lines().find(|line| line.starts_with("name: "));
            assert_eq!(first, Some(format!("name: {}", entry.name).as_str()));
        }
        assert!(named(DEFAULT).is_some());
    }
}
