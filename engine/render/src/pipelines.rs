//! The pipelines of a person: two computing passes and seven drawing ones.

use std::mem::size_of;

use viva_gpu::Gpu;
use viva_shaders::Pass;
use viva_shaders::layout::{ClothVertex, EyeVertex, HairVertex, SurfaceVertex};

use crate::sources::Sources;
use wgpu::{ShaderStages, VertexAttribute, VertexBufferLayout, vertex_attr_array};

/// Linear light; 16 bits float as packed formats differ between drivers.
pub(crate) const SCENE_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba16Float;
pub(crate) const DEPTH_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;
/// The curve of the tonemap pass encodes for the display itself.
pub(crate) const OUTPUT_FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

pub(crate) const SURFACE: [VertexAttribute; 6] = vertex_attr_array![0 => Uint32, 1 => Float32x3, 2 => Float32x2, 3 => Float32x3, 4 => Float32x4, 5 => Float32x2];
pub(crate) const EYE: [VertexAttribute; 1] = vertex_attr_array![0 => Float32x4];
pub(crate) const HAIR: [VertexAttribute; 5] =
    vertex_attr_array![0 => Float32x3, 1 => Float32x3, 2 => Float32x3, 3 => Float32x2, 4 => Float32x4];
pub(crate) const CLOTH: [VertexAttribute; 3] =
    vertex_attr_array![0 => Float32x3, 1 => Float32x3, 2 => Float32x4];
pub(crate) const IMPORTED: [VertexAttribute; 3] =
    vertex_attr_array![0 => Uint32, 1 => Float32x2, 2 => Float32x3];

#[derive(Debug)]
pub(crate) struct Pipelines {
    pub(crate) morph: wgpu::ComputePipeline,
    pub(crate) normals: wgpu::ComputePipeline,
    pub(crate) background: wgpu::RenderPipeline,
    pub(crate) skin: wgpu::RenderPipeline,
    pub(crate) mouth: wgpu::RenderPipeline,
    pub(crate) eyes: wgpu::RenderPipeline,
    pub(crate) hair: wgpu::RenderPipeline,
    /// The inner shell, whose far side shows below the jaw.
    pub(crate) hair_inner: wgpu::RenderPipeline,
    pub(crate) hair_loose: wgpu::RenderPipeline,
    pub(crate) cloth: wgpu::RenderPipeline,
    pub(crate) tonemap: wgpu::RenderPipeline,
    /// What all passes that draw a person read.
    pub(crate) person_layout: wgpu::BindGroupLayout,
}

impl Pipelines {
    pub(crate) fn new(gpu: &Gpu, sources: &Sources) -> Self {
        let person_layout = person_layout(gpu);
        let person = |pass, vertex: Option<VertexBufferLayout<'_>>, culled: bool, over: Over| {
            let cull = culled.then_some(wgpu::Face::Back);
            let groups = &[&person_layout];
            let how = Drawing { groups, vertex, cull, has_depth: true, over, ..Default::default() };
            drawing(gpu, sources, pass, SCENE_FORMAT, &how)
        };
        Self {
            morph: computing(gpu, sources, Pass::Morph),
            normals: computing(gpu, sources, Pass::Normals),
            background: drawing(gpu, sources, Pass::Background, SCENE_FORMAT, &Drawing::default()),
            skin: person(Pass::Skin, Some(of::<SurfaceVertex>(&SURFACE)), true, Over::Opaque),
            mouth: person(Pass::Mouth, Some(of::<SurfaceVertex>(&SURFACE)), false, Over::Covering),
            eyes: person(Pass::Eyes, Some(of::<EyeVertex>(&EYE)), true, Over::Opaque),
            hair: person(Pass::Hair, Some(of::<HairVertex>(&HAIR)), true, Over::Covering),
            hair_inner: person(Pass::Hair, Some(of::<HairVertex>(&HAIR)), false, Over::Covering),
            hair_loose: person(Pass::Hair, Some(of::<HairVertex>(&HAIR)), false, Over::Loose),
            cloth: person(Pass::Cloth, Some(of::<ClothVertex>(&CLOTH)), true, Over::Opaque),
            tonemap: tonemap(gpu, sources, OUTPUT_FORMAT),
            person_layout,
        }
    }
}

