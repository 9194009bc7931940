//! The quick way for a processor that draws: skin colour, strands and garment are baked once, morphs and normals are computed
//! beside the device, and only the part of the picture where the person may be is drawn again.

use glam::{Mat4, Vec3};
use viva_gpu::{Gpu, Texture};
use viva_media::{FacePose, Timestamp};
use viva_shaders::Pass;
use viva_shaders::cpu::hair_quick::{STRAND_TABLE, strand_table};
use viva_shaders::cpu::{morph::morph_into, normals::normals_into};
use viva_shaders::layout::{self, ClothVertex, EyeVertex, HairVertex, SurfaceVertex};
use wgpu::{BufferUsages, ShaderStages, TextureFormat, TextureUsages};

use crate::device::{Meshes, attachment, bind, depth_attachment};
use crate::person::Person;
use crate::pipelines::{
    CLOTH, DEPTH_FORMAT, Drawing, EYE, HAIR, OUTPUT_FORMAT, Over, SURFACE, drawing, of, person_layout,
};
use crate::region::{Cover, Outline, Region};
use crate::sources::Sources;

/// How far lips, tongue and breath may leave the shape at rest.
const REACH_METRES: f32 = 0.02;
/// How far breath may lift the garment.
const BREATH_METRES: f32 = 0.004;
/// From so many sides the outermost places of a head are found; what lies between them is less than `REACH_METRES` outside.
const OUTERMOST_SIDES: usize = 128;

#[derive(Debug)]
pub(crate) struct Software {
    pub(crate) is_plain: bool,
    sources: Sources,
    size: (u32, u32),
    pipelines: Pipelines,
    meshes: Meshes,
    frame: wgpu::Buffer,
    positions: wgpu::Buffer,
    normals: wgpu::Buffer,
    person_group: wgpu::BindGroup,
    baked_group: wgpu::BindGroup,
    background: Texture,
    scene: Texture,
    depth: Texture,
    soften_group: wgpu::BindGroup,
    shown: Option<(TextureFormat, wgpu::RenderPipeline, wgpu::BindGroup)>,
    /// What lies outermost of all that turns with the head, at rest.
    head: Vec<Vec3>,
    garment: Outline,
    /// Where the person is in the scene, and where the output is of an earlier picture.
    drawn: Cover,
    stale: Cover,
    place: Vec<Vec3>,
    normal: Vec<Vec3>,
    padded: Vec<[f32; 4]>,
}

#[derive(Debug)]
struct Pipelines {
    skin: wgpu::RenderPipeline,
    mouth: wgpu::RenderPipeline,
    eyes: wgpu::RenderPipeline,
    hair: wgpu::RenderPipeline,
    /// The far side of what hangs of the inner shell.
    hair_behind: wgpu::RenderPipeline,
    hair_loose: wgpu::RenderPipeline,
    cloth: wgpu::RenderPipeline,
    soften: wgpu::RenderPipeline,
}

impl Pipelines {
    fn new(
        gpu: &Gpu,
        sources: &Sources,
        person: &wgpu::BindGroupLayout,
        baked: &wgpu::BindGroupLayout,
        is_plain: bool,
    ) -> Self {
        let (one, two): (&[_], &[_]) = (&[person], &[person, baked]);
        let back = Some(wgpu::Face::Back);
        let draw = |pass, groups: &[&wgpu::BindGroupLayout], vertex, cull, over| {
            let is_display = groups.len() == 1;
            let has_depth = true;
            let how = Drawing { groups, vertex: Some(vertex), cull, has_depth, over, is_display, is_plain };
            drawing(gpu, sources, pass, OUTPUT_FORMAT, &how)
        };
        let hair = |cull, over| draw(Pass::HairQuick, two, of::<HairVertex>(&HAIR), cull, over);
        Self {
            skin: draw(Pass::SkinQuick, two, of::<SurfaceVertex>(&SURFACE), back, Over::Opaque),
            mouth: draw(Pass::Mouth, one, of::<SurfaceVertex>(&SURFACE), None, Over::Covering),
            eyes: draw(Pass::Eyes, one, of::<EyeVertex>(&EYE), back, Over::Opaque),
            hair: hair(back, Over::Covering),
            hair_behind: hair(Some(wgpu::Face::Front), Over::Covering),
            hair_loose: hair(None, Over::Loose),
            cloth: draw(Pass::ClothQuick, two, of::<ClothVertex>(&CLOTH), back, Over::Opaque),
            soften: soften(gpu, sources, OUTPUT_FORMAT, is_plain),
        }
    }
}

