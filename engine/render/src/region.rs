//! Rectangles of pixels, and the part of a picture that a person may cover.

use std::array;

use glam::{Mat4, Vec2, Vec3};

/// Extra pixels on each side: the edge filter reaches one, rounding another.
const MARGIN_PX: f32 = 3.0;

/// Pixels from `x0`, `y0` up to but not including `x1`, `y1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    x0: u32,
    y0: u32,
    x1: u32,
    y1: u32,
}

impl Region {
    pub(crate) fn whole((width, height): (u32, u32)) -> Self {
        Self { x0: 0, y0: 0, x1: width, y1: height }
    }

    fn is_empty(self) -> bool {
        self.x0 >= self.x1 || self.y0 >= self.y1
    }

    /// Around both, of the same rows.
    fn with(self, other: Self) -> Self {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other,
            (_, true) => self,
            _ => Self { x0: self.x0.min(other.x0), x1: self.x1.max(other.x1), ..self },
        }
    }

    /// Copies these pixels from one picture to the same place of another.
    pub(crate) fn copy(self, encoder: &mut wgpu::CommandEncoder, from: &wgpu::Texture, to: &wgpu::Texture) {
        let origin = wgpu::Origin3d { x: self.x0, y: self.y0, z: 0 };
        let at = |texture| wgpu::TexelCopyTextureInfo {
            texture,
            mip_level: 0,
            origin,
            aspect: wgpu::TextureAspect::All,
        };
        let size =
            wgpu::Extent3d { width: self.x1 - self.x0, height: self.y1 - self.y0, depth_or_array_layers: 1 };
        encoder.copy_texture_to_texture(at(from), at(to), size);
    }

    /// Lets a pass draw here only.
    pub(crate) fn restrict(self, pass: &mut wgpu::RenderPass<'_>) {
        pass.set_scissor_rect(self.x0, self.y0, self.x1 - self.x0, self.y1 - self.y0);
    }
}

/// Directions in which an outline is bounded, and strips into which what it covers is cut: both more than a head's roundness needs.
const SIDES: usize = 24;
const BANDS: usize = 16;

/// A convex shape in the picture: how far it reaches in each direction, in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outline([f32; SIDES]);

impl Outline {
    /// Around places of the world, each with everything within `reach_metres` of it.
    pub(crate) fn around(
        places: impl Iterator<Item = Vec3>,
        clip: Mat4,
        reach_metres: f32,
        (width, height): (u32, u32),
    ) -> Self {
        let half = Vec2::new(width as f32, -(height as f32)) * 0.5;
        // Pixels per metre at one metre.
        let scale = Vec2::new(clip.row(0).truncate().length(), clip.row(1).truncate().length()) * half.abs();
        let mut reach = [f32::MIN; SIDES];
        for place in places {
            let at = clip * place.extend(1.0);
            let pixel = Vec2::new(at.x, at.y) / at.w * half + half.abs();
            let wider = scale.max_element() / at.w.abs() * reach_metres;
            for (side, reach) in reach.iter_mut().enumerate() {
                // What has no place may be anywhere.
                let far = pixel.dot(direction(side)) + wider + MARGIN_PX;
                *reach = if far.is_finite() { reach.max(far) } else { f32::MAX };
            }
        }
        Self(reach)
    }

    /// Columns of the rows from `y0` to `y1` where it may be.
    fn columns(&self, y0: f32, y1: f32) -> (f32, f32) {
        let (mut low, mut high) = (f32::MIN, f32::MAX);
        for (side, reach) in self.0.iter().enumerate() {
            let out = direction(side);
            // The half plane `x out.x + y out.y <= reach`, at its widest in these rows.
            let rest = reach - (out.y * y0).min(out.y * y1);
            if out.x > 1e-3 {
                high = high.min(rest / out.x);
            } else if out.x < -1e-3 {
                low = low.max(rest / out.x);
            } else if rest < 0.0 {
                return (f32::MAX, f32::MIN);
            }
        }
        (low, high)
    }
}

