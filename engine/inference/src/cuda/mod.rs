//! The networks of the tick on CUDA: kernels in `.cu` files beside, compiled by NVRTC when they are first needed.
//!
//! Driver and compiler are loaded by name at run time; without them [`open`] says so, and nothing else is affected.
//! The CPU's execution is the judge: `tests/cuda.rs` compares against it wherever there is a device.

#![allow(unsafe_code, reason = "a kernel can only be launched, and a library only be loaded, with it")]

mod flow_net;
mod log_mel;

use std::path::Path;
use std::sync::Arc;

use cudarc::driver::{CudaContext, CudaModule, DriverError};
use cudarc::nvrtc::{CompileError, CompileOptions, Ptx, compile_ptx_with_opts};

pub use flow_net::CudaFlowNet;
pub use log_mel::CudaLogMel;

/// The kernels' sources, and the names of their entry points.
pub const SOURCES: [(&str, &str, &[&str]); 2] = [
    ("flow_net.cu", include_str!("flow_net.cu"), &["flow_stem", "flow_block", "flow_count", "flow_heads"]),
    ("log_mel.cu", include_str!("log_mel.cu"), &["mel_power", "mel_bands"]),
];

/// Instructions of this generation (Turing) run on every later one; an older device gets its own.
const OLDEST_CAPABILITY: (i32, i32) = (7, 5);

/// Why there is no execution on CUDA, or why it stopped.
#[derive(Debug, thiserror::Error)]
pub enum CudaError {
    /// The machine has no NVIDIA driver.
    #[error("no NVIDIA driver (libcuda) on this machine")]
    NoDriver,
    /// The compiler of kernels cannot be loaded.
    #[error(
        "no NVRTC library: install it (libnvrtc.so.12, also in the PyPI package nvidia-cuda-nvrtc-cu12) where the loader finds it{0}"
    )]
    NoCompiler(String),
    /// A kernel was not compiled.
    #[error("NVRTC refuses {file}: {reason}")]
    Compile {
        /// Which file.
        file: &'static str,
        /// What the compiler said.
        reason: String,
    },
    /// The driver failed.
    #[error("CUDA: {0}")]
    Driver(String),
}

impl From<DriverError> for CudaError {
    fn from(error: DriverError) -> Self {
        Self::Driver(format!("{error:?}"))
    }
}

/// Makes the compiler available: the library file that is named, or one that the loader finds.
///
/// # Errors
/// [`CudaError::NoCompiler`].
pub fn load_compiler(library: Option<&Path>) -> Result<(), CudaError> {
    if let Some(path) = library {
        // SAFETY: NVRTC's initialisers ask nothing of the program that loads it.
        let loaded = unsafe { libloading::Library::new(path) };
        let loaded =
            loaded.map_err(|error| CudaError::NoCompiler(format!("; {}: {error}", path.display())))?;
        // It stays loaded, so that the loader finds it under its own name from now on.
        std::mem::forget(loaded);
    }
    // SAFETY: as above.
    let found = unsafe { cudarc::nvrtc::sys::is_culib_present() };
    if found { Ok(()) } else { Err(CudaError::NoCompiler(String::new())) }
}

/// Compiles one of [`SOURCES`] for devices of a compute capability.
///
/// # Errors
/// [`CudaError::Compile`] with the compiler's own words. [`load_compiler`] comes first.
pub fn compile(file: &'static str, source: &str, capability: (i32, i32)) -> Result<Ptx, CudaError> {
    let (major, minor) = capability.min(OLDEST_CAPABILITY);
    let options = CompileOptions {
        name: Some(file.to_owned()),
        options: vec![format!("--gpu-architecture=compute_{major}{minor}")],
        ..CompileOptions::default()
    };
    compile_ptx_with_opts(source, options).map_err(|error| {
        let reason = match error {
            CompileError::CompileError { log, .. } => log.to_string_lossy().into_owned(),
            other => other.to_string(),
        };
        CudaError::Compile { file, reason }
    })
}

/// The first device.
#[derive(Clone, Debug)]
pub struct CudaDevice {
    context: Arc<CudaContext>,
    name: String,
}

/// Opens the first device; `compiler` may name NVRTC's library file.
///
/// # Errors
/// Where driver, device or compiler is missing.
pub fn open(compiler: Option<&Path>) -> Result<CudaDevice, CudaError> {
    // SAFETY: the driver's initialisers ask nothing of the program that loads it.
    if !unsafe { cudarc::driver::sys::is_culib_present() } {
        return Err(CudaError::NoDriver);
    }
    let context = CudaContext::new(0)?;
    load_compiler(compiler)?;
    let name = context.name()?;
    Ok(CudaDevice { context, name })
}

impl CudaDevice {
    /// The device's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn module(&self, index: usize) -> Result<Arc<CudaModule>, CudaError> {
        let (file, source, _) = SOURCES[index];
        let capability = self.context.compute_capability()?;
        Ok(self.context.load_module(compile(file, source, capability)?)?)
    }
}
