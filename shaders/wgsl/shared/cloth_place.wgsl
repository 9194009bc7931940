// Where on the drawn garment a fragment looks, 0..1 from its upper left corner; `still` is its clip place without breath: x, y, w.
// Twin: `cpu::cloth_quick`.
fn garment_place(still: vec3f) -> vec2f {
    return still.xy / still.z * vec2f(0.5, -0.5) + 0.5;
}
