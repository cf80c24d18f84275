//! The folder of baselines: one file for each scenario, variant and world, written whole. It judges nothing and asks nothing.

use crate::cli::ending::Failure;
use crate::judge::against::Captured;
use crate::plan::{Plan, World};
use crate::record::file;
use clap::Args;
use std::path::{Component, Path, PathBuf};

#[derive(Clone, Debug, Args)]
pub struct Store {
    /// Folder of baselines, to be kept in version control
    #[arg(long = "baselines", value_name = "DIR", default_value = "baselines")]
    pub folder: PathBuf,
}

/// `checkout.fixed.live`: scenario, variant, and the world if it is the live one.
pub fn name_of(plan: &Plan) -> String {
    name(&plan.scenario, plan.variant.as_deref(), plan.world.word())
}

pub fn name_of_captured(captured: &Captured) -> String {
    name(captured.scenario(), captured.variant.as_deref(), captured.world())
}

fn name(scenario: &str, variant: Option<&str>, world: &str) -> String {
    let variant = variant.map_or(String::new(), |variant| format!(".{variant}"));
    let live = if world == World::Live.word() { ".live" } else { "" };
    format!("{scenario}{variant}{live}")
}

pub fn read(path: &Path) -> Result<Captured, Failure> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Failure::usage(format!("{shown}: {error}"), ""))?;
    Captured::from_text(&text, &shown).map_err(|error| {
        Failure::usage(error.to_string(), "`firedrill baseline save` writes baselines, `firedrill run` recordings")
    })
}

impl Store {
    /// The file of a name; a name that leads out of the folder is refused.
    pub fn path(&self, name: &str) -> Result<PathBuf, Failure> {
        let file = format!("{name}.json");
        let mut parts = Path::new(&file).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(_)), None) => Ok(self.folder.join(&file)),
            _ => Err(Failure::usage(format!("`{name}` cannot be the name of a baseline"), "rename the scenario")),
        }
    }

    /// `None` when nothing was saved under the name.
    pub fn find(&self, name: &str) -> Result<Option<Captured>, Failure> {
        let path = self.path(name)?;
        if path.exists() { read(&path).map(Some) } else { Ok(None) }
    }

    /// The baseline of a name, or a failure that names those there are.
    pub fn get(&self, name: &str) -> Result<Captured, Failure> {
        let known = self.names()?;
        self.find(name)?.ok_or_else(|| {
            let meant = crate::scenario::did_you_mean(name, known.iter().map(String::as_str));
            let next = match (meant, known.is_empty()) {
                (Some(meant), _) => format!("did you mean `{meant}`?"),
                (None, true) => "`firedrill baseline save` writes one".to_owned(),
                (None, false) => format!("there are {}", known.join(", ")),
            };
            Failure::usage(format!("there is no baseline `{name}` in {}", self.folder.display()), next)
        })
    }

    /// Sorted; none where there is no folder.
    pub fn names(&self) -> Result<Vec<String>, Failure> {
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let unread = |error| Failure::usage(format!("{}: {error}", self.folder.display()), "");
        let entries = std::fs::read_dir(&self.folder).map_err(unread)?;
        let files = entries.filter_map(Result::ok).map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = files.filter_map(|file| file.strip_suffix(".json").map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }

    /// Writes it under its own name and returns the path. What would make every later run look good is refused.
    pub fn save(&self, captured: &Captured) -> Result<PathBuf, Failure> {
        let name = name_of_captured(captured);
        if let Some(why) = captured.unfit() {
            return Err(Failure::usage(
                format!("{name} cannot be a baseline: {why}"),
                "play it to its end, and save that",
            ));
        }
        let path = self.path(&name)?;
        file::write_whole(&path, captured.to_text().as_bytes())
            .map_err(|error| Failure::internal(format!("{} cannot be written: {error}", path.display()), ""))?;
        Ok(path)
    }
}
