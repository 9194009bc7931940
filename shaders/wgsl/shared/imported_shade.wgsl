// A surface of which only colour and roughness are known. Twin: `cpu::imported`. Imports: frame, light.
struct ImportedPoint {
    normal: vec3f,
    roughness: f32,
    to_camera: vec3f,
    is_unlit: f32,
    // Linear.
    albedo: vec3f,
    spare: f32,
}

// A point (w 1) or direction (w 0) with the turn of the eyes that it takes part in.
fn turn_eyes(at: vec4f, turn: vec3f, frame: Frame) -> vec3f {
    let left = (frame.head_from_left_eye * at).xyz;
    let right = (frame.head_from_right_eye * at).xyz;
    return at.xyz + (left - at.xyz) * turn.y + (right - at.xyz) * turn.z;
}

fn shade_imported(p: ImportedPoint, frame: Frame) -> vec3f {
    // Drawn characters bring their shades along; as bright as skin in this light.
    if p.is_unlit > 0.5 {
        return p.albedo * 1.25;
    }
    let normal = normalize(p.normal);
    // Most of what is imported is skin: a little light bleeds over the terminator, more in red.
    var light = frame.key_color.rgb * wrapped(dot(normal, frame.key_direction.xyz), vec3f(0.30, 0.20, 0.16));
    light += frame.fill_color.rgb * wrapped(dot(normal, frame.fill_direction.xyz), vec3f(0.30));
    light += ambient(frame, normal);
    let shine = ggx(normal, p.to_camera, frame.key_direction.xyz, p.roughness, 0.04);
    let edge = 1.0 - max(dot(normal, p.to_camera), 0.0);
    let rim = edge * edge * edge * max(dot(normal, frame.rim_direction.xyz), 0.0);
    return p.albedo * (light + frame.rim_color.rgb * rim) + frame.key_color.rgb * shine * 0.6;
}
