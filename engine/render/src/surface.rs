//! From a head file to the drawn surface: welded, subdivided, with morphs, rings and masks.

use std::collections::BTreeMap;
use std::ops::Range;

use glam::{Vec2, Vec3};
use viva_media::{BLENDSHAPE_COUNT, Blendshape};
use viva_shaders::layout::{MorphEntry, SurfaceVertex};

use crate::asset::{HeadAsset, Part};
use crate::masks;
use crate::subdivide::{Face, Subdivision};

/// Deltas below 5 micrometres are not kept.
const SMALLEST_DELTA_METRES: f32 = 5e-6;

/// What the jaw moves less than this stands still.
const STILL_METRES: f32 = 0.002;

/// Rounds after which a film over an ear, at most thirty vertices wide, has come to rest.
const FILM_ROUNDS: usize = 400;

/// The surface that morphs: skin, teeth, tongue and lashes.
#[derive(Debug)]
pub(crate) struct Surface {
    /// Welded vertices at rest.
    pub(crate) rest: Vec<Vec3>,
    pub(crate) part: Vec<Part>,
    pub(crate) row: Vec<u32>,
    pub(crate) entries: Vec<MorphEntry>,
    pub(crate) ring_row: Vec<u32>,
    pub(crate) ring: Vec<[u32; 2]>,
    pub(crate) vertices: Vec<SurfaceVertex>,
    pub(crate) indices: Vec<u32>,
    /// Of `indices`.
    pub(crate) skin: Range<u32>,
    pub(crate) mouth: Range<u32>,
    /// Welded triangles with their part.
    pub(crate) triangles: Vec<([u32; 3], Part)>,
}

/// The welded control mesh: faces by welded vertex with the texture place of each corner.
struct Control {
    rest: Vec<Vec3>,
    part: Vec<Part>,
    morphs: Vec<Vec<(u8, Vec3)>>,
    faces: Vec<Face>,
    corner_uv: Vec<Vec<Vec2>>,
}

impl Surface {
    /// With `is_subdivided` false the surface keeps the file's triangles: a quarter of the work for a software driver.
    pub(crate) fn new(asset: &HeadAsset, is_subdivided: bool) -> Self {
        let control = weld(asset);
        if !is_subdivided {
            return Self::plain(&control);
        }
        let map = Subdivision::new(control.rest.len(), control.faces.clone());
        let rest = map.apply(&control.rest);
        let part = parts_after(&control, &map, rest.len());
        let (row, entries) = subdivide_morphs(&control, &map);

        let mut builder = Builder { rest: &rest, known: BTreeMap::new(), vertices: Vec::new() };
        let mut groups: [Vec<[u32; 3]>; 2] = [Vec::new(), Vec::new()];
        let mut triangles = Vec::new();
        for (face, corners) in control.faces.iter().enumerate() {
            let kind = control.part[corners[0] as usize];
            let uv = &control.corner_uv[face];
            let n = corners.len();
            let centre_uv = uv.iter().copied().sum::<Vec2>() / n as f32;
            for k in 0..n {
                let (next, last) = ((k + 1) % n, (k + n - 1) % n);
                let quad = [
                    (corners[k], uv[k]),
                    (map.edge_vertex(corners[k], corners[next]), (uv[k] + uv[next]) * 0.5),
                    (map.face_vertex(face), centre_uv),
                    (map.edge_vertex(corners[last], corners[k]), (uv[last] + uv[k]) * 0.5),
                ];
                let drawn = quad.map(|(welded, uv)| builder.vertex(welded, uv, kind));
                let welded = quad.map(|(welded, _)| welded);
                for t in [[0, 1, 2], [0, 2, 3]] {
                    groups[usize::from(kind != Part::Skin)].push(t.map(|i: usize| drawn[i]));
                    triangles.push((t.map(|i: usize| welded[i]), kind));
                }
            }
        }
        let vertices = builder.vertices;
        Self::assemble(rest.clone(), part, (row, entries), vertices, groups, triangles)
    }

    fn plain(control: &Control) -> Self {
        let rest = control.rest.clone();
        let mut builder = Builder { rest: &rest, known: BTreeMap::new(), vertices: Vec::new() };
        let mut groups: [Vec<[u32; 3]>; 2] = [Vec::new(), Vec::new()];
        let mut triangles = Vec::new();
        for (corners, uv) in control.faces.iter().zip(&control.corner_uv) {
            let kind = control.part[corners[0] as usize];
            for k in 2..corners.len() {
                let fan = [0, k - 1, k];
                groups[usize::from(kind != Part::Skin)]
                    .push(fan.map(|i| builder.vertex(corners[i], uv[i], kind)));
                triangles.push((fan.map(|i| corners[i]), kind));
            }
        }
        let vertices = builder.vertices;
        let mut row = vec![0];
        let mut entries = Vec::new();
        for morphs in &control.morphs {
            let entry =
                |(shape, d): &(u8, Vec3)| MorphEntry { shape: u32::from(*shape), x: d.x, y: d.y, z: d.z };
            entries.extend(morphs.iter().map(entry));
            row.push(entries.len() as u32);
        }
        Self::assemble(rest.clone(), control.part.clone(), (row, entries), vertices, groups, triangles)
    }

