// Mouth: teeth, tongue and lashes, which morph with the face. In: person bindings, SurfaceVertex.
// Out: linear colour and, for lashes, cover.
#import frame
#import look
#import noise
#import light
#import mouth_shade
#import person
#import tonemap_curve
#import output

struct MouthVertex {
    @location(0) welded: u32,
    @location(1) rest: vec3f,
    @location(2) uv: vec2f,
    // x occlusion, for lashes the distance from the lid; y key visibility.
    @location(3) light: vec3f,
    // w material: 0 teeth, 1 tongue, 2 lash.
    @location(4) masks: vec4f,
}

struct MouthFragment {
    @builtin(position) clip: vec4f,
    @location(0) world: vec3f,
    @location(1) normal: vec3f,
    @location(2) rest: vec3f,
    @location(3) uv: vec2f,
    // x occlusion, y behind the lips, z material.
    @location(4) more: vec3f,
}

@vertex
fn vertex(v: MouthVertex) -> MouthFragment {
    let share = head_share(v.rest);
    let head = positions[v.welded].xyz;
    var out: MouthFragment;
    out.world = to_world(head, share);
    out.normal = direction_to_world(normals[v.welded].xyz, share);
    out.clip = frame.clip_from_world * vec4f(out.world, 1.0);
    out.rest = v.rest;
    out.uv = v.uv;
    out.more = vec3f(v.light.x, frame.mouth.z - head.z, v.masks.w);
    return out;
}

@fragment
fn fragment(f: MouthFragment, @builtin(front_facing) front: bool) -> @location(0) vec4f {
    var alpha = 1.0;
    if f.more.z > 1.5 {
        alpha = clamp(lash_cover(f.uv, f.more.x, look) * 5.0 + 0.5, 0.0, 1.0);
    }
    if alpha < 0.03 {
        discard;
    }
    var p: MouthPoint;
    p.rest = f.rest;
    p.material = f.more.z;
    p.normal = select(-f.normal, f.normal, front);
    p.occlusion = f.more.x;
    p.to_camera = normalize(frame.camera.xyz - f.world);
    p.behind_lips = f.more.y;
    p.uv = f.uv;
    return vec4f(finish(shade_mouth(p, frame, look)).rgb, alpha);
}
