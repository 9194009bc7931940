// Skin: the morphed surface of head and neck. In: person bindings, SurfaceVertex. Out: linear colour.
#import frame
#import look
#import noise
#import light
#import wrinkles
#import skin_shade
#import person

struct SkinVertex {
    @location(0) welded: u32,
    @location(1) rest: vec3f,
    @location(2) uv: vec2f,
    // x occlusion, y key visibility, z what comes of the rim light through flesh.
    @location(3) light: vec3f,
    // x lips, y flush, z inner mouth, w roots of hair.
    @location(4) masks: vec4f,
    // What is seen of the key light with the head turned to its right and to its left.
    @location(5) turned: vec2f,
}

struct SkinFragment {
    @builtin(position) clip: vec4f,
    @location(0) world: vec3f,
    @location(1) normal: vec3f,
    @location(2) rest: vec3f,
    @location(3) uv: vec2f,
    @location(4) light: vec3f,
    @location(5) masks: vec4f,
}

@vertex
fn vertex(v: SkinVertex) -> SkinFragment {
    let share = head_share(v.rest);
    var out: SkinFragment;
    out.world = to_world(positions[v.welded].xyz, share);
    out.normal = direction_to_world(normals[v.welded].xyz, share);
    out.clip = frame.clip_from_world * vec4f(out.world, 1.0);
    out.rest = v.rest;
    out.uv = v.uv;
    out.light = vec3f(v.light.x, key_seen(v.light.y, v.turned, share), v.light.z);
    if v.masks.z > 0.5 {
        // The shade at rest is that of a closed mouth: let light in as it opens.
        let behind = max(frame.mouth.z - positions[v.welded].z, 0.0);
        out.light.x = max(v.light.x, 0.8 * frame.neck.w * exp(-behind * mix(110.0, 34.0, frame.neck.w)));
        out.light.y = out.light.x;
    }
    out.masks = v.masks;
    return out;
}

@fragment
fn fragment(f: SkinFragment) -> @location(0) vec4f {
    var p: SkinPoint;
    p.rest = f.rest;
    p.occlusion = f.light.x;
    p.normal = f.normal;
    p.key_visibility = f.light.y;
    p.through = f.light.z;
    p.to_camera = normalize(frame.camera.xyz - f.world);
    p.inner_mouth = f.masks.z;
    p.uv = f.uv;
    p.lips = f.masks.x;
    p.flush = f.masks.y;
    p.roots = f.masks.w;
    return vec4f(shade_skin(p, frame, look), 1.0);
}
