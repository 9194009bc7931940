//! A person on the device: one frame is morph, normals, cloth, skin, mouth, eyes, hair, tonemap.

use viva_gpu::{Gpu, Readback, Texture};
use viva_media::{FacePose, VideoFrame};
use viva_shaders::layout::{self, NormalsSize, TonemapSize};
use wgpu::{BufferUsages, TextureUsages};

use crate::RenderError;
use crate::asset::HeadAsset;
use crate::look::Look;
use crate::person::Person;
use crate::pipelines::{DEPTH_FORMAT, OUTPUT_FORMAT, Pipelines, SCENE_FORMAT, tonemap};

const MAX_SIDE_PX: u32 = 4096;
const WORKGROUP: u32 = 64;
/// Height from which the mesh is subdivided once.
const SUBDIVIDED_FROM_PX: u32 = 480;

/// How edges are smoothed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Smoothing {
    /// One sample per pixel and a soft filter along edges; for live use on a processor.
    Filtered,
    /// Four samples per pixel, averaged before the tone curve with bright ones held back.
    #[default]
    Supersampled,
}

/// Draws one person; the same poses give the same bytes on the same device.
#[derive(Debug)]
pub struct HeadRenderer {
    gpu: Gpu,
    person: Person,
    pipelines: Pipelines,
    width: u32,
    height: u32,
    buffers: Buffers,
    targets: Targets,
    bindings: Bindings,
    shown: Option<(wgpu::TextureFormat, wgpu::RenderPipeline, wgpu::BindGroup)>,
}

#[derive(Debug)]
struct Buffers {
    frame: wgpu::Buffer,
    weights: wgpu::Buffer,
    surface: Mesh,
    eyes: Mesh,
    hair: Mesh,
    cloth: Mesh,
}

#[derive(Debug)]
struct Mesh {
    vertices: wgpu::Buffer,
    indices: wgpu::Buffer,
    count: u32,
}

#[derive(Debug)]
struct Targets {
    background: Texture,
    scene: Texture,
    depth: Texture,
    output: Texture,
    readback: Readback,
    tonemap_size: wgpu::Buffer,
}

#[derive(Debug)]
struct Bindings {
    morph: wgpu::BindGroup,
    normals: wgpu::BindGroup,
    person: wgpu::BindGroup,
    tonemap: wgpu::BindGroup,
}

impl HeadRenderer {
    /// Makes all meshes and pipelines of a person; takes about a second.
    ///
    /// # Errors
    ///
    /// [`RenderError::Size`] for a size outside 1..=4096, [`RenderError::Metadata`] for a mesh that is no head.
    pub fn new(
        gpu: &Gpu,
        asset: &HeadAsset,
        look: &Look,
        width: u32,
        height: u32,
    ) -> Result<Self, RenderError> {
        Self::with_smoothing(gpu, asset, look, width, height, Smoothing::default())
    }

    /// As [`HeadRenderer::new`] with a choice of smoothing.
    ///
    /// # Errors
    ///
    /// As [`HeadRenderer::new`].
    pub fn with_smoothing(
        gpu: &Gpu,
        asset: &HeadAsset,
        look: &Look,
        width: u32,
        height: u32,
        smoothing: Smoothing,
    ) -> Result<Self, RenderError> {
        let scale = if smoothing == Smoothing::Supersampled { 2 } else { 1 };
        let limit = MAX_SIDE_PX.min(gpu.device().limits().max_texture_dimension_2d / scale);
        if !(1..=limit).contains(&width) || !(1..=limit).contains(&height) {
            return Err(RenderError::Size { width, height });
        }
        // Triangles smaller than a pixel cost a software driver most and show nothing.
        let is_subdivided = height >= SUBDIVIDED_FROM_PX;
        let person = Person::new(asset, look, is_subdivided)?;
        let pipelines = Pipelines::new(gpu);
        let targets = Targets::new(gpu, (width, height), scale);
        let buffers = Buffers::new(gpu, &person);
        let look_buffer = gpu.uniform("render.look", &look.layout());
        let bindings = Bindings::new(gpu, &person, &pipelines, &buffers, &targets, &look_buffer);
        let renderer = Self {
            gpu: gpu.clone(),
            person,
            pipelines,
            width,
            height,
            buffers,
            targets,
            bindings,
            shown: None,
        };
        renderer.draw_background(&look_buffer);
        Ok(renderer)
    }

    /// Draws a pose and reads the picture back.
    ///
    /// # Errors
    ///
    /// [`RenderError::PoseNotFinite`], or [`RenderError::Gpu`] where the device fails.
    pub fn render(&mut self, pose: &FacePose) -> Result<VideoFrame, RenderError> {
        let mut encoder = self.scene(pose)?;
        draw_tonemap(
            &mut encoder,
            &self.pipelines.tonemap,
            &self.bindings.tonemap,
            &self.targets.output.view,
        );
        self.targets.readback.record(&mut encoder, &self.targets.output.texture);
        self.gpu.queue().submit([encoder.finish()]);
        let rgb = self.targets.readback.rgb(&self.gpu)?;
        Ok(VideoFrame::new(pose.at, self.width, self.height, rgb)
            .expect("the readback has the size of the picture"))
    }

