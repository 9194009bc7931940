//! Twin of `shared/cloth_place.wgsl`: where on the drawn garment a fragment looks.

use glam::{Vec2, Vec3};

/// Place in the drawn garment, 0..=1 from its upper left corner, of a clip place without breath (x, y, w).
#[must_use]
pub fn garment_place(still: Vec3) -> Vec2 {
    Vec2::new(still.x, still.y) / still.z * Vec2::new(0.5, -0.5) + 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_of_the_picture_are_corners_of_the_garment() {
        for (still, place) in [
            (Vec3::new(-1.0, 1.0, 1.0), Vec2::new(0.0, 0.0)),
            (Vec3::new(2.0, -2.0, 2.0), Vec2::new(1.0, 1.0)),
            (Vec3::new(0.0, 0.0, 3.0), Vec2::new(0.5, 0.5)),
        ] {
            assert_eq!(garment_place(still), place);
        }
    }
}
