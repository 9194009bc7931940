// Normals: sum of the face normals around each vertex, weighted by area.
// In: positions, ring_row (CSR, vertices + 1), ring (the two other corners of each triangle at the vertex, in order).
// Out: normals; up where a vertex has no area. 64 threads: one vertex each.
struct NormalsSize {
    vertices: u32,
    spare0: u32,
    spare1: u32,
    spare2: u32,
}

@group(0) @binding(0) var<uniform> size: NormalsSize;
@group(0) @binding(1) var<storage, read> positions: array<vec4f>;
@group(0) @binding(2) var<storage, read> ring_row: array<u32>;
@group(0) @binding(3) var<storage, read> ring: array<vec2u>;
@group(0) @binding(4) var<storage, read_write> normals: array<vec4f>;

@compute @workgroup_size(64)
fn normals_of_ring(@builtin(global_invocation_id) id: vec3u) {
    let vertex = id.x;
    if vertex >= size.vertices {
        return;
    }
    let here = positions[vertex].xyz;
    var sum = vec3f(0.0);
    for (var e = ring_row[vertex]; e < ring_row[vertex + 1u]; e++) {
        let pair = ring[e];
        sum += cross(positions[pair.x].xyz - here, positions[pair.y].xyz - here);
    }
    let size2 = dot(sum, sum);
    var normal = vec3f(0.0, 1.0, 0.0);
    if size2 > 1e-24 {
        normal = sum * inverseSqrt(size2);
    }
    normals[vertex] = vec4f(normal, 0.0);
}