impl Software {
    pub(crate) fn new(
        gpu: &Gpu,
        sources: &Sources,
        person: &Person,
        look: &layout::Look,
        size: (u32, u32),
        is_plain: bool,
    ) -> Self {
        let aspect = size.0 as f32 / size.1 as f32;
        let still = person.frame(&FacePose { breath: 0.0, ..FacePose::neutral(Timestamp::ZERO) }, aspect);
        let frame = gpu.uniform("render.frame", &still);
        let bare = bare_skin(look);
        let look = gpu.uniform("render.look", look);
        let (person_layout, baked_layout) = (person_layout(gpu), baked_layout(gpu));
        let zeros = vec![[0.0_f32; 4]; person.surface.rest.len()];
        let written = BufferUsages::STORAGE | BufferUsages::COPY_DST;
        let positions = gpu.buffer("render.positions", &zeros, written);
        let normals = gpu.buffer("render.normals", &zeros, written);
        let person_group = bind(gpu, "render.person", &person_layout, &[&frame, &look, &positions, &normals]);
        let meshes = Meshes::new(gpu, person);
        let depth = gpu.texture("render.depth", size, DEPTH_FORMAT, TextureUsages::RENDER_ATTACHMENT);
        let bake =
            Bake { gpu, sources, person, meshes: &meshes, layout: &person_layout, group: &person_group };
        let background = bake.background(&look, size);
        let skin = bake.on_plane(Pass::SkinBake, size.1, bare);
        let relief = bake.on_plane(Pass::ReliefBake, size.1, UNFOLDED);
        let cloth = bake.cloth(&background, &depth, size);
        let baked_group = baked_group(gpu, &baked_layout, [&skin, &strands(gpu), &cloth, &relief]);
        let usage = TextureUsages::RENDER_ATTACHMENT
            | TextureUsages::COPY_SRC
            | TextureUsages::COPY_DST
            | TextureUsages::TEXTURE_BINDING;
        let scene = gpu.texture("render.scene", size, OUTPUT_FORMAT, usage);
        let pipelines = Pipelines::new(gpu, sources, &person_layout, &baked_layout, is_plain);
        let soften_group = soften_group(gpu, &pipelines.soften, &scene);
        let clip = Mat4::from_cols_array_2d(&still.clip_from_world);
        let garment = person.cloth.vertices.iter().map(|v| v.rest.into());
        let garment = Outline::around(garment, clip, BREATH_METRES, size);
        let whole = Cover::whole(size);
        Self {
            is_plain,
            sources: sources.clone(),
            size,
            pipelines,
            frame,
            positions,
            normals,
            person_group,
            baked_group,
            background,
            scene,
            depth,
            soften_group,
            shown: None,
            head: outermost(person),
            garment,
            drawn: whole,
            stale: whole,
            place: Vec::with_capacity(zeros.len()),
            normal: Vec::with_capacity(zeros.len()),
            padded: Vec::with_capacity(zeros.len()),
            meshes,
        }
    }

