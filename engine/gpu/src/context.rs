//! Adapter, device and queue.

use std::fmt;

use thiserror::Error;

/// Why there is no device, or why it did not do its work.
#[derive(Debug, Error)]
pub enum GpuError {
    /// No driver answers.
    #[error(
        "no graphics adapter: install a Vulkan driver; the package mesa-vulkan-drivers has one that needs no graphics card ({0})"
    )]
    NoAdapter(#[source] wgpu::RequestAdapterError),
    /// The adapter gives no device.
    #[error("the graphics adapter gives no device: {0}")]
    NoDevice(#[source] wgpu::RequestDeviceError),
    /// A window's surface cannot be made.
    #[error("the window gives no drawing surface: {0}")]
    NoSurface(#[source] wgpu::CreateSurfaceError),
    /// The device was lost or timed out.
    #[error("the graphics device did not finish its work: {0}")]
    Lost(String),
}

/// What `viva doctor` tells about the adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterSummary {
    /// The device's own name.
    pub name: String,
    /// The driver and its version.
    pub driver: String,
    /// For example `Vulkan`.
    pub backend: String,
    /// Whether a processor does the drawing.
    pub is_software: bool,
}

impl fmt::Display for AdapterSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_software { "software" } else { "hardware" };
        write!(f, "{} ({kind}, {}, {})", self.name, self.backend, self.driver)
    }
}

/// The device with its queue; cheap to clone.
#[derive(Clone, Debug)]
pub struct Gpu {
    instance: wgpu::Instance,
    adapter: wgpu::Adapter,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
}

impl Gpu {
    /// A device that draws into memory; needs no display.
    ///
    /// # Errors
    ///
    /// [`GpuError::NoAdapter`] names the package that helps, [`GpuError::NoDevice`] where the driver refuses.
    pub fn headless() -> Result<Self, GpuError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        Self::with_instance(instance, None)
    }

    /// A device that can show on a window, with the window's surface.
    ///
    /// # Errors
    ///
    /// As [`Gpu::headless`], and [`GpuError::NoSurface`].
    pub fn for_surface(
        target: impl Into<wgpu::SurfaceTarget<'static>>,
    ) -> Result<(Self, wgpu::Surface<'static>), GpuError> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let surface = instance.create_surface(target).map_err(GpuError::NoSurface)?;
        let gpu = Self::with_instance(instance, Some(&surface))?;
        Ok((gpu, surface))
    }

    fn with_instance(
        instance: wgpu::Instance,
        surface: Option<&wgpu::Surface<'static>>,
    ) -> Result<Self, GpuError> {
        let adapter = pollster::block_on(instance.request_adapter(&wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            compatible_surface: surface,
            ..Default::default()
        }))
        .map_err(GpuError::NoAdapter)?;
        let (device, queue) = pollster::block_on(
            adapter
                .request_device(&wgpu::DeviceDescriptor { label: Some("gpu.device"), ..Default::default() }),
        )
        .map_err(GpuError::NoDevice)?;
        Ok(Self { instance, adapter, device, queue })
    }

    /// The raw device.
    #[must_use]
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// Readies a surface for pictures of its size; leaves it alone where no picture of the device is so large, see [`Self::fits`].
    pub fn configure(&self, surface: &wgpu::Surface<'_>, config: &wgpu::SurfaceConfiguration) {
        if self.fits(config.width, config.height) {
            surface.configure(&self.device, config);
        }
    }

    /// Whether the device has pictures of this size: a window over several screens may be larger.
    #[must_use]
    pub fn fits(&self, width: u32, height: u32) -> bool {
        width.max(height) <= self.device.limits().max_texture_dimension_2d
    }

    /// The raw queue.
    #[must_use]
    pub fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    /// The instance, for another surface.
    #[must_use]
    pub fn instance(&self) -> &wgpu::Instance {
        &self.instance
    }

    /// The raw adapter, for surface capabilities.
    #[must_use]
    pub fn raw_adapter(&self) -> &wgpu::Adapter {
        &self.adapter
    }

    /// What is drawing, in words.
    #[must_use]
    pub fn adapter(&self) -> AdapterSummary {
        let info = self.adapter.get_info();
        AdapterSummary {
            name: info.name,
            driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
            backend: format!("{:?}", info.backend),
            is_software: info.device_type == wgpu::DeviceType::Cpu,
        }
    }
}
