// Light of the skin for a processor: by vertex what is smooth, by pixel the baked colour and the shape of the glint.
// Twin: `cpu::skin_quick`. Imports: frame, look, light, tonemap_quick.
struct QuickSkinPoint {
    normal: vec3f,
    occlusion: f32,
    to_camera: vec3f,
    key_visibility: f32,
    lips: f32,
    inner_mouth: f32,
    // What comes of the rim light through flesh, 0..1.
    through: f32,
    spare: f32,
}

struct QuickSkinLight {
    // Diffuse light; times the albedo.
    light: vec3f,
    // Squared roughness of the glint, squared.
    sharpness: f32,
    // Glints of fill and rim; times the gloss.
    sheen: vec3f,
    // The glint of the key light without its distribution.
    glint: f32,
}

fn skin_light(p: QuickSkinPoint, frame: Frame, look: Look) -> QuickSkinLight {
    let normal = normalize(p.normal);
    let key_direction = frame.key_direction.xyz;
    let reach = vec3f(0.34, 0.13, 0.08) * mix(1.0, 0.65, look.wear.w) * (1.0 - p.inner_mouth);
    let shadow = pow(vec3f(clamp(p.key_visibility, 0.0, 1.0)), vec3f(0.72, 0.96, 1.08));
    var light = frame.key_color.rgb * wrapped(dot(normal, key_direction), reach) * shadow;
    let open = mix(0.35, 1.0, p.occlusion);
    light += frame.fill_color.rgb * wrapped(dot(normal, frame.fill_direction.xyz), reach * 1.1) * open;
    light += frame.rim_color.rgb * wrapped(dot(normal, frame.rim_direction.xyz), reach * 0.4) * open;
    light += frame.rim_color.rgb * transmitted(dot(normal, frame.rim_direction.xyz), p.through) * (1.0 - p.inner_mouth);
    light += ambient(frame, normal) * tinted_occlusion(p.occlusion, look.skin.rgb);
    let rough = mix(0.50, 0.36, clamp(p.lips, 0.0, 1.0));
    let n_dot_l = max(dot(normal, key_direction), 0.0);
    let n_dot_v = max(dot(normal, p.to_camera), 0.001);
    let k = (rough + 1.0) * (rough + 1.0) / 8.0;
    let visibility = 1.0 / (4.0 * (n_dot_l * (1.0 - k) + k) * (n_dot_v * (1.0 - k) + k));
    let away = 1.0 - max(dot(p.to_camera, normalize(p.to_camera + key_direction)), 0.0);
    let fresnel = 0.030 + 0.970 * away * away * away * away * away;
    let fill = ggx(normal, p.to_camera, frame.fill_direction.xyz, rough, 0.030);
    let rim = ggx(normal, p.to_camera, frame.rim_direction.xyz, rough * 0.9, 0.040);
    var out: QuickSkinLight;
    out.light = light;
    out.sharpness = rough * rough * rough * rough;
    out.sheen = (frame.fill_color.rgb * fill + frame.rim_color.rgb * rim * 0.6) * p.occlusion * look.skin.w;
    out.glint = visibility * fresnel * n_dot_l * p.key_visibility * 1.5 * look.skin.w;
    return out;
}

// The key light and the room's alone, without a glint.
fn plain_skin_light(p: QuickSkinPoint, frame: Frame, look: Look) -> QuickSkinLight {
    let normal = normalize(p.normal);
    let reach = vec3f(0.34, 0.13, 0.08) * mix(1.0, 0.65, look.wear.w) * (1.0 - p.inner_mouth);
    let key = frame.key_color.rgb * wrapped(dot(normal, frame.key_direction.xyz), reach) * p.key_visibility;
    var out: QuickSkinLight;
    out.light = key + ambient(frame, normal) * tinted_occlusion(p.occlusion, look.skin.rgb);
    return out;
}

// `baked` is a texel of `skin_bake` and `fold` comes from `skin_fold`; `half_way` need not have unit length.
fn skin_color(
    baked: vec4f, fold: vec4f, given: QuickSkinLight, smooth_normal: vec3f, half_way: vec3f, frame: Frame,
) -> vec3f {
    let normal = smooth_normal + fold.xyz;
    let along = dot(normal, half_way);
    let c2 = select(0.0, along * along / (dot(normal, normal) * dot(half_way, half_way)), along > 0.0);
    // Two lobes of GGX as in `shade_skin`; 0.58 to the fourth is 0.113.
    let s = given.sharpness;
    let wide = c2 * (s - 1.0) + 1.0;
    let narrow = c2 * (s * 0.1132 - 1.0) + 1.0;
    let spread = s * 0.31830989 * (0.90 / (wide * wide) + 0.01132 / (narrow * narrow));
    let albedo = baked.rgb * baked.rgb;
    // A fold turns its flanks to the key light or away from it, which gives most of the light.
    let flank = clamp(1.0 + dot(fold.xyz, frame.key_direction.xyz) - fold.w, 0.0, 2.0);
    let glints = frame.key_color.rgb * (spread * given.glint) + given.sheen;
    return albedo * given.light * flank + glints * (baked.a * 2.0);
}
