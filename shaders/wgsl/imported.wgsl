// Imported: a mesh that others made, in its own colours under the room's light. In: person bindings, ImportedVertex, material.
// Out: linear colour.
#import frame
#import look
#import light
#import imported_shade
#import person
#import tonemap_curve
#import output

struct ImportedMaterial {
    // Linear, opacity last.
    color: vec4f,
    // Opacity below which nothing is drawn.
    cutoff: f32,
    roughness: f32,
    // 1 where the surface takes no light.
    is_unlit: f32,
    spare: f32,
}

@group(1) @binding(0) var<uniform> material: ImportedMaterial;
@group(1) @binding(1) var base_color: texture_2d<f32>;
@group(1) @binding(2) var repeating: sampler;

struct ImportedVertex {
    @location(0) welded: u32,
    @location(1) uv: vec2f,
    // Shares of the head's turn and of the left and right eye's.
    @location(2) turn: vec3f,
}

struct ImportedFragment {
    @builtin(position) clip: vec4f,
    @location(0) world: vec3f,
    @location(1) normal: vec3f,
    @location(2) uv: vec2f,
}

@vertex
fn vertex(v: ImportedVertex) -> ImportedFragment {
    let place = turn_eyes(vec4f(positions[v.welded].xyz, 1.0), v.turn, frame);
    let normal = turn_eyes(vec4f(normals[v.welded].xyz, 0.0), v.turn, frame);
    var out: ImportedFragment;
    out.world = to_world(place, v.turn.x);
    out.normal = direction_to_world(normal, v.turn.x);
    out.clip = frame.clip_from_world * vec4f(out.world, 1.0);
    out.uv = v.uv;
    return out;
}

@fragment
fn fragment(f: ImportedFragment, @builtin(front_facing) front: bool) -> @location(0) vec4f {
    let texel = textureSample(base_color, repeating, f.uv) * material.color;
    if texel.a < material.cutoff {
        discard;
    }
    var p: ImportedPoint;
    p.normal = select(-f.normal, f.normal, front);
    p.roughness = material.roughness;
    p.to_camera = normalize(frame.camera.xyz - f.world);
    p.is_unlit = material.is_unlit;
    p.albedo = texel.rgb;
    return finish(shade_imported(p, frame));
}
