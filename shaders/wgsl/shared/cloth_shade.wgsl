// The garment of the bust, drawn from its shape. Twin: `cpu::cloth`. Imports: frame, look, noise, light.
struct ClothPoint {
    // In rest space, metres from the neck joint.
    rest: vec3f,
    occlusion: f32,
    normal: vec3f,
    key_visibility: f32,
    to_camera: vec3f,
    // 0 at the upper edge, 1 at the hem; below 0 on the leaf of a collar, -1 at its edge.
    down: f32,
}

fn bump_line(distance: f32, width: f32) -> f32 {
    let d = distance / width;
    return exp(-d * d);
}

// x: 1 where the shirt shows, y: darkening by seams and edges, z: bend of the normal along x.
fn jacket(rest: vec3f) -> vec3f {
    let front = smoothstep(0.0, 0.02, rest.z - 0.03);
    let across = abs(rest.x);
    // The opening narrows from the neck to the button below the picture.
    let opening = max(0.072 + (rest.y + 0.02) * 0.52, 0.0);
    let from_edge = across - opening;
    let shirt = (1.0 - smoothstep(-0.0012, 0.0012, from_edge)) * front;
    // The blouse is buttoned in the middle.
    let band = bump_line(across, 0.0009) * shirt;
    let lapel = bump_line(from_edge - 0.034 - 0.10 * (rest.y + 0.09), 0.0016) * front * (1.0 - smoothstep(-0.05, -0.02, rest.y));
    let edge_shade = exp(-max(-from_edge, 0.0) / 0.006) * shirt;
    let roll = exp(-max(from_edge, 0.0) / 0.010) * (1.0 - shirt) * front;
    let dark = 1.0 - 0.22 * band - 0.55 * lapel - 0.45 * edge_shade;
    return vec3f(shirt, dark, roll * 0.35 * sign(rest.x));
}

fn crew_neck(p: ClothPoint) -> vec3f {
    let collar = 1.0 - smoothstep(0.105, 0.120, p.down);
    let seam = bump_line(p.down - 0.118, 0.010);
    let rib = sin(atan2(p.rest.x, p.rest.z - 0.02) * 130.0) * collar;
    return vec3f(collar, 1.0 + rib * 0.16 - seam * 0.35, 0.0);
}

fn shade_cloth(p: ClothPoint, frame: Frame, look: Look) -> vec3f {
    let normal = normalize(p.normal);
    let weave = noise3(p.rest * vec3f(1400.0, 900.0, 1400.0)) - 0.5;
    let fold = noise3(p.rest * vec3f(16.0, 9.0, 16.0)) - 0.5;
    let knit = look.cloth.w;
    var drawn = mix(jacket(p.rest), crew_neck(p), knit);
    if p.down < 0.0 {
        drawn = vec3f(1.0, 1.0 - 0.14 * bump_line(p.down + 0.88, 0.03), 0.0);
    }
    var albedo = mix(look.cloth.rgb, look.shirt.rgb, drawn.x) * drawn.y;
    albedo *= 1.0 + weave * mix(0.25, 0.12, drawn.x) + fold * 0.16;
    let bent = normalize(normal + vec3f(fold, 0.0, fold) * 0.25 + vec3f(drawn.z, 0.0, 0.0));
    var light = frame.key_color.rgb * wrapped(dot(bent, frame.key_direction.xyz), vec3f(0.15)) * p.key_visibility;
    light += frame.fill_color.rgb * wrapped(dot(bent, frame.fill_direction.xyz), vec3f(0.2)) * p.occlusion;
    light += frame.rim_color.rgb * wrapped(dot(bent, frame.rim_direction.xyz), vec3f(0.1)) * p.occlusion;
    light += ambient(frame, bent) * p.occlusion;
    // Fibre ends catch light at grazing view.
    let fuzz = pow(1.0 - max(dot(bent, p.to_camera), 0.0), 3.0) * mix(0.35, 0.9, knit);
    return albedo * light * (1.0 + fuzz);
}