    fn assemble(
        rest: Vec<Vec3>,
        part: Vec<Part>,
        (row, entries): (Vec<u32>, Vec<MorphEntry>),
        vertices: Vec<SurfaceVertex>,
        groups: [Vec<[u32; 3]>; 2],
        triangles: Vec<([u32; 3], Part)>,
    ) -> Self {
        let skin = 0..groups[0].len() as u32 * 3;
        let mouth = skin.end..skin.end + groups[1].len() as u32 * 3;
        let indices = groups.concat().concat();
        let (ring_row, ring) = rings(rest.len(), triangles.iter().map(|(triangle, _)| triangle));
        Self { rest, part, row, entries, ring_row, ring, vertices, indices, skin, mouth, triangles }
    }

    /// Places of some welded vertices under the weights; for the few that the CPU asks for each frame.
    pub(crate) fn morphed(&self, vertex: u32, weights: &[f32; BLENDSHAPE_COUNT]) -> Vec3 {
        let span = self.row[vertex as usize] as usize..self.row[vertex as usize + 1] as usize;
        self.entries[span]
            .iter()
            .fold(self.rest[vertex as usize], |p, e| p + Vec3::new(e.x, e.y, e.z) * weights[e.shape as usize])
    }

    /// Draws the skin whose texture places hold `is_part` taut between its surroundings, as a film over its edge.
    pub(crate) fn smooth_away(&mut self, is_part: impl Fn(Vec2) -> bool) {
        let mut free = vec![false; self.rest.len()];
        for vertex in self.vertices.iter_mut().filter(|v| is_part(v.uv.into())) {
            free[vertex.welded as usize] |= self.part[vertex.welded as usize] == Part::Skin;
            // Blood showed at the part's thin places.
            vertex.masks[1] = 0.0;
        }
        let free: Vec<usize> = (0..free.len()).filter(|&v| free[v]).collect();
        for _ in 0..FILM_ROUNDS {
            for &v in &free {
                let ring = &self.ring[self.ring_row[v] as usize..self.ring_row[v + 1] as usize];
                let sum: Vec3 = ring.iter().flatten().map(|&neighbour| self.rest[neighbour as usize]).sum();
                if !ring.is_empty() {
                    self.rest[v] = sum / (2 * ring.len()) as f32;
                }
            }
        }
        for vertex in &mut self.vertices {
            vertex.rest = self.rest[vertex.welded as usize].into();
        }
    }

    /// Moves what is `part` and does not follow the jaw: the upper row of teeth, which lies too high in the head files to show
    /// below the lip.
    pub(crate) fn lower_above_jaw(&mut self, part: Part, metres: f32) {
        let jaw = Blendshape::JawOpen as u32;
        let moves = |v: usize| {
            let span = self.row[v] as usize..self.row[v + 1] as usize;
            self.entries[span].iter().any(|entry| entry.shape == jaw && entry.y.abs() > STILL_METRES)
        };
        let upper: Vec<usize> = (0..self.rest.len()).filter(|&v| self.part[v] == part && !moves(v)).collect();
        upper.iter().for_each(|&v| self.rest[v].y -= metres);
        for vertex in &mut self.vertices {
            vertex.rest = self.rest[vertex.welded as usize].into();
        }
    }

    /// Gives the skin outside the mouth the density of what grows from it.
    pub(crate) fn grow(&mut self, roots: impl Fn(Vec3) -> f32) {
        for vertex in &mut self.vertices {
            let is_outside = self.part[vertex.welded as usize] == Part::Skin && vertex.masks[2] < 0.5;
            if is_outside && !masks::is_ear(vertex.uv.into()) {
                vertex.masks[3] = roots(vertex.rest.into());
            }
        }
    }

    /// Keeps only the skin triangles for which `keep` holds at one of the corners.
    pub(crate) fn retain_skin(&mut self, keep: impl Fn(Vec3) -> bool) {
        let corner = |i: &u32| keep(Vec3::from(self.vertices[*i as usize].rest));
        let (skin, mouth) = self.indices.split_at(self.skin.end as usize);
        // What lies inside the mouth comes last, as the lips mostly hide it.
        let is_inside = |t: &[u32]| self.vertices[t[0] as usize].masks[2] > 0.5;
        let (inside, outside): (Vec<&[u32]>, Vec<&[u32]>) =
            skin.chunks_exact(3).filter(|t| t.iter().any(corner)).partition(|t| is_inside(t));
        let kept: Vec<u32> = outside.into_iter().chain(inside).flatten().copied().collect();
        let mouth = mouth.to_vec();
        self.skin = 0..kept.len() as u32;
        self.mouth = self.skin.end..self.skin.end + mouth.len() as u32;
        self.indices = [kept, mouth].concat();
    }
}

