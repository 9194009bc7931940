//! `cargo xtask setup`: the system packages, by the one list in `system-packages.txt`.
//!
//! A name with `?` behind it is tried for: where it cannot be had, the tests that use it say so, and everything else works.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::{run, say};

const LIST: &str = include_str!("../system-packages.txt");

/// Installs what is missing where it may, else says what to do; with `tests` also what only some tests need.
pub(crate) fn setup(tests: bool) -> Result<()> {
    let (wanted, tried) = packages(LIST);
    if !Path::new("/etc/debian_version").exists() {
        say(
            "This is not Debian or Ubuntu, so nothing was checked. Viva needs what these Debian packages hold:",
        );
        for line in LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            say(&format!("  {line}"));
        }
        return Ok(());
    }
    needed(&missing(&wanted, &installed(&wanted)?))?;
    let tried = missing(&tried, &installed(&tried)?);
    if tests && !tried.is_empty() && (!is_root() || install(&tried).is_err()) {
        say(&format!("{} is not here and was not installed: what needs it is left out", tried.join(" ")));
    }
    Ok(())
}

fn needed(missing: &[&str]) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    if !is_root() {
        bail!(
            "system packages are missing; run\n\n  sudo apt-get update && sudo apt-get install -y --no-install-recommends {}\n",
            missing.join(" ")
        );
    }
    install(missing)
}

fn install(missing: &[&str]) -> Result<()> {
    say(&format!("installing {}", missing.join(" ")));
    run(apt().arg("update"))?;
    run(apt().args(["install", "-y", "--no-install-recommends"]).args(missing))
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn installed(wanted: &[&str]) -> Result<BTreeSet<String>> {
    // It ends with 1 when one of the names is unknown to it, and still tells of the others.
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Abbrev}\t${Package}\n"])
        .args(wanted)
        .output()
        .context("dpkg-query does not start")?;
    Ok(read_installed(&String::from_utf8_lossy(&output.stdout)))
}

fn read_installed(answer: &str) -> BTreeSet<String> {
    let lines = answer.lines().filter_map(|line| line.split_once('\t'));
    lines.filter(|(state, _)| state.starts_with("ii")).map(|(_, package)| package.to_owned()).collect()
}

/// What is needed, and what is only tried for.
fn packages(list: &str) -> (Vec<&str>, Vec<&str>) {
    let names = list.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let (tried, needed): (Vec<&str>, Vec<&str>) =
        names.filter(|name| !name.is_empty()).partition(|name| name.ends_with('?'));
    (needed, tried.into_iter().map(|name| name.trim_end_matches('?')).collect())
}

fn missing<'a>(wanted: &[&'a str], installed: &BTreeSet<String>) -> Vec<&'a str> {
    wanted.iter().copied().filter(|package| !installed.contains(*package)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_has_a_reason_and_stands_once() {
        let (names, tried) = packages(LIST);
        assert!(names.contains(&"libgstreamer1.0-dev") && names.contains(&"mesa-vulkan-drivers"));
        assert_eq!(tried, ["chromium"]);
        assert_eq!(names.iter().chain(&tried).collect::<BTreeSet<_>>().len(), names.len() + tried.len());
        for line in LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert!(line.split_once('#').is_some_and(|(_, why)| !why.trim().is_empty()), "{line}");
        }
    }

    #[test]
    fn only_what_is_fully_installed_counts() {
        let installed = read_installed("ii \ta\nrc \tb\nun \tc\nii \td\n");
        assert_eq!(missing(&["a", "b", "c", "d", "e"], &installed), ["b", "c", "e"]);
    }
}
