// Hair for a processor: strands from a table, light by vertex. In: person bindings, the strand table, HairVertex.
// Out: display colour and cover.
#import frame
#import look
#import light
#import tonemap_quick
#import plain
#import hair_quick_shade
#import hair_edge
#import person
#import baked

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
    // w: lit.
    @location(0) light: vec4f,
    @location(1) along: vec4f,
    // x rim, y layer, z density, w along the strand.
    @location(2) more: vec4f,
    // z: cosine between normal and view.
    @location(3) place: vec3f,
}

@vertex
fn vertex(v: HairVertex) -> HairFragment {
    let share = head_share(v.rest);
    let world = to_world(v.rest, share);
    var p: QuickHairPoint;
    p.normal = direction_to_world(v.normal, share);
    p.tangent = direction_to_world(v.tangent, share);
    p.occlusion = v.more.x;
    p.key_visibility = v.more.y;
    p.to_camera = normalize(frame.camera.xyz - world);
    var given: QuickHairLight;
    if is_plain {
        given = plain_hair_light(p, frame);
    } else {
        given = hair_light(p, frame);
    }
    var out: HairFragment;
    out.clip = frame.clip_from_world * vec4f(world, 1.0);
    out.light = vec4f(given.light, given.lit);
    out.along = given.along;
    out.more = vec4f(given.rim, v.more.zw, v.strand.y);
    out.place = vec3f(strand_place(v.strand, v.more.z), dot(normalize(p.normal), p.to_camera));
    return out;
}

@fragment
fn fragment(f: HairFragment) -> @location(0) vec4f {
    let strand = textureSampleLevel(baked_strands, smooth_sampler, f.place.xy, 0.0).rg;
    let layer = min(f.more.y, 1.0);
    let alpha = hair_alpha(quick_hair_cover(strand.x, f.more.z, layer), f.place.z, f.more.z, f.more.y);
    if alpha < 0.03 {
        discard;
    }
    if is_plain {
        return vec4f(agx_quick(plain_hair_color(strand, f.more.w, layer, f.light.xyz, look)), alpha);
    }
    var given: QuickHairLight;
    given.light = f.light.xyz;
    given.lit = f.light.w;
    given.along = f.along;
    given.rim = f.more.x;
    return vec4f(agx_quick(hair_color(strand, f.more.w, layer, given, frame, look)), alpha);
}