    /// Writes the pose and records the person over the background.
    pub(crate) fn scene(
        &mut self,
        gpu: &Gpu,
        person: &Person,
        pose: &FacePose,
        aspect: f32,
    ) -> wgpu::CommandEncoder {
        let frame = person.frame(pose, aspect);
        self.upload(gpu, person, pose, &frame);
        let cover = Cover::of(&[self.head_outline(&frame), self.garment], self.size);
        let mut encoder = gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("render.frame") });
        for region in self.drawn.regions() {
            region.copy(&mut encoder, &self.background.texture, &self.scene.texture);
        }
        (self.drawn, self.stale) = (cover, self.stale.with(cover));
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("render.person"),
            color_attachments: &[Some(attachment(&self.scene.view, wgpu::LoadOp::Load))],
            depth_stencil_attachment: Some(depth_attachment(&self.depth.view)),
            ..Default::default()
        });
        pass.set_bind_group(0, &self.person_group, &[]);
        pass.set_bind_group(1, &self.baked_group, &[]);
        let (pipelines, meshes, surface) = (&self.pipelines, &self.meshes, &person.surface);
        let [hair_hanging, hair_loose] = [person.hair.hanging, person.hair.loose].map(|index| index as u32);
        // What is whole first; then hair, which lets shine through, from the inside out.
        for (pipeline, mesh, range) in [
            (&pipelines.cloth, &meshes.cloth, 0..meshes.cloth.count),
            (&pipelines.skin, &meshes.surface, surface.skin.clone()),
            (&pipelines.eyes, &meshes.eyes, 0..meshes.eyes.count),
            (&pipelines.mouth, &meshes.surface, surface.mouth.clone()),
            (&pipelines.hair_behind, &meshes.hair, 0..hair_hanging),
            (&pipelines.hair, &meshes.hair, 0..hair_loose),
            (&pipelines.hair_loose, &meshes.hair, hair_loose..meshes.hair.count),
        ] {
            mesh.draw(&mut pass, pipeline, range);
        }
        drop(pass);
        encoder
    }

    /// Records the edge filter onto a view that keeps its content from frame to frame.
    pub(crate) fn finish(&mut self, encoder: &mut wgpu::CommandEncoder, view: &wgpu::TextureView) {
        draw_soften(encoder, &self.pipelines.soften, &self.soften_group, view, Some(&self.stale));
        self.stale = self.drawn;
    }

    /// The picture as it is drawn, where nothing is done to it afterwards.
    pub(crate) fn unfiltered(&self) -> Option<&Texture> {
        self.is_plain.then_some(&self.scene)
    }

    /// Records the edge filter onto a view of any format.
    pub(crate) fn show(
        &mut self,
        gpu: &Gpu,
        encoder: &mut wgpu::CommandEncoder,
        view: &wgpu::TextureView,
        format: TextureFormat,
    ) {
        if self.shown.as_ref().is_none_or(|(known, _, _)| *known != format) {
            let pipeline = soften(gpu, &self.sources, format, self.is_plain);
            let group = soften_group(gpu, &pipeline, &self.scene);
            self.shown = Some((format, pipeline, group));
        }
        if let Some((_, pipeline, group)) = &self.shown {
            draw_soften(encoder, pipeline, group, view, None);
        }
    }

    fn upload(&mut self, gpu: &Gpu, person: &Person, pose: &FacePose, frame: &layout::Frame) {
        let surface = &person.surface;
        gpu.queue().write_buffer(&self.frame, 0, bytemuck::bytes_of(frame));
        morph_into(&mut self.place, &surface.rest, &surface.row, &surface.entries, &person.weights(pose));
        normals_into(&mut self.normal, &self.place, &surface.ring_row, &surface.ring);
        for (buffer, list) in [(&self.positions, &self.place), (&self.normals, &self.normal)] {
            self.padded.clear();
            self.padded.extend(list.iter().map(|v| v.extend(0.0).to_array()));
            gpu.queue().write_buffer(buffer, 0, bytemuck::cast_slice(&self.padded));
        }
    }

    /// Where what turns with the head may be in a pose.
    fn head_outline(&self, frame: &layout::Frame) -> Outline {
        let clip = Mat4::from_cols_array_2d(&frame.clip_from_world);
        let turn = Mat4::from_cols_array_2d(&frame.world_from_head);
        // The neck takes part in the turn in shares, so it stays between both places.
        let places = self.head.iter().flat_map(|&place| [place, turn.transform_point3(place)]);
        Outline::around(places, clip, REACH_METRES, self.size)
    }
}

/// The places of head and hair that lie farthest out, seen from evenly spread sides.
fn outermost(person: &Person) -> Vec<Vec3> {
    let hair = person.hair.vertices.iter().map(|v| Vec3::from(v.rest));
    let all: Vec<_> = hair.chain(person.surface.rest.iter().copied().filter(|p| p.y > 0.0)).collect();
    let sides = (0..OUTERMOST_SIDES).map(|side| {
        // A spiral from pole to pole, by the golden angle.
        let y = 1.0 - 2.0 * (side as f32 + 0.5) / OUTERMOST_SIDES as f32;
        let (sine, cosine) = (side as f32 * 2.399_963).sin_cos();
        let out = Vec3::new(cosine, 0.0, sine) * (1.0 - y * y).sqrt() + Vec3::Y * y;
        all.iter().copied().max_by(|a, b| a.dot(out).total_cmp(&b.dot(out)))
    });
    sides.flatten().collect()
}

