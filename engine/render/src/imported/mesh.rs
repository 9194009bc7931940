//! An avatar's mesh as the passes read it: welded, with sparse morphs by vertex and rings for normals.

use std::collections::BTreeMap;

use glam::Vec3;
use viva_avatar::Avatar;
use viva_shaders::layout::{ImportedVertex, MorphEntry};

use super::view::View;
use crate::surface::rings;

/// Lists of the morph, normal and drawing passes.
#[derive(Debug)]
pub(super) struct Model {
    /// Welded vertices at rest.
    pub(super) rest: Vec<Vec3>,
    pub(super) row: Vec<u32>,
    pub(super) entries: Vec<MorphEntry>,
    pub(super) ring_row: Vec<u32>,
    pub(super) ring: Vec<[u32; 2]>,
    pub(super) vertices: Vec<ImportedVertex>,
    pub(super) indices: Vec<u32>,
}

impl Model {
    /// Vertices at one place that move alike are welded, so that normals are smooth over the seams of textures; lips that
    /// touch at rest move apart and stay two.
    pub(super) fn new(avatar: &Avatar, view: &View) -> Self {
        let mut moves: Vec<Vec<MorphEntry>> = vec![Vec::new(); avatar.position.len()];
        for (shape, deltas) in avatar.shapes.iter().enumerate() {
            for (vertex, d) in deltas {
                moves[*vertex as usize].push(MorphEntry { shape: shape as u32, x: d.x, y: d.y, z: d.z });
            }
        }
        let mut known: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let (mut rest, mut row, mut entries) = (Vec::new(), vec![0], Vec::new());
        let mut vertices = Vec::with_capacity(avatar.position.len());
        for (index, place) in avatar.position.iter().enumerate() {
            let turn = view.turn(*place, avatar.turn[index]);
            let own = &moves[index];
            let numbers = place.to_array().into_iter().chain(turn).map(f32::to_bits);
            let moved = own.iter().flat_map(|e| [e.shape, e.x.to_bits(), e.y.to_bits(), e.z.to_bits()]);
            let welded = *known.entry(numbers.chain(moved).collect()).or_insert_with(|| {
                rest.push(*place);
                entries.extend(own);
                row.push(entries.len() as u32);
                rest.len() as u32 - 1
            });
            vertices.push(ImportedVertex { welded, uv: avatar.uv[index].to_array(), turn });
        }
        let welded: Vec<[u32; 3]> =
            avatar.triangles.iter().map(|t| t.map(|v| vertices[v as usize].welded)).collect();
        let (ring_row, ring) = rings(rest.len(), welded.iter());
        let indices = avatar.triangles.as_flattened().to_vec();
        Self { rest, row, entries, ring_row, ring, vertices, indices }
    }
}
