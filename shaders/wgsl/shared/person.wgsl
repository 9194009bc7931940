// Bindings and the neck's blend, shared by all passes that draw a person. Imports: frame, look.
@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<uniform> look: Look;
@group(0) @binding(2) var<storage, read> positions: array<vec4f>;
@group(0) @binding(3) var<storage, read> normals: array<vec4f>;

// How much of the head's rotation a place takes part in: the chin wholly, the neck below it partly.
fn head_share(rest: vec3f) -> f32 {
    return smoothstep(frame.neck.x, frame.neck.y, rest.y + 0.35 * max(rest.z - 0.04, 0.0));
}

// How much of the key light skin sees with the head as it is turned; `turned` is what it sees with the head at -1 and at 1.
fn key_seen(ahead: f32, turned: vec2f, share: f32) -> f32 {
    return mix(ahead, select(turned.x, turned.y, frame.camera.w > 0.0), abs(frame.camera.w) * share);
}

fn to_world(point: vec3f, share: f32) -> vec3f {
    let turned = (frame.world_from_head * vec4f(point, 1.0)).xyz;
    return mix(point, turned, share) + vec3f(0.0, frame.neck.z, frame.neck.z * 0.5);
}

fn direction_to_world(direction: vec3f, share: f32) -> vec3f {
    let turned = (frame.world_from_head * vec4f(direction, 0.0)).xyz;
    return mix(direction, turned, share);
}
