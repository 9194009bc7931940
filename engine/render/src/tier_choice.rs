//! Which tier a device draws in time: a few pictures tell, where nobody has asked for one.

use viva_gpu::Gpu;
use viva_media::{FacePose, TimeSpan, Timestamp};

use crate::RenderError;
use crate::asset::HeadAsset;
use crate::look::Look;
use crate::renderer::{HeadRenderer, Tier};

/// Pictures that warm the device up before any is timed.
const WARM_UP: i64 = 2;
/// Pictures that are timed.
const TIMED: i64 = 7;

/// How the tier of a face is chosen.
#[derive(Clone, Copy, Debug)]
pub struct TierChoice {
    /// What somebody asked for; without it, what the device draws in time.
    pub wanted: Option<Tier>,
    /// A clock that never goes back, for the measurement.
    pub clock: fn() -> Timestamp,
}

impl TierChoice {
    /// A window shows 60 pictures a second, 16.7 ms each: the full look is taken where it leaves two fifths of that to others.
    pub const LIMIT: TimeSpan = TimeSpan::from_millis(10);

    /// A renderer of the tier that was asked for; else the software tier where a processor draws; else the full look where the
    /// device draws it within [`Self::LIMIT`], and what is quicker where it does not.
    ///
    /// # Errors
    ///
    /// As [`HeadRenderer::new`]; [`RenderError::Gpu`] where the device fails in the measurement.
    pub fn renderer(
        &self,
        gpu: &Gpu,
        asset: &HeadAsset,
        look: &Look,
        (width, height): (u32, u32),
    ) -> Result<HeadRenderer, RenderError> {
        let of = |tier| HeadRenderer::with_tier(gpu, asset, look, width, height, tier);
        match self.wanted {
            Some(tier) => of(tier),
            None if gpu.adapter().is_software => of(Tier::Software),
            None => self.quicker(of),
        }
    }

    fn quicker(
        &self,
        of: impl Fn(Tier) -> Result<HeadRenderer, RenderError>,
    ) -> Result<HeadRenderer, RenderError> {
        let mut full = of(Tier::Full)?;
        let taken = self.time(&mut full)?;
        if Self::between(taken, TimeSpan::ZERO) == Tier::Full {
            return Ok(full);
        }
        let mut quick = of(Tier::Software)?;
        let by_quick = self.time(&mut quick)?;
        Ok(if Self::between(taken, by_quick) == Tier::Full { full } else { quick })
    }

    /// The tier to draw in, where a picture of the full look takes one time and of the software tier another.
    #[must_use]
    pub fn between(full: TimeSpan, software: TimeSpan) -> Tier {
        if full <= Self::LIMIT || full <= software { Tier::Full } else { Tier::Software }
    }

    /// Median time of a picture with all shapes at work, from the pose to the device's word that it is drawn.
    ///
    /// # Errors
    ///
    /// [`RenderError::Gpu`] where the device fails.
    pub fn time(&self, renderer: &mut HeadRenderer) -> Result<TimeSpan, RenderError> {
        let mut taken = Vec::with_capacity(TIMED as usize);
        for number in 0..WARM_UP + TIMED {
            let pose = moving(number);
            let before = (self.clock)();
            renderer.draw(&pose)?;
            if number >= WARM_UP {
                taken.push((self.clock)() - before);
            }
        }
        taken.sort_unstable();
        Ok(taken[taken.len() / 2])
    }
}

/// A pose to time drawing with: every shape between 0 and 1, each with a phase of its own; a head that turns.
#[must_use]
pub fn moving(number: i64) -> FacePose {
    let mut pose = FacePose::neutral(Timestamp::from_millis(number * 16));
    let time = number as f32 * 0.1;
    for (shape, weight) in pose.weights.0.iter_mut().enumerate() {
        *weight = 0.5 + 0.5 * (time + shape as f32).sin();
    }
    pose.head_yaw.0 = 0.2 * (time * 0.3).sin();
    pose
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn head() -> HeadAsset {
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let cache = folder("VIVA_CACHE")
            .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("viva")))
            .or_else(|| folder("HOME").map(|home| home.join(".cache/viva")));
        let path =
            cache.unwrap_or_default().join("assets/avatar-head-mpfb/head_female_mixed_young.safetensors");
        let bytes = std::fs::read(&path).unwrap_or_else(|_| {
            panic!("no {}: run `cargo xtask test`, which fetches the models", path.display())
        });
        HeadAsset::from_safetensors(&bytes).expect("our own head")
    }

    /// Readings of the clock so far.
    static READ: AtomicI64 = AtomicI64::new(0);

    /// The first renderer's pictures take 20 ms each, those of the next one 5 ms.
    fn clock() -> Timestamp {
        let read = READ.fetch_add(1, Ordering::Relaxed);
        let of_the_first = 2 * (WARM_UP + TIMED);
        Timestamp::from_millis(20 * read.min(of_the_first) + 5 * (read - of_the_first).max(0))
    }

    #[test]
    fn a_device_that_is_too_slow_for_the_full_look_draws_the_quick_one() {
        let (gpu, head) = (Gpu::headless().expect("a graphics driver"), head());
        let of = |tier| HeadRenderer::with_tier(&gpu, &head, &Look::examiner(), 64, 36, tier);
        let choice = TierChoice { wanted: None, clock };
        assert_eq!(choice.quicker(of).expect("it draws").tier(), Tier::Software);
        // All that follows takes 5 ms.
        assert_eq!(choice.quicker(of).expect("it draws").tier(), Tier::Full);
        let plain = TierChoice { wanted: Some(Tier::Plain), clock };
        let drawn = plain.renderer(&gpu, &head, &Look::examiner(), (64, 36)).expect("it draws");
        assert_eq!(drawn.tier(), Tier::Plain);
        let millis = TimeSpan::from_millis;
        assert_eq!(TierChoice::between(millis(50), millis(60)), Tier::Full);
        assert_eq!(TierChoice::between(millis(50), millis(40)), Tier::Software);
        assert_eq!(TierChoice::between(millis(10), millis(1)), Tier::Full);
    }
}
