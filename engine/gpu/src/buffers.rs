//! Labelled buffers, textures and shader modules.

use bytemuck::Pod;
use wgpu::util::DeviceExt as _;

use crate::Gpu;

/// A texture with its whole view.
#[derive(Clone, Debug)]
pub struct Texture {
    /// The texture.
    pub texture: wgpu::Texture,
    /// All of it.
    pub view: wgpu::TextureView,
}

impl Gpu {
    /// A buffer filled with `content`; an empty one gets 16 zero bytes, as bindings cannot be empty.
    #[must_use]
    pub fn buffer<T: Pod>(&self, label: &str, content: &[T], usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let bytes: &[u8] = bytemuck::cast_slice(content);
        let contents = if bytes.is_empty() { &[0; 16] } else { bytes };
        self.device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
            label: Some(label),
            contents,
            usage,
        })
    }

    /// A uniform buffer that can be written again.
    #[must_use]
    pub fn uniform<T: Pod>(&self, label: &str, content: &T) -> wgpu::Buffer {
        self.buffer(
            label,
            std::slice::from_ref(content),
            wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        )
    }

    /// A storage buffer that shaders read.
    #[must_use]
    pub fn storage<T: Pod>(&self, label: &str, content: &[T]) -> wgpu::Buffer {
        self.buffer(label, content, wgpu::BufferUsages::STORAGE)
    }

    /// A storage buffer that shaders write and that can be read back.
    #[must_use]
    pub fn scratch(&self, label: &str, bytes: u64) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes.max(16),
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        })
    }

    /// A two-dimensional texture without mip levels.
    #[must_use]
    pub fn texture(
        &self,
        label: &str,
        (width, height): (u32, u32),
        format: wgpu::TextureFormat,
        usage: wgpu::TextureUsages,
    ) -> Texture {
        let texture = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some(label),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format,
            usage,
            view_formats: &[],
        });
        let view =
            texture.create_view(&wgpu::TextureViewDescriptor { label: Some(label), ..Default::default() });
        Texture { texture, view }
    }

    /// A shader module from WGSL.
    #[must_use]
    pub fn shader(&self, label: &str, wgsl: &str) -> wgpu::ShaderModule {
        self.device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(label),
            source: wgpu::ShaderSource::Wgsl(wgsl.into()),
        })
    }
}
