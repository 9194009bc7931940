//! The house rules that a machine can check. Each test lists everything that breaks its rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Heavy crates that a light room must not reach, not even through others.
const HEAVY: [&str; 7] = ["wgpu", "candle-core", "gstreamer", "tokio", "egui", "tantivy", "pdf-extract"];

/// A heavy crate, and the only packages that may name it as their own dependency.
const OWNERS: [(&str, &[&str]); 11] = [
    ("wgpu", &["viva-gpu", "viva-render"]),
    ("candle-core", &["viva-inference", "viva-train"]),
    ("candle-nn", &["viva-inference", "viva-train"]),
    ("candle-transformers", &["viva-inference", "viva-train"]),
    ("cudarc", &["viva-inference"]),
    ("gstreamer", &["viva-devices"]),
    ("gstreamer-app", &["viva-devices"]),
    ("tantivy", &["viva-knowledge"]),
    ("pdf-extract", &["viva-knowledge"]),
    ("egui", &["viva-studio"]),
    ("winit", &["viva-studio", "viva"]),
];

/// The only rooms the assessment may know: the words of the wall between the corridors, and time itself.
const ASSESSMENT_MAY_KNOW: [&str; 2] = ["viva-exchange", "viva-media"];

const MOST_RUST_LINES: usize = 800;
const MOST_WGSL_LINES: usize = 300;

/// Words for what a candidate feels. They have no place in a type, schema, prompt, report or page.
const FEELINGS: [&str; 14] = [
    "nervous",
    "nervousness",
    "anxious",
    "anxiety",
    "stressed",
    "emotion_score",
    "candidate_emotion",
    "candidate_mood",
    "candidate_sentiment",
    "candidate_feeling",
    "candidate_stress",
    "candidate_honesty",
    "deception_score",
    "lie_detection",
];

/// Where a word of the list means something else.
const OTHER_MEANINGS: [(&str, &str, &str); 6] = [
    ("stressed", "engine/media/src/viseme.rs", "a stressed syllable"),
    ("stressed", "engine/speech/", "a stressed syllable"),
    ("stressed", "engine/behaviour/", "a stressed syllable"),
    ("stressed", "engine/inference/", "a stressed syllable"),
    ("stressed", "assessor-app/knowledge/", "a stressed syllable, in word lists"),
    ("stressed", "assessor-app/studio/src/core/session_tests.rs", "a stressed syllable"),
];

/// Exam content speaks of its own characters, who may feel what their script says.
const EXAM_CONTENT: &str = "/exams/";

/// Traces of the machine somebody worked on, and hosts that only a registry's client should name.
const MACHINE_TRACES: [&str; 13] = [
    "/work/",
    "/opt/",
    "/root/",
    "/home/",
    "/Users/",
    "/tmp/",
    "C:\\",
    "pypi.org",
    "pythonhosted.org",
    "npmjs.org",
    "npmjs.com",
    "static.crates.io",
    "index.crates.io",
];

/// This file holds the lists above.
const THIS_FILE: &str = "xtask/tests/tidy.rs";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the repository")
}

/// Path from the root, with `/`, and content of every text file that belongs to the repository.
fn sources() -> Vec<(String, String)> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .ok()
        .filter(|output| output.status.success() && !output.stdout.is_empty());
    let mut paths: Vec<String> = match listed {
        Some(output) => {
            let names = output.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
            names.map(|name| String::from_utf8_lossy(name).into_owned()).collect()
        }
        // An unpacked source archive has no git.
        None => walk(root()),
    };
    paths.sort();
    paths.dedup();
    let sources: Vec<_> = paths
        .into_iter()
        .filter_map(|path| {
            let text = fs::read_to_string(root().join(&path)).ok()?;
            Some((path, text))
        })
        .collect();
    assert!(sources.iter().any(|(path, _)| path == THIS_FILE), "the walk does not even find this file");
    sources
}

fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).expect("reads").flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", "node_modules"].contains(&name.as_str()) {
                found.extend(walk(&path));
            }
        } else {
            let below = path.strip_prefix(root()).expect("is below the root");
            found.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
    found
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// What `cargo metadata` says, by package name.
struct Workspace {
    /// Members.
    members: BTreeSet<String>,
    /// Members that are built by default.
    light: Vec<String>,
    /// Package id → name.
    names: BTreeMap<String, String>,
    /// Package id → ids it needs to build and run; what only its tests need is left out.
    needs: BTreeMap<String, Vec<String>>,
}

impl Workspace {
    fn read() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root())
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("is JSON");
        let list = |value: &Value| value.as_array().expect("is a list").clone();
        let text = |value: &Value| value.as_str().expect("is a string").to_owned();
        let names: BTreeMap<String, String> = list(&metadata["packages"])
            .iter()
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let kept = |dependency: &Value| {
            list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].as_str() != Some("dev"))
        };
        let needs = list(&metadata["resolve"]["nodes"])
            .iter()
            .map(|node| {
                let dependencies = list(&node["deps"]);
                let ids = dependencies
                    .iter()
                    .filter(|dependency| kept(dependency))
                    .map(|d| text(&d["pkg"]))
                    .collect();
                (text(&node["id"]), ids)
            })
            .collect();
        let ids = |value: &Value| list(value).iter().map(|id| names[&text(id)].clone()).collect::<Vec<_>>();
        let members = ids(&metadata["workspace_members"]).into_iter().collect();
        let light = ids(&metadata["workspace_default_members"]);
        Self { members, light, names, needs }
    }

    fn id(&self, name: &str) -> &str {
        let found = self.names.iter().find(|(_, n)| *n == name && self.members.contains(name));
        found.unwrap_or_else(|| panic!("{name} is no member")).0
    }

    fn direct(&self, name: &str) -> BTreeSet<&str> {
        self.needs[self.id(name)].iter().map(|id| self.names[id].as_str()).collect()
    }

    /// Every package reached from `name`, each with the one that leads to it.
    fn reach(&self, name: &str) -> BTreeMap<&str, &str> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.id(name)];
        while let Some(id) = open.pop() {
            for next in &self.needs[id] {
                if !found.contains_key(self.names[next].as_str()) {
                    found.insert(self.names[next].as_str(), self.names[id].as_str());
                    open.push(next);
                }
            }
        }
        found
    }
}

fn none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

#[test]
fn light_crates_reach_nothing_heavy() {
    let workspace = Workspace::read();
    assert!(workspace.light.len() >= 8, "{:?}", workspace.light);
    let mut breaches = Vec::new();
    for light in &workspace.light {
        let reach = workspace.reach(light);
        for heavy in HEAVY {
            if let Some(through) = reach.get(heavy) {
                breaches.push(format!("{light} reaches {heavy} through {through}"));
            }
        }
    }
    none(&breaches);
}

#[test]
fn the_assessment_knows_no_engine_room() {
    let workspace = Workspace::read();
    let engine: BTreeSet<&str> = fs::read_dir(root().join("engine"))
        .expect("there is an engine")
        .flatten()
        .filter_map(|entry| {
            let name = format!("viva-{}", entry.file_name().to_string_lossy());
            workspace.members.get(&name).map(String::as_str)
        })
        .collect();
    assert!(engine.len() >= 8, "{engine:?}");
    let reach = workspace.reach("viva-assessment");
    let known = reach.keys().filter(|name| engine.contains(*name) && !ASSESSMENT_MAY_KNOW.contains(*name));
    none(&known.map(|name| format!("viva-assessment reaches {name}")).collect::<Vec<_>>());
}

