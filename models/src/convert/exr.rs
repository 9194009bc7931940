//! Pictures kept as base64 strings inside JavaScript text; the text is searched, never evaluated.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bytes::Malformed;

/// The bytes behind the first `base64,` up to the closing quote.
///
/// # Errors
/// [`Malformed`] when there is no such string, or it is not base64.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, Malformed> {
    let text = std::str::from_utf8(text).map_err(|error| Malformed::new(error.to_string()))?;
    let (_, rest) = text.split_once("base64,").ok_or_else(|| Malformed::new("holds no base64 string"))?;
    let end = rest.find(['"', '\'', '`']).unwrap_or(rest.len());
    STANDARD.decode(rest[..end].trim()).map_err(|error| Malformed::new(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_string_and_nothing_else() {
        let check = |text: &str, expect: Option<&[u8]>| {
            assert_eq!(decode(text.as_bytes()).ok().as_deref(), expect, "{text}");
        };
        check("export default \"data:x;base64,YWJj\";\n", Some(b"abc"));
        check("'base64,YWJj'", Some(b"abc"));
        check("no string", None);
        check("'base64,***'", None);
    }
}
