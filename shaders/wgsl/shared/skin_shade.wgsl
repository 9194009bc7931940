// Colour and light of the skin at one point; uv as in `wrinkles`. Twin: `cpu::skin`. Imports: frame, look, noise, light, wrinkles.
struct SkinPoint {
    rest: vec3f,
    occlusion: f32,
    normal: vec3f,
    key_visibility: f32,
    to_camera: vec3f,
    inner_mouth: f32,
    uv: vec2f,
    lips: f32,
    flush: f32,
    // How densely hair grows from the skin here, 0..1.
    roots: f32,
    // What comes of the rim light through flesh, 0..1.
    through: f32,
    spare0: f32,
    spare1: f32,
}

// Coverage of brow hair: strands that lean outwards along an arch.
fn brow_cover(uv: vec2f) -> f32 {
    let across = abs(uv.y - MIDDLE_V);
    let t = (across - 0.0115) / 0.0475;
    let arch = 0.8234 - 0.0044 * sin(clamp(t, 0.0, 1.0) * 2.75);
    let thickness = mix(0.0042, 0.0017, smoothstep(0.35, 1.05, t)) * smoothstep(-0.12, 0.14, t);
    let side = abs(uv.x - arch) / max(thickness, 0.0001);
    let body = 1.0 - smoothstep(0.35, 1.15, side);
    let ends = smoothstep(-0.08, 0.10, t) * (1.0 - smoothstep(0.86, 1.08, t));
    let lean = mix(0.35, 1.6, clamp(t, 0.0, 1.0));
    let along = (across + (uv.x - arch) * lean) * 1500.0;
    let strand = noise2(vec2f(along, (uv.x - arch) * 260.0 + 7.0)) * 0.5
        + noise2(vec2f(along * 2.3 + 31.0, (uv.x - arch) * 420.0)) * 0.5;
    return clamp(body * ends * (0.62 + 0.50 * strand), 0.0, 1.0);
}

// What age leaves of a fold when nothing draws it, and the edge of the bag under the eye; darkening 0..1.
fn crease(uv: vec2f, rest: vec3f) -> f32 {
    let across = abs(uv.y - MIDDLE_V);
    let bag = bump(uv.x - 0.0035 * cos((across - 0.034) * 90.0), 0.8485, 0.0014) * bump(across, 0.034, 0.013);
    return clamp(wrinkle_relief(uv, rest).z * 0.7 + bag * 0.7, 0.0, 1.0);
}

fn stubble_cover(uv: vec2f, rest: vec3f) -> f32 {
    let across = abs(uv.y - MIDDLE_V);
    let moustache = bump(uv.x, 0.8895, 0.0055) * (1.0 - smoothstep(0.016, 0.030, across));
    let chin = smoothstep(0.918, 0.936, uv.x + 0.08 * smoothstep(0.030, 0.075, across)) * (1.0 - smoothstep(0.115, 0.128, across));
    let grain = 0.65 + 0.35 * noise3(rest * 900.0);
    return clamp(max(moustache, chin), 0.0, 1.0) * grain;
}

fn skin_albedo(p: SkinPoint, look: Look, brow: f32) -> vec3f {
    let across = abs(p.uv.y - MIDDLE_V);
    let blotch = noise3(p.rest * 38.0) * 0.6 + noise3(p.rest * 110.0) * 0.4 - 0.5;
    let grain = noise3(p.rest * 420.0) - 0.5;
    var color = look.skin.rgb * (1.0 + blotch * 0.13 + grain * 0.07);
    let flush = clamp(p.flush * (1.0 + blotch * 0.9), 0.0, 1.0) * look.blood.w;
    color *= mix(vec3f(1.0), look.blood.rgb, flush);
    // The orbit is a little darker and cooler than the cheek.
    let orbit = bump(p.uv.x, 0.842, 0.0125) * bump(across, 0.034, 0.022);
    color *= mix(vec3f(1.0), vec3f(0.84, 0.78, 0.80), orbit * 0.55);
    // Branches on what one person has cost nothing and save noise for the others.
    if look.wear.z > 0.0 {
        let freckle = smoothstep(0.66, 0.80, noise3(p.rest * 260.0)) * bump(p.uv.x, 0.862, 0.02) * (1.0 - smoothstep(0.05, 0.08, across));
        color *= 1.0 - freckle * look.wear.z * 0.45;
    }
    if look.wear.y > 0.0 {
        let stubble = stubble_cover(p.uv, p.rest) * look.wear.y;
        color = mix(color, color * vec3f(0.50, 0.52, 0.56), stubble);
    }
    if p.roots > 0.0 {
        // Between the roots skin shows, ahead of the hair line most of it.
        let grain = noise3(p.rest * vec3f(900.0, 240.0, 900.0));
        color = mix(color, look.hair_root.rgb * 1.3, clamp(p.roots * 1.7 - 0.75 * grain, 0.0, 1.0) * 0.72);
    }
    if look.wear.x > 0.0 {
        color *= 1.0 - crease(p.uv, p.rest) * look.wear.x * 0.42;
    }
    if p.lips > 0.0 {
        let lip_lines = 0.88 + 0.24 * noise2(vec2f((p.uv.y - MIDDLE_V) * 900.0, p.uv.x * 60.0));
        let seam = bump(p.uv.x, 0.9093, 0.0035);
        let lip = look.lip.rgb * lip_lines * (1.0 - 0.25 * seam);
        color = mix(color, lip, p.lips * look.lip.w);
    }
    color = mix(color, look.brow.rgb, brow);
    return mix(color, vec3f(0.26, 0.060, 0.052), p.inner_mouth);
}

