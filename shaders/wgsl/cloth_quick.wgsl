// Cloth for a processor: only breath moves it, so it is drawn once and laid onto the moving shape.
// In: person bindings, the drawn garment, ClothVertex. Out: display colour.
#import frame
#import look
#import cloth_place
#import person
#import baked

struct ClothVertex {
    @location(0) rest: vec3f,
    @location(1) normal: vec3f,
    @location(2) more: vec4f,
}

struct ClothFragment {
    @builtin(position) clip: vec4f,
    // Clip place without breath: x, y, w.
    @location(0) still: vec3f,
}

@vertex
fn vertex(v: ClothVertex) -> ClothFragment {
    var out: ClothFragment;
    out.clip = frame.clip_from_world * vec4f(to_world(v.rest, 0.0), 1.0);
    out.still = (frame.clip_from_world * vec4f(v.rest, 1.0)).xyw;
    return out;
}

@fragment
fn fragment(f: ClothFragment) -> @location(0) vec4f {
    return textureSampleLevel(baked_cloth, smooth_sampler, garment_place(f.still), 0.0);
}
