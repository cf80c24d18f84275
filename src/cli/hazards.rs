//! What the review finds in a scenario, as diagnostics with their places. It prints nothing and decides no exit code.

use super::compiled::Source;
use super::ending::Failure;
use super::shape::Shape;
use crate::hazards;
use crate::scenario::{Diagnostic, Severity, Sources};

/// One finding of the review.
pub struct Told {
    pub diagnostic: Diagnostic,
    pub sources: Sources,
    /// The form that it was found in; `None`: the base.
    pub variant: Option<String>,
    /// The author's reason, which may be empty, where the scenario accepts it.
    pub accepted: Option<String>,
}

/// What `--deny` names.
pub enum Denied {
    All,
    Rule(&'static hazards::Rule),
}

impl Denied {
    pub fn read(word: &str) -> Result<Denied, Failure> {
        if word == "hazards" {
            return Ok(Denied::All);
        }
        hazards::named(word).map(Denied::Rule).ok_or_else(|| {
            let names = hazards::RULES.iter().map(|rule| rule.name()).chain(["hazards"]);
            let help = crate::scenario::help_for(word, names).unwrap_or_default();
            Failure::usage(format!("there is no rule {}", crate::scenario::quote(word)), help)
        })
    }

    pub fn holds_for(&self, told: &Told) -> bool {
        let is_meant = match self {
            Denied::All => true,
            Denied::Rule(rule) => rule.code == told.diagnostic.code,
        };
        is_meant && told.accepted.is_none()
    }
}

/// Reviews one form of a scenario; nothing for one with mistakes.
pub fn review(source: &mut Source, shape: &Shape, variant: Option<&str>) -> Vec<Told> {
    let Some((plan, places, sources)) = source.placed(shape, variant, shape.seed) else { return Vec::new() };
    let tell = |finding: hazards::Finding| {
        let accepted = plan.accepted.iter().find(|one| one.code == finding.code);
        Told {
            accepted: accepted.map(|one| one.reason.clone()),
            variant: variant.map(str::to_owned),
            diagnostic: Diagnostic {
                code: finding.code,
                severity: Severity::Warning,
                place: Some(places.of(finding.part)),
                message: finding.message,
                label: String::new(),
                help: Some(finding.help).filter(|help| !help.is_empty()),
            },
            sources: sources.clone(),
        }
    };
    hazards::review(&plan).into_iter().map(tell).collect()
}
