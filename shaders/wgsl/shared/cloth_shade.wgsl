// The garment of the bust, drawn from its shape. Twin: `cpu::cloth`. Imports: frame, look, noise, light.
struct ClothPoint {
    // In rest space, metres from the neck joint.
    rest: vec3f,
    occlusion: f32,
    normal: vec3f,
    key_visibility: f32,
    to_camera: vec3f,
    // 0 at the collar, 1 at the hem.
    down: f32,
    // 0 garment, 1 collar or shirt below it.
    inner: f32,
    spare0: f32,
    spare1: f32,
    spare2: f32,
}

fn shade_cloth(p: ClothPoint, frame: Frame, look: Look) -> vec3f {
    let normal = normalize(p.normal);
    let weave = noise3(p.rest * vec3f(1400.0, 900.0, 1400.0)) - 0.5;
    let fold = noise3(p.rest * vec3f(16.0, 9.0, 16.0)) - 0.5;
    let knit = look.cloth.w;
    var albedo = mix(look.cloth.rgb, look.shirt.rgb, p.inner);
    albedo *= 1.0 + weave * mix(0.25, 0.12, p.inner) + fold * 0.16;
    // Ribs of a knitted collar.
    let rib = sin(atan2(p.rest.x, p.rest.z - 0.02) * 150.0) * knit * p.inner;
    albedo *= 1.0 + rib * 0.10;
    let bent = normalize(normal + vec3f(fold, 0.0, fold) * 0.25);
    var light = frame.key_color.rgb * wrapped(dot(bent, frame.key_direction.xyz), vec3f(0.15)) * p.key_visibility;
    light += frame.fill_color.rgb * wrapped(dot(bent, frame.fill_direction.xyz), vec3f(0.2)) * p.occlusion;
    light += frame.rim_color.rgb * wrapped(dot(bent, frame.rim_direction.xyz), vec3f(0.1)) * p.occlusion;
    light += ambient(frame, bent) * p.occlusion;
    // Fibre ends catch light at grazing view.
    let fuzz = pow(1.0 - max(dot(bent, p.to_camera), 0.0), 3.0) * mix(0.35, 0.9, knit);
    return albedo * light * (1.0 + fuzz);
}
