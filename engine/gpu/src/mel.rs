//! The flow-net's mel front end as computing passes.

use std::time::Duration;

use bytemuck::Zeroable as _;
use viva_media::BLOCK_SAMPLES;
use viva_perception::voice::mel::{FFT, HISTORY, HOP, POWER_FLOOR, WINDOW, filters, hann};
use viva_perception::voice::{MEL_BANDS, MEL_FRAMES};
use viva_shaders::NetworkPass;
use viva_shaders::networks::{MelBand, MelBands, MelPower};

use crate::compute::{Dispatch, Failure, Landing};
use crate::{Gpu, GpuError};

const BINS: usize = FFT / 2 + 1;

/// The device's execution of [`viva_perception::voice::MelStream`], which is the judge.
///
/// **Shape** two frames of 40 bands, 10 ms apart. **Units** as there.
#[derive(Debug)]
pub struct MelPasses {
    gpu: Gpu,
    failure: Failure,
    passes: Vec<Dispatch>,
    samples: wgpu::Buffer,
    landing: Landing,
    heard: Box<[f32; HISTORY + BLOCK_SAMPLES]>,
}

impl MelPasses {
    /// Uploads the tables and builds the passes, on a device of its own as [`crate::FlowPasses`].
    ///
    /// # Errors
    ///
    /// [`GpuError::Lost`] where the driver refuses a shader or the memory.
    pub fn new(gpu: Gpu) -> Result<Self, GpuError> {
        let failure = Failure::watch(&gpu);
        let (frames, bins) = (MEL_FRAMES as u32, BINS as u32);
        let pipeline =
            |pass: NetworkPass| gpu.compute_pipeline(&format!("voice.{}", pass.name()), &pass.source());
        let samples = gpu.state("voice.samples", HISTORY + BLOCK_SAMPLES);
        let power = gpu.state("voice.power", MEL_FRAMES * BINS);
        let log_mel = gpu.state("voice.log_mel", MEL_FRAMES * MEL_BANDS);
        let size = MelPower { frames, hop: HOP as u32, window: WINDOW as u32, points: FFT as u32 };
        let buffers = [
            &gpu.uniform("voice.power.size", &size),
            &samples,
            &gpu.storage("voice.window", &hann()),
            &gpu.storage("voice.circle", &circle(FFT)),
            &power,
        ];
        let first = Dispatch::new(
            &gpu,
            "voice.power",
            &pipeline(NetworkPass::MelPower),
            &buffers,
            (frames * bins).div_ceil(64),
        );
        let size = MelBands { frames, bins, bands: MEL_BANDS as u32, floor: POWER_FLOOR };
        let (bands, weights) = band_tables();
        let buffers = [
            &gpu.uniform("voice.bands.size", &size),
            &power,
            &gpu.storage("voice.bands", &bands),
            &gpu.storage("voice.bands.weights", &weights),
            &log_mel,
        ];
        let second = Dispatch::new(
            &gpu,
            "voice.bands",
            &pipeline(NetworkPass::MelBands),
            &buffers,
            (frames * MEL_BANDS as u32).div_ceil(64),
        );
        let landing = Landing::new(&gpu, "voice.landing", log_mel);
        let heard = Box::new([0.0; HISTORY + BLOCK_SAMPLES]);
        let made = Self { gpu, failure, passes: vec![first, second], samples, landing, heard };
        made.failure.get().map_or(Ok(()), |why| Err(GpuError::Lost(why.to_owned())))?;
        Ok(made)
    }

    /// A tick that takes longer than this, 100 ms if nothing is said, gives the device up.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.landing.patience = patience;
        self
    }

    /// Takes the 320 samples of a tick and writes its frames. What is no number counts as silence; a short block is filled with it.
    ///
    /// # Errors
    ///
    /// [`GpuError::Lost`], now and for ever after.
    pub fn step(&mut self, block: &[f32], out: &mut [f32; MEL_FRAMES * MEL_BANDS]) -> Result<(), GpuError> {
        self.heard.copy_within(BLOCK_SAMPLES.., 0);
        for (i, slot) in self.heard[HISTORY..].iter_mut().enumerate() {
            let sample = block.get(i).copied().unwrap_or(0.0);
            *slot = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        if let Some(why) = self.failure.get() {
            return Err(GpuError::Lost(why.to_owned()));
        }
        let upload = (&self.samples, bytemuck::cast_slice(self.heard.as_slice()));
        let ran = self.gpu.run_passes("voice.log_mel", upload, &self.passes, &self.landing, out);
        if let Err(error) = &ran {
            self.failure.set(error.to_string());
        }
        ran
    }

    /// Forgets the samples of the last tick.
    pub fn reset(&mut self) {
        self.heard.fill(0.0);
    }
}

/// Cosine and sine of i / `points` turns.
fn circle(points: usize) -> Vec<[f32; 2]> {
    let angle = |i: usize| std::f64::consts::TAU * i as f64 / points as f64;
    (0..points).map(|i| [angle(i).cos() as f32, angle(i).sin() as f32]).collect()
}

fn band_tables() -> (Vec<MelBand>, Vec<f32>) {
    let mut all = Vec::new();
    let band = |(first_bin, weights): (usize, Vec<f32>)| {
        let first_weight = all.len() as u32;
        all.extend_from_slice(&weights);
        MelBand {
            first_bin: first_bin as u32,
            first_weight,
            weights: weights.len() as u32,
            ..MelBand::zeroed()
        }
    };
    (filters().into_iter().map(band).collect(), all)
}
