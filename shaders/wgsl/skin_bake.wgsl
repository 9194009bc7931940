// Skin bake: what does not change of the skin, drawn once onto the plane of `skin_atlas`. In: person bindings, SurfaceVertex.
// Out: rgb square root of the albedo, a half the gloss.
#import frame
#import look
#import noise
#import light
#import wrinkles
#import skin_shade
#import skin_atlas
#import person

struct BakeVertex {
    @location(0) welded: u32,
    @location(1) rest: vec3f,
    @location(2) uv: vec2f,
    @location(3) light: vec3f,
    // x lips, y flush, z inner mouth, w roots of hair.
    @location(4) masks: vec4f,
}

struct BakeFragment {
    @builtin(position) clip: vec4f,
    @location(0) rest: vec3f,
    @location(1) uv: vec2f,
    @location(2) masks: vec4f,
}

@vertex
fn vertex(v: BakeVertex) -> BakeFragment {
    var out: BakeFragment;
    let place = atlas(v.uv) * 2.0 - 1.0;
    out.clip = vec4f(place.x, -place.y, 0.5, 1.0);
    out.rest = v.rest;
    out.uv = v.uv;
    out.masks = v.masks;
    return out;
}

@fragment
fn fragment(f: BakeFragment) -> @location(0) vec4f {
    var p: SkinPoint;
    p.rest = f.rest;
    p.inner_mouth = f.masks.z;
    p.uv = f.uv;
    p.lips = f.masks.x;
    p.flush = f.masks.y;
    p.roots = f.masks.w;
    return skin_texel(p, look);
}
