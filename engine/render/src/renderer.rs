//! A person on the device, drawn the full or the quick way.

use viva_gpu::{Gpu, Readback, Texture};
use viva_media::{FacePose, VideoFrame};
use wgpu::TextureUsages;

use crate::RenderError;
use crate::asset::HeadAsset;
use crate::full::{self, Full};
use crate::hair::HairGrid;
use crate::look::Look;
use crate::person::{Detail, Person};
use crate::pipelines::OUTPUT_FORMAT;
use crate::software::Software;
use crate::sources::Sources;

const MAX_SIDE_PX: u32 = 8192;
/// Height from which the mesh is subdivided once.
const FULL_SUBDIVIDED_FROM_PX: u32 = 480;
const SOFTWARE_SUBDIVIDED_FROM_PX: u32 = 900;
/// Height from which a processor draws hair and eyes as finely as a graphics card.
const SOFTWARE_FINE_FROM_PX: u32 = 600;

const FINE: Detail = Detail {
    is_subdivided: true,
    eye_rings: 20,
    eye_around: 36,
    hair: HairGrid { columns: 72, rows: 26, shells: 3, loose: 420 },
    cloth_stride: 1,
};
const QUICK: Detail = Detail {
    is_subdivided: false,
    eye_rings: 10,
    eye_around: 20,
    hair: HairGrid { columns: 48, rows: 20, shells: 2, loose: 150 },
    cloth_stride: 2,
};

/// How much work a picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// For large pictures on a slow processor: as [`Tier::Software`] under one light, without glints, with hard edges.
    Plain,
    /// For a processor that draws: colour baked once, light by vertex, one sample per pixel and a soft filter along edges.
    Software,
    /// For a graphics card: light by pixel and four samples per pixel.
    Full,
}

impl Tier {
    /// What suits the kind of adapter; [`crate::TierChoice`] measures.
    #[must_use]
    pub fn of(gpu: &Gpu) -> Self {
        if gpu.adapter().is_software { Self::Software } else { Self::Full }
    }

    /// As it is called on a command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Software => "software",
            Self::Full => "full",
        }
    }

    /// Samples per pixel and side.
    pub(crate) fn scale(self) -> u32 {
        if self == Self::Full { full::SCALE } else { 1 }
    }

    /// Whether the device takes a picture of that many pixels per row and rows.
    pub(crate) fn check_size(self, gpu: &Gpu, (width, height): (u32, u32)) -> Result<(), RenderError> {
        let limit = MAX_SIDE_PX.min(gpu.device().limits().max_texture_dimension_2d / self.scale());
        let fits = (1..=limit).contains(&width) && (1..=limit).contains(&height);
        if fits { Ok(()) } else { Err(RenderError::Size { width, height }) }
    }
}

/// Draws one person; the same poses give the same bytes on the same device.
#[derive(Debug)]
pub struct HeadRenderer {
    gpu: Gpu,
    person: Person,
    look: viva_shaders::layout::Look,
    sources: Sources,
    width: u32,
    height: u32,
    output: Texture,
    readback: Readback,
    way: Way,
}

#[derive(Debug)]
enum Way {
    Software(Box<Software>),
    Full(Box<Full>),
}

impl Way {
    fn new(
        gpu: &Gpu,
        sources: &Sources,
        person: &Person,
        look: &viva_shaders::layout::Look,
        size: (u32, u32),
        tier: Tier,
    ) -> Self {
        match tier {
            Tier::Plain | Tier::Software => {
                let is_plain = tier == Tier::Plain;
                Self::Software(Box::new(Software::new(gpu, sources, person, look, size, is_plain)))
            }
            Tier::Full => Self::Full(Box::new(Full::new(gpu, sources, person, look, size))),
        }
    }
}

impl HeadRenderer {
    /// Makes all meshes and pipelines of a person in the tier that suits the adapter; takes about a second.
    ///
    /// # Errors
    ///
    /// [`RenderError::Size`] for a size outside 1..=8192, [`RenderError::Metadata`] for a mesh that is no head.
    pub fn new(
        gpu: &Gpu,
        asset: &HeadAsset,
        look: &Look,
        width: u32,
        height: u32,
    ) -> Result<Self, RenderError> {
        Self::with_tier(gpu, asset, look, width, height, Tier::of(gpu))
    }

    /// As [`HeadRenderer::new`] with a choice of tier.
    ///
    /// # Errors
    ///
    /// As [`HeadRenderer::new`].
    pub fn with_tier(
        gpu: &Gpu,
        asset: &HeadAsset,
        look: &Look,
        width: u32,
        height: u32,
        tier: Tier,
    ) -> Result<Self, RenderError> {
        let size = (width, height);
        tier.check_size(gpu, size)?;
        // Triangles smaller than a pixel cost a software driver most and show nothing.
        let detail = match tier {
            Tier::Software if height >= SOFTWARE_SUBDIVIDED_FROM_PX => FINE,
            Tier::Software if height >= SOFTWARE_FINE_FROM_PX => Detail {
                is_subdivided: false,
                hair: HairGrid { shells: 2, loose: 300, ..FINE.hair },
                cloth_stride: 2,
                ..FINE
            },
            Tier::Plain | Tier::Software => QUICK,
            Tier::Full => Detail { is_subdivided: height >= FULL_SUBDIVIDED_FROM_PX, ..FINE },
        };
        let person = Person::new(asset, look, detail)?;
        let look = look.layout();
        let sources = Sources::default();
        let way = Way::new(gpu, &sources, &person, &look, size, tier);
        let usage = TextureUsages::RENDER_ATTACHMENT | TextureUsages::COPY_SRC;
        let output = gpu.texture("render.output", size, OUTPUT_FORMAT, usage);
        let readback = Readback::new(gpu, "render.readback", width, height);
        Ok(Self { gpu: gpu.clone(), person, look, sources, width, height, output, readback, way })
    }