    /// Draws a pose onto a window's view of the renderer's size.
    ///
    /// The format should be one without sRGB encoding (`Bgra8Unorm`), as the tone curve encodes for the display itself.
    ///
    /// # Errors
    ///
    /// [`RenderError::PoseNotFinite`].
    pub fn render_to_view(
        &mut self,
        pose: &FacePose,
        view: &wgpu::TextureView,
        format: wgpu::TextureFormat,
    ) -> Result<(), RenderError> {
        let mut encoder = self.scene(pose)?;
        if self.shown.as_ref().is_none_or(|(known, _, _)| *known != format) {
            let pipeline = tonemap(&self.gpu, format);
            let group = tonemap_group(&self.gpu, &pipeline, &self.targets);
            self.shown = Some((format, pipeline, group));
        }
        if let Some((_, pipeline, group)) = &self.shown {
            draw_tonemap(&mut encoder, pipeline, group, view);
        }
        self.gpu.queue().submit([encoder.finish()]);
        Ok(())
    }

    /// Pixels per row and rows.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Writes the pose and records everything up to linear colour.
    fn scene(&self, pose: &FacePose) -> Result<wgpu::CommandEncoder, RenderError> {
        if !is_finite(pose) {
            return Err(RenderError::PoseNotFinite);
        }
        let Self { gpu, person, pipelines, buffers, targets, bindings, .. } = self;
        let frame = person.frame(pose, self.width as f32 / self.height as f32);
        gpu.queue().write_buffer(&buffers.frame, 0, bytemuck::bytes_of(&frame));
        gpu.queue().write_buffer(&buffers.weights, 0, bytemuck::bytes_of(&person.weights(pose)));
        let mut encoder = gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("render.frame") });
        let groups = (person.surface.rest.len() as u32).div_ceil(WORKGROUP);
        for (pipeline, group) in
            [(&pipelines.morph, &bindings.morph), (&pipelines.normals, &bindings.normals)]
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, group, &[]);
            pass.dispatch_workgroups(groups, 1, 1);
        }
        let whole = targets.scene.texture.size();
        encoder.copy_texture_to_texture(
            targets.background.texture.as_image_copy(),
            targets.scene.texture.as_image_copy(),
            whole,
        );
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("render.person"),
            color_attachments: &[Some(attachment(&targets.scene.view, wgpu::LoadOp::Load))],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &targets.depth.view,
                depth_ops: Some(wgpu::Operations {
                    load: wgpu::LoadOp::Clear(1.0),
                    store: wgpu::StoreOp::Discard,
                }),
                stencil_ops: None,
            }),
            ..Default::default()
        });
        pass.set_bind_group(0, &bindings.person, &[]);
        let surface = &person.surface;
        let hair_inner = person.hair.inner as u32;
        // Nearest first, so that hidden surfaces are not shaded.
        for (pipeline, mesh, range) in [
            (&pipelines.hair, &buffers.hair, hair_inner..buffers.hair.count),
            (&pipelines.hair_inner, &buffers.hair, 0..hair_inner),
            (&pipelines.cloth, &buffers.cloth, 0..buffers.cloth.count),
            (&pipelines.skin, &buffers.surface, surface.skin.clone()),
            (&pipelines.eyes, &buffers.eyes, 0..buffers.eyes.count),
            (&pipelines.mouth, &buffers.surface, surface.mouth.clone()),
        ] {
            pass.set_pipeline(pipeline);
            pass.set_vertex_buffer(0, mesh.vertices.slice(..));
            pass.set_index_buffer(mesh.indices.slice(..), wgpu::IndexFormat::Uint32);
            pass.draw_indexed(range, 0, 0..1);
        }
        drop(pass);
        Ok(encoder)
    }

    fn draw_background(&self, look: &wgpu::Buffer) {
        let device = self.gpu.device();
        let pipeline = &self.pipelines.background;
        let group = bind(&self.gpu, "render.background", &pipeline.get_bind_group_layout(0), &[look]);
        let mut encoder = device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("render.background") });
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("render.background"),
            color_attachments: &[Some(attachment(
                &self.targets.background.view,
                wgpu::LoadOp::Clear(wgpu::Color::BLACK),
            ))],
            ..Default::default()
        });
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.draw(0..3, 0..1);
        drop(pass);
        self.gpu.queue().submit([encoder.finish()]);
    }
}