/// The last pass for a target of this format.
pub(crate) fn tonemap(gpu: &Gpu, sources: &Sources, format: wgpu::TextureFormat) -> wgpu::RenderPipeline {
    drawing(gpu, sources, Pass::Tonemap, format, &Drawing::default())
}

pub(crate) fn of<T>(attributes: &[VertexAttribute]) -> VertexBufferLayout<'_> {
    VertexBufferLayout {
        array_stride: size_of::<T>() as u64,
        step_mode: wgpu::VertexStepMode::Vertex,
        attributes,
    }
}

pub(crate) fn person_layout(gpu: &Gpu) -> wgpu::BindGroupLayout {
    let entry = |binding, visibility, kind| wgpu::BindGroupLayoutEntry {
        binding,
        visibility,
        ty: wgpu::BindingType::Buffer { ty: kind, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let storage = wgpu::BufferBindingType::Storage { read_only: true };
    gpu.device().create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("render.person"),
        entries: &[
            entry(0, ShaderStages::VERTEX_FRAGMENT, wgpu::BufferBindingType::Uniform),
            entry(1, ShaderStages::VERTEX_FRAGMENT, wgpu::BufferBindingType::Uniform),
            entry(2, ShaderStages::VERTEX, storage),
            entry(3, ShaderStages::VERTEX, storage),
        ],
    })
}

pub(crate) fn computing(gpu: &Gpu, sources: &Sources, pass: Pass) -> wgpu::ComputePipeline {
    let label = format!("render.{}", pass.name());
    let module = gpu.shader(&label, &sources.of(pass));
    gpu.device().create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(&label),
        layout: None,
        module: &module,
        entry_point: None,
        compilation_options: Default::default(),
        cache: None,
    })
}

/// How a pass meets what was drawn before.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Over {
    /// Stands in its place.
    #[default]
    Opaque,
    /// Mixed by its cover.
    Covering,
    /// Mixed by its cover, and not in the way of what is drawn later.
    Loose,
}

/// How a pass draws; the default is a pass over the whole picture.
#[derive(Clone, Default)]
pub(crate) struct Drawing<'a> {
    /// Empty: as the shader asks.
    pub(crate) groups: &'a [&'a wgpu::BindGroupLayout],
    pub(crate) vertex: Option<VertexBufferLayout<'a>>,
    pub(crate) cull: Option<wgpu::Face>,
    pub(crate) has_depth: bool,
    pub(crate) over: Over,
    /// Whether the pass encodes for the display itself.
    pub(crate) is_display: bool,
    /// Whether a quick pass leaves out all that [`crate::Tier::Plain`] does.
    pub(crate) is_plain: bool,
}

