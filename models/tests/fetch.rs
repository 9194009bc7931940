//! Fetching, laying down, verifying and repairing, with small archives made here.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use viva_models::hash::sha256;
use viva_models::progress::Silent;
use viva_models::verify::{Finding, verify_against};
use viva_models::{Cache, FetchReport, Fetcher, Lock, ModelsError, Registries, Selection};
use zip::write::SimpleFileOptions;

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, data) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("starts");
        zip.write_all(data).expect("writes");
    }
    zip.finish().expect("finishes").into_inner()
}

fn tarred(files: &[(&str, &[u8])]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (name, data) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, *data).expect("appends");
    }
    tar.into_inner().expect("finishes").finish().expect("finishes")
}

fn member(path: &str, data: &[u8], more: &str) -> String {
    format!("{{ path = \"{path}\", sha256 = \"{}\", bytes = {}{more} }},\n", sha256(data), data.len())
}

fn archive(package: &str, file: &str, data: &[u8], members: &str) -> String {
    format!(
        "[[asset.archive]]\npackage = \"{package}\"\nversion = \"1.0\"\nfile = \"{file}\"\nsha256 = \"{}\"\nbytes = {}\nmembers = [\n{members}]\n",
        sha256(data),
        data.len()
    )
}

fn asset(id: &str, registry: &str, conversion: &str, fallback: &str, rest: &str) -> String {
    format!(
        "[[asset]]\nid = \"{id}\"\nrole = \"r\"\nregistry = \"{registry}\"\nrequired = true\nuse = \"product\"\n\
         conversion = \"{conversion}\"\nweights_licence = \"MIT\"\nprovenance = \"-\"\nfallback = \"{fallback}\"\n{rest}"
    )
}

/// A mirror, a cache and a lock, with no way to any registry.
struct World {
    folder: TempDir,
    lock: Lock,
    cache: Cache,
    registries: Registries,
}

impl World {
    fn new(assets: &[String], mirrored: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().expect("makes a folder");
        let mirror = folder.path().join("mirror");
        fs::create_dir(&mirror).expect("makes a folder");
        for (file, data) in mirrored {
            fs::write(mirror.join(file), data).expect("writes");
        }
        let lock =
            Lock::parse(&format!("schema = 1\nverified = \"-\"\n{}", assets.concat())).expect("is sound");
        let cache = Cache::new(folder.path().join("cache"));
        let absent = || folder.path().join("no-such-program").into_os_string();
        let registries = Registries { mirror: Some(mirror), python: absent(), npm: absent() };
        Self { folder, lock, cache, registries }
    }

    fn fetch(&self, ids: &[&str]) -> Result<FetchReport, ModelsError> {
        let ids = ids.iter().map(|&id| id.to_owned()).collect();
        let fetcher = Fetcher { lock: &self.lock, cache: &self.cache, registries: self.registries.clone() };
        fetcher.run(&Selection::Ids(ids), &mut Silent)
    }

    fn findings(&self) -> Vec<Finding> {
        verify_against(&self.lock, &Selection::Required, &self.cache, &mut Silent).expect("reads").findings
    }

    fn file(&self, id: &str, file: &str) -> Option<Vec<u8>> {
        fs::read(self.cache.asset(id).join(file)).ok()
    }
}

const WHEEL: &str = "p-1.0-py3-none-any.whl";

fn plain() -> World {
    let data = zipped(&[("p/a.json", b"{}"), ("p/not-wanted", b"x"), ("p/LICENSE", b"MIT")]);
    let members =
        member("p/a.json", b"{}", ", out = \"a.json\"") + &member("p/LICENSE", b"MIT", ", out = \"LICENSE\"");
    World::new(&[asset("a", "pypi", "none", "-", &archive("p", WHEEL, &data, &members))], &[(WHEEL, &data)])
}

