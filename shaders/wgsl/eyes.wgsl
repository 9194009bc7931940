// Eyes: two spheres that turn with the gaze. In: person bindings, EyeVertex. Out: linear colour.
#import frame
#import look
#import noise
#import light
#import eye_shade
#import person
#import tonemap_curve
#import output

struct EyeVertex {
    // On the unit sphere, +z out of the pupil; w is +1 for the left eye, -1 for the right.
    @location(0) local: vec4f,
}

struct EyeFragment {
    @builtin(position) clip: vec4f,
    @location(0) world: vec3f,
    @location(1) normal: vec3f,
    @location(2) local: vec3f,
    @location(3) head: vec3f,
    @location(4) side: f32,
}

fn head_from_eye(side: f32, local: vec4f) -> vec3f {
    if side > 0.0 {
        return (frame.head_from_left_eye * local).xyz;
    }
    return (frame.head_from_right_eye * local).xyz;
}

@vertex
fn vertex(v: EyeVertex) -> EyeFragment {
    var out: EyeFragment;
    out.local = v.local.xyz;
    out.side = v.local.w;
    // The cornea bulges over the iris.
    let bulge = 1.0 + 0.09 * smoothstep(0.84, 1.0, v.local.z);
    out.head = head_from_eye(v.local.w, vec4f(v.local.xyz * bulge, 1.0));
    out.world = to_world(out.head, 1.0);
    // It curves more tightly than the eyeball, 7.8 mm to 12 mm, so that the lamp in it is small.
    let tight = mix(1.0, 1.54, smoothstep(0.84, 0.93, v.local.z));
    let surface = normalize(vec3f(v.local.xy * tight, v.local.z));
    out.normal = direction_to_world(head_from_eye(v.local.w, vec4f(surface, 0.0)), 1.0);
    out.clip = frame.clip_from_world * vec4f(out.world, 1.0);
    return out;
}

@fragment
fn fragment(f: EyeFragment) -> @location(0) vec4f {
    var p: EyePoint;
    p.local = normalize(f.local);
    p.side = f.side;
    p.head = f.head;
    p.occlusion = 1.0;
    p.normal = f.normal;
    p.to_camera = normalize(frame.camera.xyz - f.world);
    // The view in the eye's own axes: transposed rotations, as both are rigid.
    let view_head = (vec4f(p.to_camera, 0.0) * frame.world_from_head).xyz;
    var view_local = (vec4f(view_head, 0.0) * frame.head_from_right_eye).xyz;
    if f.side > 0.0 {
        view_local = (vec4f(view_head, 0.0) * frame.head_from_left_eye).xyz;
    }
    return finish(shade_eye(p, frame, look, normalize(view_local)));
}
