//! No bytes, however wrong, make a parser panic.

use proptest::prelude::*;
use viva_models::convert::{ct2, exr, onnx, tflite};
use viva_models::{Cache, Lock};

fn all_parsers(bytes: &[u8]) {
    drop(ct2::convert(bytes));
    drop(onnx::convert(bytes));
    drop(onnx::convert_silero(bytes));
    drop(tflite::convert(bytes));
    drop(exr::decode(bytes));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        all_parsers(&bytes);
    }

    #[test]
    fn random_flatbuffers(start in 8_u32..64, words in proptest::collection::vec(0_u16..80, 0..300)) {
        let mut bytes = [start.to_le_bytes(), *b"TFL3"].concat();
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        drop(tflite::convert(&bytes));
    }

    #[test]
    fn random_protobuf_of_small_fields(fields in proptest::collection::vec((1_u8..15, proptest::collection::vec(any::<u8>(), 0..30)), 0..12)) {
        let mut graph = Vec::new();
        for (number, data) in fields {
            graph.extend([number << 3 | 2, u8::try_from(data.len()).expect("is short")]);
            graph.extend(data);
        }
        let mut model = vec![7 << 3 | 2];
        let mut length = graph.len();
        while length >= 128 {
            model.push(u8::try_from(length % 128).expect("is small") | 128);
            length /= 128;
        }
        model.push(u8::try_from(length).expect("is small"));
        model.extend(graph);
        drop(onnx::convert(&model));
        drop(onnx::convert_silero(&model));
    }
}

#[test]
fn plainly_wrong_files_are_refused_with_a_reason() {
    assert!(ct2::convert(&[]).is_err());
    assert!(onnx::convert(&[]).expect_err("is empty").to_string().contains("no ONNX graph"));
    assert!(tflite::convert(b"....TFL2").expect_err("is older").to_string().contains("no TFLite file"));
    // A tensor that says it has more data than the file.
    let ct2 = [
        &6_u32.to_le_bytes()[..],
        &[2, 0, b'w', 0],
        &[3, 0, 0, 0, 1, 0, 0, 0],
        &[2, 0, b'a', 0, 1],
        &[255; 9],
    ]
    .concat();
    assert!(ct2::convert(&ct2).is_err());
}

/// Real files with bytes changed and ends cut off, where the archives are in the cache.
#[test]
fn damaged_real_files() {
    let Ok(cache) = Cache::from_env() else { return };
    let lock = Lock::embedded();
    for (id, path, step) in [
        ("tts-hibari-heart", "hibari/assets/oov.onnx", 101_001),
        ("vad-silero-16k", "silero_vad/data/silero_vad_16k_sequence.onnx", 71_003),
        ("face-landmarker", "ogm/models/face_landmarker.task", 0),
    ] {
        let row = lock.asset(id).expect("is a row");
        let archive = cache.archives().join(&row.archives[0].file);
        if !archive.is_file() {
            continue;
        }
        let scratch = tempfile::tempdir().expect("makes a folder");
        viva_models::extract::extract(&row.archives[0], &archive, scratch.path()).expect("extracts");
        let (file, step) = if step == 0 {
            let bundle = scratch.path().join(path);
            viva_models::extract::extract_nested(&bundle, &row.nested, scratch.path()).expect("extracts");
            (scratch.path().join("face_detector.tflite"), 9_001)
        } else {
            (scratch.path().join(path), step)
        };
        let good = std::fs::read(file).expect("reads");
        let ends =
            (0..400).chain((0..good.len()).step_by(step)).chain(good.len().saturating_sub(100)..good.len());
        for (round, at) in ends.filter(|&at| at < good.len()).enumerate() {
            let mut bad = good.clone();
            if round % 4 == 0 {
                bad.truncate(at);
            } else {
                bad[at] ^= [0xff, 0x01, 0x80][round % 3];
            }
            if path.ends_with(".task") {
                drop(tflite::convert(&bad));
            } else {
                drop(onnx::convert(&bad));
                drop(onnx::convert_silero(&bad));
            }
        }
    }
}