    /// Draws a pose and reads the picture back.
    ///
    /// # Errors
    ///
    /// [`RenderError::PoseNotFinite`], or [`RenderError::Gpu`] where the device fails.
    pub fn render(&mut self, pose: &FacePose) -> Result<VideoFrame, RenderError> {
        let mut encoder = self.picture(pose)?;
        let picture = match &self.way {
            Way::Software(software) => software.unfiltered().unwrap_or(&self.output),
            Way::Full(_) => &self.output,
        };
        self.readback.record(&mut encoder, &picture.texture);
        self.gpu.queue().submit([encoder.finish()]);
        let rgb = self.readback.rgb(&self.gpu)?;
        Ok(VideoFrame::new(pose.at, self.width, self.height, rgb)
            .expect("the readback has the size of the picture"))
    }

    /// Draws a pose and waits until the device is done; the picture stays there. As fast as a window can be fed.
    ///
    /// # Errors
    ///
    /// As [`HeadRenderer::render`].
    pub fn draw(&mut self, pose: &FacePose) -> Result<(), RenderError> {
        let encoder = self.picture(pose)?;
        self.gpu.queue().submit([encoder.finish()]);
        Ok(self.gpu.wait()?)
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
        match &mut self.way {
            Way::Software(software) => software.show(&self.gpu, &mut encoder, view, format),
            Way::Full(full) => full.show(&self.gpu, &mut encoder, view, format),
        }
        self.gpu.queue().submit([encoder.finish()]);
        Ok(())
    }

    /// Draws by other passes from now on; the person stays.
    ///
    /// # Errors
    ///
    /// [`RenderError::Passes`] where they do not fit the buffers of a person or the device; then those before go on.
    pub fn reload(&mut self, sources: &Sources) -> Result<(), RenderError> {
        if *sources == self.sources {
            return Ok(());
        }
        let scope = self.gpu.device().push_error_scope(wgpu::ErrorFilter::Validation);
        let size = (self.width, self.height);
        let way = Way::new(&self.gpu, sources, &self.person, &self.look, size, self.tier());
        if let Some(error) = pollster::block_on(scope.pop()) {
            return Err(RenderError::Passes(error.to_string()));
        }
        (self.way, self.sources) = (way, sources.clone());
        Ok(())
    }

    /// Pixels per row and rows.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Which way it draws.
    #[must_use]
    pub fn tier(&self) -> Tier {
        match &self.way {
            Way::Software(software) if software.is_plain => Tier::Plain,
            Way::Software(_) => Tier::Software,
            Way::Full(_) => Tier::Full,
        }
    }

    /// Triangles of a frame: skin, mouth, lashes, eyes, hair and garment.
    #[must_use]
    pub fn triangles(&self) -> usize {
        let Person { surface, hair, cloth, eye_indices, .. } = &self.person;
        let lists = [surface.indices.len(), hair.indices.len(), cloth.indices.len(), eye_indices.len()];
        lists.iter().sum::<usize>() / 3
    }

    /// Records the person up to the output's bytes.
    fn picture(&mut self, pose: &FacePose) -> Result<wgpu::CommandEncoder, RenderError> {
        let mut encoder = self.scene(pose)?;
        match &mut self.way {
            Way::Software(software) if software.is_plain => {}
            Way::Software(software) => software.finish(&mut encoder, &self.output.view),
            Way::Full(full) => full.finish(&mut encoder, &self.output.view),
        }
        Ok(encoder)
    }

    /// Writes the pose and records the person.
    fn scene(&mut self, pose: &FacePose) -> Result<wgpu::CommandEncoder, RenderError> {
        if !is_finite(pose) {
            return Err(RenderError::PoseNotFinite);
        }
        let aspect = self.width as f32 / self.height as f32;
        Ok(match &mut self.way {
            Way::Software(software) => software.scene(&self.gpu, &self.person, pose, aspect),
            Way::Full(full) => full.scene(&self.gpu, &self.person, pose, aspect),
        })
    }
}

pub(crate) fn is_finite(pose: &FacePose) -> bool {
    let angles =
        [pose.head_yaw, pose.head_pitch, pose.head_roll, pose.gaze_yaw, pose.gaze_pitch].map(|a| a.0);
    pose.weights.0.iter().chain(&angles).chain(&[pose.pupil_mm, pose.breath]).all(|x| x.is_finite())
}
