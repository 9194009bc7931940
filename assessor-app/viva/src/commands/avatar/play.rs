//! `viva avatar play`: a take as a film or pictures.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use viva_devices::{MovieConfig, MovieWriter};
use viva_gpu::Gpu;
use viva_media::{Timestamp, VideoFrame};
use viva_render::{Look, Member};

use super::arguments::PlayArgs;
use super::take::read_take;
use crate::commands::render::write_png;
use crate::commands::{SessionBar, say};
use crate::interview::{Models, head_renderer, imported, tier_choice};

pub(super) fn run(args: &PlayArgs) -> Result<()> {
    let take = read_take(&args.take, &args.reading)?;
    let take = take.resampled(args.rate).context("at that rate the take would be too long")?;
    let (width, height, tier) = (args.size.width, args.size.height, args.size.quality.tier());
    let is_film = args.out.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("mp4"));
    ensure!(
        !is_film || width % 2 == 0 && height % 2 == 0,
        "a film has an even width and height, not {width}x{height}"
    );
    let gpu = Gpu::headless()?;
    let mut actor = match &args.avatar {
        Some(path) => {
            let member = Member::Imported(Box::new(imported(path)?), Box::new(Look::examiner()));
            member.actor(&gpu, (width, height), &tier_choice(tier))?
        }
        None => {
            let size = (width, height);
            head_renderer(&Models::open()?, &gpu, &args.look, size, tier)?
        }
    };
    let mut screen = if is_film {
        let config = MovieConfig {
            width,
            height,
            fps: args.rate.round() as u32,
            audio: false,
            start: Timestamp::ZERO,
        };
        Screen::Film(Box::new(MovieWriter::create(&args.out, config)?))
    } else {
        Screen::folder(&args.out)?
    };
    let mut bar = SessionBar::new("play", Some(take.duration().as_secs()));
    for (number, pose) in take.poses().iter().enumerate() {
        screen.show(number, &actor.render(pose)?, &args.out)?;
        bar.at(pose.at);
    }
    if let Screen::Film(film) = screen {
        film.finish()?;
    }
    bar.finish();
    say(format!(
        "{}: {} pictures, {:.2} s",
        args.out.display(),
        take.poses().len(),
        take.duration().as_secs()
    ));
    Ok(())
}

/// Where it is shown.
enum Screen {
    Film(Box<MovieWriter>),
    Folder,
}

impl Screen {
    fn folder(path: &Path) -> Result<Self> {
        let is_empty =
            !path.exists() || std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
        ensure!(
            is_empty,
            "{} is there and not an empty folder: name a new folder for pictures, or a film that ends in .mp4",
            path.display()
        );
        std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self::Folder)
    }

    fn show(&mut self, number: usize, frame: &VideoFrame, path: &Path) -> Result<()> {
        match self {
            Self::Film(film) => Ok(film.push_video(frame)?),
            Self::Folder => write_png(&path.join(format!("{number:06}.png")), frame),
        }
    }
}
