//! Speaks a text into a WAV file: `say VOICE AFFECT LEVEL OUT.wav TEXT...` (weights from `VIVA_CACHE`).

use std::path::PathBuf;

use viva_exchange::Affect;
use viva_inference::synthesis::{HibariAcoustics, HibariOutOfVocabulary};
use viva_speech::{Synthesiser, TableFiles, Tables, VoiceProfile};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [voice, affect, level, path, text @ ..] = arguments.as_slice() else {
        return Err("usage: say VOICE AFFECT LEVEL OUT.wav TEXT...".into());
    };
    let folder = PathBuf::from(std::env::var("VIVA_CACHE")?).join("assets/tts-hibari-heart");
    let file = |name: &str| std::fs::read(folder.join(name));
    let [vocab, normalize, exceptions, tagger, gold, silver] = TableFiles::NAMES.map(file);
    let tables = Tables::read(&TableFiles {
        vocab: &vocab?,
        normalize: &normalize?,
        tokenizer_exceptions: &exceptions?,
        tagger: &tagger?,
        lexicon_gold: &gold?,
        lexicon_silver: &silver?,
    })?;
    let model = HibariAcoustics::read(&file("hibari.safetensors")?)?;
    let oov = HibariOutOfVocabulary::read(&file("oov.safetensors")?, &file("oov.json")?)?;
    let mut synthesiser = Synthesiser::new(Box::new(model), Box::new(oov), &tables);
    let voice = VoiceProfile::built_in(voice).ok_or("no such voice")?;
    let affect = Affect::ALL.into_iter().find(|known| known.name() == affect).ok_or("no such affect")?;
    for (index, text) in text.iter().enumerate() {
        let spoken = synthesiser.speak(text, &voice, affect, level.parse()?, 1)?;
        std::fs::write(path.replace('%', &index.to_string()), wave(&spoken.samples))?;
    }
    Ok(())
}

fn wave(samples: &[f32]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 2;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + bytes).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&16_000_u32.to_le_bytes());
    file.extend_from_slice(&32_000_u32.to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()));
    file
}
