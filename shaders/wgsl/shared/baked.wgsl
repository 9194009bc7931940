// What was drawn once for one person; used by the quick passes.
@group(1) @binding(0) var smooth_sampler: sampler;
@group(1) @binding(1) var baked_skin: texture_2d<f32>;
// r strand, g lock; see `strand_place`.
@group(1) @binding(2) var baked_strands: texture_2d<f32>;
// The garment at rest over the background, as seen by the camera.
@group(1) @binding(3) var baked_cloth: texture_2d<f32>;
// Folds of the skin; see `relief_bake`.
@group(1) @binding(4) var baked_relief: texture_2d<f32>;
