//! Server-sent events, as far as chat endpoints use them.
//!
//! Source: WHATWG HTML, section 9.2 "Server-sent events".

use crate::{LlmError, error::excerpt};

/// The longest line, in bytes.
const MAX_LINE: usize = 256 << 10;

/// Cuts a stream of bytes into the `data` of its events.
#[derive(Debug, Default)]
pub(crate) struct SseParser {
    line: Vec<u8>,
    data: Option<String>,
}

impl SseParser {
    /// Takes bytes as they come and hands on the data of each event that they complete.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        mut event: impl FnMut(&str) -> Result<(), LlmError>,
    ) -> Result<(), LlmError> {
        for byte in bytes {
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() > MAX_LINE {
                    return Err(LlmError::Garbled("an endless line".into()));
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let text = String::from_utf8(line).map_err(|_error| LlmError::Garbled("not UTF-8".into()))?;
            let text = text.strip_suffix('\r').unwrap_or(&text);
            if text.is_empty() {
                if let Some(data) = self.data.take() {
                    event(&data)?;
                }
                continue;
            }
            self.field(text)?;
        }
        Ok(())
    }

    fn field(&mut self, line: &str) -> Result<(), LlmError> {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                let data = self.data.get_or_insert_default();
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(value);
                if data.len() > MAX_LINE {
                    return Err(LlmError::Garbled("an endless event".into()));
                }
                Ok(())
            }
            // A line that begins with a colon is a comment, which servers send to keep the connection.
            "" | "event" | "id" | "retry" => Ok(()),
            _ => Err(LlmError::Garbled(excerpt(line))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &[u8], step: usize) -> Result<Vec<String>, LlmError> {
        let (mut parser, mut events) = (SseParser::default(), Vec::new());
        for part in text.chunks(step) {
            parser.push(part, |data| {
                events.push(data.to_owned());
                Ok(())
            })?;
        }
        Ok(events)
    }

    #[test]
    fn events_do_not_depend_on_how_the_bytes_are_cut() {
        let text =
            ": hello\r\n\r\ndata: {\"é\":1}\r\n\r\nevent: x\ndata:a\ndata: b\n\ndata: [DONE]\n\ndata: torn"
                .as_bytes();
        for step in 1..text.len() {
            assert_eq!(events(text, step).unwrap(), ["{\"é\":1}", "a\nb", "[DONE]"], "step {step}");
        }
    }

    #[test]
    fn garbage_is_named() {
        for bad in [&b"<html>\n"[..], b"data: \xff\n", b"{\"error\":1}\n", &vec![b'x'; MAX_LINE + 2]] {
            assert!(matches!(events(bad, 7), Err(LlmError::Garbled(_))));
        }
    }
}
