//! Starting a service: port, folder, arguments, log; then waiting until it is ready or has failed for good.

use super::first::port_names;
use super::papers::Papers;
use super::surroundings::{Needs, Surroundings};
use super::{RealProcess, Running, listener, log, ready};
use crate::live::certificates::Authority;
use crate::live::folder::Folder;
use crate::live::net::Room;
use crate::live::undo::identity::Kin;
use crate::live::undo::spawn::SpawnError;
use crate::live::undo::{Identity, Ledger};
use crate::live::{Trouble, Volume, engines};
use crate::plan::RealService;
use crate::plan::real::Origin;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A free port may be taken by somebody else between our look and the server's start.
const PORT_TRIES: usize = 3;
const LOOK_AGAIN: Duration = Duration::from_millis(20);
const ONE_TRY: Duration = Duration::from_secs(1);
/// A server that lost its port to another ends within this time.
const SETTLE: Duration = Duration::from_millis(500);

impl RealProcess {
    /// Whether it could be started, as far as that can be seen without starting it.
    pub fn check(service: &RealService, name: &str) -> Result<(), Trouble> {
        check_origin(service, name)?;
        let Origin::Start { program, .. } = &service.origin else { return Ok(()) };
        match can_be_found(program) && (!program.contains('/') || resolve(program).is_file()) {
            true => Ok(()),
            false => Err(not_found(name.to_owned(), program.clone())),
        }
    }

    /// Starts the service and returns when it is ready. `name` is the service's name in the plan.
    pub async fn start(service: &RealService, name: &str, ledger: &Ledger) -> Result<RealProcess, Trouble> {
        RealProcess::start_with(service, name, &Needs::default(), None, ledger).await
    }

    /// With what the faults of a plan need of it, and the authority of those who speak TLS.
    pub async fn start_with(
        service: &RealService,
        name: &str,
        needs: &Needs,
        authority: Option<&Authority>,
        ledger: &Ledger,
    ) -> Result<RealProcess, Trouble> {
        RealProcess::start_in(None, service, name, needs, authority, ledger).await
    }

    /// In a network that was made for it.
    pub async fn start_in(
        room: Option<Room>,
        service: &RealService,
        name: &str,
        needs: &Needs,
        authority: Option<&Authority>,
        ledger: &Ledger,
    ) -> Result<RealProcess, Trouble> {
        check_origin(service, name)?;
        let folder = Folder::create(name, ledger)?;
        let volume = make_volume(service, &folder, ledger)?;
        let root = volume.as_ref().map_or(folder.path(), Volume::path);
        let surroundings = Surroundings::make(needs, name, folder.path(), root, room, ledger)?;
        let mut process = RealProcess {
            name: name.to_owned(),
            service: service.clone(),
            ledger: ledger.clone(),
            port: 0,
            ports: BTreeMap::new(),
            running: None,
            ended: None,
            surroundings,
            volume,
            papers: None,
            folder,
        };
        make_folder(&process.data_dir())?;
        process.write_papers(authority)?;
        process.run_first().await?;
        for _ in 1..PORT_TRIES {
            process.take_ports()?;
            match process.launch().await {
                Err(trouble) if trouble.is_port_in_use() => {}
                outcome => return outcome.map(|()| process),
            }
        }
        process.take_ports()?;
        process.launch().await.map(|()| process)
    }

    /// Kills it if it still runs and starts it again on the same port and folder; `cold` empties its data first.
    pub async fn restart(&mut self, cold: bool) -> Result<(), Trouble> {
        if self.is_running() {
            self.kill()?;
        }
        if cold {
            let data = self.data_dir();
            fs::remove_dir_all(&data).map_err(|source| Trouble::Folder { path: data.clone(), source })?;
            make_folder(&data)?;
            self.run_first().await?;
        }
        for _ in 1..PORT_TRIES {
            match self.launch().await {
                Err(trouble) if trouble.is_port_in_use() => tokio::time::sleep(ONE_TRY / 4).await,
                outcome => return outcome,
            }
        }
        self.launch().await
    }

