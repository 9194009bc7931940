// The display transform of `tonemap_curve` with curve, shaping and colour drawn into one polynomial and one matrix; apart by at
// most two of 255. Twin: `cpu::tonemap::agx_quick`.
fn agx_quick(scene: vec3f) -> vec3f {
    let inset = mat3x3f(
        vec3f(0.842479062253094, 0.0423282422610123, 0.0423756549057051),
        vec3f(0.0784335999999992, 0.878468636469772, 0.0784336),
        vec3f(0.0792237451477643, 0.0791661274605434, 0.879142973793104));
    let vivid_outset = mat3x3f(
        vec3f(1.44295788, -0.11927346, -0.11936766),
        vec3f(-0.30129542, 1.26107085, -0.30136479),
        vec3f(-0.14183408, -0.14175229, 1.42079103));
    let logs = log2(max(inset * scene, vec3f(1e-10)));
    let x = clamp((logs + 12.47393) / 16.5, vec3f(0.0), vec3f(1.0));
    let high = ((16.693755 * x - 33.608609) * x + 8.812663) * x + 15.503859;
    let curve = (((high * x - 7.748476) * x + 1.412484) * x - 0.066758) * x + 0.000986;
    return clamp(vivid_outset * max(curve, vec3f(0.0)), vec3f(0.0), vec3f(1.0));
}
