//! The networks behind speech against their originals, and whole utterances.
//!
//! Golden tensors: `models/reference/hibari.safetensors`, onnxruntime on the de-quantised graph of hibari-tts 0.2.1.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::HashMap;
use std::path::PathBuf;

use candle_core::{DType, Device, Tensor};
use viva_exchange::Affect;
use viva_inference::synthesis::{HibariAcoustics, HibariOutOfVocabulary};
use viva_media::{TimeSpan, Viseme};
use viva_speech::vocoder::{Timbre, UNIT_SAMPLES, Vocoder};
use viva_speech::{
    AcousticModel as _, OutOfVocabulary as _, Spectrum, SpeechError, Spoken, Synthesiser, TableFiles, Tables,
    VoiceProfile,
};

fn asset(name: &str) -> Vec<u8> {
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = from("VIVA_CACHE")
        .or_else(|| from("XDG_CACHE_HOME").map(|folder| folder.join("viva")))
        .or_else(|| from("HOME").map(|folder| folder.join(".cache/viva")))
        .expect("VIVA_CACHE or HOME is set");
    let path = cache.join("assets/tts-hibari-heart").join(name);
    std::fs::read(path)
        .unwrap_or_else(|_| panic!("{name} is missing: run `cargo xtask test`, which fetches the models"))
}

fn acoustics() -> HibariAcoustics {
    HibariAcoustics::read(&asset("hibari.safetensors")).unwrap()
}

fn oov() -> HibariOutOfVocabulary {
    HibariOutOfVocabulary::read(&asset("oov.safetensors"), &asset("oov.json")).unwrap()
}

fn synthesiser() -> Synthesiser {
    let [vocab, normalize, exceptions, tagger, gold, silver] = TableFiles::NAMES.map(asset);
    let tables = Tables::read(&TableFiles {
        vocab: &vocab,
        normalize: &normalize,
        tokenizer_exceptions: &exceptions,
        tagger: &tagger,
        lexicon_gold: &gold,
        lexicon_silver: &silver,
    })
    .unwrap();
    Synthesiser::new(Box::new(acoustics()), Box::new(oov()), &tables)
}

fn golden() -> HashMap<String, Tensor> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/reference/hibari.safetensors");
    candle_core::safetensors::load(path, &Device::Cpu).unwrap()
}

fn values(tensors: &HashMap<String, Tensor>, name: &str) -> Vec<f32> {
    tensors[name].to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn golden_ids(golden: &HashMap<String, Tensor>) -> Vec<u32> {
    let ids: Vec<i64> = golden["in.ids"].flatten_all().unwrap().to_vec1().unwrap();
    ids.into_iter().map(|id| id as u32).collect()
}

#[test]
fn acoustics_agree_with_the_original() {
    let golden = golden();
    let got = acoustics().predict(&golden_ids(&golden), 1.0).unwrap();
    let durations: Vec<f32> = got.durations.iter().map(|&units| units as f32).collect();
    assert_eq!(durations, values(&golden, "float.durations"));
    let f0 = values(&golden, "float.f0");
    let worst = got.f0_hz.iter().zip(&f0).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(got.f0_hz.len() == f0.len() && worst < 0.01, "f0 differs by {worst} Hz");
    let check = |name: &str, spectrum: &Spectrum| {
        // [bins, every 16th frame], stored as f16.
        let want = values(&golden, &format!("float.{name}_every_16th_frame"));
        let columns = want.len() / 601;
        let size = want.iter().map(|value| value.abs()).fold(0.0, f32::max);
        let mut worst = 0.0_f32;
        for column in 0..columns {
            for (bin, value) in spectrum.frame(16 * column).iter().enumerate() {
                worst = worst.max((value - want[bin * columns + column]).abs());
            }
        }
        assert!(worst < 2e-3 * size, "{name} differs by {worst} of {size}");
    };
    check("lh", &got.harmonic_log_magnitude);
    check("theta", &got.harmonic_phase);
    check("ln", &got.noise_log_magnitude);
    check("lr", &got.residual_log_magnitude);
    check("phi", &got.residual_phase);
}

#[test]
fn unknown_words_read_as_the_original_reads_them() {
    let mut oov = oov();
    let table = include_str!("../../speech/tests/phonemes.tsv");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("oov\t")).collect();
    assert!(rows.len() >= 15);
    for row in rows {
        let fields: Vec<&str> = row.split('\t').collect();
        assert_eq!(oov.pronounce(fields[1]).unwrap().as_deref(), Some(fields[2]), "{}", fields[1]);
    }
    assert_eq!(oov.pronounce("").unwrap(), None);
    assert_eq!(oov.pronounce("語").unwrap(), None);
    assert!(oov.pronounce(&"x".repeat(500)).unwrap().is_some());
}

#[test]
fn bad_weights_and_bad_symbols_are_errors() {
    assert!(HibariAcoustics::read(b"nonsense").is_err());
    let error = HibariAcoustics::read(&asset("oov.safetensors")).unwrap_err();
    assert!(error.to_string().contains("m.text.emb.weight"), "{error}");
    let mut model = acoustics();
    assert!(model.predict(&[0, 178, 0], 1.0).is_err());
    assert!(model.predict(&[], 1.0).is_err());
    assert!(model.predict(&[0, 50, 0], 0.0).is_err());
}