    async fn launch(&mut self) -> Result<(), Trouble> {
        self.write_files()?;
        let mut command = self.command()?;
        self.surroundings.prepare(&mut command)?;
        let mut spawn = || self.ledger.spawn(&mut command, &self.name);
        let spawned = match &self.surroundings.room {
            Some(room) => room.within(spawn).unwrap_or_else(|error| Err(SpawnError::Os(error))),
            None => spawn(),
        };
        let (child, entry) = spawned.map_err(|error| self.not_started(error))?;
        let pid = child.id() as i32;
        // The child is not collected yet, so its line in /proc is there even if it ended at once.
        let who = Identity::of(pid).unwrap_or(Identity { pid, start_time: 0 });
        self.running = Some(Running { child, who, entry, pause: None });
        self.ended = None;
        let outcome = self.wait_until_ready().await;
        if outcome.is_err() && self.is_running() {
            // The first trouble says more than a failure to stop, which the end of the run reports anyway.
            let _ = self.stop();
        }
        outcome
    }

    fn command(&self) -> Result<Command, Trouble> {
        let Origin::Start { program, args, env, .. } = &self.service.origin else {
            return Err(Trouble::NothingToStart { service: self.name.clone() });
        };
        let mut command = self.command_of(program, args)?;
        command.envs(env.iter().map(|(key, text)| (key, self.filled_in(text))));
        Ok(command)
    }

    /// A program in the private folder, which writes to the log.
    pub(super) fn command_of(&self, program: &str, args: &[String]) -> Result<Command, Trouble> {
        let path = self.log_path();
        let log_files = || -> io::Result<(File, File)> {
            let log = File::options().append(true).create(true).open(&path)?;
            Ok((log.try_clone()?, log))
        };
        let (out, err) = log_files().map_err(|source| Trouble::Folder { path: path.clone(), source })?;
        let mut command = Command::new(resolve(program));
        command.args(args.iter().map(|text| self.filled_in(text)));
        self.as_user(&mut command)?;
        // In its own folder a server that writes beside itself leaves nothing behind.
        command.current_dir(self.data_dir()).stdin(Stdio::null()).stdout(out).stderr(err);
        Ok(command)
    }

    pub(super) fn filled_in(&self, text: &str) -> String {
        let named =
            |text: String, (name, port): (&String, &u16)| text.replace(&format!("{{port:{name}}}"), &port.to_string());
        let text = self.ports.iter().fold(text.to_owned(), named);
        let text = text
            .replace("{port}", &self.port.to_string())
            .replace("{host}", &self.address().ip().to_string())
            .replace("{dir}", &self.data_dir().to_string_lossy());
        self.papers.as_ref().map_or_else(|| text.clone(), |papers| papers.filled_in(&text))
    }

    fn write_papers(&mut self, authority: Option<&Authority>) -> Result<(), Trouble> {
        let Some(authority) = authority else { return Ok(()) };
        let own = self.surroundings.room.as_ref().map_or(Ipv4Addr::LOCALHOST, Room::address);
        let folder = self.folder.path().to_owned();
        let papers = Papers::write(&folder, authority, self.service.tls.then_some(own));
        self.papers = Some(papers.map_err(|source| Trouble::Folder { path: folder, source })?);
        Ok(())
    }

    fn take_ports(&mut self) -> Result<(), Trouble> {
        self.port = free_port()?;
        let names = port_names(self.service.origin.texts().into_iter());
        self.ports = names.into_iter().map(|name| Ok((name, free_port()?))).collect::<Result<_, Trouble>>()?;
        Ok(())
    }

