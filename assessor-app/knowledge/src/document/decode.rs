//! Bytes as characters.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::{MOST_TEXT_BYTES, ReadError};

/// The text of bytes: by byte order mark, else UTF-8 where it is that, else `declared`, else Windows-1252 as browsers do.
pub(super) fn decode(bytes: &[u8], declared: Option<&'static Encoding>) -> Result<String, ReadError> {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or_else(|| {
        let utf8 = std::str::from_utf8(bytes).is_ok();
        (if utf8 { UTF_8 } else { declared.unwrap_or(WINDOWS_1252) }, 0)
    });
    let (text, _) = encoding.decode_without_bom_handling(&bytes[mark..]);
    if text.len() > MOST_TEXT_BYTES {
        let most = format!("{} MB", MOST_TEXT_BYTES >> 20);
        return Err(ReadError::TooLarge { what: format!("{} MB of text", text.len() >> 20), most });
    }
    // A few stray control characters stand in many real texts; a picture or a program is full of them.
    let odd = text.chars().filter(|c| is_odd(*c)).count();
    if odd * 50 > text.chars().count() {
        return Err(ReadError::Binary);
    }
    let odd_free = if odd > 0 { text.chars().filter(|c| !is_odd(*c)).collect() } else { text.into_owned() };
    Ok(odd_free)
}

fn is_odd(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}' | '\u{85}') || c == '\u{fffd}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_encodings_are_read() {
        for (bytes, expect) in [
            ("Größe".as_bytes(), "Größe"),
            (b"Gr\xF6\xDFe \x80 5", "Größe € 5"),
            (b"\xFF\xFEH\x00i\x00", "Hi"),
            (b"\xEF\xBB\xBFHi", "Hi"),
        ] {
            assert_eq!(decode(bytes, None).as_deref(), Ok(expect));
        }
        let picture: Vec<u8> = (0..=255).cycle().take(4096).collect();
        assert_eq!(decode(&picture, None), Err(ReadError::Binary));
    }
}
