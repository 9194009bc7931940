// Skin for a processor: baked colour, light by vertex. In: person bindings, the baked skin, SurfaceVertex. Out: display colour.
#import frame
#import look
#import noise
#import light
#import wrinkles
#import tonemap_quick
#import plain
#import skin_quick_shade
#import skin_atlas
#import person
#import baked

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
    // w: sharpness.
    @location(0) light: vec4f,
    // w: glint.
    @location(1) sheen: vec4f,
    @location(2) normal: vec3f,
    @location(3) half_way: vec3f,
    // z: how deep folds are drawn here.
    @location(4) place: vec3f,
}

@vertex
fn vertex(v: SkinVertex) -> SkinFragment {
    let share = head_share(v.rest);
    let world = to_world(positions[v.welded].xyz, share);
    var p: QuickSkinPoint;
    p.normal = direction_to_world(normals[v.welded].xyz, share);
    p.occlusion = v.light.x;
    p.key_visibility = key_seen(v.light.y, v.turned, share);
    if v.masks.z > 0.5 {
        // The shade at rest is that of a closed mouth: let light in as it opens.
        let behind = max(frame.mouth.z - positions[v.welded].z, 0.0);
        p.occlusion = max(v.light.x, 0.8 * frame.neck.w * exp(-behind * mix(110.0, 34.0, frame.neck.w)));
        p.key_visibility = p.occlusion;
    }
    p.to_camera = normalize(frame.camera.xyz - world);
    p.through = v.light.z;
    p.lips = v.masks.x;
    p.inner_mouth = v.masks.z;
    var given: QuickSkinLight;
    if is_plain {
        given = plain_skin_light(p, frame, look);
    } else {
        given = skin_light(p, frame, look);
    }
    var out: SkinFragment;
    out.clip = frame.clip_from_world * vec4f(world, 1.0);
    out.light = vec4f(given.light, given.sharpness);
    out.sheen = vec4f(given.sheen, given.glint);
    out.normal = p.normal;
    out.half_way = p.to_camera + frame.key_direction.xyz;
    out.place = vec3f(atlas(v.uv), wrinkle_strength(v.uv, frame, look) * (1.0 - v.masks.z));
    return out;
}

@fragment
fn fragment(f: SkinFragment) -> @location(0) vec4f {
    let texel = textureSampleLevel(baked_skin, smooth_sampler, f.place.xy, 0.0);
    if is_plain {
        return vec4f(agx_quick(texel.rgb * texel.rgb * f.light.xyz), 1.0);
    }
    var given: QuickSkinLight;
    given.light = f.light.xyz;
    given.sharpness = f.light.w;
    given.sheen = f.sheen.xyz;
    given.glint = f.sheen.w;
    var fold = vec4f(0.0);
    if f.place.z > 0.01 {
        let relief = textureSampleLevel(baked_relief, smooth_sampler, f.place.xy, 0.0).rgb;
        fold = skin_fold(vec3f(relief.rg * 2.0 - 1.0, relief.b), f.place.z, frame);
    }
    return vec4f(agx_quick(skin_color(texel, fold, given, f.normal, f.half_way, frame)), 1.0);
}
