//! An imported avatar on the device: its own mesh and colours, in the room and light of our own people.
//!
//! Our own head is drawn by regions of its mesh (skin, lips, lashes, irises), which no mesh of others has; so an import has one
//! plainly lit pass, `imported.wgsl`, behind the same morph and normal passes.

mod mesh;
mod own;
mod view;

use viva_avatar::Avatar;
use viva_gpu::{Gpu, Readback, Texture};
use viva_media::{FacePose, VideoFrame};
use viva_shaders::Pass;
use viva_shaders::layout::{self, ImportedVertex, MorphWeights, NormalsSize};
use wgpu::{ShaderStages, TextureFormat, TextureUsages};

use crate::RenderError;
use crate::device::{Mesh, attachment, bind, depth_attachment};
use crate::full::{Targets, draw_tonemap, tonemap_group};
use crate::look::Look;
use crate::pipelines::{
    Drawing, IMPORTED, OUTPUT_FORMAT, SCENE_FORMAT, computing, drawing, of, person_layout, tonemap,
};
use crate::renderer::{Tier, is_finite};
use crate::sources::Sources;
use mesh::Model;
use view::View;

const WORKGROUP: u32 = 64;

/// Draws one imported avatar; the same poses give the same bytes on the same device.
///
/// The counterpart of [`crate::HeadRenderer`], which draws our own people; both take the same poses.
#[derive(Debug)]
pub struct AvatarRenderer {
    gpu: Gpu,
    view: View,
    vertices: u32,
    width: u32,
    height: u32,
    tier: Tier,
    pub(crate) sources: Sources,
    pipelines: Pipelines,
    mesh: Mesh,
    patches: Vec<(std::ops::Range<u32>, wgpu::BindGroup)>,
    frame: wgpu::Buffer,
    weights: wgpu::Buffer,
    morph_group: wgpu::BindGroup,
    normals_group: wgpu::BindGroup,
    person_group: wgpu::BindGroup,
    targets: Targets,
    tonemap_group: wgpu::BindGroup,
    output: Texture,
    readback: Readback,
    shown: Option<(TextureFormat, wgpu::RenderPipeline, wgpu::BindGroup)>,
}

#[derive(Debug)]
struct Pipelines {
    morph: wgpu::ComputePipeline,
    normals: wgpu::ComputePipeline,
    imported: wgpu::RenderPipeline,
    tonemap: wgpu::RenderPipeline,
}

impl AvatarRenderer {
    /// Puts an avatar on the device, with the room of a look behind it, in the tier that suits the adapter.
    ///
    /// # Errors
    ///
    /// [`RenderError::NotWhole`] for lists that do not fit, [`RenderError::Size`] for a size outside 1..=8192 (or what the device
    /// allows), [`RenderError::TooLarge`] where the shapes exceed the device.
    pub fn new(
        gpu: &Gpu,
        avatar: &Avatar,
        room: &Look,
        width: u32,
        height: u32,
    ) -> Result<Self, RenderError> {
        Self::with_tier(gpu, avatar, room, width, height, Tier::of(gpu))
    }

    /// As [`AvatarRenderer::new`] with a choice of tier: one sample per pixel and soft edges, or four samples.
    ///
    /// # Errors
    ///
    /// As [`AvatarRenderer::new`].
    pub fn with_tier(
        gpu: &Gpu,
        avatar: &Avatar,
        room: &Look,
        width: u32,
        height: u32,
        tier: Tier,
    ) -> Result<Self, RenderError> {
        Self::by(gpu, avatar, room, (width, height), tier, Sources::default())
    }

    /// The same avatar and room drawn by other passes.
    ///
    /// **Errors** as [`AvatarRenderer::new`], and [`RenderError::Passes`] where they do not fit the buffers or the device.
    pub(crate) fn again(&self, avatar: &Avatar, room: &Look, sources: &Sources) -> Result<Self, RenderError> {
        let scope = self.gpu.device().push_error_scope(wgpu::ErrorFilter::Validation);
        let again = Self::by(&self.gpu, avatar, room, self.size(), self.tier, sources.clone());
        match pollster::block_on(scope.pop()) {
            Some(error) => Err(RenderError::Passes(error.to_string())),
            None => again,
        }
    }