#[test]
fn a_second_run_leaves_all_alone_and_a_damaged_file_is_mended() {
    let world = plain();
    assert_eq!(world.fetch(&["a"]).expect("fetches").installed, ["a"]);
    assert_eq!(world.file("a", "a.json").as_deref(), Some(&b"{}"[..]));
    assert_eq!(world.file("a", "not-wanted"), None);
    assert_eq!(world.findings(), []);
    // What a killed run left is cleared.
    let left = world.cache.root().join("tmp").join("left");
    fs::create_dir_all(&left).expect("makes a folder");
    assert_eq!(world.fetch(&["a"]).expect("fetches").present, ["a"]);
    assert!(!left.exists());

    fs::write(world.cache.asset("a").join("a.json"), "[]").expect("writes");
    assert!(matches!(&world.findings()[..], [Finding::WrongHash { path, .. }] if path.ends_with("a.json")));
    assert_eq!(world.fetch(&["a"]).expect("fetches").installed, ["a"]);
    fs::remove_file(world.cache.asset("a").join("LICENSE")).expect("removes");
    assert!(matches!(&world.findings()[..], [Finding::MissingFile { file, .. }] if file == "LICENSE"));
    assert_eq!(world.fetch(&["a"]).expect("fetches").installed, ["a"]);
    fs::remove_file(world.cache.asset("a").join("manifest.json")).expect("removes");
    assert!(matches!(&world.findings()[..], [Finding::NoManifest { .. }]));
    assert_eq!(world.fetch(&["a"]).expect("fetches").installed, ["a"]);
    assert_eq!(world.findings(), []);

    // A damaged archive is only looked at, and fetched again, when it is needed.
    fs::write(world.cache.archives().join(WHEEL), "damaged").expect("writes");
    assert_eq!(world.fetch(&["a"]).expect("fetches").present, ["a"]);
    assert!(matches!(&world.findings()[..], [Finding::WrongHash { path, .. }] if path.ends_with(WHEEL)));
    fs::remove_dir_all(world.cache.asset("a")).expect("removes");
    assert_eq!(world.fetch(&["a"]).expect("fetches").installed, ["a"]);
    assert_eq!(world.findings(), []);
}

#[test]
fn a_forged_manifest_does_not_hide_a_forged_file() {
    let world = plain();
    world.fetch(&["a"]).expect("fetches");
    let folder = world.cache.asset("a");
    fs::write(folder.join("a.json"), "[]").expect("writes");
    let manifest = fs::read_to_string(folder.join("manifest.json")).expect("reads");
    fs::write(folder.join("manifest.json"), manifest.replace(&sha256(b"{}"), &sha256(b"[]")))
        .expect("writes");
    assert!(matches!(&world.findings()[..], [Finding::WrongHash { .. }]));
}

#[test]
fn two_runs_at_once_do_not_collide() {
    let world = plain();
    let reports: Vec<FetchReport> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| world.fetch(&["a"]).expect("fetches"))).collect();
        runs.into_iter().map(|run| run.join().expect("does not panic")).collect()
    });
    assert_eq!(reports.iter().filter(|report| report.installed == ["a"]).count(), 1, "{reports:?}");
    assert_eq!(reports.iter().filter(|report| report.present == ["a"]).count(), 3, "{reports:?}");
}

#[test]
fn an_archive_with_other_bytes_is_refused_with_both_hashes() {
    let world = plain();
    let forged = zipped(&[("p/a.json", b"{}"), ("p/LICENSE", b"other")]);
    fs::write(world.folder.path().join("mirror").join(WHEEL), &forged).expect("writes");
    let error = world.fetch(&["a"]).expect_err("is forged");
    assert!(matches!(&error, ModelsError::WrongHash { found, .. } if *found == sha256(&forged)), "{error}");
    assert!(!world.cache.archives().join(WHEEL).exists());
    assert!(!world.cache.asset("a").exists());
}

