//! From the bytes of a `.glb` or `.gltf` file to its JSON and buffers.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use super::document::Document;
use crate::error::AvatarError;

/// Largest file and largest sum of buffers.
const MAX_BYTES: u64 = 256 << 20;
const GLB_MAGIC: &[u8] = b"glTF";
const JSON_CHUNK: u32 = 0x4e4f_534a;
const BIN_CHUNK: u32 = 0x004e_4942;

/// Extensions that a file may require, since reading it without them is no less than with them.
const UNDERSTOOD: [&str; 12] = [
    "KHR_materials_unlit",
    "KHR_mesh_quantization",
    "KHR_texture_transform",
    "KHR_materials_emissive_strength",
    "KHR_materials_specular",
    "KHR_materials_ior",
    "KHR_materials_sheen",
    "KHR_materials_clearcoat",
    "VRM",
    "VRMC_vrm",
    "VRMC_springBone",
    "VRMC_materials_mtoon",
];

/// Gives the bytes of a file beside the avatar's, named by a relative path with `/`.
pub type ReadBeside<'a> = dyn FnMut(&str) -> Result<Vec<u8>, String> + 'a;

/// A file that is taken apart: the JSON and every buffer that it names.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) document: Document,
    pub(crate) buffers: Vec<Vec<u8>>,
    pub(crate) is_binary: bool,
}

/// Takes a file apart; `beside` reads what it names beside it.
pub(crate) fn parts(bytes: &[u8], beside: &mut ReadBeside<'_>) -> Result<Parts, AvatarError> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(AvatarError::TooLarge {
            what: "bytes",
            found: bytes.len() as u64,
            most: MAX_BYTES,
            mend: "make its textures smaller or leave out what is not the head",
        });
    }
    let (json, binary) = if bytes.starts_with(GLB_MAGIC) { glb(bytes)? } else { (bytes, None) };
    if json.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        let known = match bytes {
            [b'K', b'a', b'y', b'd', ..] => {
                "it is an FBX file: convert it to glTF 2.0, for example with Blender"
            }
            [b'P', b'K', ..] => "it is a ZIP archive: unpack it and import the .glb or .gltf in it",
            [b'#', ..] | [b'v', b' ', ..] | [b'o', b' ', ..] => {
                "it looks like an OBJ file, which has no shapes: export glTF 2.0"
            }
            [] => "it is empty",
            _ => "it begins neither as a GLB file nor as JSON",
        };
        return Err(AvatarError::NotGltf(known.into()));
    }
    let document: Document = serde_json::from_slice(json)?;
    if !document.asset.version.starts_with("2.") {
        let found = document.asset.version.chars().take(20).collect::<String>();
        return Err(AvatarError::NotGltf(format!("asset.version is {found:?}: export it as glTF 2.0")));
    }
    for extension in &document.extensions_required {
        if !UNDERSTOOD.contains(&extension.as_str()) {
            let mend = match extension.as_str() {
                "KHR_draco_mesh_compression" => "export it again without Draco compression",
                "EXT_meshopt_compression" | "KHR_meshopt_compression" => {
                    "export it again without meshopt compression"
                }
                "KHR_texture_basisu" => "export its textures as PNG or JPEG",
                _ => "export it without that extension, or as optional",
            };
            let what = format!("the extension {}", extension.chars().take(60).collect::<String>());
            return Err(AvatarError::Unsupported { what, mend });
        }
    }
    let buffers = buffers(&document, binary, beside)?;
    Ok(Parts { document, buffers, is_binary: bytes.starts_with(GLB_MAGIC) })
}

/// The JSON and the binary chunk of a GLB file.
fn glb(bytes: &[u8]) -> Result<(&[u8], Option<&[u8]>), AvatarError> {
    let word = |at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(four.try_into().ok()?))
    };
    let cut = || AvatarError::broken("the GLB container ends early: the file was cut off, fetch it again");
    let version = word(4).ok_or_else(cut)?;
    if version != 2 {
        return Err(AvatarError::NotGltf(format!(
            "the container has version {version}: export it as glTF 2.0"
        )));
    }
    let length = word(8).ok_or_else(cut)? as usize;
    if length > bytes.len() {
        return Err(cut());
    }
    let (mut json, mut binary, mut at) = (None, None, 12_usize);
    while at < length {
        let size = word(at).ok_or_else(cut)? as usize;
        let kind = word(at + 4).ok_or_else(cut)?;
        let end = at.checked_add(8).and_then(|start| start.checked_add(size)).ok_or_else(cut)?;
        let chunk = bytes.get(at + 8..end).ok_or_else(cut)?;
        match kind {
            JSON_CHUNK if json.is_none() => json = Some(chunk),
            BIN_CHUNK if binary.is_none() => binary = Some(chunk),
            _ => {}
        }
        at = end;
    }
    Ok((json.ok_or_else(|| AvatarError::broken("the GLB container has no JSON"))?, binary))
}

