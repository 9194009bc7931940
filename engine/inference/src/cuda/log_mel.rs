//! The flow-net's mel front end on CUDA.

use std::sync::Arc;

use cudarc::driver::{CudaFunction, CudaSlice, CudaStream, LaunchConfig, PushKernelArg as _};
use viva_media::BLOCK_SAMPLES;
use viva_perception::voice::mel::{FFT, HISTORY, HOP, POWER_FLOOR, WINDOW, filters, hann};
use viva_perception::voice::{MEL_BANDS, MEL_FRAMES};

use super::{CudaDevice, CudaError};

const BINS: usize = FFT / 2 + 1;
const THREADS: u32 = 64;

/// The device's execution of [`viva_perception::voice::MelStream`], which is the judge.
///
/// **Shape** two frames of 40 bands, 10 ms apart. **Units** as there.
pub struct CudaLogMel {
    stream: Arc<CudaStream>,
    power_kernel: CudaFunction,
    bands_kernel: CudaFunction,
    window: CudaSlice<f32>,
    circle: CudaSlice<f32>,
    bands: CudaSlice<u32>,
    weights: CudaSlice<f32>,
    samples: CudaSlice<f32>,
    power: CudaSlice<f32>,
    log_mel: CudaSlice<f32>,
    heard: Box<[f32; HISTORY + BLOCK_SAMPLES]>,
}

impl std::fmt::Debug for CudaLogMel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CudaLogMel").finish_non_exhaustive()
    }
}

impl CudaLogMel {
    /// Compiles the kernels and uploads the tables.
    ///
    /// # Errors
    /// Where the compiler or the driver refuses.
    pub fn new(device: &CudaDevice) -> Result<Self, CudaError> {
        let module = device.module(1)?;
        let stream = device.context.default_stream();
        let circle: Vec<f32> = (0..FFT)
            .map(|i| std::f64::consts::TAU * i as f64 / FFT as f64)
            .flat_map(|angle| [angle.cos() as f32, angle.sin() as f32])
            .collect();
        let (mut bands, mut weights) = (Vec::new(), Vec::<f32>::new());
        for (first_bin, band) in filters() {
            // `MelBand` of log_mel.cu.
            bands.extend([first_bin as u32, weights.len() as u32, band.len() as u32, 0]);
            weights.extend(band);
        }
        Ok(Self {
            power_kernel: module.load_function("mel_power")?,
            bands_kernel: module.load_function("mel_bands")?,
            window: stream.clone_htod(&hann())?,
            circle: stream.clone_htod(&circle)?,
            bands: stream.clone_htod(&bands)?,
            weights: stream.clone_htod(&weights)?,
            samples: stream.alloc_zeros(HISTORY + BLOCK_SAMPLES)?,
            power: stream.alloc_zeros(MEL_FRAMES * BINS)?,
            log_mel: stream.alloc_zeros(MEL_FRAMES * MEL_BANDS)?,
            heard: Box::new([0.0; HISTORY + BLOCK_SAMPLES]),
            stream,
        })
    }

    /// Takes the 320 samples of a tick and writes its frames. What is no number counts as silence; a short block is filled with it.
    ///
    /// # Errors
    /// [`CudaError::Driver`] when the device has failed.
    pub fn step(&mut self, block: &[f32], out: &mut [f32; MEL_FRAMES * MEL_BANDS]) -> Result<(), CudaError> {
        self.heard.copy_within(BLOCK_SAMPLES.., 0);
        for (i, slot) in self.heard[HISTORY..].iter_mut().enumerate() {
            let sample = block.get(i).copied().unwrap_or(0.0);
            *slot = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        let stream = &self.stream;
        stream.memcpy_htod(self.heard.as_slice(), &mut self.samples)?;
        let over = |count: usize| LaunchConfig {
            grid_dim: ((count as u32).div_ceil(THREADS), 1, 1),
            block_dim: (THREADS, 1, 1),
            shared_mem_bytes: 0,
        };
        let (frames, hop, length, points) = (MEL_FRAMES as u32, HOP as u32, WINDOW as u32, FFT as u32);
        let (bins, count) = (BINS as u32, MEL_BANDS as u32);
        let mut launch = stream.launch_builder(&self.power_kernel);
        launch.arg(&self.samples).arg(&self.window).arg(&self.circle).arg(&mut self.power);
        launch.arg(&frames).arg(&hop).arg(&length).arg(&points);
        // SAFETY: kinds and order of the arguments are those of the kernel; `new` made the buffers of the sizes that it reads and writes.
        unsafe { launch.launch(over(MEL_FRAMES * BINS)) }?;
        let mut launch = stream.launch_builder(&self.bands_kernel);
        launch.arg(&self.power).arg(&self.bands).arg(&self.weights).arg(&mut self.log_mel);
        launch.arg(&frames).arg(&bins).arg(&count).arg(&POWER_FLOOR);
        // SAFETY: as above.
        unsafe { launch.launch(over(MEL_FRAMES * MEL_BANDS)) }?;
        stream.memcpy_dtoh(&self.log_mel, out)?;
        stream.synchronize()?;
        Ok(())
    }

    /// Forgets the samples of the last tick.
    pub fn reset(&mut self) {
        self.heard.fill(0.0);
    }
}