#[test]
fn the_vocoder_keeps_length_and_repeats() {
    let golden = golden();
    let got = acoustics().predict(&golden_ids(&golden), 1.0).unwrap();
    let units: u32 = got.durations.iter().sum();
    for timbre in [
        Timbre::default(),
        Timbre { f0_scale: 0.5, formant_scale: 0.8, breath: 0.3, tilt_db: 3.0, f0_range: 1.5 },
        Timbre { f0_scale: 1.8, formant_scale: 1.3, ..Timbre::default() },
    ] {
        let sound = Vocoder::new().synthesise(&got, &timbre, 3).unwrap();
        assert_eq!(sound.len(), UNIT_SAMPLES * units as usize);
        assert!(sound.iter().all(|sample| sample.is_finite()));
        let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.05..3.0).contains(&peak), "peak {peak} of {timbre:?}");
        assert_eq!(sound, Vocoder::new().synthesise(&got, &timbre, 3).unwrap());
        assert_ne!(sound, Vocoder::new().synthesise(&got, &timbre, 4).unwrap());
    }
    let mut cut = got;
    cut.f0_hz.pop();
    assert!(matches!(Vocoder::new().synthesise(&cut, &Timbre::default(), 3), Err(SpeechError::Acoustics(_))));
}

fn voice(name: &str) -> VoiceProfile {
    VoiceProfile::built_in(name).unwrap()
}

fn check_whole(text: &str, spoken: &Spoken) {
    assert!(spoken.samples.iter().all(|sample| sample.abs() <= 0.9), "{text}");
    let mut before = TimeSpan::ZERO;
    for word in &spoken.words {
        assert!(text.is_char_boundary(word.text_range.start) && text.is_char_boundary(word.text_range.end));
        assert!(
            before <= word.start && word.start < word.end && word.end <= spoken.duration(),
            "{text}: {word:?}"
        );
        before = word.start;
    }
    for pair in spoken.visemes.cues.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{text}");
    }
    let last = spoken.visemes.cues.last().map_or(0, |cue| cue.end.as_nanos());
    assert_eq!(last, spoken.duration().as_nanos(), "{text}: the track ends with the sound");
}

#[test]
fn a_sentence_is_spoken_with_its_words() {
    let mut synthesiser = synthesiser();
    let text = "Good morning, Dr. Smith. Please take 20 mg at 7:30.";
    let spoken = synthesiser.speak(text, &voice("examiner"), Affect::Neutral, 0.0, 1).unwrap();
    check_whole(text, &spoken);
    let words: Vec<&str> = spoken.words.iter().map(|word| &text[word.text_range.clone()]).collect();
    assert_eq!(words, text.split(' ').collect::<Vec<_>>());
    let secs = spoken.duration().as_secs();
    assert!((3.0..7.0).contains(&secs), "{secs} s");
    let level = viva_media::audio::rms(&spoken.samples);
    assert!((0.02..0.4).contains(&level), "level {level}");
    assert!(spoken.visemes.cues.iter().any(|cue| cue.stressed));
    for viseme in [Viseme::Pp, Viseme::Ss, Viseme::Aa, Viseme::Sil] {
        assert!(spoken.visemes.cues.iter().any(|cue| cue.viseme == viseme), "{viseme:?}");
    }
    assert_eq!(spoken, synthesiser.speak(text, &voice("examiner"), Affect::Neutral, 0.0, 1).unwrap());
}

#[test]
fn marks_insert_exact_silence_and_filled_pauses() {
    let mut synthesiser = synthesiser();
    let mut speak =
        |text: &str| synthesiser.speak(text, &voice("candidate_b"), Affect::Neutral, 0.0, 1).unwrap();
    let plain = speak("Well, ").samples.len() + speak(" I think so.").samples.len();
    let text = "Well, {pause 1.2} I think so.";
    let paused = speak(text);
    check_whole(text, &paused);
    assert_eq!(paused.samples.len(), plain + 19_200);
    let longest = paused.samples.split(|sample| *sample != 0.0).map(<[f32]>::len).max().unwrap();
    assert!(longest >= 19_200, "{longest}");
    let words: Vec<&str> = paused.words.iter().map(|word| &text[word.text_range.clone()]).collect();
    assert_eq!(words, ["Well,", "I", "think", "so."]);
    let text = "I {um} forgot.";
    let filled = speak(text);
    check_whole(text, &filled);
    let um = &filled.words[1];
    assert_eq!(&text[um.text_range.clone()], "{um}");
    let millis = (um.end.as_nanos() - um.start.as_nanos()) / 1_000_000;
    assert!((275..=425).contains(&millis), "um lasts {millis} ms");
}

#[test]
fn hostile_texts_give_silence_or_an_error() {
    let mut synthesiser = synthesiser();
    let mut speak = |text: &str| synthesiser.speak(text, &voice("examiner"), Affect::Neutral, 0.0, 1);
    for text in ["", "  ", "...", "?!", "🙂", "— —"] {
        assert_eq!(speak(text).unwrap(), Spoken::default(), "{text}");
    }
    for text in ["日本語", "Привет", "a", "ﬀ", "\0", "x{pause 0}y"] {
        check_whole(text, &speak(text).unwrap());
    }
    assert!(matches!(speak("{shout}"), Err(SpeechError::Markup { at: 0, .. })));
    assert!(matches!(speak(&"long ".repeat(4001)), Err(SpeechError::TooLong { .. })));
}

#[test]
fn five_thousand_characters_are_spoken_whole() {
    let text = "The quick brown fox jumps over the lazy dog, and then it rests ".repeat(79);
    let spoken = synthesiser().speak(&text, &voice("candidate_a"), Affect::Neutral, 0.0, 1).unwrap();
    check_whole(&text, &spoken);
    assert_eq!(spoken.words.len(), 13 * 79);
    assert!(spoken.duration().as_secs() > 180.0);
}