    fn by(
        gpu: &Gpu,
        avatar: &Avatar,
        room: &Look,
        (width, height): (u32, u32),
        tier: Tier,
        sources: Sources,
    ) -> Result<Self, RenderError> {
        tier.check_size(gpu, (width, height))?;
        if !avatar.is_whole() {
            return Err(RenderError::NotWhole);
        }
        let view = View::new(avatar);
        let model = Model::new(avatar, &view);
        let needed = size_of_val(model.entries.as_slice()).max(model.rest.len() * 16) as u64;
        let most = gpu.device().limits().max_storage_buffer_binding_size;
        if needed > most {
            return Err(RenderError::TooLarge { needed, most });
        }

        let (person_layout, material_layout) = (person_layout(gpu), material_layout(gpu));
        let how = Drawing {
            groups: &[&person_layout, &material_layout],
            vertex: Some(of::<ImportedVertex>(&IMPORTED)),
            has_depth: true,
            ..Default::default()
        };
        let pipelines = Pipelines {
            morph: computing(gpu, &sources, Pass::Morph),
            normals: computing(gpu, &sources, Pass::Normals),
            imported: drawing(gpu, &sources, Pass::Imported, SCENE_FORMAT, &how),
            tonemap: tonemap(gpu, &sources, OUTPUT_FORMAT),
        };
        let frame = gpu.uniform("render.frame", &layout::Frame::default());
        let weights = gpu.uniform("render.weights", &MorphWeights::default());
        let look = gpu.uniform("render.look", &room.layout());
        let [morph_group, normals_group, person_group] =
            groups(gpu, &model, &pipelines, &person_layout, [&frame, &weights, &look]);
        let targets = Targets::new(gpu, (width, height), tier.scale());
        let background = drawing(gpu, &sources, Pass::Background, SCENE_FORMAT, &Drawing::default());
        targets.draw_background(gpu, &background, &look);
        let usage = TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC;
        Ok(Self {
            view,
            vertices: model.rest.len() as u32,
            width,
            height,
            tier,
            sources,
            mesh: Mesh::new(gpu, "render.imported", &model.vertices, &model.indices),
            patches: patches(gpu, avatar, &material_layout),
            frame,
            weights,
            morph_group,
            normals_group,
            person_group,
            tonemap_group: tonemap_group(gpu, &pipelines.tonemap, &targets),
            pipelines,
            targets,
            output: gpu.texture("render.output", (width, height), OUTPUT_FORMAT, usage),
            readback: Readback::new(gpu, "render.readback", width, height),
            shown: None,
            gpu: gpu.clone(),
        })
    }

    /// Draws a pose and reads the picture back.
    ///
    /// # Errors
    ///
    /// [`RenderError::PoseNotFinite`], or [`RenderError::Gpu`] where the device fails.
    ///
    /// # Panics
    ///
    /// Never: the readback has the size of the picture.
    pub fn render(&mut self, pose: &FacePose) -> Result<VideoFrame, RenderError> {
        let mut encoder = self.scene(pose)?;
        draw_tonemap(&mut encoder, &self.pipelines.tonemap, &self.tonemap_group, &self.output.view);
        self.readback.record(&mut encoder, &self.output.texture);
        self.gpu.queue().submit([encoder.finish()]);
        let rgb = self.readback.rgb(&self.gpu)?;
        Ok(VideoFrame::new(pose.at, self.width, self.height, rgb)
            .expect("the readback has the size of the picture"))
    }

    /// Draws a pose onto a view of the renderer's size; the format as for [`crate::HeadRenderer::render_to_view`].
    ///
    /// # Errors
    ///
    /// [`RenderError::PoseNotFinite`].
    pub fn render_to_view(
        &mut self,
        pose: &FacePose,
        view: &wgpu::TextureView,
        format: TextureFormat,
    ) -> Result<(), RenderError> {
        let mut encoder = self.scene(pose)?;
        if self.shown.as_ref().is_none_or(|(known, _, _)| *known != format) {
            let pipeline = tonemap(&self.gpu, &self.sources, format);
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

    fn scene(&self, pose: &FacePose) -> Result<wgpu::CommandEncoder, RenderError> {
        if !is_finite(pose) {
            return Err(RenderError::PoseNotFinite);
        }
        let aspect = self.width as f32 / self.height as f32;
        let frame = self.view.frame(pose, aspect);
        let weights = MorphWeights { vertices: self.vertices, ..self.view.weights(pose) };
        self.gpu.queue().write_buffer(&self.frame, 0, bytemuck::bytes_of(&frame));
        self.gpu.queue().write_buffer(&self.weights, 0, bytemuck::bytes_of(&weights));
        let mut encoder = self
            .gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("render.frame") });
        for (pipeline, group) in
            [(&self.pipelines.morph, &self.morph_group), (&self.pipelines.normals, &self.normals_group)]
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, group, &[]);
            pass.dispatch_workgroups(self.vertices.div_ceil(WORKGROUP), 1, 1);
        }
        self.targets.begin(&mut encoder);
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("render.imported"),
            color_attachments: &[Some(attachment(&self.targets.scene.view, wgpu::LoadOp::Load))],
            depth_stencil_attachment: Some(depth_attachment(&self.targets.depth.view)),
            ..Default::default()
        });
        pass.set_bind_group(0, &self.person_group, &[]);
        for (range, group) in &self.patches {
            pass.set_bind_group(1, group, &[]);
            self.mesh.draw(&mut pass, &self.pipelines.imported, range.clone());
        }
        drop(pass);
        Ok(encoder)
    }
}

