//! Checked reading of flatbuffer tables.
//!
//! Source: the `FlatBuffers` binary format. A table starts with the signed distance back to its vtable; the vtable holds
//! its own size, the table's size, and one u16 offset for each field, 0 when the field has its default.

use super::bytes::{Cursor, Malformed};

/// Longer than any shape, or list of inputs, in use.
const LONGEST_LIST: usize = 64;

/// A table inside a buffer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Table<'a> {
    /// The table the buffer is about.
    pub(crate) fn root(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Ok(Self { bytes, at: follow(bytes, 0)? })
    }

    /// Size of the whole buffer.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn u8(&self, field: usize) -> Result<u8, Malformed> {
        self.scalar(field, |cursor| cursor.u8())
    }

    pub(crate) fn u32(&self, field: usize, default: u32) -> Result<u32, Malformed> {
        match self.field(field)? {
            None => Ok(default),
            Some(at) => from(self.bytes, at)?.u32(),
        }
    }

    /// A table, where there is one.
    pub(crate) fn table(&self, field: usize) -> Result<Option<Self>, Malformed> {
        let Some(at) = self.field(field)? else { return Ok(None) };
        Ok(Some(Self { bytes: self.bytes, at: follow(self.bytes, at)? }))
    }

    /// The tables of a vector; none when the field is absent.
    pub(crate) fn tables(&self, field: usize) -> Result<Vec<Self>, Malformed> {
        let Some((start, count)) = self.vector(field, 4)? else { return Ok(Vec::new()) };
        (0..count)
            .map(|index| Ok(Self { bytes: self.bytes, at: follow(self.bytes, start + 4 * index)? }))
            .collect()
    }

    /// The values of a short vector of 32-bit integers; none when the field is absent.
    ///
    /// Many tables may point to one vector, so a small file could ask for endless copies of a long one.
    pub(crate) fn i32s(&self, field: usize) -> Result<Vec<i32>, Malformed> {
        let Some((start, count)) = self.vector(field, 4)? else { return Ok(Vec::new()) };
        if count > LONGEST_LIST {
            return Err(Malformed::new(format!(
                "a list of {count} numbers is longer than any shape or wiring"
            )));
        }
        let mut cursor = from(self.bytes, start)?;
        (0..count).map(|_| Ok(cursor.u32()?.cast_signed())).collect()
    }

    /// The bytes of a vector; none when the field is absent.
    pub(crate) fn bytes(&self, field: usize) -> Result<&'a [u8], Malformed> {
        let Some((start, count)) = self.vector(field, 1)? else { return Ok(&[]) };
        from(self.bytes, start)?.take(count)
    }

    fn scalar<T: Default>(
        &self,
        field: usize,
        read: impl Fn(&mut Cursor<'_>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        match self.field(field)? {
            None => Ok(T::default()),
            Some(at) => read(&mut from(self.bytes, at)?),
        }
    }

    /// Start and length of a vector that lies wholly in the buffer.
    fn vector(&self, field: usize, width: usize) -> Result<Option<(usize, usize)>, Malformed> {
        let Some(at) = self.field(field)? else { return Ok(None) };
        let at = follow(self.bytes, at)?;
        let mut cursor = from(self.bytes, at)?;
        let count = cursor.length()?;
        cursor.take(count.checked_mul(width).ok_or_else(|| Malformed::new("a vector is too long"))?)?;
        Ok(Some((at + 4, count)))
    }

    /// Where a field lies, if it is there.
    fn field(&self, field: usize) -> Result<Option<usize>, Malformed> {
        let back = i64::from(from(self.bytes, self.at)?.u32()?.cast_signed());
        let vtable = i64::try_from(self.at).ok().and_then(|at| at.checked_sub(back));
        let vtable = vtable.and_then(|at| usize::try_from(at).ok()).ok_or_else(outside)?;
        let size = usize::from(from(self.bytes, vtable)?.u16()?);
        let slot = 4 + 2 * field;
        if slot + 2 > size {
            return Ok(None);
        }
        let offset = usize::from(from(self.bytes, vtable + slot)?.u16()?);
        Ok((offset != 0).then_some(self.at + offset))
    }
}

fn outside() -> Malformed {
    Malformed::new("an offset points outside the file")
}

fn from(bytes: &[u8], at: usize) -> Result<Cursor<'_>, Malformed> {
    bytes.get(at..).map(Cursor::new).ok_or_else(outside)
}

/// The place an unsigned offset stored at `at` points to.
fn follow(bytes: &[u8], at: usize) -> Result<usize, Malformed> {
    let offset = from(bytes, at)?.length()?;
    at.checked_add(offset).filter(|&target| target < bytes.len()).ok_or_else(outside)
}
