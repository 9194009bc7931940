//! What both ways of drawing a person need of the device.

use viva_gpu::Gpu;
use wgpu::BufferUsages;

use crate::person::Person;

/// Vertices and triangles on the device.
#[derive(Debug)]
pub(crate) struct Mesh {
    vertices: wgpu::Buffer,
    indices: wgpu::Buffer,
    pub(crate) count: u32,
}

impl Mesh {
    pub(crate) fn new<T: bytemuck::Pod>(gpu: &Gpu, label: &str, vertices: &[T], indices: &[u32]) -> Self {
        Self {
            vertices: gpu.buffer(label, vertices, BufferUsages::VERTEX),
            indices: gpu.buffer(label, indices, BufferUsages::INDEX),
            count: indices.len() as u32,
        }
    }

    /// Draws a range of the indices.
    pub(crate) fn draw(
        &self,
        pass: &mut wgpu::RenderPass<'_>,
        pipeline: &wgpu::RenderPipeline,
        range: std::ops::Range<u32>,
    ) {
        pass.set_pipeline(pipeline);
        pass.set_vertex_buffer(0, self.vertices.slice(..));
        pass.set_index_buffer(self.indices.slice(..), wgpu::IndexFormat::Uint32);
        pass.draw_indexed(range, 0, 0..1);
    }
}

/// The meshes of a person.
#[derive(Debug)]
pub(crate) struct Meshes {
    pub(crate) surface: Mesh,
    pub(crate) eyes: Mesh,
    pub(crate) hair: Mesh,
    pub(crate) cloth: Mesh,
}

impl Meshes {
    pub(crate) fn new(gpu: &Gpu, person: &Person) -> Self {
        let surface = &person.surface;
        Self {
            surface: Mesh::new(gpu, "render.surface", &surface.vertices, &surface.indices),
            eyes: Mesh::new(gpu, "render.eyes", &person.eye_vertices, &person.eye_indices),
            hair: Mesh::new(gpu, "render.hair", &person.hair.vertices, &person.hair.indices),
            cloth: Mesh::new(gpu, "render.cloth", &person.cloth.vertices, &person.cloth.indices),
        }
    }
}

/// Binds buffers in order.
pub(crate) fn bind(
    gpu: &Gpu,
    label: &str,
    layout: &wgpu::BindGroupLayout,
    buffers: &[&wgpu::Buffer],
) -> wgpu::BindGroup {
    let entries: Vec<wgpu::BindGroupEntry<'_>> = buffers
        .iter()
        .enumerate()
        .map(|(binding, buffer)| wgpu::BindGroupEntry {
            binding: binding as u32,
            resource: buffer.as_entire_binding(),
        })
        .collect();
    gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(label),
        layout,
        entries: &entries,
    })
}

/// A colour target that is kept.
pub(crate) fn attachment(
    view: &wgpu::TextureView,
    load: wgpu::LoadOp<wgpu::Color>,
) -> wgpu::RenderPassColorAttachment<'_> {
    wgpu::RenderPassColorAttachment {
        view,
        depth_slice: None,
        resolve_target: None,
        ops: wgpu::Operations { load, store: wgpu::StoreOp::Store },
    }
}

/// A depth target that is cleared before and forgotten after.
pub(crate) fn depth_attachment(view: &wgpu::TextureView) -> wgpu::RenderPassDepthStencilAttachment<'_> {
    wgpu::RenderPassDepthStencilAttachment {
        view,
        depth_ops: Some(wgpu::Operations { load: wgpu::LoadOp::Clear(1.0), store: wgpu::StoreOp::Discard }),
        stencil_ops: None,
    }
}
