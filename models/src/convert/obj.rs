//! The two text forms of MakeHuman data: Wavefront meshes and target offsets.

use super::bytes::Malformed;

/// Three coordinates.
pub(crate) type Vector = [f64; 3];

/// A mesh with named groups.
#[derive(Debug)]
pub(crate) struct Mesh {
    pub(crate) vertices: Vec<Vector>,
    pub(crate) texture: Vec<[f64; 2]>,
    pub(crate) faces: Vec<Face>,
}

/// A polygon.
#[derive(Debug)]
pub(crate) struct Face {
    pub(crate) group: String,
    pub(crate) corners: Vec<Corner>,
}

/// Vertex and texture coordinate, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Corner {
    pub(crate) vertex: usize,
    pub(crate) texture: usize,
}

/// Reads `v`, `vt`, `g` and `f` lines; every corner of the result is within bounds.
pub(crate) fn read_obj(text: &[u8]) -> Result<Mesh, Malformed> {
    let text = std::str::from_utf8(text).map_err(|error| Malformed::new(error.to_string()))?;
    let mut mesh = Mesh { vertices: Vec::new(), texture: Vec::new(), faces: Vec::new() };
    let mut group = String::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("v") => mesh.vertices.push(numbers(&mut words)?),
            Some("vt") => mesh.texture.push(numbers(&mut words)?),
            Some("g") => words.next().unwrap_or_default().clone_into(&mut group),
            Some("f") => {
                let corners = words.map(corner).collect::<Result<_, _>>()?;
                mesh.faces.push(Face { group: group.clone(), corners });
            }
            _ => {}
        }
    }
    let (vertices, texture) = (mesh.vertices.len(), mesh.texture.len());
    let bad = |corner: &Corner| corner.vertex >= vertices || corner.texture >= texture;
    if mesh.faces.iter().flat_map(|face| &face.corners).any(bad) {
        return Err(Malformed::new("a face names a vertex that is not there"));
    }
    Ok(mesh)
}

/// Reads offsets, vertex by vertex; every vertex is below `vertices`.
pub(crate) fn read_target(text: &[u8], vertices: usize) -> Result<Vec<(usize, Vector)>, Malformed> {
    let text = std::str::from_utf8(text).map_err(|error| Malformed::new(error.to_string()))?;
    let mut offsets = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [vertex, ..] = words[..] else { continue };
        if words.len() != 4 {
            continue;
        }
        let vertex: usize = vertex.parse().map_err(|error| Malformed::new(format!("{line:?}: {error}")))?;
        if vertex >= vertices {
            return Err(Malformed::new(format!("{line:?} moves a vertex that is not there")));
        }
        offsets.push((vertex, numbers(&mut words[1..].iter().copied())?));
    }
    Ok(offsets)
}

fn numbers<'a, const N: usize>(words: &mut impl Iterator<Item = &'a str>) -> Result<[f64; N], Malformed> {
    let mut numbers = [0.0; N];
    for number in &mut numbers {
        let word = words.next().ok_or_else(|| Malformed::new("a line has too few numbers"))?;
        let value: f64 = word.parse().map_err(|error| Malformed::new(format!("{word:?}: {error}")))?;
        *number = if value.is_finite() {
            value
        } else {
            return Err(Malformed::new(format!("{word} is not finite")));
        };
    }
    Ok(numbers)
}

fn corner(word: &str) -> Result<Corner, Malformed> {
    let mut parts = word.split('/').map(|part| part.parse::<usize>().ok()?.checked_sub(1));
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(vertex), Some(texture)) => Ok(Corner { vertex, texture }),
        _ => Err(Malformed::new(format!("{word:?} is no corner"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_mesh() {
        let mesh = read_obj(b"# x\nv 0 1 2\nv 3 4 5e-1\nvt 0.5 1\ng body\nf 1/1 2/1/7\n").expect("reads");
        assert_eq!(mesh.vertices[1], [3.0, 4.0, 0.5]);
        assert_eq!(mesh.faces[0].group, "body");
        assert_eq!(mesh.faces[0].corners[1], Corner { vertex: 1, texture: 0 });
    }

    #[test]
    fn bad_text_is_an_error() {
        for text in
            ["v 1 2", "v 1 2 x", "v nan 0 0", "v 0 0 0\nvt 0 0\nf 1/1 2/1", "f 0/1", "f 1", "v 0 0 0\nf 1/1"]
        {
            assert!(read_obj(text.as_bytes()).is_err(), "{text}");
        }
        for text in ["9 0 0 0", "x 0 0 0", "0 0 0 inf", "-1 0 0 0"] {
            assert!(read_target(text.as_bytes(), 3).is_err(), "{text}");
        }
        assert_eq!(read_target(b"# 1 2 3\n2 1 0 -1\n\n1 2\n", 3).expect("reads"), [(2, [1.0, 0.0, -1.0])]);
    }
}