/// What is remembered of learners must not be in reach of what holds, scores or seals an exam.
#[test]
fn nothing_that_scores_knows_a_learner() {
    let workspace = Workspace::read();
    assert!(workspace.members.contains("viva-learner"));
    let scoring =
        ["viva-assessment", "viva-record", "viva-verify", "viva-credential", "viva-serve", "viva-llm"];
    let reaching = scoring.iter().filter(|name| workspace.reach(name).contains_key("viva-learner"));
    none(&reaching.map(|name| format!("{name} reaches viva-learner")).collect::<Vec<_>>());
}

#[test]
fn heavy_crates_have_their_owners() {
    let workspace = Workspace::read();
    let mut breaches = Vec::new();
    for member in &workspace.members {
        let direct = workspace.direct(member);
        for (heavy, owners) in OWNERS {
            if direct.contains(heavy) && !owners.contains(&member.as_str()) {
                breaches.push(format!("{member} depends on {heavy}; only {owners:?} may"));
            }
        }
    }
    none(&breaches);
}

#[test]
fn every_shader_pass_has_its_twin() {
    let passes =
        fs::read_dir(root().join("shaders/wgsl")).map(|listed| listed.flatten().map(|entry| entry.path()));
    let passes: Vec<PathBuf> =
        passes.into_iter().flatten().filter(|path| path.extension().is_some()).collect();
    let twin = |pass: &Path| {
        let name = pass.file_stem().expect("is a file").to_string_lossy().into_owned();
        root().join("shaders/src/cpu").join(format!("{name}.rs"))
    };
    let alone = passes.iter().filter(|pass| !twin(pass).is_file());
    none(
        &alone.map(|pass| format!("{} has no {}", pass.display(), twin(pass).display())).collect::<Vec<_>>(),
    );
}

#[test]
fn files_stay_readable() {
    let most = |path: &str| match extension(path) {
        "rs" => MOST_RUST_LINES,
        "wgsl" => MOST_WGSL_LINES,
        _ => usize::MAX,
    };
    let breaches: Vec<String> = sources()
        .iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(path, lines)| *lines > most(path))
        .map(|(path, lines)| format!("{path} has {lines} lines, at most are {}", most(path)))
        .collect();
    none(&breaches);
}

/// Whether `word` stands in `text` with no letter beside it.
fn holds(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphabetic)
    })
}

#[test]
fn no_word_for_what_a_candidate_feels() {
    let mut breaches = Vec::new();
    for (path, text) in sources() {
        let scanned = ["rs", "toml", "json", "html"].contains(&extension(&path));
        if !scanned || path == THIS_FILE || format!("/{path}").contains(EXAM_CONTENT) {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.to_lowercase();
            for word in FEELINGS.iter().filter(|word| holds(&line, word)) {
                if !OTHER_MEANINGS.iter().any(|(other, folder, _)| other == word && path.starts_with(folder))
                {
                    breaches.push(format!("{path}:{number}: {word}"));
                }
            }
        }
    }
    none(&breaches);
}

#[test]
fn words_are_found_whole() {
    for (text, word, expect) in [
        ("is nervous.", "nervous", true),
        ("nervous", "nervous", true),
        ("unstressed", "stressed", false),
        ("nervously", "nervous", false),
        ("x_candidate_mood2", "candidate_mood", true),
    ] {
        assert_eq!(holds(text, word), expect, "{text}");
    }
}

#[test]
fn no_trace_of_a_machine_or_a_registry_host() {
    let mut breaches = Vec::new();
    for (path, text) in sources() {
        // Cargo writes its own lock.
        if path == THIS_FILE || path.ends_with("Cargo.lock") {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            for trace in MACHINE_TRACES.iter().filter(|trace| names_trace(line, trace)) {
                breaches.push(format!("{path}:{number}: {trace}"));
            }
        }
    }
    none(&breaches);
}

/// A path counts where it starts, not where a relative path happens to hold the same folder.
fn names_trace(line: &str, trace: &str) -> bool {
    line.match_indices(trace).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !trace.starts_with('/') || !before.is_some_and(|c| c.is_alphanumeric() || "._-/}>$*".contains(c))
    })
}
