//! The networks on one thread of the CPU. Needs the fetched models (`cargo xtask assets`).

#[path = "../engine/inference/tests/common/mod.rs"]
mod common;

use common::{Golden, asset, speech};
use viva_benches::Bench;
use viva_exchange::Affect;
use viva_floor::EndOfTurn as _;
use viva_inference::embedding::MiniLm;
use viva_inference::end_of_turn::SmartTurn;
use viva_inference::log_mel::{LogMel, MEL_BANDS};
use viva_inference::synthesis::{HibariAcoustics, HibariOutOfVocabulary};
use viva_inference::voice_activity::SileroVoiceActivity;
use viva_inference::whisper::Whisper;
use viva_media::Timestamp;
use viva_perception::voice::VoiceActivity as _;
use viva_perception::words::Recogniser as _;
use viva_speech::{AcousticModel as _, Synthesiser, TableFiles, Tables, VoiceProfile};

fn main() {
    let bench = Bench::from_args("inference, milliseconds");
    whisper(&bench);
    smart_turn(&bench);
    minilm(&bench);
    hibari(&bench);
    silero(&bench);
}

fn whisper(bench: &Bench) {
    if !bench.wants("whisper") {
        return;
    }
    let mut network = Whisper::load(&asset("asr-whisper-tiny-en")).expect("the asset holds the network");
    // 11 s of speech, continued with silence to the full window.
    let golden = Golden::read("whisper_tiny_en");
    let (stored, pad) = (golden.shape("in.mel")[2], golden.get("in.pad_value")[0]);
    let mut mel = Vec::with_capacity(MEL_BANDS * 3_000);
    for band in golden.get("in.mel").chunks(stored) {
        mel.extend_from_slice(band);
        mel.resize(mel.len() + 3_000 - stored, pad);
    }
    let mel = LogMel::from_values(mel).expect("80 bands");
    bench.case("whisper: encode, 30 s window", 7, || network.encode(&mel, 176_000));
    let encoded = network.encode(&mel, 176_000).expect("the window fits");
    bench.case("whisper: decode, 11 s of speech", 7, || network.decode(&encoded, &[], 100));
    let tokens = network.decode(&encoded, &[], 100).expect("the window fits").tokens;
    bench.case("whisper: decode, 11 s of speech, with a true draft", 7, || {
        network.decode(&encoded, &tokens, 100)
    });
    let speech = speech();
    // Another beginning each time: a stretch with the same one is quicker.
    let mut beginnings = (1..).map(Timestamp::from_millis);
    let mut next = || beginnings.next().unwrap_or(Timestamp::ZERO);
    bench.case("whisper: transcribe 8 s", 7, || network.transcribe(&speech, next()));
    bench.case("whisper: transcribe 2 s", 15, || network.transcribe(&speech[..32_000], next()));
    network.transcribe(&speech[..26_000], Timestamp::ZERO).expect("the network runs");
    bench.case("whisper: transcribe 2 s that were looked at before", 15, || {
        network.transcribe(&speech[..32_000], Timestamp::ZERO)
    });
}

fn smart_turn(bench: &Bench) {
    if !bench.wants("smart turn") {
        return;
    }
    let mut network = SmartTurn::load(&asset("turn-smart-turn-v3.2")).expect("the asset holds the network");
    let speech = speech();
    bench.case("smart turn: one query", 15, || network.p_end(&speech));
    bench.case("smart turn: its spectrogram alone", 15, || network.features(&speech));
}

fn minilm(bench: &Bench) {
    if !bench.wants("minilm") {
        return;
    }
    let network = MiniLm::load(&asset("embed-minilm-l6-v2")).expect("the asset holds the network");
    for count in [16, 32, 200] {
        // Words of one token each, and the two marks.
        let text = vec!["plan"; count - 2].join(" ");
        let runs = if count == 200 { 15 } else { 60 };
        bench.case(&format!("minilm: {count} tokens, tokenizer included"), runs, || network.embed(&[&text]));
    }
}

/// Frames of the voice per second of sound.
const FRAMES_PER_SEC: f32 = 80.0;

fn hibari(bench: &Bench) {
    if !bench.wants("hibari") {
        return;
    }
    let folder = asset("tts-hibari-heart");
    let read = |name: &str| std::fs::read(folder.join(name)).expect("the asset is whole");
    let acoustics =
        || HibariAcoustics::read(&read("hibari.safetensors")).expect("the asset holds the network");
    let [vocab, normalize, exceptions, tagger, gold, silver] = TableFiles::NAMES.map(read);
    let tables = Tables::read(&TableFiles {
        vocab: &vocab,
        normalize: &normalize,
        tokenizer_exceptions: &exceptions,
        tagger: &tagger,
        lexicon_gold: &gold,
        lexicon_silver: &silver,
    })
    .expect("the tables read");
    let oov = HibariOutOfVocabulary::read(&read("oov.safetensors"), &read("oov.json"))
        .expect("the asset holds the network");
    let ids = Golden::read("hibari").whole("in.ids");
    let mut network = acoustics();
    let seconds =
        network.predict(&ids, 1.0).expect("the symbols are known").f0_hz.len() as f32 / FRAMES_PER_SEC;
    bench.case(&format!("hibari: network, {seconds:.2} s of sound"), 15, || network.predict(&ids, 1.0));
    let mut synthesiser = Synthesiser::new(Box::new(acoustics()), Box::new(oov), &tables);
    let voice = VoiceProfile::built_in("examiner").expect("a built-in voice");
    let text =
        "Could you walk me through a difficult decision? Take your time, and tell me what you weighed.";
    let mut speak =
        || synthesiser.speak(text, &voice, Affect::Neutral, 0.0, 1).expect("plain text is spoken");
    let seconds = speak().duration().as_secs();
    bench.case(&format!("hibari: text to {seconds:.2} s of sound"), 15, speak);
}

fn silero(bench: &Bench) {
    if !bench.wants("silero") {
        return;
    }
    let mut network =
        SileroVoiceActivity::load(&asset("vad-silero-16k")).expect("the asset holds the network");
    let frame: [f32; 512] = std::array::from_fn(|i| speech()[16_000 + i]);
    bench.case("silero: one frame of 32 ms", 500, || network.step(&frame));
}
