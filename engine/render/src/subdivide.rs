//! One Catmull-Clark level as a linear map, so that places and morphs are smoothed alike.
//!
//! **Source**: E. Catmull, J. Clark, "Recursively generated B-spline surfaces on arbitrary topological meshes" (1978);
//! boundary rule of H. Hoppe et al. (1994): edges of one face follow the cubic B-spline of the boundary.

use std::collections::BTreeMap;

use glam::Vec3;

/// A face of three or four corners, by vertex.
pub(crate) type Face = Vec<u32>;

/// The map from the vertices of a mesh to those of its subdivision.
///
/// The new vertices are: the old ones, then one per edge, then one per face.
#[derive(Debug)]
pub(crate) struct Subdivision {
    faces: Vec<Face>,
    /// Edge: its two vertices and its faces.
    edges: Vec<([u32; 2], Vec<u32>)>,
    edge_of: BTreeMap<(u32, u32), u32>,
    vertices: usize,
}

impl Subdivision {
    pub(crate) fn new(vertices: usize, faces: Vec<Face>) -> Self {
        let mut edge_of = BTreeMap::new();
        let mut edges: Vec<([u32; 2], Vec<u32>)> = Vec::new();
        for (face, corners) in faces.iter().enumerate() {
            for k in 0..corners.len() {
                let (a, b) = (corners[k], corners[(k + 1) % corners.len()]);
                let key = (a.min(b), a.max(b));
                let edge = *edge_of.entry(key).or_insert_with(|| {
                    edges.push(([key.0, key.1], Vec::new()));
                    edges.len() as u32 - 1
                });
                edges[edge as usize].1.push(face as u32);
            }
        }
        Self { faces, edges, edge_of, vertices }
    }

    pub(crate) fn edge_vertex(&self, a: u32, b: u32) -> u32 {
        self.vertices as u32 + self.edge_of[&(a.min(b), a.max(b))]
    }

    pub(crate) fn face_vertex(&self, face: usize) -> u32 {
        (self.vertices + self.edges.len() + face) as u32
    }

    /// The value of each new vertex from the values of the old ones.
    pub(crate) fn apply(&self, old: &[Vec3]) -> Vec<Vec3> {
        let face_points: Vec<Vec3> = self
            .faces
            .iter()
            .map(|f| f.iter().map(|&v| old[v as usize]).sum::<Vec3>() / f.len() as f32)
            .collect();
        let mut out = vec![Vec3::ZERO; self.vertices];
        // Per vertex: sums over its faces, its edges and its boundary edges.
        let mut face_sum = vec![(Vec3::ZERO, 0_u32); self.vertices];
        let mut edge_sum = vec![(Vec3::ZERO, 0_u32); self.vertices];
        let mut boundary = vec![(Vec3::ZERO, 0_u32); self.vertices];
        for (face, corners) in self.faces.iter().enumerate() {
            for &v in corners {
                face_sum[v as usize].0 += face_points[face];
                face_sum[v as usize].1 += 1;
            }
        }
        let mut edge_points = Vec::with_capacity(self.edges.len());
        for ([a, b], faces) in &self.edges {
            let (pa, pb) = (old[*a as usize], old[*b as usize]);
            let middle = (pa + pb) * 0.5;
            if let [f, g] = faces[..] {
                edge_points.push((pa + pb + face_points[f as usize] + face_points[g as usize]) * 0.25);
            } else {
                edge_points.push(middle);
                for v in [a, b] {
                    boundary[*v as usize].0 += middle;
                    boundary[*v as usize].1 += 1;
                }
            }
            for v in [a, b] {
                edge_sum[*v as usize].0 += middle;
                edge_sum[*v as usize].1 += 1;
            }
        }
        for v in 0..self.vertices {
            let here = old[v];
            out[v] = if boundary[v].1 == 2 {
                here * 0.5 + boundary[v].0 * 0.25
            } else if boundary[v].1 > 0 || face_sum[v].1 == 0 {
                here
            } else {
                let n = face_sum[v].1 as f32;
                let q = face_sum[v].0 / n;
                let r = edge_sum[v].0 / edge_sum[v].1 as f32;
                (q + r * 2.0 + here * (n - 3.0)) / n
            };
        }
        out.extend(edge_points);
        out.extend(face_points);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_grid_stays_flat_and_inside() {
        // A 2 x 2 grid of quads.
        let old: Vec<Vec3> = (0..9).map(|i| Vec3::new((i % 3) as f32, (i / 3) as f32, 0.0)).collect();
        let faces = [[0, 1, 4, 3], [1, 2, 5, 4], [3, 4, 7, 6], [4, 5, 8, 7]].map(|f| f.to_vec()).to_vec();
        let new = Subdivision::new(9, faces).apply(&old);
        assert_eq!(new.len(), 9 + 12 + 4);
        assert!(new.iter().all(|p| p.z == 0.0 && p.x >= 0.0 && p.x <= 2.0 && p.y >= 0.0 && p.y <= 2.0));
        assert_eq!(new[4], old[4], "the middle of a regular grid is a fixed point");
    }

    #[test]
    fn a_cube_shrinks_to_the_known_corner() {
        let old: Vec<Vec3> = (0..8)
            .map(|i| Vec3::new((i & 1) as f32, (i >> 1 & 1) as f32, (i >> 2) as f32) * 2.0 - 1.0)
            .collect();
        let faces = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
            .map(|f| f.to_vec())
            .to_vec();
        let new = Subdivision::new(8, faces).apply(&old);
        // Q = 1/3, R = 2/3 per axis and n = 3: (1/3 + 4/3) / 3 = 5/9.
        assert!((new[7] - Vec3::splat(5.0 / 9.0)).length() < 1e-6, "{}", new[7]);
    }
}
