// Morph: rest positions plus weighted sparse deltas, gathered per vertex (no atomics, so deterministic).
// In: rest, row (CSR, vertices + 1), entries, weights. Out: positions. 64 threads: one row each, rows are short.
struct MorphEntry {
    shape: u32,
    x: f32,
    y: f32,
    z: f32,
}

struct MorphWeights {
    // 52 weights in the order of `Blendshape::ALL`, four to a vector.
    packed: array<vec4f, 13>,
    vertices: u32,
    spare0: u32,
    spare1: u32,
    spare2: u32,
}

@group(0) @binding(0) var<uniform> weights: MorphWeights;
@group(0) @binding(1) var<storage, read> rest: array<vec4f>;
@group(0) @binding(2) var<storage, read> row: array<u32>;
@group(0) @binding(3) var<storage, read> entries: array<MorphEntry>;
@group(0) @binding(4) var<storage, read_write> positions: array<vec4f>;

@compute @workgroup_size(64)
fn morph(@builtin(global_invocation_id) id: vec3u) {
    let vertex = id.x;
    if vertex >= weights.vertices {
        return;
    }
    var p = rest[vertex].xyz;
    for (var e = row[vertex]; e < row[vertex + 1u]; e++) {
        let entry = entries[e];
        let w = weights.packed[entry.shape >> 2u][entry.shape & 3u];
        p += w * vec3f(entry.x, entry.y, entry.z);
    }
    positions[vertex] = vec4f(p, 1.0);
}
