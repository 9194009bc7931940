//! The full look: shading by pixel, four samples per pixel, averaged before the tone curve with bright ones held back.

use viva_gpu::{Gpu, Texture};
use viva_media::FacePose;
use viva_shaders::layout::{self, NormalsSize, TonemapSize};
use wgpu::TextureUsages;

use crate::device::{Meshes, attachment, bind, depth_attachment};
use crate::person::Person;
use crate::pipelines::{DEPTH_FORMAT, Pipelines, SCENE_FORMAT, tonemap};
use crate::sources::Sources;

const WORKGROUP: u32 = 64;
/// Samples per pixel and axis.
pub(crate) const SCALE: u32 = 2;

#[derive(Debug)]
pub(crate) struct Full {
    sources: Sources,
    pipelines: Pipelines,
    meshes: Meshes,
    frame: wgpu::Buffer,
    weights: wgpu::Buffer,
    targets: Targets,
    bindings: Bindings,
    shown: Option<(wgpu::TextureFormat, wgpu::RenderPipeline, wgpu::BindGroup)>,
}

#[derive(Debug)]
pub(crate) struct Targets {
    pub(crate) background: Texture,
    pub(crate) scene: Texture,
    pub(crate) depth: Texture,
    tonemap_size: wgpu::Buffer,
}

#[derive(Debug)]
struct Bindings {
    morph: wgpu::BindGroup,
    normals: wgpu::BindGroup,
    person: wgpu::BindGroup,
    tonemap: wgpu::BindGroup,
}

impl Full {
    pub(crate) fn new(
        gpu: &Gpu,
        sources: &Sources,
        person: &Person,
        look: &layout::Look,
        size: (u32, u32),
    ) -> Self {
        let pipelines = Pipelines::new(gpu, sources);
        let targets = Targets::new(gpu, size, SCALE);
        let meshes = Meshes::new(gpu, person);
        let frame = gpu.uniform("render.frame", &layout::Frame::default());
        let weights = gpu.uniform("render.weights", &layout::MorphWeights::default());
        let look = gpu.uniform("render.look", look);
        let bindings = Bindings::new(gpu, person, &pipelines, (&frame, &weights, &look), &targets);
        let sources = sources.clone();
        let full = Self { sources, pipelines, meshes, frame, weights, targets, bindings, shown: None };
        full.targets.draw_background(gpu, &full.pipelines.background, &look);
        full
    }

    /// Writes the pose and records everything up to linear colour.
    pub(crate) fn scene(
        &self,
        gpu: &Gpu,
        person: &Person,
        pose: &FacePose,
        aspect: f32,
    ) -> wgpu::CommandEncoder {
        let Self { pipelines, meshes, targets, bindings, .. } = self;
        let frame = person.frame(pose, aspect);
        gpu.queue().write_buffer(&self.frame, 0, bytemuck::bytes_of(&frame));
        gpu.queue().write_buffer(&self.weights, 0, bytemuck::bytes_of(&person.weights(pose)));
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
        targets.begin(&mut encoder);
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("render.person"),
            color_attachments: &[Some(attachment(&targets.scene.view, wgpu::LoadOp::Load))],
            depth_stencil_attachment: Some(depth_attachment(&targets.depth.view)),
            ..Default::default()
        });
        pass.set_bind_group(0, &bindings.person, &[]);
        let surface = &person.surface;
        let [hair_inner, hair_loose] = [person.hair.inner, person.hair.loose].map(|index| index as u32);
        let inner = if person.hair.hanging > 0 { &pipelines.hair_inner } else { &pipelines.hair };
        // What is whole first; then hair, which lets shine through, from the inside out.
        for (pipeline, mesh, range) in [
            (&pipelines.cloth, &meshes.cloth, 0..meshes.cloth.count),
            (&pipelines.skin, &meshes.surface, surface.skin.clone()),
            (&pipelines.eyes, &meshes.eyes, 0..meshes.eyes.count),
            (&pipelines.mouth, &meshes.surface, surface.mouth.clone()),
            (inner, &meshes.hair, 0..hair_inner),
            (&pipelines.hair, &meshes.hair, hair_inner..hair_loose),
            (&pipelines.hair_loose, &meshes.hair, hair_loose..meshes.hair.count),
        ] {
            mesh.draw(&mut pass, pipeline, range);
        }
        drop(pass);
        encoder
    }

    /// Records the tone curve onto a view of the output's format.
    pub(crate) fn finish(&self, encoder: &mut wgpu::CommandEncoder, view: &wgpu::TextureView) {
        draw_tonemap(encoder, &self.pipelines.tonemap, &self.bindings.tonemap, view);
    }

    /// Records the tone curve onto a view of any format.
    pub(crate) fn show(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        view: &wgpu::TextureView,
        format: wgpu::TextureFormat,
    ) {
        if self.shown.as_ref().is_none_or(|(known, _, _)| *known != format) {
            let pipeline = tonemap(gpu, &self.sources, format);
            let group = tonemap_group(gpu, &pipeline, &self.targets);
            self.shown = Some((format, pipeline, group));
        }
        if let Some((_, pipeline, group)) = &self.shown {
            draw_tonemap(encoder, pipeline, group, view);
        }
    }
}

