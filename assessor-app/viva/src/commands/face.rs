//! `viva face`

use std::io::Write as _;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use viva_devices::{FileSource, Media};
use viva_media::VideoFrame;

use super::{SessionBar, say};
use crate::cli::FaceArgs;
use crate::interview::{Models, eyes};

/// The lag is looked for this far to both sides.
const MOST_LAG_MS: i64 = 400;

pub(crate) fn run(args: &FaceArgs) -> Result<()> {
    let crop = args.crop.as_deref().map(Crop::parse).transpose()?;
    let mut source = FileSource::open(&args.video)?;
    ensure!(source.has_video(), "{} holds no pictures", args.video.display());
    let mut eyes = eyes(&Models::open()?)?;
    let file =
        std::fs::File::create(&args.out).with_context(|| format!("cannot write {}", args.out.display()))?;
    let mut out = std::io::BufWriter::new(file);
    let mut bar = SessionBar::new("face", source.duration().map(viva_media::TimeSpan::as_secs));
    let (mut frames, mut faces) = (0_u64, 0_u64);
    let (mut mouth, mut sound) = (Vec::new(), Vec::new());
    while let Some(media) = source.next()? {
        let frame = match media {
            Media::Audio(block) => {
                sound.push((block.end().as_millis() - 10, f64::from(block.rms())));
                continue;
            }
            Media::Video(frame) => frame,
        };
        let frame = crop.as_ref().map_or(Ok(frame.clone()), |crop| crop.cut(&frame))?;
        let seen = eyes.step(&frame);
        bar.at(seen.captured);
        frames += 1;
        faces += u64::from(seen.present);
        if seen.present {
            mouth.push((seen.captured.as_millis(), f64::from(seen.mouth_open)));
        }
        let shapes: serde_json::Map<String, serde_json::Value> = viva_media::Blendshape::ALL
            .iter()
            .map(|&shape| (shape.name().to_owned(), json!((seen.blendshapes[shape] * 1e4).round() / 1e4)))
            .collect();
        let line = json!({
            "t_s": seen.captured.as_secs(), "present": seen.present, "score": seen.score, "mouth_open": seen.mouth_open,
            "head_deg": {"yaw": seen.head_yaw.to_degrees(), "pitch": seen.head_pitch.to_degrees(), "roll": seen.head_roll.to_degrees()},
            "gaze_deg": {"yaw": seen.gaze_yaw.to_degrees(), "pitch": seen.gaze_pitch.to_degrees()},
            "towards_screen": seen.towards_screen, "eyes_closed": seen.blink, "usable": seen.quality.is_usable(), "blendshapes": shapes,
        });
        writeln!(out, "{line}").with_context(|| format!("cannot write {}", args.out.display()))?;
    }
    out.flush().with_context(|| format!("cannot write {}", args.out.display()))?;
    bar.finish();
    say(format!("{frames} frames, a face in {faces}: {}", args.out.display()));
    if args.sync {
        match best_lag(&mouth, &sound) {
            Some((lag, r)) => {
                say(format!("the mouth follows the sound's envelope best at a lag of {lag} ms (r = {r:.2})"));
            }
            None => say("too little mouth movement or sound to find a lag"),
        }
    }
    Ok(())
}

/// The lag in milliseconds of the mouth behind the sound with the highest correlation, and that correlation.
///
/// **Shape** both series are `(milliseconds, value)`, ascending. The sound's envelope is smoothed over 60 ms; positive means that the mouth is late.
pub(crate) fn best_lag(mouth: &[(i64, f64)], sound: &[(i64, f64)]) -> Option<(i64, f64)> {
    let envelope = |at: i64| -> Option<f64> {
        let near = sound.partition_point(|(time, _)| *time < at - 30);
        let window: Vec<f64> =
            sound[near..].iter().take_while(|(time, _)| *time <= at + 30).map(|(_, v)| *v).collect();
        (!window.is_empty()).then(|| (window.iter().sum::<f64>() / window.len() as f64).max(1e-4).ln())
    };
    (-MOST_LAG_MS / 10..=MOST_LAG_MS / 10)
        .map(|step| step * 10)
        .filter_map(|lag| {
            let pairs: Vec<(f64, f64)> = mouth
                .iter()
                .filter_map(|(time, value)| envelope(time - lag).map(|sound| (*value, sound)))
                .collect();
            correlation(&pairs).map(|r| (lag, r))
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 25 {
        return None;
    }
    let n = pairs.len() as f64;
    let (mx, my) = (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        xy += (x - mx) * (y - my);
        xx += (x - mx).powi(2);
        yy += (y - my).powi(2);
    }
    (xx > 1e-12 && yy > 1e-12).then(|| xy / (xx * yy).sqrt())
}

/// A part of the picture.
pub(crate) struct Crop {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Crop {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let numbers: Vec<u32> = text
            .split(',')
            .map(|part| {
                part.trim()
                    .parse()
                    .with_context(|| format!("--crop takes x,y,width,height in pixels, not {text:?}"))
            })
            .collect::<Result<_>>()?;
        let [x, y, width, height] = numbers[..] else {
            anyhow::bail!("--crop takes four numbers, not {}", numbers.len())
        };
        ensure!(width > 0 && height > 0, "--crop takes a width and height above 0");
        Ok(Self { x, y, width, height })
    }

    pub(crate) fn cut(&self, frame: &VideoFrame) -> Result<VideoFrame> {
        let fits = self.x.checked_add(self.width).is_some_and(|right| right <= frame.width)
            && self.y.checked_add(self.height).is_some_and(|bottom| bottom <= frame.height);
        ensure!(fits, "--crop reaches beyond the picture of {}x{} pixels", frame.width, frame.height);
        let row_bytes = self.width as usize * 3;
        let rgb: Vec<u8> = (self.y..self.y + self.height)
            .flat_map(|row| {
                let from = (row as usize * frame.width as usize + self.x as usize) * 3;
                frame.rgb[from..from + row_bytes].iter().copied()
            })
            .collect();
        VideoFrame::new(frame.captured, self.width, self.height, rgb).context("a crop has its own size")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mouth_that_is_late_is_found_late() {
        let open = |ms: i64| ((ms as f64 / 170.0).sin() + (ms as f64 / 431.0).sin()).abs();
        let sound: Vec<_> = (0..500).map(|n| (n * 20, open(n * 20).exp() * 0.01)).collect();
        let mouth: Vec<_> = (0..250).map(|n| (n * 40, open(n * 40 - 80))).collect();
        let (lag, r) = best_lag(&mouth, &sound).expect("both move");
        assert!((lag - 80).abs() <= 20 && r > 0.8, "{lag} ms, r {r}");
        assert_eq!(best_lag(&mouth[..3], &sound), None);
    }

    #[test]
    fn a_crop_outside_the_picture_is_refused() {
        let frame =
            VideoFrame::new(viva_media::Timestamp::ZERO, 4, 2, vec![7; 24]).expect("24 bytes are 4x2 pixels");
        assert!(Crop::parse("2,0,2,2").and_then(|c| c.cut(&frame)).is_ok());
        assert!(Crop::parse("3,0,2,2").and_then(|c| c.cut(&frame)).is_err());
        assert!(Crop::parse("4294967295,0,2,2").and_then(|c| c.cut(&frame)).is_err());
        assert!(Crop::parse("1,2,3").is_err());
    }
}
