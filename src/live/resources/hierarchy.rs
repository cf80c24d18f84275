//! Where a cgroup may be made: which version holds a controller on this machine, and below which folder. Only looks, apart from the
//! trial, which makes an empty group and removes it at once.

use super::Controller;
use std::path::{Path, PathBuf};
use std::{fs, io};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V1,
    V2,
}

/// The place below which groups of a controller are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    pub version: Version,
    pub path: PathBuf,
}

/// The place for a controller, or in plain words why there is none.
pub fn home(controller: Controller) -> Result<Home, String> {
    home_beside(std::process::id() as i32, controller)
}

/// The place near to where this process is, so that it keeps as many of the limits that it has as the version allows: with v1 all, with v2
/// those of the groups above its own.
pub fn home_beside(pid: i32, controller: Controller) -> Result<Home, String> {
    let (mounts, own) = (read("/proc/self/mounts")?, read(&format!("/proc/{pid}/cgroup"))?);
    in_v2(controller, &mounts, &own).or_else(|why| in_v1(controller, &mounts, &own).ok_or(why))
}

/// The group in which this process is now.
pub fn group_of(pid: i32, controller: Controller) -> Result<PathBuf, String> {
    let (mounts, own) = (read("/proc/self/mounts")?, read(&format!("/proc/{pid}/cgroup"))?);
    match in_v2(controller, &mounts, &own) {
        Ok(_) => v2_group(&mounts, &own).ok_or_else(|| format!("pid {pid} is in no cgroup of version 2")),
        Err(why) => in_v1(controller, &mounts, &own).map(|home| home.path).ok_or(why),
    }
}

/// Whether a group can really be made there.
pub fn probe(controller: Controller) -> Result<Home, String> {
    try_at(home(controller)?, controller)
}

/// The same, beside this process.
pub fn probe_beside(pid: i32, controller: Controller) -> Result<Home, String> {
    try_at(home_beside(pid, controller)?, controller)
}

fn try_at(home: Home, controller: Controller) -> Result<Home, String> {
    let trial = home.path.join(format!("firedrill-probe-{}-{}", std::process::id(), controller.name()));
    let made = fs::create_dir(&trial).and_then(|()| fs::remove_dir(&trial));
    made.map(|()| home).map_err(|error| {
        let place = trial.parent().unwrap_or(&trial).display();
        format!("no cgroup can be made under {place} ({error}); run firedrill as root")
    })
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error: io::Error| format!("{path} cannot be read: {error}"))
}

/// `device path kind options 0 0`
fn mounted<'a>(mounts: &'a str, kind: &'a str) -> impl Iterator<Item = (&'a Path, &'a str)> {
    mounts.lines().filter_map(move |line| {
        let mut fields = line.split(' ').skip(1);
        let (path, of, options) = (fields.next()?, fields.next()?, fields.next()?);
        (of == kind).then_some((Path::new(path), options))
    })
}

/// Only where the controller is handed down already: handing it down would change what others have.
fn in_v2(controller: Controller, mounts: &str, own: &str) -> Result<Home, String> {
    let name = controller.name();
    let Some((root, _)) = mounted(mounts, "cgroup2").next() else {
        return Err(format!("no cgroup with the controller `{name}` is mounted here"));
    };
    let own = v2_group(mounts, own);
    let hands_down = |path: &PathBuf| {
        let list = fs::read_to_string(path.join("cgroup.subtree_control")).unwrap_or_default();
        list.split_whitespace().any(|one| one == name)
    };
    let above = own.iter().flat_map(|own| own.ancestors()).take_while(|place| place.starts_with(root));
    let found = above
        .map(Path::to_owned)
        .chain([root.to_owned()])
        .find(hands_down)
        .map(|path| Home { version: Version::V2, path });
    found.ok_or_else(|| {
        let list = root.join("cgroup.subtree_control");
        format!("the controller `{name}` is not handed down to groups; try as root: echo +{name} > {}", list.display())
    })
}

fn v2_group(mounts: &str, own: &str) -> Option<PathBuf> {
    let (root, _) = mounted(mounts, "cgroup2").next()?;
    own.lines().find_map(|line| line.strip_prefix("0::/")).map(|own| root.join(own))
}

/// Below our own group, so that limits which we have stay in force.
fn in_v1(controller: Controller, mounts: &str, own: &str) -> Option<Home> {
    let is_in = |list: &str| list.split(',').any(|one| one == controller.name());
    let (root, _) = mounted(mounts, "cgroup").find(|(_, options)| is_in(options))?;
    let line = own.lines().find_map(|line| line.split_once(':')?.1.split_once(':').filter(|(list, _)| is_in(list)));
    let below = line.map(|(_, path)| root.join(path.trim_start_matches('/')));
    let path = below.filter(|path| path.is_dir()).unwrap_or(root.to_owned());
    Some(Home { version: Version::V1, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_is_found_where_it_has_the_controller() {
        let root = tempfile::tempdir().unwrap();
        let (one, two) = (root.path().join("one"), root.path().join("two"));
        fs::create_dir_all(one.join("shop/web")).unwrap();
        fs::create_dir_all(two.join("shop")).unwrap();
        let mounts = format!(
            "tmpfs /tmp tmpfs rw 0 0\ncgroup {} cgroup rw,relatime,cpu,cpuacct 0 0\ncgroup2 {} cgroup2 rw 0 0\n",
            one.display(),
            two.display()
        );
        let own = "4:memory:/x\n3:cpu,cpuacct:/shop/web\n0::/shop\n";
        assert_eq!(in_v1(Controller::Cpu, &mounts, own).unwrap().path, one.join("shop/web"));
        assert_eq!(in_v1(Controller::Memory, &mounts, own), None);
        assert!(in_v2(Controller::Cpu, &mounts, own).unwrap_err().contains("echo +cpu"));
        fs::write(two.join("cgroup.subtree_control"), "cpu memory pids\n").unwrap();
        let home = Home { version: Version::V2, path: two.join("") };
        assert_eq!(
            in_v2(Controller::Memory, &mounts, own).unwrap().path.components().count(),
            home.path.components().count()
        );
        assert!(in_v2(Controller::Cpu, "", own).unwrap_err().contains("is mounted here"));
    }
}