pub(crate) fn drawing(
    gpu: &Gpu,
    sources: &Sources,
    pass: Pass,
    format: wgpu::TextureFormat,
    how: &Drawing<'_>,
) -> wgpu::RenderPipeline {
    let label = format!("render.{}", pass.name());
    let text = sources.of(pass);
    let module = gpu.shader(&label, &text);
    let groups: Vec<Option<&wgpu::BindGroupLayout>> = how.groups.iter().copied().map(Some).collect();
    let layout = (!groups.is_empty()).then(|| {
        gpu.device().create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&label),
            bind_group_layouts: &groups,
            immediate_size: 0,
        })
    });
    let buffers: Vec<Option<VertexBufferLayout<'_>>> = how.vertex.iter().cloned().map(Some).collect();
    let switches = [("is_display", how.is_display), ("is_plain", how.is_plain)];
    // A switch that a pass does not have is a fault to the device.
    let has = |name: &str| text.contains(&format!("override {name}:"));
    let constants: Vec<(&str, f64)> =
        switches.iter().filter(|(name, on)| *on && has(name)).map(|(name, _)| (*name, 1.0)).collect();
    let constants = constants.as_slice();
    gpu.device().create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some(&label),
        layout: layout.as_ref(),
        vertex: wgpu::VertexState {
            module: &module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions { constants, ..Default::default() },
            buffers: &buffers,
        },
        primitive: wgpu::PrimitiveState { cull_mode: how.cull, ..Default::default() },
        depth_stencil: how.has_depth.then(|| wgpu::DepthStencilState {
            format: DEPTH_FORMAT,
            depth_write_enabled: Some(how.over != Over::Loose),
            depth_compare: Some(wgpu::CompareFunction::LessEqual),
            stencil: Default::default(),
            bias: Default::default(),
        }),
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: &module,
            entry_point: None,
            compilation_options: wgpu::PipelineCompilationOptions { constants, ..Default::default() },
            targets: &[Some(wgpu::ColorTargetState {
                format,
                blend: (how.over != Over::Opaque).then_some(wgpu::BlendState::ALPHA_BLENDING),
                write_mask: wgpu::ColorWrites::ALL,
            })],
        }),
        multiview_mask: None,
        cache: None,
    })
}

#[cfg(test)]
mod tests {
    use naga::{Binding, ScalarKind, TypeInner};

    use super::*;

    /// Location, kind and how many numbers of each input of a pass's vertex function.
    fn inputs(pass: Pass) -> Vec<(u32, ScalarKind, u64)> {
        let module = naga::front::wgsl::parse_str(&viva_shaders::source(pass)).expect("our own pass");
        let vertex = module.entry_points.iter().find(|entry| entry.stage == naga::ShaderStage::Vertex);
        let argument = &vertex.expect("a vertex function").function.arguments[0];
        let TypeInner::Struct { members, .. } = &module.types[argument.ty].inner else {
            panic!("{}: the vertex is a struct", pass.name())
        };
        let members = members.iter().map(|member| {
            let Some(Binding::Location { location, .. }) = member.binding else {
                panic!("{}: {:?} has no location", pass.name(), member.name)
            };
            match module.types[member.ty].inner {
                TypeInner::Scalar(scalar) => (location, scalar.kind, 1),
                TypeInner::Vector { size, scalar } => (location, scalar.kind, size as u64),
                ref other => panic!("{}: {other:?}", pass.name()),
            }
        });
        members.collect()
    }

    #[test]
    fn the_vertices_that_are_written_are_those_that_the_passes_read() {
        let layouts: [(&[VertexAttribute], usize, &[Pass]); 5] = [
            (
                &SURFACE,
                size_of::<SurfaceVertex>(),
                &[Pass::Skin, Pass::SkinQuick, Pass::SkinBake, Pass::ReliefBake, Pass::Mouth],
            ),
            (&EYE, size_of::<EyeVertex>(), &[Pass::Eyes]),
            (&HAIR, size_of::<HairVertex>(), &[Pass::Hair, Pass::HairQuick]),
            (&CLOTH, size_of::<ClothVertex>(), &[Pass::Cloth, Pass::ClothQuick]),
            (&IMPORTED, size_of::<viva_shaders::layout::ImportedVertex>(), &[Pass::Imported]),
        ];
        for (attributes, bytes, passes) in layouts {
            let end = attributes.iter().map(|attribute| attribute.offset + attribute.format.size()).max();
            assert_eq!(end, Some(bytes as u64), "{passes:?}");
            for &pass in passes {
                for (location, kind, numbers) in inputs(pass) {
                    let written = attributes.iter().find(|a| a.shader_location == location);
                    let written = written.unwrap_or_else(|| panic!("{}: nothing at {location}", pass.name()));
                    let is_whole = written.format == wgpu::VertexFormat::Uint32;
                    assert_eq!(is_whole, kind == ScalarKind::Uint, "{} {location}", pass.name());
                    assert_eq!(written.format.size(), numbers * 4, "{} {location}", pass.name());
                }
            }
        }
    }
}