    async fn wait_until_ready(&mut self) -> Result<(), Trouble> {
        let within = self.service.ready_within.to_std();
        let until = Instant::now() + within;
        loop {
            let last = ready::try_once(&self.service, self.setup(), within.min(ONE_TRY)).await;
            self.check_alive()?;
            let Err(last) = last else { return self.make_sure_it_is_ours().await };
            if Instant::now() >= until {
                return Err(self.never_ready(last));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Somebody else may have taken the port and answered instead, while ours is only about to find that out.
    async fn make_sure_it_is_ours(&mut self) -> Result<(), Trouble> {
        let until = Instant::now() + SETTLE;
        while Instant::now() < until {
            let Some(running) = &self.running else { break };
            if listener::listens(self.port, Kin::Group(running.who.pid)) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
            self.check_alive()?;
        }
        // A helper outside the group may do the listening, as with a container engine: then it counts that ours lives.
        Ok(())
    }

    fn check_alive(&mut self) -> Result<(), Trouble> {
        let Some(status) = self.collect_if_ended() else { return Ok(()) };
        Err(Trouble::DiedAtStart {
            service: self.name.clone(),
            program: self.program(),
            status,
            log: log::last_lines(&self.log_path()),
        })
    }

    fn never_ready(&self, last: String) -> Trouble {
        Trouble::NeverReady {
            service: self.name.clone(),
            address: self.address().to_string(),
            within: self.service.ready_within.to_std(),
            last,
            log: log::last_lines(&self.log_path()),
        }
    }

    fn not_started(&self, error: SpawnError) -> Trouble {
        let (service, program) = (self.name.clone(), self.program());
        match error {
            SpawnError::Ledger(trouble) => trouble,
            SpawnError::Os(source) if source.kind() == io::ErrorKind::NotFound || !can_be_found(&program) => {
                not_found(service, program)
            }
            SpawnError::Os(source) => Trouble::CannotStart { service, program, source },
        }
    }

    pub(super) fn program(&self) -> String {
        match &self.service.origin {
            Origin::Start { program, .. } => program.clone(),
            Origin::Engine { engine, .. } => engine.word().to_owned(),
            Origin::Address(address) => address.clone(),
        }
    }
}

fn not_found(service: String, program: String) -> Trouble {
    let how = match engines::package_of(&program) {
        Some(package) => format!("install it (on Debian and Ubuntu: apt install {package})"),
        None => "install it, or give its full path in the scenario".to_owned(),
    };
    Trouble::ProgramNotFound { service, program, how }
}

fn check_origin(service: &RealService, name: &str) -> Result<(), Trouble> {
    if !matches!(service.origin, Origin::Start { .. }) {
        return Err(Trouble::NothingToStart { service: name.to_owned() });
    }
    match service.origin.texts().iter().any(|text| text.contains("{port}")) {
        true => Ok(()),
        false => Err(Trouble::NoPortPlaceholder { service: name.to_owned() }),
    }
}

fn make_volume(service: &RealService, folder: &Folder, ledger: &Ledger) -> Result<Option<Volume>, Trouble> {
    let Some(bytes) = service.volume_bytes else { return Ok(None) };
    let path = folder.path().join("volume");
    make_folder(&path)?;
    Volume::create(&path, bytes, ledger).map(Some)
}

fn make_folder(path: &Path) -> Result<(), Trouble> {
    fs::create_dir(path).map_err(|source| Trouble::Folder { path: path.to_owned(), source })
}

fn free_port() -> Result<u16, Trouble> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Trouble::NoFreePort)?;
    Ok(listener.local_addr().map_err(Trouble::NoFreePort)?.port())
}

/// A program given by a relative path is meant from where firedrill was started, not from its private folder.
fn resolve(program: &str) -> PathBuf {
    let path = PathBuf::from(program);
    match program.contains('/') {
        true => std::path::absolute(&path).unwrap_or(path),
        false => path,
    }
}

/// The file of a program, if it can be found.
pub fn program_file(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(resolve(program));
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// One folder in PATH that we may not read makes the system say "permission denied" for a program that is nowhere.
fn can_be_found(program: &str) -> bool {
    program.contains('/') || program_file(program).is_some()
}