fn direction(side: usize) -> Vec2 {
    Vec2::from_angle(side as f32 / SIDES as f32 * std::f32::consts::TAU)
}

/// What outlines may cover, as strips that do not overlap; some are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cover([Region; BANDS]);

impl Cover {
    pub(crate) fn whole(size: (u32, u32)) -> Self {
        Self::of(&[Outline([f32::MAX; SIDES])], size)
    }

    pub(crate) fn of(outlines: &[Outline], (width, height): (u32, u32)) -> Self {
        Self(array::from_fn(|band| {
            let row = |band: usize| (height as usize * band / BANDS) as u32;
            let (y0, y1) = (row(band), row(band + 1));
            let columns = outlines.iter().map(|outline| outline.columns(y0 as f32, y1 as f32));
            let (low, high) = columns
                .filter(|(low, high)| low < high)
                .fold((f32::MAX, f32::MIN), |all, one| (all.0.min(one.0), all.1.max(one.1)));
            // The casts hold numbers beyond the picture at its sides.
            let (x0, x1) = ((low.floor() as u32).min(width), (high.ceil() as u32).min(width));
            Region { x0, y0, x1: x1.max(x0), y1 }
        }))
    }

    /// Around both.
    pub(crate) fn with(self, other: Self) -> Self {
        Self(array::from_fn(|band| self.0[band].with(other.0[band])))
    }

    pub(crate) fn regions(&self) -> impl Iterator<Item = Region> {
        self.0.into_iter().filter(|region| !region.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use glam::Vec4;

    use super::*;

    const SIZE: (u32, u32) = (640, 360);
    const FOCAL: f32 = 4.0;

    /// A camera at the origin that looks down -z.
    fn clip() -> Mat4 {
        Mat4::from_cols(Vec4::X * FOCAL * 9.0 / 16.0, Vec4::Y * FOCAL, -Vec4::Z - Vec4::W, Vec4::Z * -0.2)
    }

    fn around(places: &[Vec3], reach: f32) -> Cover {
        Cover::of(&[Outline::around(places.iter().copied(), clip(), reach, SIZE)], SIZE)
    }

    fn holds(cover: &Cover, x: u32, y: u32) -> bool {
        cover.regions().any(|r| (r.x0..r.x1).contains(&x) && (r.y0..r.y1).contains(&y))
    }

    #[test]
    fn a_cover_holds_its_places_and_stays_in_the_picture() {
        let corner = Vec3::new(0.2, 0.1, -1.0);
        let at = clip().project_point3(corner);
        let pixel = (((at.x * 0.5 + 0.5) * 640.0) as u32, ((0.5 - at.y * 0.5) * 360.0) as u32);
        let cover = around(&[corner, -corner - Vec3::Z * 2.0], 0.0);
        assert!(holds(&cover, pixel.0, pixel.1) && holds(&cover, 639 - pixel.0, 359 - pixel.1));
        assert!(holds(&cover, 320, 180), "what lies between is covered too");
        assert!(!holds(&cover, pixel.0, 359 - pixel.1), "no more than the line between them");
        let wider = around(&[corner], 0.05);
        let pixels = (0.05 * FOCAL * 180.0) as u32;
        assert!(holds(&wider, pixel.0 + pixels, pixel.1) && !holds(&wider, pixel.0 + pixels + 9, pixel.1));
        assert_eq!(cover.with(around(&[], 0.0)), cover, "nothing covers nothing");
    }

    #[test]
    fn places_that_are_none_cover_everything_or_nothing_and_never_leave_the_picture() {
        for outside in [5.0, -5.0, f32::NAN, f32::INFINITY] {
            let cover = around(&[Vec3::new(outside, outside, -1.0)], 0.01);
            assert!(cover.regions().all(|r| r.x0 < r.x1 && r.x1 <= 640 && r.y0 < r.y1 && r.y1 <= 360));
            assert_eq!(holds(&cover, 320, 180), !outside.is_finite(), "{outside}");
        }
    }
}
