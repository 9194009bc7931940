//! Who is seen: one of the four looks, who a person file describes, or an imported avatar, drawn as finely as was asked for or is found in time.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use viva_avatar::{Avatar, Imported, Verdict};
use viva_gpu::Gpu;
use viva_media::Timestamp;
use viva_render::{Actor, HeadAsset, Identity, Look, Member, Tier, TierChoice};

use super::models::Models;
use crate::commands::warn;

/// Largest file of an avatar that is read.
const MOST_BYTES: u64 = 256 << 20;

/// The tier that was asked for, or a measurement on the clock of this program.
pub(crate) fn tier_choice(wanted: Option<Tier>) -> TierChoice {
    TierChoice { wanted, clock }
}

#[expect(clippy::disallowed_methods, reason = "an edge: it measures how long drawing takes")]
fn clock() -> Timestamp {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(Instant::now);
    Timestamp::from_secs(start.elapsed().as_secs_f64())
}

/// Examiner and character of a session, each by a look; an imported avatar in the examiner's place.
pub(crate) fn cast(models: &Models, avatar: Option<&Path>, character: &str) -> Result<Vec<Member>> {
    let examiner = match avatar {
        Some(path) if is_person(path) => member(models, &path.to_string_lossy())?,
        Some(path) => Member::Imported(Box::new(examiner(path)?), Box::new(Look::examiner())),
        None => member(models, "examiner")?,
    };
    Ok(vec![examiner, member(models, character)?])
}

/// A look by name, or a person file's place in the folder of the exam.
pub(crate) fn character_look(folder: &Path, look: &str) -> String {
    if is_person(Path::new(look)) {
        folder.join(look).to_string_lossy().into_owned()
    } else {
        look.to_owned()
    }
}

/// One of the four looks, or who a person file describes.
pub(crate) fn member(models: &Models, look: &str) -> Result<Member> {
    let (look, head) = look_of(models, look)?;
    Ok(Member::Own(Box::new(head), Box::new(look)))
}

/// The same on the device.
pub(crate) fn head_renderer(
    models: &Models,
    gpu: &Gpu,
    name: &str,
    size: (u32, u32),
    tier: Option<Tier>,
) -> Result<Actor> {
    Ok(member(models, name)?.actor(gpu, size, &tier_choice(tier))?)
}

/// A look with the head it is for: one of the four by name, or a person file, as the studio writes them.
pub(crate) fn look_of(models: &Models, name: &str) -> Result<(Look, HeadAsset)> {
    let identity = identity(name)?;
    Ok((identity.look, identity.head(|name| head(models, name))?))
}

/// Who a name or a person file is.
pub(crate) fn identity(name: &str) -> Result<Identity> {
    let path = Path::new(name);
    if is_person(path) {
        let bytes = read_bounded(path).with_context(|| format!("cannot read {name}"))?;
        let text = String::from_utf8(bytes).with_context(|| format!("{name} is no text"))?;
        return Identity::from_toml(&text).with_context(|| format!("{name} describes no person"));
    }
    Identity::preset(name).with_context(|| {
        let names = Look::NAMES.join(", ");
        format!("no look is called {name:?}; there are {names}, and person files that end in .toml")
    })
}

/// Whether a path names a person of our own and no avatar.
fn is_person(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

/// One of the heads that a person is blended of.
pub(crate) fn head(models: &Models, name: &str) -> Result<HeadAsset> {
    let path = models.file("avatar-head-mpfb", &format!("head_{name}.safetensors"))?;
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(HeadAsset::from_safetensors(&bytes)?)
}

/// An avatar that can hold an interview.
fn examiner(path: &Path) -> Result<Avatar> {
    let Imported { avatar, report } = read_avatar(path)?;
    ensure!(
        report.verdict != Verdict::Still,
        "{} neither speaks nor blinks, so that nobody could be interviewed by it; viva avatar import {0} says what it lacks",
        path.display()
    );
    report.lacks.iter().for_each(|lack| warn(format!("{}: {lack}", path.display())));
    let cautions = report.licence.iter().flat_map(|licence| &licence.cautions);
    cautions.for_each(|caution| warn(format!("{}: {caution}", path.display())));
    Ok(avatar)
}

/// An avatar that is to be seen; what it cannot show is told.
pub(crate) fn imported(path: &Path) -> Result<Avatar> {
    let Imported { avatar, report } = read_avatar(path)?;
    report.lacks.iter().for_each(|lack| warn(format!("{}: {lack}", path.display())));
    Ok(avatar)
}

/// Reads an avatar with the files that it names in its own folder.
pub(crate) fn read_avatar(path: &Path) -> Result<Imported> {
    let bytes = read_bounded(path).with_context(|| format!("cannot read {}", path.display()))?;
    let folder = path.parent().map_or_else(Default::default, Path::to_path_buf);
    let name = path.file_stem().map_or_else(|| "avatar".into(), |stem| stem.to_string_lossy().into_owned());
    let mut beside = |uri: &str| read_bounded(&folder.join(uri)).map_err(|error| error.to_string());
    viva_avatar::import(&bytes, &name, &mut beside)
        .with_context(|| format!("{} is no avatar", path.display()))
}

fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let size = std::fs::metadata(path)?.len();
    if size > MOST_BYTES {
        let problem = format!("it has {size} bytes, more than the {MOST_BYTES} that are read");
        return Err(std::io::Error::other(problem));
    }
    std::fs::read(path)
}
