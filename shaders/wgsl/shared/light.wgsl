// Light terms used by all surfaces. Twin: `cpu::light`. Imports: frame.

// Diffuse light that bleeds over the terminator, more in red than in blue; `reach` is the bleed per channel.
fn wrapped(n_dot_l: f32, reach: vec3f) -> vec3f {
    let w = clamp((vec3f(n_dot_l) + reach) / (1.0 + reach), vec3f(0.0), vec3f(1.0));
    return w * w * (3.0 - 2.0 * w) * 0.45 + w * 0.55;
}

// GGX lobe with the Schlick-Smith shadowing of Karis; returns D * V * F * n.l.
fn ggx(normal: vec3f, to_eye: vec3f, to_light: vec3f, roughness: f32, f0: f32) -> f32 {
    let half_way = normalize(to_eye + to_light);
    let n_dot_l = max(dot(normal, to_light), 0.0);
    let n_dot_v = max(dot(normal, to_eye), 0.001);
    let n_dot_h = max(dot(normal, half_way), 0.0);
    let v_dot_h = max(dot(to_eye, half_way), 0.0);
    let a = roughness * roughness;
    let d = n_dot_h * n_dot_h * (a * a - 1.0) + 1.0;
    let k = (roughness + 1.0) * (roughness + 1.0) / 8.0;
    let visibility = 1.0 / (4.0 * (n_dot_l * (1.0 - k) + k) * (n_dot_v * (1.0 - k) + k));
    let fresnel = f0 + (1.0 - f0) * pow(1.0 - v_dot_h, 5.0);
    return a * a / (3.14159265 * d * d) * visibility * fresnel * n_dot_l;
}

// Light that comes out of thin flesh whose other side is lit; red, as blood takes the rest.
fn transmitted(n_dot_l: f32, through: f32) -> vec3f {
    let behind = clamp((0.25 - n_dot_l) / 1.25, 0.0, 1.0);
    return vec3f(0.95, 0.22, 0.10) * (behind * through);
}

// Light of the room on a surface that faces along `n`, of unit length: spherical harmonics up to the second order, whose
// constants are folded into the coefficients.
// Source: R. Ramamoorthi and P. Hanrahan, "An efficient representation for irradiance environment maps" (2001).
fn ambient(frame: Frame, n: vec3f) -> vec3f {
    let linear = frame.room[1].rgb * n.y + frame.room[2].rgb * n.z + frame.room[3].rgb * n.x;
    let mixed = frame.room[4].rgb * (n.x * n.y) + frame.room[5].rgb * (n.y * n.z) + frame.room[7].rgb * (n.x * n.z);
    let squares = frame.room[6].rgb * (3.0 * n.z * n.z - 1.0) + frame.room[8].rgb * (n.x * n.x - n.y * n.y);
    return max(frame.room[0].rgb + linear + mixed + squares, vec3f(0.0));
}

// Occlusion in colour: light that bounces inside a fold comes back tinted by the surface.
fn tinted_occlusion(occlusion: f32, albedo: vec3f) -> vec3f {
    let bounce = clamp(albedo, vec3f(0.0), vec3f(0.9)) * 0.7;
    return vec3f(occlusion) / (1.0 - bounce * (1.0 - occlusion));
}