// Shine by place: forehead, nose and chin are oily; lids and the thin skin about the eyes are dry, where a sharp glint
// would look like a tear. Pores break it up.
fn shine(uv: vec2f, rest: vec3f) -> f32 {
    let across = abs(uv.y - MIDDLE_V);
    let dry = bump(uv.x, 0.850, 0.019) * bump(across, 0.038, 0.030);
    let oily = max(bump(uv.x, 0.872, 0.020) * bump(across, 0.0, 0.013), bump(uv.x, 0.790, 0.026) * bump(across, 0.0, 0.036));
    let cheek = bump(uv.x, 0.882, 0.030) * bump(across, 0.056, 0.030);
    let pores = 0.55 + 0.90 * noise3(rest * 640.0);
    return (0.82 + 0.30 * oily) * (1.0 - 0.86 * dry) * (1.0 - 0.5 * cheek) * pores;
}

// Brows are looked for only where they can be; the rest of the face costs nothing.
fn brow_at(uv: vec2f, look: Look) -> f32 {
    if uv.x > 0.805 && uv.x < 0.835 {
        return brow_cover(uv) * look.brow.w;
    }
    return 0.0;
}

// What does not change: rgb square root of the albedo, a half the gloss.
fn skin_texel(p: SkinPoint, look: Look) -> vec4f {
    let brow = brow_at(p.uv, look);
    let albedo = clamp(skin_albedo(p, look, brow), vec3f(0.0), vec3f(1.0));
    let gloss = shine(p.uv, p.rest) * (1.0 + p.lips * 0.55) * mix(1.0, 0.25, brow) * (1.0 - p.inner_mouth);
    return vec4f(sqrt(albedo), gloss * 0.5);
}

fn shade_skin(p: SkinPoint, frame: Frame, look: Look) -> vec3f {
    let brow = brow_at(p.uv, look);
    let albedo = skin_albedo(p, look, brow);
    let fold = skin_fold(wrinkle_relief(p.uv, p.rest), wrinkle_strength(p.uv, frame, look) * (1.0 - p.inner_mouth), frame);
    let normal = normalize(normalize(p.normal) + fold.xyz);
    let bare = 1.0 - p.inner_mouth;
    let reach = vec3f(0.34, 0.13, 0.08) * mix(1.0, 0.65, look.wear.w) * bare;
    let shadow = pow(vec3f(clamp(p.key_visibility, 0.0, 1.0)), vec3f(0.72, 0.96, 1.08));
    var light = frame.key_color.rgb * wrapped(dot(normal, frame.key_direction.xyz), reach) * shadow;
    let open = mix(0.35, 1.0, p.occlusion);
    light += frame.fill_color.rgb * wrapped(dot(normal, frame.fill_direction.xyz), reach * 1.1) * open;
    light += frame.rim_color.rgb * wrapped(dot(normal, frame.rim_direction.xyz), reach * 0.4) * open;
    light += frame.rim_color.rgb * transmitted(dot(normal, frame.rim_direction.xyz), p.through) * bare;
    light += ambient(frame, normal) * tinted_occlusion(p.occlusion, albedo);
    var color = albedo * light * (1.0 - fold.w);
    let wet = p.lips * 0.55 + p.inner_mouth * 0.2;
    let gloss = look.skin.w * shine(p.uv, p.rest) * (1.0 + wet) * mix(1.0, 0.25, brow);
    let rough = mix(0.50, 0.36, clamp(p.lips, 0.0, 1.0));
    let key = ggx(normal, p.to_camera, frame.key_direction.xyz, rough, 0.030) * 0.90
        + ggx(normal, p.to_camera, frame.key_direction.xyz, rough * 0.58, 0.030) * 0.10;
    color += frame.key_color.rgb * key * gloss * p.key_visibility * bare * 1.5;
    let fill = ggx(normal, p.to_camera, frame.fill_direction.xyz, rough, 0.030);
    let rim = ggx(normal, p.to_camera, frame.rim_direction.xyz, rough * 0.9, 0.040);
    color += (frame.fill_color.rgb * fill + frame.rim_color.rgb * rim * 0.6) * gloss * p.occlusion * bare;
    return color;
}
