//! A rectangle of pixels.

use glam::Vec3;

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

    /// Around places in normalised device coordinates; never empty.
    pub(crate) fn around(places: impl Iterator<Item = Vec3>, (width, height): (u32, u32)) -> Self {
        let (low, high) =
            places.fold((Vec3::MAX, Vec3::MIN), |(low, high), place| (low.min(place), high.max(place)));
        let (wide, tall) = (width as f32, height as f32);
        // The cast holds numbers below 0 and without value at 0.
        let first = |at: f32, side: u32| ((at - MARGIN_PX).floor() as u32).min(side - 1);
        let last = |at: f32, after: u32, side: u32| ((at + MARGIN_PX).ceil() as u32).clamp(after + 1, side);
        let (x0, y0) = (first((low.x * 0.5 + 0.5) * wide, width), first((0.5 - high.y * 0.5) * tall, height));
        Self {
            x0,
            y0,
            x1: last((high.x * 0.5 + 0.5) * wide, x0, width),
            y1: last((0.5 - low.y * 0.5) * tall, y0, height),
        }
    }

    /// Around both.
    pub(crate) fn with(self, other: Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_holds_its_places_and_stays_in_the_picture() {
        let size = (640, 360);
        let middle = Region::around([Vec3::ZERO].into_iter(), size);
        assert_eq!(middle, Region { x0: 317, y0: 177, x1: 323, y1: 183 });
        let far = [Vec3::new(-9.0, -9.0, 0.0), Vec3::new(9.0, 9.0, 0.0)];
        assert_eq!(Region::around(far.into_iter(), size), Region::whole(size));
        for outside in [Vec3::splat(5.0), Vec3::splat(-5.0), Vec3::splat(f32::NAN)] {
            let Region { x0, y0, x1, y1 } = Region::around([outside].into_iter(), size);
            assert!(x0 < x1 && y0 < y1 && x1 <= 640 && y1 <= 360, "{outside}");
        }
        assert_eq!(middle.with(Region::whole(size)), Region::whole(size));
    }
}