impl Targets {
    /// For `scale` samples per pixel and axis; with one, edges are softened after the curve.
    pub(crate) fn new(gpu: &Gpu, (width, height): (u32, u32), scale: u32) -> Self {
        let large = (width * scale, height * scale);
        let drawn = TextureUsages::RENDER_ATTACHMENT;
        let size = TonemapSize { scale, smoothing: u32::from(scale == 1), ..Default::default() };
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
            tonemap_size: gpu.uniform("render.tonemap", &size),
        }
    }

    /// Puts the room where the person comes.
    pub(crate) fn begin(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.copy_texture_to_texture(
            self.background.texture.as_image_copy(),
            self.scene.texture.as_image_copy(),
            self.scene.texture.size(),
        );
    }

    /// Draws the room once.
    pub(crate) fn draw_background(&self, gpu: &Gpu, pipeline: &wgpu::RenderPipeline, look: &wgpu::Buffer) {
        let device = gpu.device();
        let group = bind(gpu, "render.background", &pipeline.get_bind_group_layout(0), &[look]);
        let mut encoder = device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("render.background") });
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("render.background"),
            color_attachments: &[Some(attachment(
                &self.background.view,
                wgpu::LoadOp::Clear(wgpu::Color::BLACK),
            ))],
            ..Default::default()
        });
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.draw(0..3, 0..1);
        drop(pass);
        gpu.queue().submit([encoder.finish()]);
    }
}

impl Bindings {
    fn new(
        gpu: &Gpu,
        person: &Person,
        pipelines: &Pipelines,
        (frame, weights, look): (&wgpu::Buffer, &wgpu::Buffer, &wgpu::Buffer),
        targets: &Targets,
    ) -> Self {
        let surface = &person.surface;
        let padded: Vec<[f32; 4]> = surface.rest.iter().map(|p| p.extend(1.0).to_array()).collect();
        let bytes = padded.len() as u64 * 16;
        let (positions, normals) =
            (gpu.scratch("render.positions", bytes), gpu.scratch("render.normals", bytes));
        let size = NormalsSize { vertices: padded.len() as u32, ..Default::default() };
        let morph = [
            weights,
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
                &[frame, look, &positions, &normals],
            ),
            tonemap: tonemap_group(gpu, &pipelines.tonemap, targets),
        }
    }
}

pub(crate) fn tonemap_group(
    gpu: &Gpu,
    pipeline: &wgpu::RenderPipeline,
    targets: &Targets,
) -> wgpu::BindGroup {
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

pub(crate) fn draw_tonemap(
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
