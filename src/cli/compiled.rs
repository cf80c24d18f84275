//! Scenario to Plan for the commands: loads, compiles, and gathers what was found, each mistake once however many variants show it.

use super::console::Console;
use super::ending::{Failure, counted};
use super::select::Chosen;
use super::shape::Shape;
use crate::compile::{self, Places, Request};
use crate::judge::ExitCode;
use crate::plan::Plan;
use crate::scenario::{self, Diagnostic, Diagnostics, Loaded, Severity, Sources};

/// A scenario that was read, with everything found in it so far.
pub struct Source {
    pub chosen: Chosen,
    pub loaded: Loaded,
    pub variants: Vec<String>,
    found: Vec<(Diagnostic, Sources)>,
    /// The text could not be read as YAML, so there is nothing to compile.
    unreadable: bool,
}

/// Codes of what can be wrong with a path of `set:`.
const OF_PATHS: [&str; 2] = ["bad-path", "unknown-name"];

/// What was found in several scenarios.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub errors: usize,
    pub warnings: usize,
    files_with_errors: usize,
}

impl Source {
    pub fn open(chosen: Chosen) -> Source {
        let diags = Diagnostics::new();
        let loaded = chosen.load(&diags);
        let variants = compile::variants(&loaded.root).into_iter().map(|variant| variant.name).collect();
        let unreadable = diags.has_errors();
        let mut source = Source { chosen, loaded, variants, found: Vec::new(), unreadable };
        let sources = source.loaded.sources.clone();
        source.keep(&diags, &sources);
        source
    }

    /// The Plan of one variant under one seed; `None` when there are mistakes, which are kept.
    pub fn plan(&mut self, shape: &Shape, variant: Option<&str>, seed: Option<u64>) -> Option<Plan> {
        self.placed(shape, variant, seed).map(|(plan, ..)| plan)
    }

    /// The same, with where its parts are written, and in which sources.
    pub fn placed(
        &mut self,
        shape: &Shape,
        variant: Option<&str>,
        seed: Option<u64>,
    ) -> Option<(Plan, Places, Sources)> {
        if self.unreadable {
            return None;
        }
        let request =
            Request { variant: variant.map(str::to_owned), set: shape.set.clone(), seed, world: shape.world() };
        // `--set` arguments become sources of their own: in a copy, so that each compilation numbers them alike.
        let mut loaded = self.loaded.clone();
        let diags = Diagnostics::new();
        diags.set_folder(&loaded.folder);
        let placed = compile::placed(&mut loaded, &request, &diags);
        self.keep(&diags, &loaded.sources);
        placed.map(|(plan, places)| (plan, places, loaded.sources))
    }

    /// Compiles the base and every variant, for their mistakes.
    pub fn check(&mut self, shape: &Shape) -> Option<Plan> {
        let base = self.plan(shape, None, shape.seed);
        let of_base = self.found.len();
        for variant in self.variants.clone() {
            self.plan(shape, Some(&variant), shape.seed);
        }
        if base.is_none() {
            // A path that leads nowhere in a wrong base may be right once the base is.
            let of_variants = self.found.split_off(of_base).into_iter();
            self.found.extend(of_variants.filter(|(one, _)| !OF_PATHS.contains(&one.code)));
        }
        base.filter(|_| !self.has_errors())
    }

    pub fn is_unreadable(&self) -> bool {
        self.unreadable
    }

    /// The text as the author wrote it.
    pub fn text(&self) -> &str {
        self.loaded.sources.get(self.loaded.root.place.source).map_or("", |source| source.text.as_str())
    }

    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|(one, _)| one.severity == Severity::Error)
    }

    pub fn found(&self) -> impl Iterator<Item = (&Diagnostic, &Sources)> {
        self.found.iter().map(|(one, sources)| (one, sources))
    }

    /// For people, with the source lines.
    pub fn rendered(&self, color: bool) -> String {
        let one = |(diagnostic, sources): &(Diagnostic, Sources)| {
            let diags = Diagnostics::new();
            diags.push(diagnostic.clone());
            scenario::render(&diags, sources, color)
        };
        self.found.iter().map(one).collect()
    }

    fn keep(&mut self, diags: &Diagnostics, sources: &Sources) {
        for one in diags.sorted() {
            if !self.found.iter().any(|(known, _)| known == &one) {
                self.found.push((one, sources.clone()));
            }
        }
    }
}

impl Tally {
    pub fn of(sources: &[Source]) -> Tally {
        let all = || sources.iter().flat_map(Source::found);
        let count = |severity| all().filter(|(one, _)| one.severity == severity).count();
        Tally {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            files_with_errors: sources.iter().filter(|source| source.has_errors()).count(),
        }
    }

    /// `3 mistakes in shop.yaml`, `3 mistakes in 2 of 5 files`.
    pub fn reason(&self, sources: &[Source]) -> String {
        let mistakes = counted(self.errors, "mistake");
        match sources {
            [one] => format!("{mistakes} in {}", one.chosen.name),
            all => format!("{mistakes} in {} of {}", self.files_with_errors, counted(all.len(), "file")),
        }
    }
}

/// Tells what was found on standard error; a failure if any of it is a mistake.
pub fn accept(sources: &[Source], console: &mut Console) -> Result<(), Failure> {
    console.flush();
    for source in sources {
        let text = source.rendered(console.err_color());
        if !text.is_empty() {
            console.err(&format!("{}\n", text.trim_end()));
        }
    }
    let tally = Tally::of(sources);
    if tally.errors == 0 { Ok(()) } else { Err(Failure::told(ExitCode::Usage, tally.reason(sources))) }
}
