// What stays for one person. Twin: `layout::Look`. Colours are linear.
struct Look {
    // rgb albedo, w gloss.
    skin: vec4f,
    // rgb factor where blood shows, w strength.
    blood: vec4f,
    // rgb, w strength.
    lip: vec4f,
    // rgb, w strength 0..1.
    brow: vec4f,
    // rgb at the root and at the tip, w of the root: strand contrast, w of the tip: gloss.
    hair_root: vec4f,
    hair_tip: vec4f,
    // rgb near the pupil and at the rim; w of the first: density of the lashes.
    iris: vec4f,
    iris_rim: vec4f,
    sclera: vec4f,
    // rgb, w: 0 jacket over shirt, 1 crew neck.
    cloth: vec4f,
    shirt: vec4f,
    // x age lines, y stubble, z freckles, w melanin; all 0..1.
    wear: vec4f,
    // The two ends of the background and its blurred lights.
    back_top: vec4f,
    back_bottom: vec4f,
    back_light: vec4f,
}
