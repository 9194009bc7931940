// Cloth: the bust's garment, which does not turn with the head. In: person bindings, ClothVertex. Out: linear colour.
#import frame
#import look
#import noise
#import light
#import cloth_shade
#import person
#import tonemap_curve
#import output

struct ClothVertex {
    @location(0) rest: vec3f,
    @location(1) normal: vec3f,
    // x occlusion, y key visibility, z down.
    @location(2) more: vec4f,
}

struct ClothFragment {
    @builtin(position) clip: vec4f,
    @location(0) world: vec3f,
    @location(1) normal: vec3f,
    @location(2) rest: vec3f,
    @location(3) more: vec4f,
}

@vertex
fn vertex(v: ClothVertex) -> ClothFragment {
    var out: ClothFragment;
    out.world = to_world(v.rest, 0.0);
    out.normal = v.normal;
    out.clip = frame.clip_from_world * vec4f(out.world, 1.0);
    out.rest = v.rest;
    out.more = v.more;
    return out;
}

@fragment
fn fragment(f: ClothFragment, @builtin(front_facing) front: bool) -> @location(0) vec4f {
    var p: ClothPoint;
    p.rest = f.rest;
    p.occlusion = f.more.x;
    p.normal = select(-f.normal, f.normal, front);
    p.key_visibility = f.more.y;
    p.to_camera = normalize(frame.camera.xyz - f.world);
    p.down = f.more.z;
    return finish(shade_cloth(p, frame, look));
}
