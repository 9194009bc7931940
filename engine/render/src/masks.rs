//! Where lips, flush and the inside of the mouth lie on the HM08 texture plane.
//!
//! On that plane u runs down the face (hair line 0.755, chin 0.954) and v across it with the middle at 0.5168; the head files
//! share the plane, so one set of places serves all of them.

use glam::Vec2;

const MIDDLE_V: f32 = 0.5168;

/// Lips, flush, inner mouth and material (0) of a skin vertex.
pub(crate) fn skin(uv: Vec2) -> [f32; 4] {
    // Islands of the base mesh: the lining of the mouth, the two eye sockets, the neck, and the head.
    let (is_mouth_lining, is_eye_socket, is_neck) = (uv.y > 0.855, uv.x < 0.18, uv.x < 0.6);
    if is_mouth_lining || is_eye_socket {
        return [0.0, 0.0, 1.0, 0.0];
    }
    if is_neck {
        return [0.0; 4];
    }
    let across = (uv.y - MIDDLE_V).abs();
    [lips(uv.x, across), flush(uv.x, across), 0.0, 0.0]
}

/// Whether a place lies on an ear, its root included.
pub(crate) fn is_ear(uv: Vec2) -> bool {
    (0.808..0.885).contains(&uv.x) && (0.127..0.168).contains(&(uv.y - MIDDLE_V).abs())
}

fn lips(u: f32, across: f32) -> f32 {
    // Upper and lower lip end at different heights; the bow dips in the middle.
    let bow = 0.0012 * (-(across / 0.0035).powi(2)).exp();
    let half_height = if u < 0.9097 { 0.0150 - bow } else { 0.0150 };
    let y = (u - 0.9097).abs() / half_height;
    let x = across / 0.0208;
    let d = (y.powf(2.2) + x.powf(2.2)).powf(1.0 / 2.2);
    1.0 - smoothstep(0.82, 1.04, d)
}

fn flush(u: f32, across: f32) -> f32 {
    let blob = |cu: f32, cv: f32, ru: f32, rv: f32| {
        (-(((u - cu) / ru).powi(2) + ((across - cv) / rv).powi(2))).exp()
    };
    let cheek = blob(0.873, 0.052, 0.018, 0.024);
    let nose = blob(0.871, 0.0, 0.010, 0.012);
    let wing = blob(0.880, 0.013, 0.006, 0.006) * 0.6;
    let ear = smoothstep(0.125, 0.14, across)
        * (1.0 - smoothstep(0.155, 0.17, across))
        * smoothstep(0.815, 0.825, u)
        * (1.0 - smoothstep(0.878, 0.888, u))
        * 0.5;
    let chin = blob(0.947, 0.0, 0.012, 0.016) * 0.35;
    let lid = blob(0.839, 0.034, 0.010, 0.016) * 0.35;
    (cheek * 0.85 + nose * 0.8 + wing + ear + chin + lid).min(1.0)
}

pub(crate) fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
