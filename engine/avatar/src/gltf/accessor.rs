//! Numbers from buffers, every range checked before it is read.

use super::container::Parts;
use super::document::{Accessor, BufferView};
use crate::error::AvatarError;

/// Most elements of one accessor: indices of the largest mesh that is read, with room.
const MAX_COUNT: u64 = 4_000_000;

/// Elements of an accessor that are not zero, or all of them.
impl Parts {
    /// How many elements there are.
    pub(crate) fn count(&self, accessor: usize) -> Result<usize, AvatarError> {
        let found = self.accessor(accessor)?;
        if found.count > MAX_COUNT {
            return Err(AvatarError::TooLarge {
                what: "elements of an accessor",
                found: found.count,
                most: MAX_COUNT,
                mend: "make the mesh simpler, for example with Blender's Decimate modifier",
            });
        }
        Ok(found.count as usize)
    }

    /// Vectors of `N` numbers; integers that are marked as normalised become shares of one.
    ///
    /// **Shape** `[count, N]`.
    pub(crate) fn vectors<const N: usize>(&self, accessor: usize) -> Result<Vec<[f32; N]>, AvatarError> {
        let count = self.count(accessor)?;
        let mut out = vec![[0.0; N]; count];
        self.each(accessor, |index, value| out[index] = value)?;
        Ok(out)
    }

    /// Whole numbers, for example indices.
    pub(crate) fn whole(&self, accessor: usize) -> Result<Vec<u32>, AvatarError> {
        let found = self.accessor(accessor)?;
        if !matches!(found.component_type, 5121 | 5123 | 5125) {
            return Err(wrong(accessor, "holds no unsigned numbers"));
        }
        let count = self.count(accessor)?;
        if found.kind != "SCALAR" || found.sparse.is_some() {
            return Err(wrong(accessor, "is no plain list of numbers"));
        }
        let Some(view) = found.buffer_view else { return Ok(vec![0; count]) };
        let size = component_size(found.component_type).unwrap_or(4);
        let (bytes, stride) = self.strided(view, found.byte_offset, count, size, accessor)?;
        Ok((0..count).map(|n| unsigned(&bytes[n * stride..], found.component_type)).collect())
    }

    /// Calls with every element that the file holds: all of a dense accessor, the listed ones of a sparse one without a base.
    pub(crate) fn each<const N: usize>(
        &self,
        accessor: usize,
        mut take: impl FnMut(usize, [f32; N]),
    ) -> Result<(), AvatarError> {
        let found = self.accessor(accessor)?;
        let count = self.count(accessor)?;
        if components(&found.kind) != Some(N) {
            return Err(wrong(accessor, &format!("is {:?}, not of {N} numbers", short(&found.kind))));
        }
        let Some(component) = component_size(found.component_type) else {
            return Err(wrong(accessor, &format!("has the component type {}", found.component_type)));
        };
        let size = component * N;
        let read = |bytes: &[u8]| -> [f32; N] {
            std::array::from_fn(|n| number(&bytes[n * component..], found.component_type, found.normalized))
        };
        if let Some(view) = found.buffer_view {
            let (bytes, stride) = self.strided(view, found.byte_offset, count, size, accessor)?;
            for index in 0..count {
                take(index, read(&bytes[index * stride..]));
            }
        }
        let Some(sparse) = &found.sparse else { return Ok(()) };
        if sparse.count > count as u64 {
            return Err(wrong(accessor, "has more sparse values than elements"));
        }
        let listed = sparse.count as usize;
        let kind = sparse.indices.component_type;
        let index_size = match kind {
            5121 | 5123 | 5125 => component_size(kind).unwrap_or(4),
            _ => return Err(wrong(accessor, "has sparse indices that are no unsigned numbers")),
        };
        let (indices, index_stride) = self.strided(
            sparse.indices.buffer_view,
            sparse.indices.byte_offset,
            listed,
            index_size,
            accessor,
        )?;
        let (values, stride) =
            self.strided(sparse.values.buffer_view, sparse.values.byte_offset, listed, size, accessor)?;
        for n in 0..listed {
            let index = unsigned(&indices[n * index_stride..], kind) as usize;
            if index >= count {
                return Err(wrong(accessor, "has a sparse index past its end"));
            }
            take(index, read(&values[n * stride..]));
        }
        Ok(())
    }

