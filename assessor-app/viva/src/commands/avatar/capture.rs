//! `viva avatar capture`: our own eyes as a performer's camera.

use anyhow::{Context as _, Result, ensure};
use viva_avatar::FaceTake;
use viva_devices::{FileSource, Media};
use viva_media::FacePose;

use super::arguments::CaptureArgs;
use super::take::{kind_of, tell, write_take};
use crate::commands::face::Crop;
use crate::commands::{SessionBar, warn};
use crate::interview::{Models, eyes};

pub(super) fn run(args: &CaptureArgs) -> Result<()> {
    kind_of(&args.out)?;
    let crop = args.crop.as_deref().map(Crop::parse).transpose()?;
    let mut source = FileSource::open(&args.video)?;
    ensure!(source.has_video(), "{} holds no pictures", args.video.display());
    let mut eyes = eyes(&Models::open()?)?;
    let mut bar = SessionBar::new("capture", source.duration().map(viva_media::TimeSpan::as_secs));
    let (mut poses, mut frames) = (Vec::new(), 0_u64);
    while let Some(media) = source.next()? {
        let Media::Video(frame) = media else { continue };
        let frame = crop.as_ref().map_or(Ok(frame.clone()), |crop| crop.cut(&frame))?;
        let seen = eyes.step(&frame);
        bar.at(seen.captured);
        frames += 1;
        if seen.present {
            poses.push(FacePose {
                weights: seen.blendshapes,
                head_yaw: seen.head_yaw,
                head_pitch: seen.head_pitch,
                head_roll: seen.head_roll,
                gaze_yaw: seen.gaze_yaw,
                gaze_pitch: seen.gaze_pitch,
                ..FacePose::neutral(seen.captured)
            });
        }
    }
    bar.finish();
    let found = poses.len() as u64;
    let take = FaceTake::new(poses).with_context(|| {
        format!("no face was found in {frames} pictures: a take needs one face that looks towards the camera")
    })?;
    if found < frames {
        warn(format!(
            "{} of {frames} pictures showed no face; the take moves on between its neighbours",
            frames - found
        ));
    }
    write_take(&take, &args.out)?;
    tell(&take, &args.out, args.json)
}
