// Integer-hashed noise: equal on every device. Twin: `cpu::noise`.
fn hash_u32(value: u32) -> u32 {
    let state = value * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}

fn lattice(x: i32, y: i32, z: i32) -> f32 {
    let h = hash_u32(bitcast<u32>(x) + hash_u32(bitcast<u32>(y) + hash_u32(bitcast<u32>(z))));
    return f32(h >> 8u) / 16777216.0;
}

// Smooth value noise in 0..1.
fn noise3(p: vec3f) -> f32 {
    let cell = floor(p);
    let f = p - cell;
    let s = f * f * (3.0 - 2.0 * f);
    let i = vec3i(cell);
    let x00 = mix(lattice(i.x, i.y, i.z), lattice(i.x + 1, i.y, i.z), s.x);
    let x10 = mix(lattice(i.x, i.y + 1, i.z), lattice(i.x + 1, i.y + 1, i.z), s.x);
    let x01 = mix(lattice(i.x, i.y, i.z + 1), lattice(i.x + 1, i.y, i.z + 1), s.x);
    let x11 = mix(lattice(i.x, i.y + 1, i.z + 1), lattice(i.x + 1, i.y + 1, i.z + 1), s.x);
    return mix(mix(x00, x10, s.y), mix(x01, x11, s.y), s.z);
}

fn noise2(p: vec2f) -> f32 {
    let cell = floor(p);
    let f = p - cell;
    let s = f * f * (3.0 - 2.0 * f);
    let i = vec2i(cell);
    let low = mix(lattice(i.x, i.y, 0), lattice(i.x + 1, i.y, 0), s.x);
    let high = mix(lattice(i.x, i.y + 1, 0), lattice(i.x + 1, i.y + 1, 0), s.x);
    return mix(low, high, s.y);
}