#[test]
fn members_that_are_not_what_was_pinned_are_refused() {
    let data = zipped(&[("p/a.json", b"{}")]);
    let check = |member: String, expect: fn(&ModelsError) -> bool| {
        let row = asset("a", "pypi", "none", "-", &archive("p", WHEEL, &data, &member));
        let world = World::new(&[row], &[(WHEEL, &data)]);
        let error = world.fetch(&["a"]).expect_err("is not as pinned");
        assert!(expect(&error), "{error}");
        assert!(!world.cache.asset("a").exists());
    };
    let bad_archive = |error: &ModelsError| matches!(error, ModelsError::BadArchive { .. });
    check(member("p/b.json", b"{}", ", out = \"a\""), bad_archive);
    check(member("p/a.json", b"{ }", ", out = \"a\""), bad_archive);
    check(member("p/a.json", b"[]", ", out = \"a\""), |error| matches!(error, ModelsError::WrongHash { .. }));
}

#[test]
fn hostile_archives_are_refused() {
    let check = |data: &[u8], rest: &str| {
        let members = member("p/a.json", b"{}", ", out = \"a\"");
        let row = asset("a", "pypi", "none", "-", &(archive("p", WHEEL, data, &members) + rest));
        let world = World::new(&[row], &[(WHEEL, data)]);
        let error = world.fetch(&["a"]).expect_err("is hostile");
        assert!(matches!(error, ModelsError::BadArchive { .. }), "{error}");
        let stray: Vec<PathBuf> =
            walk(world.folder.path()).into_iter().filter(|p| p.ends_with("evil")).collect();
        assert_eq!(stray, Vec::<PathBuf>::new());
    };
    let prefix = "member_prefixes = [\"p/\"]\n";
    check(b"no zip at all", "");
    check(&zipped(&[("p/a.json", b"{}")])[..60], "");
    check(&zipped(&[("p/a.json", b"{}"), ("p/../../../evil", b"x")]), prefix);
    // An entry that states two bytes and unpacks to a million.
    let mut bomb = zipped(&[("p/a.json", &vec![b' '; 1_000_000])]);
    let stated = 1_000_000_u32.to_le_bytes();
    while let Some(at) = bomb.windows(4).position(|window| window == stated) {
        bomb[at..at + 4].copy_from_slice(&2_u32.to_le_bytes());
    }
    check(&bomb, "");
    check(&zipped(&[("p/a.json", b"{}"), ("p/evil", &vec![0; (16 << 20) + 1])])[..], prefix);
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("reads").flatten() {
        let path = entry.path();
        // The scratch folder of a run that failed is no leak: the next run removes it.
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tmp") {
            found.extend(walk(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn parts_are_joined_bundles_opened_and_strings_decoded() {
    let bundle = zipped(&[("inner.bin", b"inner")]);
    let js = b"export default 'data:x;base64,YWJj'\n";
    let files: [(&str, &[u8]); 4] =
        [("p/1", b"one"), ("p/2", b"two"), ("p/x.task", &bundle), ("package/a.exr.js", js)];
    let (wheel, tgz) = (zipped(&files[..3]), tarred(&files[3..]));
    let rest = format!(
        "concat = {{ output = \"joined\", bytes = 6, sha256 = \"{}\", order = [\"p/2\", \"p/1\"] }}\nnested = [\n{}]\n{}",
        sha256(b"twoone"),
        member("inner.bin", b"inner", ", out = \"inner.bin\""),
        archive("p", WHEEL, &wheel, &files[..3].iter().map(|(p, d)| member(p, d, "")).collect::<String>())
    );
    let decoded = format!("decoded = [{{ path = \"a.exr\", sha256 = \"{}\" }}]\n", sha256(b"abc"));
    let light = decoded + &archive("@p/q", "p-q-1.0.tgz", &tgz, &member("package/a.exr.js", js, ""));
    let assets = [asset("a", "pypi", "none", "-", &rest), asset("l", "npm", "js-base64-to-exr", "-", &light)];
    let world = World::new(&assets, &[(WHEEL, &wheel), ("p-q-1.0.tgz", &tgz)]);
    world.fetch(&["a", "l"]).expect("fetches");
    assert_eq!(world.file("a", "joined").as_deref(), Some(&b"twoone"[..]));
    assert_eq!(world.file("a", "inner.bin").as_deref(), Some(&b"inner"[..]));
    assert_eq!(world.file("l", "a.exr").as_deref(), Some(&b"abc"[..]));
    assert_eq!(world.findings(), []);
}

#[test]
fn another_source_is_tried() {
    let data = zipped(&[("q/a.json", b"{}")]);
    let gone = |id: &str, fallback: &str| {
        let members = member("p/a.json", b"{}", ", out = \"a.json\"");
        asset(id, "npm", "none", fallback, &archive("p", WHEEL, b"gone", &members))
    };
    let members = member("q/a.json", b"{}", ", out = \"a.json\"");
    let second =
        |id: &str| asset(id, "pypi", "none", "a", &archive("q", "q-1.0-py3-none-any.whl", &data, &members));

    let world =
        World::new(&[gone("a", "a.fallback"), second("a.fallback")], &[("q-1.0-py3-none-any.whl", &data)]);
    assert_eq!(world.fetch(&["a"]).expect("fetches").installed, ["a"]);
    assert_eq!(world.file("a", "a.json").as_deref(), Some(&b"{}"[..]));
    assert_eq!(world.fetch(&["a"]).expect("fetches").present, ["a"]);

    let world = World::new(&[gone("a", "b"), second("b")], &[("q-1.0-py3-none-any.whl", &data)]);
    let report = world.fetch(&["a"]).expect("fetches");
    assert_eq!(report.substituted, [("a".to_owned(), "b".to_owned())]);
    assert!(world.file("b", "a.json").is_some() && world.file("a", "a.json").is_none());

    // Two that name each other end, and the first one's error is told.
    let world = World::new(&[gone("a", "b"), gone("b", "a")], &[]);
    assert!(matches!(world.fetch(&["a"]), Err(ModelsError::NoNpm { .. })));
}

/// One test for all cases that start a program: a script that is being written must not be inherited by another start.
#[cfg(unix)]
#[test]
fn what_the_client_says_becomes_an_error_with_its_mend() {
    use std::os::unix::fs::PermissionsExt as _;

    let mut world = plain();
    let mirror = world.registries.mirror.take().expect("is set");
    assert!(matches!(world.fetch(&["a"]), Err(ModelsError::NoPython { .. })));
    let script = world.folder.path().join("python");
    let mut check = |body: &str, expect: &dyn Fn(&ModelsError) -> bool| {
        fs::write(&script, format!("#!/bin/sh\n{body}\n")).expect("writes");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("is ours");
        world.registries.python = script.clone().into_os_string();
        match world.fetch(&["a"]) {
            Ok(_) => assert!(body.contains("cp "), "{body}"),
            Err(error) => assert!(expect(&error), "{body}: {error}"),
        }
    };
    check(
        "echo 'Retrying: NewConnectionError'; echo 'ERROR: No matching distribution' >&2; exit 1",
        &|error| matches!(error, ModelsError::Unreachable { said, .. } if said == "ERROR: No matching distribution"),
    );
    check(
        "echo 'ERROR: No matching distribution' >&2; exit 1",
        &|error| matches!(error, ModelsError::NotServed { said, .. } if said == "ERROR: No matching distribution"),
    );
    check("echo 'python3: No module named pip' >&2; exit 1", &|error| {
        matches!(error, ModelsError::NoPip { .. })
    });
    check("echo 'OSError: [Errno 28] No space left on device' >&2; exit 1", &|error| {
        matches!(error, ModelsError::DiskFull { .. })
    });
    check("exit 0", &|error| matches!(error, ModelsError::NotServed { .. }));
    let last = "for a; do if [ \"$b\" = --dest ]; then d=$a; fi; b=$a; done";
    check(&format!("{last}; echo bad > \"$d/{WHEEL}\""), &|error| {
        matches!(error, ModelsError::WrongHash { .. })
    });
    check(&format!("{last}; cp '{}' \"$d\"", mirror.join(WHEEL).display()), &|_| false);
    assert_eq!(world.findings(), []);
}
