// What changes from frame to frame. Twin: `layout::Frame`.
struct Frame {
    clip_from_world: mat4x4f,
    // Rotation of the head about the neck joint, which is the origin.
    world_from_head: mat4x4f,
    // Turn, scale and place of each eyeball's unit sphere.
    head_from_left_eye: mat4x4f,
    head_from_right_eye: mat4x4f,
    // xyz in world metres; w how far the head is turned, -1 to its right .. 1 to its left: picks the baked shade of the key light.
    camera: vec4f,
    // xyz towards the light in world space, w intensity of the glint on the eyes.
    key_direction: vec4f,
    key_color: vec4f,
    fill_direction: vec4f,
    fill_color: vec4f,
    rim_direction: vec4f,
    rim_color: vec4f,
    // The room's light as it falls on a surface, by the direction that the surface faces; see `ambient`.
    room: array<vec4f, 9>,
    // Lid opening in head metres: x centre, y upper edge, z lower edge, w half width.
    left_lid: vec4f,
    right_lid: vec4f,
    // x, y: heights where the head's rotation fades in; z breath lift in metres; w mouth opening 0..1.
    neck: vec4f,
    // x pupil radius and y iris radius in radians on the eyeball; z, w: blink of the left and right eye.
    eyes: vec4f,
    // xyz: mouth centre in head metres.
    mouth: vec4f,
    // How far muscles fold the skin of each half of the face, 0..1: x forehead, y between the brows, z beside the eye, w from the
    // nose to the mouth.
    wrinkles_left: vec4f,
    wrinkles_right: vec4f,
}