fn weld(asset: &HeadAsset) -> Control {
    let mut known: BTreeMap<(u8, u32), u32> = BTreeMap::new();
    let mut control =
        Control { rest: vec![], part: vec![], morphs: vec![], faces: vec![], corner_uv: vec![] };
    let drawn = |v: u32| !matches!(asset.part[v as usize], Part::EyeLeft | Part::EyeRight);
    let mut welded = vec![u32::MAX; asset.position.len()];
    for v in (0..asset.position.len()).filter(|v| drawn(*v as u32)) {
        let key = (asset.part[v] as u8, asset.base_vertex[v]);
        welded[v] = *known.entry(key).or_insert_with(|| {
            control.rest.push(asset.position[v]);
            control.part.push(asset.part[v]);
            control.morphs.push(asset.morphs[v].clone());
            control.rest.len() as u32 - 1
        });
    }
    let mut push = |corners: &[u32]| {
        let face: Face = corners.iter().map(|&c| welded[c as usize]).collect();
        // A face that touches one vertex twice has no area to subdivide.
        if (0..face.len()).all(|k| !face[..k].contains(&face[k])) {
            control.faces.push(face);
            control.corner_uv.push(corners.iter().map(|&c| asset.uv[c as usize]).collect());
        }
    };
    let mut at = 0;
    while at < asset.triangles.len() {
        let [a, b, c] = asset.triangles[at];
        if !drawn(a) {
            at += 1;
            continue;
        }
        // The bake writes each quad as the fan (a, b, c), (a, c, d).
        match asset.triangles.get(at + 1) {
            Some(&[a2, c2, d]) if a2 == a && c2 == c && d != b => {
                push(&[a, b, c, d]);
                at += 2;
            }
            _ => {
                push(&[a, b, c]);
                at += 1;
            }
        }
    }
    control
}

fn parts_after(control: &Control, map: &Subdivision, count: usize) -> Vec<Part> {
    let mut part = control.part.clone();
    part.resize(count, Part::Skin);
    for (face, corners) in control.faces.iter().enumerate() {
        let kind = control.part[corners[0] as usize];
        part[map.face_vertex(face) as usize] = kind;
        for k in 0..corners.len() {
            part[map.edge_vertex(corners[k], corners[(k + 1) % corners.len()]) as usize] = kind;
        }
    }
    part
}

fn subdivide_morphs(control: &Control, map: &Subdivision) -> (Vec<u32>, Vec<MorphEntry>) {
    let mut rows: Vec<Vec<MorphEntry>> = Vec::new();
    for shape in 0..BLENDSHAPE_COUNT {
        let mut dense = vec![Vec3::ZERO; control.rest.len()];
        for (vertex, morphs) in control.morphs.iter().enumerate() {
            for (_, delta) in morphs.iter().filter(|(s, _)| usize::from(*s) == shape) {
                dense[vertex] += *delta;
            }
        }
        let smooth = map.apply(&dense);
        rows.resize(smooth.len(), Vec::new());
        for (row, delta) in rows.iter_mut().zip(smooth) {
            if delta.length() > SMALLEST_DELTA_METRES {
                row.push(MorphEntry { shape: shape as u32, x: delta.x, y: delta.y, z: delta.z });
            }
        }
    }
    let mut row = vec![0];
    let mut entries = Vec::new();
    for list in rows {
        entries.extend(list);
        row.push(entries.len() as u32);
    }
    (row, entries)
}

/// Per vertex the other two corners of its triangles: first of each list, and the lists.
pub(crate) fn rings<'a>(
    vertices: usize,
    triangles: impl Iterator<Item = &'a [u32; 3]>,
) -> (Vec<u32>, Vec<[u32; 2]>) {
    let mut lists: Vec<Vec<[u32; 2]>> = vec![Vec::new(); vertices];
    for [a, b, c] in triangles {
        lists[*a as usize].push([*b, *c]);
        lists[*b as usize].push([*c, *a]);
        lists[*c as usize].push([*a, *b]);
    }
    let mut row = vec![0];
    let mut ring = Vec::new();
    for list in lists {
        ring.extend(list);
        row.push(ring.len() as u32);
    }
    (row, ring)
}

struct Builder<'a> {
    rest: &'a [Vec3],
    known: BTreeMap<(u32, u32, u32), u32>,
    vertices: Vec<SurfaceVertex>,
}

impl Builder<'_> {
    fn vertex(&mut self, welded: u32, uv: Vec2, part: Part) -> u32 {
        let key = (welded, uv.x.to_bits(), uv.y.to_bits());
        if let Some(&index) = self.known.get(&key) {
            return index;
        }
        let material = match part {
            Part::Tongue => 1.0,
            Part::Lash => 2.0,
            _ => 0.0,
        };
        let masks = if part == Part::Skin { masks::skin(uv) } else { [0.0, 0.0, 0.0, material] };
        self.vertices.push(SurfaceVertex {
            welded,
            rest: self.rest[welded as usize].into(),
            uv: uv.into(),
            light: [1.0, 1.0, 0.0],
            masks,
            turned: [1.0; 2],
        });
        let index = self.vertices.len() as u32 - 1;
        self.known.insert(key, index);
        index
    }
}