/// What is drawn once for a person.
struct Bake<'a> {
    gpu: &'a Gpu,
    sources: &'a Sources,
    person: &'a Person,
    meshes: &'a Meshes,
    layout: &'a wgpu::BindGroupLayout,
    group: &'a wgpu::BindGroup,
}

impl Bake<'_> {
    fn target(&self, label: &str, size: (u32, u32)) -> Texture {
        let usage = TextureUsages::RENDER_ATTACHMENT
            | TextureUsages::TEXTURE_BINDING
            | TextureUsages::COPY_SRC
            | TextureUsages::COPY_DST;
        self.gpu.texture(label, size, OUTPUT_FORMAT, usage)
    }

    fn encoder(&self) -> wgpu::CommandEncoder {
        self.gpu
            .device()
            .create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("render.bake") })
    }

    fn background(&self, look: &wgpu::Buffer, size: (u32, u32)) -> Texture {
        let target = self.target("render.background", size);
        let how = Drawing { is_display: true, ..Default::default() };
        let pipeline = drawing(self.gpu, self.sources, Pass::Background, OUTPUT_FORMAT, &how);
        let group = bind(self.gpu, "render.background", &pipeline.get_bind_group_layout(0), &[look]);
        let mut encoder = self.encoder();
        draw_whole(
            &mut encoder,
            &pipeline,
            &group,
            &target.view,
            wgpu::LoadOp::Clear(wgpu::Color::BLACK),
            None,
        );
        self.gpu.queue().submit([encoder.finish()]);
        target
    }

    /// What a pass draws of the skin onto the texture plane, about one and a half texels per pixel of the face; `bare` is what lies
    /// between the islands of the plane, which seams of the neck touch.
    fn on_plane(&self, pass: Pass, height: u32, bare: wgpu::Color) -> Texture {
        let side = (height * 3 / 2).clamp(256, 2048);
        let target = self.target("render.baked_plane", (side, side));
        let how = Drawing {
            groups: &[self.layout],
            vertex: Some(of::<SurfaceVertex>(&SURFACE)),
            ..Default::default()
        };
        let pipeline = drawing(self.gpu, self.sources, pass, OUTPUT_FORMAT, &how);
        let mut encoder = self.encoder();
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("render.bake_plane"),
            color_attachments: &[Some(attachment(&target.view, wgpu::LoadOp::Clear(bare)))],
            ..Default::default()
        });
        pass.set_bind_group(0, self.group, &[]);
        self.meshes.surface.draw(&mut pass, &pipeline, self.person.surface.skin.clone());
        drop(pass);
        self.gpu.queue().submit([encoder.finish()]);
        target
    }

    fn cloth(&self, background: &Texture, depth: &Texture, size: (u32, u32)) -> Texture {
        let target = self.target("render.baked_cloth", size);
        let how = Drawing {
            groups: &[self.layout],
            vertex: Some(of::<ClothVertex>(&CLOTH)),
            cull: Some(wgpu::Face::Back),
            has_depth: true,
            is_display: true,
            ..Default::default()
        };
        let pipeline = drawing(self.gpu, self.sources, Pass::Cloth, OUTPUT_FORMAT, &how);
        let mut encoder = self.encoder();
        Region::whole(size).copy(&mut encoder, &background.texture, &target.texture);
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("render.cloth_bake"),
            color_attachments: &[Some(attachment(&target.view, wgpu::LoadOp::Load))],
            depth_stencil_attachment: Some(depth_attachment(&depth.view)),
            ..Default::default()
        });
        pass.set_bind_group(0, self.group, &[]);
        self.meshes.cloth.draw(&mut pass, &pipeline, 0..self.meshes.cloth.count);
        drop(pass);
        self.gpu.queue().submit([encoder.finish()]);
        target
    }
}

/// The texel of skin without a fold; see `relief_texel` in `shared/wrinkles.wgsl`.
const UNFOLDED: wgpu::Color = wgpu::Color { r: 0.5, g: 0.5, b: 0.0, a: 1.0 };

