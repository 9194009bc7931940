// How much of a point hair covers, 0..1: soft where strands end and where a shell is seen from its edge, so that no outline looks
// cut out. Twin: `cpu::hair::hair_alpha`.
// `cover` is positive where a strand is, `facing` the cosine between normal and view; a loose strand (layer 2) covers by its density.
fn hair_alpha(cover: f32, facing: f32, density: f32, layer: f32) -> f32 {
    let strands = clamp(cover * 8.0 + 0.45, 0.0, 1.0);
    let outline = smoothstep(0.0, 0.18, abs(facing));
    return select(strands * outline, density, layer > 1.5);
}
