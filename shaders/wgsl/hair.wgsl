// Hair: shells of combed strands over the skull, rigid with the head. In: person bindings, HairVertex.
// Out: linear colour and cover.
#import frame
#import look
#import noise
#import light
#import hair_shade
#import hair_edge
#import person

struct HairVertex {
    @location(0) rest: vec3f,
    @location(1) normal: vec3f,
    @location(2) tangent: vec3f,
    @location(3) strand: vec2f,
    // x occlusion, y key visibility, z layer (2 for a loose strand), w density.
    @location(4) more: vec4f,
}

struct HairFragment {
    @builtin(position) clip: vec4f,
    @location(0) world: vec3f,
    @location(1) normal: vec3f,
    @location(2) tangent: vec3f,
    @location(3) strand: vec2f,
    @location(4) more: vec4f,
}

@vertex
fn vertex(v: HairVertex) -> HairFragment {
    var out: HairFragment;
    let share = head_share(v.rest);
    out.world = to_world(v.rest, share);
    out.normal = direction_to_world(v.normal, share);
    out.tangent = direction_to_world(v.tangent, share);
    out.clip = frame.clip_from_world * vec4f(out.world, 1.0);
    out.strand = v.strand;
    out.more = v.more;
    return out;
}

@fragment
fn fragment(f: HairFragment, @builtin(front_facing) front: bool) -> @location(0) vec4f {
    var p: HairPoint;
    p.normal = select(-f.normal, f.normal, front);
    p.occlusion = f.more.x;
    p.tangent = f.tangent;
    p.key_visibility = f.more.y;
    p.to_camera = normalize(frame.camera.xyz - f.world);
    p.layer = min(f.more.z, 1.0);
    p.strand = f.strand;
    p.density = f.more.w;
    let alpha = hair_alpha(hair_cover(p), dot(normalize(p.normal), p.to_camera), p.density, f.more.z);
    if alpha < 0.03 {
        discard;
    }
    return vec4f(shade_hair(p, frame, look), alpha);
}
