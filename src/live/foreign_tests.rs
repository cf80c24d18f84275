//! Processes that these tests started, taken for somebody else's: they are given back as they were, and only they are touched.

use super::*;
use crate::live::resources::{Controller, hierarchy, soft_limit};
use crate::live::undo::revert::wait_until;
use crate::live::undo::testkit::{Bench, quiet};
use crate::plan::Limit;
use std::process::Child;

/// A shell with a child, in this process's own group, as a server is that was started from the same script as firedrill.
struct Server(Child);

impl Server {
    fn start() -> Server {
        let server = Server(quiet("sh", &["-c", "sleep 1000 & while :; do sleep 0.02; done"]).spawn().unwrap());
        assert!(wait_until(Instant::now() + Duration::from_secs(5), || server.kin().members().len() >= 3));
        server
    }

    fn who(&self) -> Identity {
        Identity::of(self.0.id() as i32).unwrap()
    }

    fn kin(&self) -> Kin {
        Kin::Descendants(self.who())
    }

    fn which(&self) -> Which {
        Which::Pid(self.who().pid)
    }

    fn stopped(&self) -> usize {
        self.kin().members().iter().filter(|(_, stat)| stat.is_stopped()).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for (pid, _) in self.kin().members() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let _ = self.0.wait();
    }
}

fn needs(controllers: &[Controller]) -> Needs {
    Needs { controllers: controllers.to_vec(), ..Needs::default() }
}

#[test]
fn it_is_stopped_with_its_descendants_and_nobody_else() {
    let (bench, server) = (Bench::new(), Server::start());
    let ledger = bench.ledger();
    let mut foreign = Foreign::take("it", &server.which(), &Needs::default(), &ledger).unwrap();
    foreign.pause().unwrap();
    assert_eq!(server.stopped(), server.kin().members().len());
    // Had its group been meant, this process would not have come here.
    foreign.resume().unwrap();
    assert!(server.stopped() == 0 && ledger.open_entries().is_empty());
    foreign.pause().unwrap();
    drop(foreign);
    assert_eq!(server.stopped(), 0);
    assert!(server.who().is_alive(), "it is not ours to end");
}

#[test]
fn who_was_stopped_before_stays_stopped() {
    let (bench, server) = (Bench::new(), Server::start());
    let ledger = bench.ledger();
    let mut foreign = Foreign::take("it", &server.which(), &Needs::default(), &ledger).unwrap();
    let sleeper = server.kin().members().into_iter().find(|(pid, _)| *pid != server.who().pid).unwrap();
    let sleeper = Identity { pid: sleeper.0, start_time: sleeper.1.start_time };
    sleeper.signal(Signal::SIGSTOP).unwrap();
    assert!(wait_until(Instant::now() + Duration::from_secs(5), || sleeper.is_stopped()));
    foreign.pause().unwrap();
    foreign.resume().unwrap();
    assert_eq!(server.stopped(), usize::from(sleeper.is_alive()));
}

#[test]
fn it_is_limited_in_a_group_of_ours_and_comes_back_to_its_own_with_whom_it_started() {
    let (bench, server) = (Bench::new(), Server::start());
    let ledger = bench.ledger();
    let mut foreign = Foreign::take("it", &server.which(), &needs(&[Controller::Processes]), &ledger).unwrap();
    // Of this controller: somebody else may move it elsewhere meanwhile.
    let home = || hierarchy::group_of(server.who().pid, Controller::Processes).unwrap().display().to_string();
    let before = home();
    let cgroup = foreign.surroundings().cgroup.as_mut().unwrap();
    cgroup.limit(&Limit::Processes { count: 2 }, 1).unwrap();
    assert!(home().contains("firedrill-") && home() != before);
    assert!(wait_until(Instant::now() + Duration::from_secs(5), || {
        cgroup.counts(Controller::Processes).iter().any(|(_, count)| *count > 0)
    }));
    cgroup.limit(&Limit::Processes { count: 3 }, 1).unwrap();
    cgroup.lift(Controller::Processes).unwrap();
    assert_eq!(home(), before);
    drop(foreign);
    assert!(ledger.open_entries().is_empty(), "{:?}", ledger.open_entries());
    assert!(ledger.history().iter().all(|(_, report)| report.done), "{:?}", ledger.history());
}

#[test]
fn a_lowered_limit_goes_from_whoever_inherited_it() {
    let (bench, server) = (Bench::new(), Server::start());
    let ledger = bench.ledger();
    let of = |pid| soft_limit::open_files(pid).map(|limit| limit.rlim_cur).ok();
    let before = of(server.who().pid);
    let (limits, lowered) = soft_limit::SoftLimits::lower("it", server.kin(), 64, &ledger).unwrap();
    assert!(lowered >= 2, "{lowered}");
    let all = || server.kin().members().into_iter().filter_map(|(pid, _)| of(pid)).collect::<Vec<_>>();
    assert!(wait_until(Instant::now() + Duration::from_secs(5), || all().iter().all(|limit| *limit == 64)));
    drop(limits);
    assert!(wait_until(Instant::now() + Duration::from_secs(5), || all().iter().all(|limit| Some(*limit) == before)));
}

#[test]
fn what_must_not_be_touched_is_refused() {
    let me = std::process::id() as i32;
    let parent = Stat::of(me).unwrap().parent;
    let refusal = |pid| identify(&Which::Pid(pid)).unwrap_err();
    assert!(refusal(1).contains("first process"));
    assert!(refusal(i32::MAX).contains("no process"));
    assert!(refusal(me).contains("firedrill itself") && refusal(parent).contains("started from"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("it.pid");
    let named = || identify(&Which::File(file.display().to_string()));
    assert!(named().unwrap_err().contains("cannot be read"));
    fs::write(&file, "nobody\n").unwrap();
    assert!(named().unwrap_err().contains("no number"));
    let server = Server::start();
    fs::write(&file, format!("{}\nmore\n", server.who().pid)).unwrap();
    assert_eq!(named().unwrap(), server.who());
}

#[test]
fn it_is_killed_whole_and_its_end_is_no_news() {
    let (bench, server) = (Bench::new(), Server::start());
    let mut foreign = Foreign::take("it", &server.which(), &Needs::default(), &bench.ledger()).unwrap();
    assert_eq!(foreign.exited(), None);
    assert!(foreign.kill().unwrap() >= 2);
    assert!(!foreign.is_running() && foreign.exited().is_none());
}
