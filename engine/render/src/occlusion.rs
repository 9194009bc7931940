//! Soft shade that is computed once: how much of the sky and of the key light each vertex sees at rest.
//!
//! Each direction is one orthographic depth picture of all occluders; a vertex is lit where nothing lies before it.

use std::f32::consts::PI;

use glam::{Mat3, Vec3};

const SIDE_PX: usize = 360;
const SKY_DIRECTIONS: usize = 40;
const KEY_DIRECTIONS: usize = 9;
/// Half the width of the key light as seen from the face, radians: a softbox.
const KEY_RADIUS: f32 = 0.16;
/// Way through flesh after which a third of the light is left.
const FLESH_METRES: f32 = 0.0045;

/// What a vertex sees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    /// Of the sky, weighted by the cosine to the normal, 0..=1.
    pub(crate) sky: f32,
    /// Of the key light, 0..=1.
    pub(crate) key: f32,
    /// Of the key light with everything turned to its right and to its left, 0..=1.
    pub(crate) turned: [f32; 2],
    /// Of the rim light's part that comes through flesh from behind, 0..=1.
    pub(crate) through: f32,
}

/// A vertex that asks what it sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Receiver {
    pub(crate) place: Vec3,
    pub(crate) normal: Vec3,
    /// What lies nearer than this does not shade: the vertex's own surroundings.
    pub(crate) bias_metres: f32,
}

/// What each receiver sees past the occluders; `turn` is how far to either side, radians about the upright axis.
pub(crate) fn seen(
    occluders: &[[Vec3; 3]],
    receivers: &[Receiver],
    (key, rim): (Vec3, Vec3),
    turn: f32,
) -> Vec<Seen> {
    let mut sky = vec![(0.0_f32, 0.0_f32); receivers.len()];
    for direction in fibonacci(SKY_DIRECTIONS) {
        let view = DepthView::new(occluders, direction);
        for (sum, r) in sky.iter_mut().zip(receivers) {
            let weight = r.normal.dot(direction);
            if weight > 0.0 {
                sum.1 += weight;
                sum.0 += weight * view.lit(r.place, r.bias_metres);
            }
        }
    }
    // A light that stands turns against a head that turns.
    let lit = |turn: f32| lit(occluders, receivers, Mat3::from_rotation_y(-turn) * key);
    let turned = lit(-turn).into_iter().zip(lit(turn)).map(|(right, left)| [right, left]);
    let behind = DepthView::new(occluders, rim.normalize_or_zero());
    let through = receivers.iter().map(|r| (-behind.metres_within(r.place) / FLESH_METRES).exp());
    let mut all = Vec::with_capacity(receivers.len());
    for ((((sum, weight), key), turned), through) in sky.into_iter().zip(lit(0.0)).zip(turned).zip(through) {
        all.push(Seen { sky: sum / weight.max(1e-6), key, turned, through });
    }
    all
}

/// How much of a soft light each receiver sees, 0..=1.
fn lit(occluders: &[[Vec3; 3]], receivers: &[Receiver], light: Vec3) -> Vec<f32> {
    let mut lit = vec![0.0_f32; receivers.len()];
    for direction in cone(light, KEY_DIRECTIONS) {
        let view = DepthView::new(occluders, direction);
        for (sum, r) in lit.iter_mut().zip(receivers) {
            // Away from the light, shading is dark anyway; a hard shade would only show facets.
            let facing = ((r.normal.dot(direction) + 0.05) / 0.25).clamp(0.0, 1.0);
            *sum += 1.0 - facing * (1.0 - view.lit(r.place, r.bias_metres * 1.3));
        }
    }
    lit.into_iter().map(|sum| sum / KEY_DIRECTIONS as f32).collect()
}

/// Evenly spread directions. **Source**: the Fibonacci sphere, as in A. González, "Measurement of areas on a sphere" (2010).
fn fibonacci(count: usize) -> impl Iterator<Item = Vec3> {
    (0..count).map(move |i| {
        let y = 1.0 - (i as f32 + 0.5) / count as f32 * 2.0;
        let r = (1.0 - y * y).sqrt();
        let turn = i as f32 * PI * (3.0 - 5.0_f32.sqrt());
        Vec3::new(r * turn.cos(), y, r * turn.sin())
    })
}

fn cone(axis: Vec3, count: usize) -> impl Iterator<Item = Vec3> {
    let axis = axis.normalize_or_zero();
    let side = axis.any_orthonormal_vector();
    let up = axis.cross(side);
    (0..count).map(move |i| {
        let r = ((i as f32 + 0.5) / count as f32).sqrt() * KEY_RADIUS;
        let turn = i as f32 * PI * (3.0 - 5.0_f32.sqrt());
        (axis + side * (r * turn.cos()) + up * (r * turn.sin())).normalize_or_zero()
    })
}

/// Heights along a direction, seen against it.
struct DepthView {
    side: Vec3,
    up: Vec3,
    towards: Vec3,
    origin: (f32, f32),
    px_per_metre: f32,
    /// Largest height along `towards` per pixel.
    height: Vec<f32>,
}

impl DepthView {
    fn new(occluders: &[[Vec3; 3]], towards: Vec3) -> Self {
        let side = towards.any_orthonormal_vector();
        let up = towards.cross(side);
        let mut low = (f32::MAX, f32::MAX);
        let mut high = (f32::MIN, f32::MIN);
        for p in occluders.iter().flatten() {
            let (x, y) = (p.dot(side), p.dot(up));
            low = (low.0.min(x), low.1.min(y));
            high = (high.0.max(x), high.1.max(y));
        }
        let extent = (high.0 - low.0).max(high.1 - low.1).max(1e-3);
        let mut view = Self {
            side,
            up,
            towards,
            origin: low,
            px_per_metre: (SIDE_PX - 2) as f32 / extent,
            height: vec![f32::MIN; SIDE_PX * SIDE_PX],
        };
        for triangle in occluders {
            view.draw(triangle);
        }
        view
    }