    /// The bytes of a view.
    pub(crate) fn view(&self, view: usize) -> Result<&[u8], AvatarError> {
        let found = self.buffer_view(view)?;
        let buffer = self.buffers.get(found.buffer);
        let end = found.byte_offset.checked_add(found.byte_length);
        let range =
            usize::try_from(found.byte_offset).ok().zip(end.and_then(|end| usize::try_from(end).ok()));
        let bytes = buffer.zip(range).and_then(|(buffer, (start, end))| buffer.get(start..end));
        bytes.ok_or_else(|| AvatarError::broken(format!("buffer view {view} lies outside its buffer")))
    }

    /// Bytes that hold `count` elements of `size` bytes, and the distance from one to the next.
    fn strided(
        &self,
        view: usize,
        offset: u64,
        count: usize,
        size: usize,
        accessor: usize,
    ) -> Result<(&[u8], usize), AvatarError> {
        let bytes = self.view(view)?;
        let stride = match self.buffer_view(view)?.byte_stride {
            None | Some(0) => size,
            Some(stride) if (size as u64..=252).contains(&stride) => stride as usize,
            Some(stride) => return Err(wrong(accessor, &format!("has a stride of {stride} bytes"))),
        };
        let needed = count.saturating_sub(1) as u64 * stride as u64 + if count > 0 { size as u64 } else { 0 };
        let start = usize::try_from(offset).ok().filter(|start| *start <= bytes.len());
        let rest = start.map(|start| &bytes[start..]).filter(|rest| rest.len() as u64 >= needed);
        rest.map(|rest| (rest, stride))
            .ok_or_else(|| wrong(accessor, "reaches past the end of its buffer view"))
    }

    fn accessor(&self, accessor: usize) -> Result<&Accessor, AvatarError> {
        let found = self.document.accessors.get(accessor);
        found.ok_or_else(|| AvatarError::broken(format!("there is no accessor {accessor}")))
    }

    fn buffer_view(&self, view: usize) -> Result<&BufferView, AvatarError> {
        let found = self.document.buffer_views.get(view);
        found.ok_or_else(|| AvatarError::broken(format!("there is no buffer view {view}")))
    }
}

fn wrong(accessor: usize, problem: &str) -> AvatarError {
    AvatarError::broken(format!("accessor {accessor} {problem}"))
}

fn short(text: &str) -> String {
    text.chars().take(20).collect()
}

fn components(kind: &str) -> Option<usize> {
    Some(match kind {
        "SCALAR" => 1,
        "VEC2" => 2,
        "VEC3" => 3,
        "VEC4" => 4,
        "MAT4" => 16,
        _ => return None,
    })
}

fn component_size(kind: u32) -> Option<usize> {
    Some(match kind {
        5120 | 5121 => 1,
        5122 | 5123 => 2,
        5125 | 5126 => 4,
        _ => return None,
    })
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    *bytes.first_chunk::<N>().expect("the range was checked before")
}

fn unsigned(bytes: &[u8], kind: u32) -> u32 {
    match kind {
        5121 => u32::from(bytes[0]),
        5123 => u32::from(u16::from_le_bytes(first(bytes))),
        _ => u32::from_le_bytes(first(bytes)),
    }
}

fn number(bytes: &[u8], kind: u32, is_normalized: bool) -> f32 {
    let (value, most) = match kind {
        5120 => (f32::from(i8::from_le_bytes(first(bytes))), 127.0),
        5121 => (f32::from(bytes[0]), 255.0),
        5122 => (f32::from(i16::from_le_bytes(first(bytes))), 32_767.0),
        5123 => (f32::from(u16::from_le_bytes(first(bytes))), 65_535.0),
        5125 => (u32::from_le_bytes(first(bytes)) as f32, u32::MAX as f32),
        _ => return f32::from_le_bytes(first(bytes)),
    };
    if is_normalized { (value / most).max(-1.0) } else { value }
}
