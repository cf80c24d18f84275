//! Lists every scenario under scenarios/, and the lesson beside it, for src/library, so that a new file there needs no other line.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const LESSON: &str = ".lesson.yaml";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=scenarios");
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("scenarios");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in files.iter().filter(|file| ending(file, ".yaml") && !ending(file, LESSON)) {
        let name = file.file_stem().and_then(|stem| stem.to_str()).expect("names of scenarios are plain");
        let folder = file.parent().filter(|folder| *folder != root).and_then(Path::file_name);
        let group = folder.and_then(|folder| folder.to_str()).unwrap_or_default();
        let lesson = file.with_file_name(format!("{name}{LESSON}"));
        let lesson = match lesson.exists() {
            true => format!("Some(include_str!({lesson:?}))"),
            false => "None".to_owned(),
        };
        writeln!(list, "Entry {{ name: {name:?}, group: {group:?}, text: include_str!({file:?}), lesson: {lesson} }},")
            .expect("a String takes everything");
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("scenarios.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn ending(file: &Path, ending: &str) -> bool {
    file.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(ending))
}
