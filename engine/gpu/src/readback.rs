//! Bytes back from the device.

use crate::{Gpu, GpuError};

/// A reusable landing place for RGBA8 pictures of one size.
#[derive(Debug)]
pub struct Readback {
    buffer: wgpu::Buffer,
    width: u32,
    height: u32,
    padded_row: u32,
}

impl Readback {
    /// A landing place for `width` x `height` pictures.
    #[must_use]
    pub fn new(gpu: &Gpu, label: &str, width: u32, height: u32) -> Self {
        // Rows in a copy are padded to 256 bytes (wgpu::COPY_BYTES_PER_ROW_ALIGNMENT).
        let padded_row = (width * 4).next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: u64::from(padded_row) * u64::from(height),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        Self { buffer, width, height, padded_row }
    }

    /// Records the copy of an RGBA8 texture of the same size.
    pub fn record(&self, encoder: &mut wgpu::CommandEncoder, texture: &wgpu::Texture) {
        encoder.copy_texture_to_buffer(
            texture.as_image_copy(),
            wgpu::TexelCopyBufferInfo {
                buffer: &self.buffer,
                layout: wgpu::TexelCopyBufferLayout {
                    offset: 0,
                    bytes_per_row: Some(self.padded_row),
                    rows_per_image: Some(self.height),
                },
            },
            wgpu::Extent3d { width: self.width, height: self.height, depth_or_array_layers: 1 },
        );
    }

    /// Waits for the submitted copy and gives the picture as RGB8 without padding.
    ///
    /// # Errors
    ///
    /// [`GpuError::Lost`].
    pub fn rgb(&self, gpu: &Gpu) -> Result<Vec<u8>, GpuError> {
        let width = self.width as usize;
        let mut rgb = vec![0; width * self.height as usize * 3];
        gpu.mapped(&self.buffer, None, |bytes| {
            let rows = bytes.chunks_exact(self.padded_row as usize);
            for (row, out) in rows.zip(rgb.chunks_exact_mut(width * 3)) {
                let (pixels, _) = row.as_chunks::<4>();
                let (triples, _) = out.as_chunks_mut::<3>();
                for ([r, g, b, _], out) in pixels.iter().zip(triples) {
                    *out = [*r, *g, *b];
                }
            }
        })?;
        Ok(rgb)
    }
}

impl Gpu {
    /// Waits until all submitted work is done.
    ///
    /// # Errors
    ///
    /// [`GpuError::Lost`].
    pub fn wait(&self) -> Result<(), GpuError> {
        let until = wgpu::PollType::Wait { submission_index: None, timeout: None };
        self.device.poll(until).map(drop).map_err(|error| GpuError::Lost(error.to_string()))
    }

    /// The content of a buffer that has `COPY_SRC`; waits for all submitted work.
    ///
    /// # Errors
    ///
    /// [`GpuError::Lost`].
    pub fn read<T: bytemuck::Pod>(&self, source: &wgpu::Buffer) -> Result<Vec<T>, GpuError> {
        let landing = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("gpu.read"),
            size: source.size(),
            usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("gpu.read") });
        encoder.copy_buffer_to_buffer(source, 0, &landing, 0, source.size());
        self.queue.submit([encoder.finish()]);
        let mut out = Vec::new();
        self.mapped(&landing, None, |bytes| out.extend(bytemuck::pod_collect_to_vec::<u8, T>(bytes)))?;
        Ok(out)
    }

    /// Reads a buffer when all submitted work is done, or gives the device up after `longest`.
    pub(crate) fn mapped(
        &self,
        buffer: &wgpu::Buffer,
        longest: Option<std::time::Duration>,
        read: impl FnOnce(&[u8]),
    ) -> Result<(), GpuError> {
        let slice = buffer.slice(..);
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        slice.map_async(wgpu::MapMode::Read, move |result| {
            // The receiver waits below; it can only be gone when this function has failed already.
            drop(sender.send(result));
        });
        self.device
            .poll(wgpu::PollType::Wait { submission_index: None, timeout: longest })
            .map_err(|error| GpuError::Lost(error.to_string()))?;
        // Another thread that polls the same device may still be about to tell.
        let mapped = match longest {
            Some(longest) => {
                receiver.recv_timeout(longest).map_err(|error| GpuError::Lost(error.to_string()))
            }
            None => receiver.recv().map_err(|error| GpuError::Lost(error.to_string())),
        }?;
        mapped.map_err(|error| GpuError::Lost(error.to_string()))?;
        let view = slice.get_mapped_range().map_err(|error| GpuError::Lost(error.to_string()))?;
        read(&view);
        drop(view);
        buffer.unmap();
        Ok(())
    }
}