/// The texel of skin without any marks; see `skin_texel` in `shared/skin_shade.wgsl`.
fn bare_skin(look: &layout::Look) -> wgpu::Color {
    let [r, g, b, _] = look.skin.map(|c| f64::from(c.clamp(0.0, 1.0).sqrt()));
    wgpu::Color { r, g, b, a: 0.4 }
}

/// The table of strands, the same for all people.
fn strands(gpu: &Gpu) -> Texture {
    let (width, height) = STRAND_TABLE;
    let usage = TextureUsages::TEXTURE_BINDING | TextureUsages::COPY_DST;
    let texture = gpu.texture("render.strands", STRAND_TABLE, TextureFormat::Rg8Unorm, usage);
    gpu.queue().write_texture(
        texture.texture.as_image_copy(),
        strand_table().as_flattened(),
        wgpu::TexelCopyBufferLayout {
            offset: 0,
            bytes_per_row: Some(width * 2),
            rows_per_image: Some(height),
        },
        wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
    );
    texture
}

fn baked_layout(gpu: &Gpu) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: ShaderStages::FRAGMENT,
        ty,
        count: None,
    };
    let texture = wgpu::BindingType::Texture {
        sample_type: wgpu::TextureSampleType::Float { filterable: true },
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    gpu.device().create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("render.baked"),
        entries: &[
            entry(0, wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering)),
            entry(1, texture),
            entry(2, texture),
            entry(3, texture),
            entry(4, texture),
        ],
    })
}

fn baked_group(gpu: &Gpu, layout: &wgpu::BindGroupLayout, textures: [&Texture; 4]) -> wgpu::BindGroup {
    let sampler = gpu.device().create_sampler(&wgpu::SamplerDescriptor {
        label: Some("render.smooth"),
        // Only the table of strands is sampled beyond its edge.
        address_mode_u: wgpu::AddressMode::Repeat,
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        ..Default::default()
    });
    let [skin, strands, cloth, relief] = textures.map(|t| wgpu::BindingResource::TextureView(&t.view));
    gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("render.baked"),
        layout,
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Sampler(&sampler) },
            wgpu::BindGroupEntry { binding: 1, resource: skin },
            wgpu::BindGroupEntry { binding: 2, resource: strands },
            wgpu::BindGroupEntry { binding: 3, resource: cloth },
            wgpu::BindGroupEntry { binding: 4, resource: relief },
        ],
    })
}

fn soften(gpu: &Gpu, sources: &Sources, format: TextureFormat, is_plain: bool) -> wgpu::RenderPipeline {
    drawing(gpu, sources, Pass::Soften, format, &Drawing { is_plain, ..Default::default() })
}

fn soften_group(gpu: &Gpu, pipeline: &wgpu::RenderPipeline, scene: &Texture) -> wgpu::BindGroup {
    let sampler = gpu.device().create_sampler(&wgpu::SamplerDescriptor {
        label: Some("render.soften"),
        mag_filter: wgpu::FilterMode::Linear,
        min_filter: wgpu::FilterMode::Linear,
        ..Default::default()
    });
    gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("render.soften"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &[
            wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::TextureView(&scene.view) },
            wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&sampler) },
        ],
    })
}

fn draw_soften(
    encoder: &mut wgpu::CommandEncoder,
    pipeline: &wgpu::RenderPipeline,
    group: &wgpu::BindGroup,
    view: &wgpu::TextureView,
    cover: Option<&Cover>,
) {
    let load = if cover.is_none() { wgpu::LoadOp::Clear(wgpu::Color::BLACK) } else { wgpu::LoadOp::Load };
    draw_whole(encoder, pipeline, group, view, load, cover);
}

/// One triangle over the picture, or over parts of it.
fn draw_whole(
    encoder: &mut wgpu::CommandEncoder,
    pipeline: &wgpu::RenderPipeline,
    group: &wgpu::BindGroup,
    view: &wgpu::TextureView,
    load: wgpu::LoadOp<wgpu::Color>,
    cover: Option<&Cover>,
) {
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        label: Some("render.whole"),
        color_attachments: &[Some(attachment(view, load))],
        ..Default::default()
    });
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, group, &[]);
    let Some(cover) = cover else {
        return pass.draw(0..3, 0..1);
    };
    for region in cover.regions() {
        region.restrict(&mut pass);
        pass.draw(0..3, 0..1);
    }
}
