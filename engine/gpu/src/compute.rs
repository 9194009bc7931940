//! Computing passes that are set up once and run on every tick, on a device that may be lost.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::{Gpu, GpuError};

/// A device that takes longer than this for one tick's work counts as lost: five ticks.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// A pass with its buffers.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pipeline: wgpu::ComputePipeline,
    group: wgpu::BindGroup,
    workgroups: u32,
}

impl Dispatch {
    /// `buffers` in the order of their bindings.
    pub(crate) fn new(
        gpu: &Gpu,
        label: &str,
        pipeline: &wgpu::ComputePipeline,
        buffers: &[&wgpu::Buffer],
        workgroups: u32,
    ) -> Self {
        let entries: Vec<_> = (0..)
            .zip(buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(label),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        Self { pipeline: pipeline.clone(), group, workgroups }
    }
}

/// What the device said when it failed; the first word counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failure(Arc<OnceLock<String>>);

impl Failure {
    /// Hears every error of the device from now on. Without it an error ends the program.
    pub(crate) fn watch(gpu: &Gpu) -> Self {
        let failure = Self::default();
        let (errors, loss) = (failure.clone(), failure.clone());
        gpu.device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| errors.set(error.to_string())));
        gpu.device.set_device_lost_callback(move |reason, message| {
            loss.set(format!("the graphics device was lost ({reason:?}): {message}"));
        });
        failure
    }

    pub(crate) fn set(&self, what: String) {
        // A second failure follows from the first.
        self.0.get_or_init(|| what);
    }

    pub(crate) fn get(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// The result of the last pass, on its way back.
#[derive(Debug)]
pub(crate) struct Landing {
    source: wgpu::Buffer,
    landing: wgpu::Buffer,
    /// How long it is awaited.
    pub(crate) patience: Duration,
}

impl Landing {
    /// `source` needs `COPY_SRC`.
    pub(crate) fn new(gpu: &Gpu, label: &str, source: wgpu::Buffer) -> Self {
        let landing = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: source.size(),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        Self { source, landing, patience: LONGEST_WAIT }
    }
}

impl Gpu {
    /// A pipeline of the only entry point of a source.
    pub(crate) fn compute_pipeline(&self, label: &str, wgsl: &str) -> wgpu::ComputePipeline {
        self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(label),
            layout: None,
            module: &self.shader(label, wgsl),
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            cache: None,
        })
    }

    /// A zeroed storage buffer that outlives a tick and can be emptied.
    pub(crate) fn state(&self, label: &str, values: usize) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: (values.max(4) * size_of::<f32>()) as u64,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        })
    }

    /// One upload, the passes in their order, one readback of as many values as `out` takes.
    pub(crate) fn run_passes(
        &self,
        label: &str,
        (upload, bytes): (&wgpu::Buffer, &[u8]),
        passes: &[Dispatch],
        landing: &Landing,
        out: &mut [f32],
    ) -> Result<(), GpuError> {
        self.queue.write_buffer(upload, 0, bytes);
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some(label) });
        let mut pass = encoder
            .begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some(label), timestamp_writes: None });
        for dispatch in passes {
            pass.set_pipeline(&dispatch.pipeline);
            pass.set_bind_group(0, &dispatch.group, &[]);
            pass.dispatch_workgroups(dispatch.workgroups, 1, 1);
        }
        drop(pass);
        encoder.copy_buffer_to_buffer(&landing.source, 0, &landing.landing, 0, landing.source.size());
        self.queue.submit([encoder.finish()]);
        self.mapped(&landing.landing, Some(landing.patience), |bytes| {
            for (value, bytes) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *value = f32::from_le_bytes(*bytes);
            }
        })
    }
}
