//! The project's own commands: `cargo xtask demo | test | ptx | setup | assets | tidy`.
//!
//! It builds without GStreamer or any other system library, so that it can install them.

mod assets;
mod setup;

use std::ffi::OsString;
use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use viva_models::progress::Bars;
use viva_models::{Cache, Selection};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing, fetch the models, and let Viva hold an exam of its own in front of you.
    Demo {
        /// Handed on to `viva demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<OsString>,
    },
    /// Install what is missing, fetch models and test media, and run every test.
    Test {
        /// Handed on to the test runner.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        rest: Vec<OsString>,
    },
    /// Fetch the compiler of the CUDA kernels (90 MB, NVIDIA's licence), compile them to PTX, and run them where there is a device.
    Ptx,
    /// Install the system packages that are missing, or say how.
    Setup,
    /// Fetch, list or check models and test media.
    Assets(assets::Arguments),
    /// Check the house rules.
    Tidy,
}

fn main() -> ExitCode {
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn task() -> Result<()> {
    match Arguments::parse().command {
        Task::Demo { rest } => demo(&rest),
        Task::Test { rest } => test(&rest),
        Task::Ptx => {
            let cache = ready(&[Selection::Ids(vec![NVRTC.to_owned()])])?;
            ptx(&cache, None)
        }
        Task::Setup => setup::setup(true),
        Task::Assets(arguments) => assets::run(&arguments),
        Task::Tidy => {
            run(cargo().args(["test", "--quiet", "--locked", "--package", "xtask", "--test", "tidy"]))
        }
    }
}

fn demo(rest: &[OsString]) -> Result<()> {
    setup::setup(false)?;
    let cache = ready(&[Selection::Required])?;
    // The whole workspace, as the tests build it: for one package alone cargo would choose other features and build the heavy crates anew.
    run(cargo().args(["build", "--workspace", "--locked"]))?;
    let mut command =
        Command::new(target_folder()?.join("debug").join(format!("viva{}", std::env::consts::EXE_SUFFIX)));
    command.current_dir(root()).arg("demo").env("VIVA_CACHE", cache);
    if !rest.iter().any(|argument| argument.to_string_lossy().starts_with("--out")) {
        command.args(["--out", "target/demo"]);
    }
    run(command.args(rest))
}

fn test(rest: &[OsString]) -> Result<()> {
    setup::setup(true)?;
    let cache = ready(&[Selection::Required, Selection::TestMedia])?;
    let nextest = cargo().args(["nextest", "--version"]).output().is_ok_and(|output| output.status.success());
    let mut command = cargo();
    if nextest {
        command.args(["nextest", "run"]);
    } else {
        say("cargo-nextest is not installed; using cargo test");
        command.arg("test");
    }
    run(command.args(["--workspace", "--locked"]).args(rest).env("VIVA_CACHE", &cache))?;
    if rest.is_empty() && cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        // The one test that needs what may not be handed on: where its compiler cannot be had, the rest still counts. What a device
        // and its driver make of the kernels is asked by `cargo xtask ptx` alone.
        let had =
            assets::fetch(&Selection::Ids(vec![NVRTC.to_owned()]), &Cache::new(&cache), &mut Bars::new())
                .and_then(|()| {
                    run(cargo().args(["fetch", "--locked", "--target", "x86_64-unknown-linux-gnu"]))
                });
        match had {
            Ok(()) => ptx(&cache, Some("the_kernels_compile_to_ptx"))?,
            Err(error) => say(&format!("the CUDA kernels were not compiled: {error:#}")),
        }
    }
    Ok(())
}

/// The asset that compiles the CUDA kernels.
const NVRTC: &str = "cuda-nvrtc";

/// The tests of the CUDA kernels. The whole workspace, as everywhere: only what knows the feature is built anew.
fn ptx(cache: &Path, only: Option<&str>) -> Result<()> {
    let library = cache.join("assets").join(NVRTC).join("libnvrtc.so.12");
    run(cargo()
        .args(["test", "--workspace", "--locked", "--features", "viva-inference/cuda", "--test", "cuda"])
        .arg("--")
        .args(only)
        .arg("--nocapture")
        .env("VIVA_CACHE", cache)
        .env("VIVA_NVRTC", library))
}

/// Fetches what is missing, and gives the cache folder as an absolute path.
fn ready(selections: &[Selection]) -> Result<PathBuf> {
    let cache = Cache::from_env()?;
    let root = std::path::absolute(cache.root()).context("the cache folder has no absolute path")?;
    for selection in selections {
        assets::fetch(selection, &Cache::new(&root), &mut Bars::new())?;
    }
    Ok(root)
}

/// Where cargo puts what it builds.
fn target_folder() -> Result<PathBuf> {
    let output = cargo().args(["metadata", "--no-deps", "--format-version", "1", "--locked"]).output()?;
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("cargo metadata is no JSON")?;
    Ok(PathBuf::from(metadata["target_directory"].as_str().context("cargo names no target folder")?))
}

/// The cargo that runs this, in the repository's root.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository")
}

fn run(command: &mut Command) -> Result<()> {
    let status =
        command.status().with_context(|| format!("{} does not start", command.get_program().display()))?;
    if !status.success() {
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        bail!("{} {} failed: {status}", command.get_program().display(), arguments.join(" "));
    }
    Ok(())
}

/// A line for whoever waits.
fn say(line: &str) {
    // A closed error stream is no reason to stop.
    writeln!(stderr(), "{line}").unwrap_or_default();
}
