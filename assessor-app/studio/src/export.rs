//! What is shown, into files: a sequence of PNG pictures, a film, curves as JSON.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use viva_avatar::{FaceTake, TakeFile};
use viva_devices::{MovieConfig, MovieWriter};
use viva_media::{FacePose, VideoFrame};
use viva_render::Actor;

use crate::core::capture::RATE_HZ;
use crate::core::studio::Studio;
use crate::files;

/// Pictures per second of sequences and films.
const FRAMES_PER_SEC: u32 = 25;
/// Poses per second of curves: the grid of the behaviour.
const POSES_PER_SEC: u32 = 120;
/// Size of the pictures.
pub(crate) const SIZE: (u32, u32) = (640, 360);

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Export {
    Pictures,
    Film,
    Curves,
    /// As the app Live Link Face writes it.
    LiveLink,
}

/// Poses of what is shown, evenly spaced from the begin.
pub(crate) fn poses(studio: &mut Studio, secs: f64, per_sec: u32) -> Vec<FacePose> {
    let side = studio.side;
    let count = (secs.min(studio.end_secs()) * f64::from(per_sec)).floor() as u32 + 1;
    (0..count)
        .map(|index| {
            let at = f64::from(index) / f64::from(per_sec);
            FacePose { at: viva_media::Timestamp::from_secs(at), ..studio.pose_at(side, at) }
        })
        .collect()
}

/// Writes poses as a text: JSON curves, or else Live Link Face CSV.
///
/// **Errors** in words.
pub(crate) fn write_poses(studio: &mut Studio, kind: Export, secs: f64, path: &Path) -> Result<(), String> {
    let (file, per_sec) = if kind == Export::Curves {
        (TakeFile::Curves, POSES_PER_SEC)
    } else {
        (TakeFile::LiveLink, RATE_HZ as u32)
    };
    let take = FaceTake::new(poses(studio, secs, per_sec)).ok_or("there is no pose to write")?;
    files::write_whole(path, file.write(&take).as_bytes())
}

/// Pictures that are written a few at a time, so that the window goes on.
pub(crate) struct Job {
    poses: Vec<FacePose>,
    next: usize,
    actor: Actor,
    target: Target,
    path: PathBuf,
}

enum Target {
    Pictures,
    Film(Box<MovieWriter>),
}

impl Job {
    /// **Errors** in words, where the folder or the film cannot be made.
    pub(crate) fn new(
        studio: &mut Studio,
        actor: Actor,
        kind: Export,
        secs: f64,
        path: &Path,
    ) -> Result<Self, String> {
        let target = if kind == Export::Film {
            let (width, height) = actor.size();
            let config = MovieConfig { width, height, fps: FRAMES_PER_SEC, ..MovieConfig::default() };
            Target::Film(Box::new(MovieWriter::create(path, config).map_err(|error| error.to_string())?))
        } else {
            std::fs::create_dir_all(path)
                .map_err(|error| format!("cannot make the folder {}: {error}", path.display()))?;
            Target::Pictures
        };
        let poses = poses(studio, secs, FRAMES_PER_SEC);
        Ok(Self { poses, next: 0, actor, target, path: path.to_owned() })
    }

    pub(crate) fn done(&self) -> f32 {
        self.next as f32 / self.poses.len().max(1) as f32
    }

    /// One picture more; true when all are written.
    ///
    /// **Errors** in words; what was written so far stays.
    pub(crate) fn step(&mut self) -> Result<bool, String> {
        let Some(pose) = self.poses.get(self.next) else { return Ok(true) };
        let frame = self.actor.render(pose).map_err(|error| error.to_string())?;
        match &mut self.target {
            Target::Pictures => write_png(&self.path.join(format!("frame_{:05}.png", self.next)), &frame)?,
            Target::Film(movie) => movie.push_video(&frame).map_err(|error| error.to_string())?,
        }
        self.next += 1;
        Ok(self.next == self.poses.len())
    }

    /// Closes the files and says what was written.
    ///
    /// **Errors** in words.
    pub(crate) fn finish(self) -> Result<String, String> {
        if let Target::Film(movie) = self.target {
            movie.finish().map_err(|error| error.to_string())?;
        }
        Ok(format!("{} pictures: {}", self.next, self.path.display()))
    }
}

/// **Errors** in words, with the path.
pub(crate) fn write_png(path: &Path, frame: &VideoFrame) -> Result<(), String> {
    let told = |error: &dyn std::fmt::Display| format!("cannot write {}: {error}", path.display());
    let file = std::fs::File::create(path).map_err(|error| told(&error))?;
    let mut encoder = png::Encoder::new(BufWriter::new(file), frame.width, frame.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|error| told(&error))?;
    writer.write_image_data(&frame.rgb).map_err(|error| told(&error))?;
    writer.finish().map_err(|error| told(&error))
}
