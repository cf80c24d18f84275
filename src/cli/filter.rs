//! Which of the scenarios that were named are meant: `--filter`, `--tag` and `--skip-tag`, shared by the commands that take several.

use super::compiled::Source;
use super::console::Console;
use super::ending::{Failure, counted};
use crate::scenario::Node;
use crate::scenario::filter::{Filter, Subject};
use clap::Args;

#[derive(Clone, Debug, Default, Args)]
pub struct FilterArgs {
    /// Only what an expression chooses: tag(WORD), name(PART), variant(PART), base(), all(), joined by & | ! and parentheses; * and ? are
    /// wildcards, =WORD is exactly that (repeatable: what any of them chooses)
    #[arg(long = "filter", value_name = "EXPR", value_parser = read)]
    filters: Vec<Filter>,
    /// Only scenarios with this tag (repeatable: with any of them)
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Without scenarios that have this tag (repeatable)
    #[arg(long = "skip-tag", value_name = "TAG")]
    skip_tags: Vec<String>,
}

/// What a filter asks of a scenario.
pub struct Traits {
    pub name: String,
    pub tags: Vec<String>,
    pub variants: Vec<String>,
}

fn read(text: &str) -> Result<Filter, String> {
    Filter::read(text).map_err(|mistake| mistake.to_string())
}

impl FilterArgs {
    pub fn is_given(&self) -> bool {
        !(self.filters.is_empty() && self.tags.is_empty() && self.skip_tags.is_empty())
    }

    pub fn has(&self, subject: &Subject) -> bool {
        let fits = |tag: &String| Filter::of_tag(tag).has(subject);
        (self.filters.is_empty() || self.filters.iter().any(|filter| filter.has(subject)))
            && (self.tags.is_empty() || self.tags.iter().any(fits))
            && !self.skip_tags.iter().any(fits)
    }

    /// What cannot be read cannot be left out: nobody knows its tags.
    pub fn wants(&self, source: &Source, variant: Option<&str>) -> bool {
        source.is_unreadable() || self.has(&Traits::of(&source.loaded.root).subject(variant))
    }

    /// Keeps the scenarios of which a form is wanted, and tells of words that fit nothing; a failure if none is left.
    pub fn keep(
        &self,
        sources: &mut Vec<Source>,
        forms: impl Fn(&Source) -> Vec<Option<String>>,
        console: &Console,
    ) -> Result<(), Failure> {
        if !self.is_given() {
            return Ok(());
        }
        let all: Vec<Traits> = sources.iter().map(|source| Traits::of(&source.loaded.root)).collect();
        let idle = self.idle(&all);
        let looked_at = sources.len();
        let would = |variant: &String, source: &Source| self.wants(source, Some(variant));
        let of_variants = sources.iter().any(|source| source.variants.iter().any(|variant| would(variant, source)));
        sources.retain(|source| forms(source).iter().any(|variant| self.wants(source, variant.as_deref())));
        if !sources.is_empty() {
            idle.iter().for_each(|word| console.err(&format!("note: {word}")));
            return Ok(());
        }
        let next = match idle.is_empty() {
            false => idle.join("; "),
            true if of_variants => "it chooses variants only: they are played with --all-variants".to_owned(),
            true => "`firedrill list FOLDER --json` shows names, tags and variants".to_owned(),
        };
        Err(Failure::nothing(format!("{} looked at, and none is selected", counted(looked_at, "scenario")), next))
    }

    /// Words that fit nothing, in words for people.
    pub fn idle(&self, all: &[Traits]) -> Vec<String> {
        let subjects: Vec<Subject> = all.iter().flat_map(Traits::forms).collect();
        let tags = self.tags.iter().chain(&self.skip_tags).map(|tag| Filter::of_tag(tag));
        let mut told: Vec<String> = Vec::new();
        for word in self.filters.iter().cloned().chain(tags).flat_map(|filter| filter.idle(&subjects)) {
            if !told.contains(&word) {
                told.push(word);
            }
        }
        told
    }
}

impl Traits {
    pub fn of(root: &Node) -> Traits {
        let tags = root.get("tags").map_or(&[][..], Node::items).iter().filter_map(Node::scalar);
        Traits {
            name: root.get("name").and_then(Node::scalar).unwrap_or_default().to_owned(),
            tags: tags.map(str::to_owned).collect(),
            variants: crate::compile::variants(root).into_iter().map(|one| one.name).collect(),
        }
    }

    pub fn subject<'a>(&'a self, variant: Option<&'a str>) -> Subject<'a> {
        Subject { name: &self.name, variant, tags: &self.tags }
    }

    /// The base and every variant.
    pub fn forms(&self) -> impl Iterator<Item = Subject<'_>> {
        std::iter::once(None).chain(self.variants.iter().map(|one| Some(one.as_str()))).map(|one| self.subject(one))
    }
}