/// Bindings of the morph, normal and drawing passes.
fn groups(
    gpu: &Gpu,
    model: &Model,
    pipelines: &Pipelines,
    person_layout: &wgpu::BindGroupLayout,
    [frame, weights, look]: [&wgpu::Buffer; 3],
) -> [wgpu::BindGroup; 3] {
    let padded: Vec<[f32; 4]> = model.rest.iter().map(|p| p.extend(1.0).to_array()).collect();
    let bytes = padded.len() as u64 * 16;
    let (positions, normals) = (gpu.scratch("render.positions", bytes), gpu.scratch("render.normals", bytes));
    let size = NormalsSize { vertices: padded.len() as u32, ..Default::default() };
    let morph = [
        weights,
        &gpu.storage("render.rest", &padded),
        &gpu.storage("render.morph_row", &model.row),
        &gpu.storage("render.morph_entries", &model.entries),
        &positions,
    ];
    let ring = [
        &gpu.uniform("render.normals_size", &size),
        &positions,
        &gpu.storage("render.ring_row", &model.ring_row),
        &gpu.storage("render.ring", &model.ring),
        &normals,
    ];
    [
        bind(gpu, "render.morph", &pipelines.morph.get_bind_group_layout(0), &morph),
        bind(gpu, "render.normals", &pipelines.normals.get_bind_group_layout(0), &ring),
        bind(gpu, "render.person", person_layout, &[frame, look, &positions, &normals]),
    ]
}

fn material_layout(gpu: &Gpu) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: ShaderStages::FRAGMENT,
        ty,
        count: None,
    };
    gpu.device().create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("render.material"),
        entries: &[
            entry(
                0,
                wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
            ),
            entry(
                1,
                wgpu::BindingType::Texture {
                    sample_type: wgpu::TextureSampleType::Float { filterable: true },
                    view_dimension: wgpu::TextureViewDimension::D2,
                    multisampled: false,
                },
            ),
            entry(2, wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering)),
        ],
    })
}

/// What is drawn with which material, opaque surfaces first.
fn patches(
    gpu: &Gpu,
    avatar: &Avatar,
    layout: &wgpu::BindGroupLayout,
) -> Vec<(std::ops::Range<u32>, wgpu::BindGroup)> {
    let sampler = gpu.device().create_sampler(&wgpu::SamplerDescriptor {
        label: Some("render.repeating"),
        address_mode_u: wgpu::AddressMode::Repeat,
        address_mode_v: wgpu::AddressMode::Repeat,
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        ..Default::default()
    });
    let white = texture(gpu, (1, 1), &[255; 4]);
    let images: Vec<Texture> = avatar
        .images
        .iter()
        .map(|image| texture(gpu, (image.width as u32, image.height as u32), &image.rgba))
        .collect();
    let mut order: Vec<&viva_avatar::Patch> = avatar.patches.iter().collect();
    order.sort_by_key(|patch| avatar.materials[patch.material].cutoff > 0.0);
    order
        .into_iter()
        .map(|patch| {
            let material = &avatar.materials[patch.material];
            let uniform = layout::ImportedMaterial {
                color: material.color.to_array(),
                cutoff: material.cutoff,
                roughness: material.roughness,
                is_unlit: f32::from(u8::from(material.is_unlit)),
                spare: 0.0,
            };
            let picture = material.image.map_or(&white, |image| &images[image]);
            let group = gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some("render.material"),
                layout,
                entries: &[
                    wgpu::BindGroupEntry {
                        binding: 0,
                        resource: gpu.uniform("render.material", &uniform).as_entire_binding(),
                    },
                    wgpu::BindGroupEntry {
                        binding: 1,
                        resource: wgpu::BindingResource::TextureView(&picture.view),
                    },
                    wgpu::BindGroupEntry { binding: 2, resource: wgpu::BindingResource::Sampler(&sampler) },
                ],
            });
            (patch.triangles.start as u32 * 3..patch.triangles.end as u32 * 3, group)
        })
        .collect()
}

fn texture(gpu: &Gpu, (width, height): (u32, u32), rgba: &[u8]) -> Texture {
    let usage = TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST;
    let texture = gpu.texture("render.base_color", (width, height), TextureFormat::Rgba8UnormSrgb, usage);
    gpu.queue().write_texture(
        texture.texture.as_image_copy(),
        rgba,
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(width * 4),
            rows_per_image: Some(height),
        },
        wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
    );
    texture
}
