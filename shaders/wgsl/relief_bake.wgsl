// Relief bake: where the skin folds, drawn once onto the plane of `skin_atlas`. In: person bindings, SurfaceVertex.
// Out: see `relief_texel`.
#import frame
#import look
#import noise
#import wrinkles
#import skin_atlas
#import person

struct ReliefVertex {
    @location(0) welded: u32,
    @location(1) rest: vec3f,
    @location(2) uv: vec2f,
    @location(3) light: vec3f,
    @location(4) masks: vec4f,
}

struct ReliefFragment {
    @builtin(position) clip: vec4f,
    @location(0) rest: vec3f,
    @location(1) uv: vec2f,
}

@vertex
fn vertex(v: ReliefVertex) -> ReliefFragment {
    var out: ReliefFragment;
    let place = atlas(v.uv) * 2.0 - 1.0;
    out.clip = vec4f(place.x, -place.y, 0.5, 1.0);
    out.rest = v.rest;
    out.uv = v.uv;
    return out;
}

@fragment
fn fragment(f: ReliefFragment) -> @location(0) vec4f {
    return relief_texel(f.uv, f.rest);
}
