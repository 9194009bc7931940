// Colour and light of the eyeball at one point. Twin: `cpu::eyes`. Imports: frame, look, noise, light.
struct EyePoint {
    // On the unit sphere of the eye; +z looks out of the pupil.
    local: vec3f,
    // +1 for the face's left eye, -1 for its right eye.
    side: f32,
    // In head space, metres.
    head: vec3f,
    occlusion: f32,
    // In world space.
    normal: vec3f,
    spare0: f32,
    to_camera: vec3f,
    spare1: f32,
}

// Metres from the upper lid down and from the lower lid up to a point of the eye; z: -1.2..1.2 from corner to corner.
fn lid_gap(point: vec3f, lid: vec4f) -> vec3f {
    let x = clamp((point.x - lid.x) / max(lid.w, 0.001), -1.2, 1.2);
    let curve = 1.0 - 0.75 * x * x;
    let middle = mix(lid.z, lid.y, 0.42);
    let upper = middle + (lid.y - middle) * curve;
    let lower = middle + (lid.z - middle) * curve;
    return vec3f(upper - point.y, point.y - lower, x);
}

// Light that the lids leave for a point of the eye: dark under the upper lid, softer above the lower.
fn lid_light(gap: vec3f) -> f32 {
    let from_upper = smoothstep(-0.0005, 0.0052, gap.x);
    let from_lower = smoothstep(-0.0008, 0.0026, gap.y);
    let corners = 1.0 - 0.45 * smoothstep(0.55, 1.1, abs(gap.z));
    return mix(0.22, 1.0, from_upper) * mix(0.62, 1.0, from_lower) * corners;
}

fn iris_color(local: vec3f, frame: Frame, look: Look, view_local: vec3f) -> vec3f {
    // The iris lies behind the cornea: shift the seen point against the view (refraction as parallax).
    let seen = local.xy - view_local.xy * 0.055;
    let radius = asin(clamp(length(seen), 0.0, 1.0));
    let angle = atan2(seen.y, seen.x);
    let r = radius / frame.eyes.y;
    let inner = frame.eyes.x / frame.eyes.y;
    let t = clamp((r - inner) / max(1.0 - inner, 0.05), 0.0, 1.0);
    // Fibres run in the direction of the radius; the angle is walked on a circle so that it has no seam.
    let ring = vec2f(cos(angle), sin(angle));
    let fibre = noise3(vec3f(ring * 9.0, r * 1.6)) * 0.6 + noise3(vec3f(ring * 21.0, r * 2.5 + 9.0)) * 0.4;
    var color = mix(look.iris.rgb, look.iris_rim.rgb, smoothstep(0.12, 0.95, t + (fibre - 0.5) * 0.35));
    color *= 0.60 + 0.80 * fibre;
    // Collarette: a brighter frill about the pupil.
    let frill = exp(-pow((t - 0.22 - (fibre - 0.5) * 0.12) / 0.12, 2.0));
    color *= 1.0 + 0.45 * frill;
    // The limbal ring.
    color *= mix(1.0, 0.28, smoothstep(0.74, 1.0, r));
    // Light gathered by the cornea falls on the side away from the key light.
    let caustic = clamp(dot(ring, -normalize(frame.key_direction.xy)) * 0.5 + 0.5, 0.0, 1.0);
    color *= 0.75 + 0.85 * caustic * caustic * smoothstep(0.0, 0.6, t);
    return mix(vec3f(0.004), color, smoothstep(inner - 0.05, inner + 0.05, r));
}

fn sclera_color(local: vec3f, look: Look) -> vec3f {
    let away = 1.0 - clamp(local.z, 0.0, 1.0);
    var color = look.sclera.rgb;
    let branch = noise3(local * 9.0) * 3.0;
    let vein = exp(-pow((noise3(local * vec3f(7.0, 22.0, 7.0) + branch) - 0.5) / 0.05, 2.0));
    color = mix(color, color * vec3f(0.93, 0.70, 0.66), clamp(away * 0.55 + vein * away * 0.8, 0.0, 0.75));
    return color;
}

// The rim of tears on the lower lid: its surface curves up towards the eye, so it mirrors the lamp and the room above.
fn tear_line(gap: vec3f, normal: vec3f, to_camera: vec3f, frame: Frame) -> vec3f {
    let d = (gap.y - 0.0002) / 0.0005;
    let rim = exp(-d * d) * (1.0 - smoothstep(0.75, 1.05, abs(gap.z))) * smoothstep(0.0015, 0.0040, gap.x + gap.y);
    let curved = normalize(normal + vec3f(0.0, 0.75, 0.0));
    let lamp = ggx(curved, to_camera, frame.key_direction.xyz, 0.30, 0.028);
    let room = ambient(frame, reflect(-to_camera, curved)) * 0.10;
    return (frame.key_color.rgb * lamp * 0.8 + room) * rim;
}

fn shade_eye(p: EyePoint, frame: Frame, look: Look, view_local: vec3f) -> vec3f {
    let lid = select(frame.right_lid, frame.left_lid, p.side > 0.0);
    let gap = lid_gap(p.head, lid);
    let light_in = lid_light(gap) * mix(0.55, 1.0, p.occlusion);
    let angle = acos(clamp(p.local.z, -1.0, 1.0));
    let limbus = smoothstep(frame.eyes.y - 0.030, frame.eyes.y + 0.035, angle);
    let albedo = mix(iris_color(p.local, frame, look, view_local), sclera_color(p.local, look), limbus);
    let normal = normalize(p.normal);
    // The white scatters light, so its shading is flat.
    var light = frame.key_color.rgb * wrapped(dot(normal, frame.key_direction.xyz), vec3f(0.55, 0.48, 0.45)) * 0.82;
    light += frame.fill_color.rgb * wrapped(dot(normal, frame.fill_direction.xyz), vec3f(0.5));
    light += ambient(frame, normal) * 0.9;
    var color = albedo * light * light_in;
    // Wet surface: a sheen of the room and a window-like catch-light that stays with the lamp.
    let sheen = ggx(normal, p.to_camera, frame.key_direction.xyz, 0.22, 0.028) * 0.35;
    color += frame.key_color.rgb * sheen * light_in;
    let mirrored = reflect(-p.to_camera, normal);
    let side = normalize(cross(vec3f(0.0, 1.0, 0.0), frame.key_direction.xyz));
    let above = cross(frame.key_direction.xyz, side);
    let lamp = vec2f(dot(mirrored, side), dot(mirrored, above));
    let facing = smoothstep(0.2, 0.5, dot(mirrored, frame.key_direction.xyz));
    let window = (1.0 - smoothstep(0.15, 0.27, abs(lamp.x))) * (1.0 - smoothstep(0.17, 0.29, abs(lamp.y))) * facing;
    color += frame.key_color.rgb * window * frame.key_direction.w * smoothstep(0.18, 0.5, light_in);
    let sky = 0.02 + 0.30 * pow(1.0 - max(dot(normal, p.to_camera), 0.0), 4.0);
    color += ambient(frame, mirrored) * sky * light_in;
    return color + tear_line(gap, normal, p.to_camera, frame);
}