fn buffers(
    document: &Document,
    binary: Option<&[u8]>,
    beside: &mut ReadBeside<'_>,
) -> Result<Vec<Vec<u8>>, AvatarError> {
    let mut buffers = Vec::new();
    let mut total = 0_u64;
    for (index, buffer) in document.buffers.iter().enumerate() {
        let mut bytes = match (&buffer.uri, binary) {
            (Some(uri), _) => fetch(uri, beside)?,
            (None, Some(chunk)) if index == 0 => chunk.to_vec(),
            (None, _) => {
                return Err(AvatarError::broken(format!("buffer {index} has neither bytes nor a name")));
            }
        };
        if (bytes.len() as u64) < buffer.byte_length {
            let problem = format!("buffer {index} has {} of {} bytes", bytes.len(), buffer.byte_length);
            return Err(AvatarError::broken(problem));
        }
        // As it was read: many buffers may name one large file.
        total += bytes.len() as u64;
        if total > MAX_BYTES {
            return Err(AvatarError::TooLarge {
                what: "bytes of buffers",
                found: total,
                most: MAX_BYTES,
                mend: "leave out what is not the head",
            });
        }
        // A chunk is padded; what is beyond the length is not the buffer's.
        bytes.truncate(usize::try_from(buffer.byte_length).unwrap_or(usize::MAX));
        bytes.shrink_to_fit();
        buffers.push(bytes);
    }
    Ok(buffers)
}

/// The bytes of a data URI or of a file beside the avatar's.
pub(crate) fn fetch(uri: &str, beside: &mut ReadBeside<'_>) -> Result<Vec<u8>, AvatarError> {
    let named = || uri.chars().take(80).collect::<String>();
    if let Some(data) = uri.strip_prefix("data:") {
        let text = data.split_once(";base64,").map(|(_, text)| text.trim_end());
        let decoded = text.and_then(|text| STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok());
        return decoded.ok_or_else(|| AvatarError::broken(format!("the data of {:?} is no base64", named())));
    }
    let problem = |problem: &str| AvatarError::External { uri: named(), problem: problem.into() };
    let path = percent_decoded(uri).ok_or_else(|| problem("its name is not UTF-8"))?;
    let leaves = path.split(['/', '\\']).any(|part| part == "..");
    if path.is_empty() || leaves || path.starts_with(['/', '\\']) || path.contains(':') || path.contains('\0')
    {
        return Err(problem("only files in the avatar's own folder and below are read"));
    }
    beside(&path).map_err(|why| problem(&why))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let decoded = digits.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| *first == b'%');
        match decoded {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(bytes: &[u8], says: &str) {
        let error = parts(bytes, &mut |_| Err("not here".into())).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn what_is_no_gltf_is_named_with_the_mend() {
        refused(b"", "empty");
        refused(b"Kaydara FBX Binary", "FBX");
        refused(b"PK\x03\x04", "ZIP");
        refused(b"# Blender OBJ", "OBJ");
        refused(b"{", "JSON");
        refused(b"{}", "glTF 2.0");
        refused(br#"{"asset":{"version":"1.0"}}"#, "\"1.0\"");
        refused(
            br#"{"asset":{"version":"2.0"},"extensionsRequired":["KHR_draco_mesh_compression"]}"#,
            "Draco",
        );
        refused(br#"{"asset":{"version":"2.0"},"buffers":[{"byteLength":4}]}"#, "buffer 0");
        refused(br#"{"asset":{"version":"2.0"},"buffers":[{"byteLength":4,"uri":"a.bin"}]}"#, "not here");
        refused(
            br#"{"asset":{"version":"2.0"},"buffers":[{"byteLength":4,"uri":"../a.bin"}]}"#,
            "own folder",
        );
        refused(
            br#"{"asset":{"version":"2.0"},"buffers":[{"byteLength":4,"uri":"%2e%2e/a"}]}"#,
            "own folder",
        );
        refused(br#"{"asset":{"version":"2.0"},"buffers":[{"byteLength":4,"uri":"/etc/a"}]}"#, "own folder");
        refused(
            br#"{"asset":{"version":"2.0"},"buffers":[{"byteLength":4,"uri":"http://x/a"}]}"#,
            "own folder",
        );
        refused(
            br#"{"asset":{"version":"2.0"},"buffers":[{"byteLength":9,"uri":"data:x;base64,AAAA"}]}"#,
            "3 of 9",
        );
        refused(b"glTF\x01\0\0\0\x0c\0\0\0", "version 1");
        refused(b"glTF\x02\0\0\0\xff\xff\xff\xff", "cut off");
        refused(b"glTF\x02\0\0\0\x0c\0\0\0", "no JSON");
    }

    #[test]
    fn files_beside_are_asked_for_by_their_decoded_name() {
        let text = br#"{"asset":{"version":"2.0"},"buffers":[{"byteLength":2,"uri":"my%20head.bin"}]}"#;
        let mut asked = Vec::new();
        let read = parts(text, &mut |name| {
            asked.push(name.to_owned());
            Ok(vec![1, 2, 3])
        });
        assert_eq!(read.expect("a small file").buffers, [[1, 2]]);
        assert_eq!(asked, ["my head.bin"]);
    }
}