    fn pixel(&self, p: Vec3) -> Vec3 {
        Vec3::new(
            (p.dot(self.side) - self.origin.0) * self.px_per_metre,
            (p.dot(self.up) - self.origin.1) * self.px_per_metre,
            p.dot(self.towards),
        )
    }

    fn draw(&mut self, triangle: &[Vec3; 3]) {
        let [a, b, c] = triangle.map(|p| self.pixel(p));
        let area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        if area.abs() < 1e-9 {
            return;
        }
        let bound = |v: f32| v.clamp(0.0, SIDE_PX as f32 - 1.0) as usize;
        let (x0, x1) = (bound(a.x.min(b.x).min(c.x).floor()), bound(a.x.max(b.x).max(c.x).ceil()));
        let (y0, y1) = (bound(a.y.min(b.y).min(c.y).floor()), bound(a.y.max(b.y).max(c.y).ceil()));
        for y in y0..=y1 {
            for x in x0..=x1 {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let wb = ((px - a.x) * (c.y - a.y) - (py - a.y) * (c.x - a.x)) / area;
                let wc = ((b.x - a.x) * (py - a.y) - (b.y - a.y) * (px - a.x)) / area;
                if wb >= 0.0 && wc >= 0.0 && wb + wc <= 1.0 {
                    let z = a.z + (b.z - a.z) * wb + (c.z - a.z) * wc;
                    let cell = &mut self.height[y * SIDE_PX + x];
                    *cell = cell.max(z);
                }
            }
        }
    }

    /// How far what is nearest to the light lies before the place, in four pixels about it.
    fn before(&self, place: Vec3) -> [f32; 4] {
        let p = self.pixel(place);
        [(-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)].map(|(dx, dy)| {
            let x = (p.x + dx).clamp(0.0, SIDE_PX as f32 - 1.0) as usize;
            let y = (p.y + dy).clamp(0.0, SIDE_PX as f32 - 1.0) as usize;
            self.height[y * SIDE_PX + x] - p.z
        })
    }

    /// 1 where nothing lies between the place and the light.
    fn lit(&self, place: Vec3, bias_metres: f32) -> f32 {
        self.before(place).into_iter().filter(|metres| *metres <= bias_metres).count() as f32 * 0.25
    }

    /// The way of the light from where it enters to the place.
    fn metres_within(&self, place: Vec3) -> f32 {
        self.before(place).into_iter().map(|metres| metres.max(0.0)).sum::<f32>() * 0.25
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roof_takes_the_sky_and_the_key_light() {
        let roof = [
            [Vec3::new(-1.0, 0.5, -1.0), Vec3::new(1.0, 0.5, -1.0), Vec3::new(1.0, 0.5, 1.0)],
            [Vec3::new(-1.0, 0.5, -1.0), Vec3::new(1.0, 0.5, 1.0), Vec3::new(-1.0, 0.5, 1.0)],
        ];
        let receivers =
            [Vec3::ZERO, Vec3::Y].map(|place| Receiver { place, normal: Vec3::Y, bias_metres: 0.01 });
        let seen = seen(&roof, &receivers, (Vec3::Y, Vec3::Y), 0.3);
        assert!(seen[0].sky < 0.45, "{:?}", seen[0]);
        assert!(seen[0].key < 0.05, "{:?}", seen[0]);
        assert_eq!(seen[1], Seen { sky: 1.0, key: 1.0, turned: [1.0; 2], through: 1.0 });
    }

    #[test]
    fn light_comes_through_an_ear_and_not_through_a_head() {
        let slab = |z: f32| {
            let corner = |x: f32, y: f32| Vec3::new(x, y, z);
            [
                [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0)],
                [corner(-1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)],
            ]
        };
        let through = |metres: f32| {
            let receiver = Receiver { place: Vec3::ZERO, normal: Vec3::Z, bias_metres: 0.001 };
            seen(&slab(-metres), &[receiver], (Vec3::Z, -Vec3::Z), 0.3)[0].through
        };
        assert!((through(FLESH_METRES) - (-1.0_f32).exp()).abs() < 1e-3);
        assert!(through(0.003) > 0.4 && through(0.15) < 1e-6);
    }
    #[test]
    fn the_shade_of_a_nose_moves_as_the_head_turns() {
        // A wall along x = 0 that stands out of the face, lit from its right side: its shade lies on the left.
        let wall = [
            [Vec3::new(0.0, -0.03, 0.0), Vec3::new(0.0, 0.03, 0.0), Vec3::new(0.0, 0.03, 0.02)],
            [Vec3::new(0.0, -0.03, 0.0), Vec3::new(0.0, 0.03, 0.02), Vec3::new(0.0, -0.03, 0.02)],
        ];
        let at = |x: f32| Receiver { place: Vec3::new(x, 0.0, 0.0), normal: Vec3::Z, bias_metres: 0.0005 };
        let light = Vec3::new(-0.5, 0.0, 0.8).normalize_or_zero();
        let seen = seen(&wall, &[at(0.008), at(-0.008)], (light, -Vec3::Z), 0.7);
        assert!(seen[0].key < 0.3 && seen[1].key > 0.95, "{seen:?}");
        // The head turned to its right faces the light, and to its left the shade stays.
        assert!(seen[0].turned[0] > 0.7 && seen[0].turned[1] < 0.3, "{seen:?}");
    }
}