impl Buffers {
    fn new(gpu: &Gpu, person: &Person) -> Self {
        let surface = &person.surface;
        Self {
            frame: gpu.uniform("render.frame", &layout::Frame::default()),
            weights: gpu.uniform("render.weights", &layout::MorphWeights::default()),
            surface: Mesh::new(gpu, "render.surface", &surface.vertices, &surface.indices),
            eyes: Mesh::new(gpu, "render.eyes", &person.eye_vertices, &person.eye_indices),
            hair: Mesh::new(gpu, "render.hair", &person.hair.vertices, &person.hair.indices),
            cloth: Mesh::new(gpu, "render.cloth", &person.cloth.vertices, &person.cloth.indices),
        }
    }
}

impl Mesh {
    fn new<T: bytemuck::Pod>(gpu: &Gpu, label: &str, vertices: &[T], indices: &[u32]) -> Self {
        Self {
            vertices: gpu.buffer(label, vertices, BufferUsages::VERTEX),
            indices: gpu.buffer(label, indices, BufferUsages::INDEX),
            count: indices.len() as u32,
        }
    }
}

impl Targets {
    fn new(gpu: &Gpu, (width, height): (u32, u32), scale: u32) -> Self {
        let large = (width * scale, height * scale);
        let drawn = TextureUsages::RENDER_ATTACHMENT;
        let size = TonemapSize { scale, smoothing: u32::from(scale == 1), spare0: 0, spare1: 0 };
        Self {
            background: gpu.texture(
                "render.background",
                large,
                SCENE_FORMAT,
                drawn | TextureUsages::COPY_SRC,
            ),
            scene: gpu.texture(
                "render.scene",
                large,
                SCENE_FORMAT,
                drawn | TextureUsages::COPY_DST | TextureUsages::TEXTURE_BINDING,
            ),
            depth: gpu.texture("render.depth", large, DEPTH_FORMAT, drawn),
            output: gpu.texture(
                "render.output",
                (width, height),
                OUTPUT_FORMAT,
                drawn | TextureUsages::COPY_SRC,
            ),
            readback: Readback::new(gpu, "render.readback", width, height),
            tonemap_size: gpu.uniform("render.tonemap", &size),
        }
    }
}

impl Bindings {
    fn new(
        gpu: &Gpu,
        person: &Person,
        pipelines: &Pipelines,
        buffers: &Buffers,
        targets: &Targets,
        look: &wgpu::Buffer,
    ) -> Self {
        let surface = &person.surface;
        let padded: Vec<[f32; 4]> = surface.rest.iter().map(|p| p.extend(1.0).to_array()).collect();
        let bytes = padded.len() as u64 * 16;
        let (positions, normals) =
            (gpu.scratch("render.positions", bytes), gpu.scratch("render.normals", bytes));
        let size = NormalsSize { vertices: padded.len() as u32, ..Default::default() };
        let morph = [
            &buffers.weights,
            &gpu.storage("render.rest", &padded),
            &gpu.storage("render.morph_row", &surface.row),
            &gpu.storage("render.morph_entries", &surface.entries),
            &positions,
        ];
        let ring = [
            &gpu.uniform("render.normals_size", &size),
            &positions,
            &gpu.storage("render.ring_row", &surface.ring_row),
            &gpu.storage("render.ring", &surface.ring),
            &normals,
        ];
        Self {
            morph: bind(gpu, "render.morph", &pipelines.morph.get_bind_group_layout(0), &morph),
            normals: bind(gpu, "render.normals", &pipelines.normals.get_bind_group_layout(0), &ring),
            person: bind(
                gpu,
                "render.person",
                &pipelines.person_layout,
                &[&buffers.frame, look, &positions, &normals],
            ),
            tonemap: tonemap_group(gpu, &pipelines.tonemap, targets),
        }
    }
}

fn bind(
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

fn tonemap_group(gpu: &Gpu, pipeline: &wgpu::RenderPipeline, targets: &Targets) -> wgpu::BindGroup {
    gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("render.tonemap"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: targets.tonemap_size.as_entire_binding() },
            wgpu::BindGroupEntry {
                binding: 1,
                resource: wgpu::BindingResource::TextureView(&targets.scene.view),
            },
        ],
    })
}

fn draw_tonemap(
    encoder: &mut wgpu::CommandEncoder,
    pipeline: &wgpu::RenderPipeline,
    group: &wgpu::BindGroup,
    view: &wgpu::TextureView,
) {
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("render.tonemap"),
        color_attachments: &[Some(attachment(view, wgpu::LoadOp::Clear(wgpu::Color::BLACK)))],
        ..Default::default()
    });
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, group, &[]);
    pass.draw(0..3, 0..1);
}

fn attachment(
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

fn is_finite(pose: &FacePose) -> bool {
    let angles =
        [pose.head_yaw, pose.head_pitch, pose.head_roll, pose.gaze_yaw, pose.gaze_pitch].map(|a| a.0);
    pose.weights.0.iter().chain(&angles).chain(&[pose.pupil_mm, pose.breath]).all(|x| x.is_finite())
}
