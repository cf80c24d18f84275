//! What comes before a program: its files, its first steps, its further ports, and the user it runs as. Only what lies in the private
//! folder is touched.

use super::papers::Papers;
use super::{RealProcess, log};
use crate::live::Trouble;
use crate::live::undo::spawn::SpawnError;
use crate::plan::real::{First, Origin};
use nix::unistd::{User, chown, geteuid};
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Whom a server runs as that must not be root.
const NOBODY: &str = "nobody";
const LOOK: Duration = Duration::from_millis(20);

impl RealProcess {
    pub(super) fn first(&self) -> First {
        match &self.service.origin {
            Origin::Start { first, .. } => first.clone(),
            Origin::Engine { .. } | Origin::Address(_) => First::default(),
        }
    }

    /// Whom it is started as, if not as we are.
    fn user(&self) -> Result<Option<User>, Trouble> {
        if !self.first().unprivileged || !geteuid().is_root() {
            return Ok(None);
        }
        match User::from_name(NOBODY) {
            Ok(Some(user)) => Ok(Some(user)),
            found => {
                let why = found.err().map_or("there is no such user", |errno| errno.desc());
                let why = std::io::Error::other(format!("it must not run as root, and as `{NOBODY}` it cannot: {why}"));
                Err(Trouble::CannotStart { service: self.name.clone(), program: self.program(), source: why })
            }
        }
    }

    /// The folders become those of the user that the server runs as.
    pub(super) fn hand_over(&self) -> Result<(), Trouble> {
        let Some(user) = self.user()? else { return Ok(()) };
        let volume = self.volume.as_ref().map(|volume| volume.path().to_owned());
        let folders = [Some(self.folder.path().to_owned()), volume, Some(self.data_dir())];
        let papers = self.papers.iter().flat_map(Papers::files);
        folders.into_iter().flatten().chain(papers).try_for_each(|path| give(&path, &user))
    }

    pub(super) fn as_user(&self, command: &mut Command) -> Result<(), Trouble> {
        if let Some(user) = self.user()? {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        Ok(())
    }

    /// Written before each start, since a port may have changed.
    pub(super) fn write_files(&self) -> Result<(), Trouble> {
        let user = self.user()?;
        for (name, text) in self.first().files {
            let path = self.data_dir().join(name);
            let trouble = |source| Trouble::Folder { path: path.clone(), source };
            fs::write(&path, self.filled_in(&text)).map_err(trouble)?;
            user.as_ref().map_or(Ok(()), |user| give(&path, user))?;
        }
        Ok(())
    }

    /// Runs the first steps to their end, each in the ledger while it lasts.
    pub(super) async fn run_first(&self) -> Result<(), Trouble> {
        self.hand_over()?;
        for words in self.first().run {
            let words: Vec<String> = words.iter().map(|word| self.filled_in(word)).collect();
            let mut command = self.command_of(&words[0], &words[1..])?;
            let spawned = self.ledger.spawn(&mut command, &words[0]);
            let (mut child, entry) = spawned.map_err(|error| self.step_failed(&words[0], error))?;
            let until = Instant::now() + self.service.ready_within.to_std();
            let status = loop {
                match child.try_wait() {
                    Ok(None) if Instant::now() < until => tokio::time::sleep(LOOK).await,
                    ended => break ended.ok().flatten(),
                }
            };
            match status {
                Some(_) => self.ledger.strike(entry),
                None => drop(self.ledger.undo(entry, Duration::ZERO)),
            }
            if !status.is_some_and(|status| status.success()) {
                // Ended by the ledger if it took too long; now it is only collected.
                let _ = child.wait();
                let status = status.map_or("it took too long".to_owned(), |status| status.to_string());
                let (service, program) = (self.name.clone(), words[0].clone());
                return Err(Trouble::DiedAtStart { service, program, status, log: log::last_lines(&self.log_path()) });
            }
        }
        if let Some(disk) = self.disk() {
            disk.settle();
        }
        Ok(())
    }

    fn step_failed(&self, program: &str, error: SpawnError) -> Trouble {
        match error {
            SpawnError::Ledger(trouble) => trouble,
            SpawnError::Os(source) => {
                Trouble::CannotStart { service: self.name.clone(), program: program.to_owned(), source }
            }
        }
    }
}

/// The names in `{port:NAME}`.
pub(super) fn port_names<'t>(texts: impl Iterator<Item = &'t String>) -> Vec<String> {
    const OPEN: &str = "{port:";
    let mut names: Vec<String> = texts
        .flat_map(|text| text.match_indices(OPEN).map(|(at, _)| &text[at + OPEN.len()..]))
        .filter_map(|rest| Some(rest[..rest.find('}')?].to_owned()))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn give(path: &Path, user: &User) -> Result<(), Trouble> {
    let trouble = |errno: nix::Error| Trouble::Folder { path: PathBuf::from(path), source: errno.into() };
    chown(path, Some(user.uid), Some(user.gid)).map_err(trouble)
}
