// Folds that muscles draw into the skin: where they lie on the texture plane, and how deep they are now.
// Twin: `cpu::wrinkles`. Imports: frame, look, noise.
// uv follows the HM08 base mesh: u runs down the face (hair line 0.755, chin 0.954), v across it with the middle at 0.5168 and
// the face's left side below; a millimetre is about 0.0011.
const MIDDLE_V: f32 = 0.5168;

fn bump(value: f32, centre: f32, width: f32) -> f32 {
    let d = (value - centre) / width;
    return exp(-d * d);
}

// x: depth 0..1 of a groove along a line; y: how its flanks face towards it, negative beyond the line.
fn groove(value: f32, centre: f32, width: f32) -> vec2f {
    let d = (value - centre) / width;
    let depth = exp(-d * d);
    return vec2f(depth, -2.0 * d * depth);
}

// x, y: the tilt of the normal along the head's x and y at full strength; z: depth 0..1.
fn wrinkle_relief(uv: vec2f, rest: vec3f) -> vec3f {
    let across = abs(uv.y - MIDDLE_V);
    let outwards = select(-1.0, 1.0, uv.y < MIDDLE_V);
    let wobble = (noise3(rest * 45.0) - 0.5) * 0.004;
    // Brows up: three lines over the forehead.
    let forehead = (groove(uv.x + wobble, 0.7780, 0.0015) + groove(uv.x + wobble * 1.4, 0.7890, 0.0016)
        + groove(uv.x - wobble, 0.7995, 0.0014)) * (1.0 - smoothstep(0.024, 0.050, across));
    // Brows together: a line beside each brow's root.
    let frown = groove(across + wobble * 0.5, 0.0068, 0.0014) * bump(uv.x, 0.8165, 0.0085);
    // Cheeks up: a fan from the outer corner of the eye.
    let fan = (uv.x - 0.839) / max(across - 0.044, 0.002);
    let crow = (groove(fan, 0.45, 0.13) + groove(fan, 0.0, 0.12) + groove(fan, -0.5, 0.14)) * bump(across, 0.0585, 0.0070);
    // Corners of the mouth or upper lip up: from the nose's wing past the corner, soft and wide.
    let fold = groove(across - 0.0175 - (uv.x - 0.8760) * 0.34, 0.0, 0.0026)
        * smoothstep(0.872, 0.884, uv.x) * (1.0 - smoothstep(0.904, 0.918, uv.x));
    let sidewards = frown.y + fold.y * 0.9;
    let upwards = -forehead.y - crow.y * 0.8 + fold.y * 0.3;
    let depth = forehead.x * 0.7 + frown.x * 0.9 + crow.x * 0.7 + fold.x * 0.5;
    return vec3f(clamp(vec2f(sidewards * outwards, upwards), vec2f(-1.0), vec2f(1.0)), clamp(depth, 0.0, 1.0));
}

// The relief as it is baked: rg the tilt of the normal (0.5 none), b depth. Twin: `cpu::relief_bake`.
fn relief_texel(uv: vec2f, rest: vec3f) -> vec4f {
    let relief = wrinkle_relief(uv, rest);
    return vec4f(relief.xy * 0.5 + 0.5, relief.z, 1.0);
}

// How deep the folds about a place are drawn, 0..1: by the muscles' weights, more in old skin, which keeps some at rest.
fn wrinkle_strength(uv: vec2f, frame: Frame, look: Look) -> f32 {
    let across = abs(uv.y - MIDDLE_V);
    let upper = 1.0 - smoothstep(0.804, 0.812, uv.x);
    let lower = smoothstep(0.858, 0.870, uv.x);
    let side = (1.0 - upper) * (1.0 - lower) * smoothstep(0.025, 0.040, across);
    let middle = (1.0 - upper) * (1.0 - lower) - side;
    let drawn = mix(frame.wrinkles_left, frame.wrinkles_right, smoothstep(-0.012, 0.012, uv.y - MIDDLE_V));
    let strength = drawn * mix(0.50, 1.0, look.wear.x) + look.wear.x * vec4f(0.40, 0.45, 0.40, 0.25);
    return clamp(dot(vec4f(upper, middle, side, lower), strength), 0.0, 1.0);
}

// xyz: what a fold adds to a normal of unit length in world space; w: the share of light that it keeps out.
fn skin_fold(relief: vec3f, strength: f32, frame: Frame) -> vec4f {
    let tilt = (frame.world_from_head * vec4f(relief.xy * (strength * 0.55), 0.0, 0.0)).xyz;
    return vec4f(tilt, relief.z * strength * 0.30);
}
