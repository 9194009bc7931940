//! Whisper: from a stretch of audio to words with times.

pub(crate) mod alignment;
pub(crate) mod config;
pub(crate) mod decoder;
pub(crate) mod encoder;
pub(crate) mod guards;
pub(crate) mod halves;
pub(crate) mod silence;
pub(crate) mod trim;
pub(crate) mod vocabulary;

use std::path::Path;

use candle_core::Tensor;
use viva_exchange::Word;
use viva_media::{SAMPLE_RATE, TimeSpan, Timestamp};
use viva_perception::words::{Recogniser, RecogniserError};

use crate::dense::{log_sum_exp, sound_sample};
use crate::error::InferenceError;
use crate::log_mel::{HOP, LogMel, LogMelExtractor};
use crate::weights::Weights;
use config::WhisperConfig;
use decoder::{CrossSilence, DecoderMemory, TextDecoder};
use encoder::{AudioEncoder, EncoderShape, Silence};
use silence::Places;
use vocabulary::Vocabulary;

/// The longest audio in one go: 30 s.
pub const LONGEST_SAMPLES: usize = 30 * SAMPLE_RATE as usize;
/// What is shorter than 100 ms holds no word.
const SHORTEST_SAMPLES: usize = SAMPLE_RATE as usize / 10;
/// Audio of one encoder row: 20 ms.
const ROW_SAMPLES: usize = 2 * HOP;

/// How much of its 30 s the encoder computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Window {
    /// All, as the network was trained.
    Full,
    /// The utterance, half a second and a sixteenth of the silence behind it; the rest is remembered. The work grows with the utterance,
    /// and the words are as good as with all of it (figures in `benches/baselines.md`).
    #[default]
    Remembered,
}

/// A spectrogram's silence behind speech of the usual loudness: what is remembered was heard at this. Behind louder and softer speech it
/// is another, and the computed rows move what is remembered to it; bringing all sound to one loudness cost two more words of 91.
const SILENCE: f32 = -0.8;
/// Silences further from that than this are computed: sound 40 times softer than speech gave a word where there was none.
const SILENCE_REACH: f32 = 0.45;
/// Rows behind the utterance that are computed nevertheless: there the network sees that it is over.
const MARGIN_ROWS: usize = 25;

/// Whisper, greedy, with guards against silence, loops and run-away length. A stretch that begins where the one before it began, as one that is
/// looked at again when more of it is there, is recognised quicker.
///
/// It writes what was meant rather than what was uttered: fillers ("um") are mostly left out, so they must be counted from the audio.
///
/// **Source**: openai/whisper (`model.py`, `decoding.py`, `timing.py`), own code; differs in the remembered silence behind the utterance, in a
/// repetition guard on tokens instead of the compression ratio of text, and in having no fall-back to random sampling.
pub struct Whisper {
    front_end: LogMelExtractor,
    encoder: AudioEncoder,
    decoder: TextDecoder,
    vocabulary: Vocabulary,
    alignment_heads: usize,
    window: Window,
    /// What the network makes of a window in which nothing is heard.
    silence: (Silence, CrossSilence),
    /// What was recognised last: a draft for a stretch with the same beginning.
    heard: Option<Heard>,
}

struct Heard {
    start: Timestamp,
    tokens: Vec<u32>,
}

/// Audio as the decoder hears it.
#[derive(Clone, Debug)]
pub struct EncodedAudio {
    rows: Tensor,
    audio_rows: usize,
    /// Where the rows stand in the full window, where not all of it was computed.
    places: Option<Places>,
}

/// What greedy decoding gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// Text tokens, without prompt and end mark.
    pub tokens: Vec<u32>,
    /// Probability of each of them.
    pub probabilities: Vec<f32>,
    /// First encoder row (20 ms) of each of them, and of the end.
    pub starts: Vec<usize>,
    /// Mean log probability of the tokens and the end mark.
    pub mean_log_probability: f32,
    /// The network's own doubt that anybody spoke.
    pub p_no_speech: f32,
    /// True if the network ended the text itself, false if a guard did.
    pub complete: bool,
}

impl std::fmt::Debug for Whisper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whisper").field("window", &self.window).finish_non_exhaustive()
    }
}

impl EncodedAudio {
    /// The encoder's output, as far as it was computed. **Shape** `[rows of 20 ms, width]`.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn rows(&self) -> Result<Vec<Vec<f32>>, InferenceError> {
        Ok(self.rows.to_vec2()?)
    }
}

impl Whisper {
    /// Loads the network from the folder of asset `asr-whisper-tiny-en`, or of a larger sister.
    ///
    /// The alignment heads come from `config.json` or, where it lacks them, from `ct2_config.json`.
    ///
    /// # Errors
    /// When a file is missing or holds something else than this network.
    pub fn load(folder: &Path) -> Result<Self, InferenceError> {
        let config = WhisperConfig::load(folder)?;
        let vocabulary = Vocabulary::load(folder, &config)?;
        let shape = EncoderShape {
            width: config.d_model,
            heads: config.encoder_attention_heads,
            layers: config.encoder_layers,
            positions: config.max_source_positions,
        };
        let mut weights = Weights::open_folder(folder)?;
        let encoder = AudioEncoder::load(&mut weights, "model.encoder.", shape)?;
        let decoder = TextDecoder::load(&mut weights, "model.decoder.", &config)?;
        weights.finish()?;
        let alignment_heads = config.alignment_heads.len();
        let (front_end, window) = (LogMelExtractor::new(), Window::default());
        let silence = encoder.silence(SILENCE)?;
        let silence_crossed = decoder.silence(&silence.rows)?;
        let silence = (silence, silence_crossed);
        Ok(Self { front_end, encoder, decoder, vocabulary, alignment_heads, window, silence, heard: None })
    }

    /// Chooses how much the encoder computes from now on.
    pub fn set_window(&mut self, window: Window) {
        self.window = window;
    }

    /// Runs the encoder over a spectrogram whose first `audio_samples` are audio and the rest padding.
    ///
    /// # Errors
    /// When `mel` is empty or longer than the network's 30 s, or the tensor library fails.
    pub fn encode(&self, mel: &LogMel, audio_samples: usize) -> Result<EncodedAudio, InferenceError> {
        let most = LONGEST_SAMPLES / HOP;
        if mel.frames() == 0 || mel.frames() > most {
            return Err(InferenceError::Input(format!("{} frames, expected 1 to {most}", mel.frames())));
        }
        let rows = self.encoder.forward(mel)?;
        Ok(EncodedAudio { rows, audio_rows: audio_samples.div_ceil(ROW_SAMPLES), places: None })
    }

    /// Runs the encoder over `samples`, at most 30 s.
    fn hear(&mut self, samples: &[f32]) -> Result<EncodedAudio, InferenceError> {
        let audio_rows = samples.len().div_ceil(ROW_SAMPLES);
        let rows = audio_rows + MARGIN_ROWS;
        // The convolutions look at two frames behind a row; the one behind the utterance's own is that of the silence.
        let window = (rows + 2) * ROW_SAMPLES;
        if self.window == Window::Full || window >= LONGEST_SAMPLES {
            let mel = self.front_end.extract(samples, LONGEST_SAMPLES);
            return self.encode(&mel, samples.len());
        }
        let mel = self.front_end.extract(samples, window);
        let silence = mel.values().iter().copied().fold(f32::MAX, f32::min);
        if (silence - SILENCE).abs() > SILENCE_REACH {
            let mel = self.front_end.extract(samples, LONGEST_SAMPLES);
            return self.encode(&mel, samples.len());
        }
        let places = Places::before_silence(rows, LONGEST_SAMPLES / ROW_SAMPLES);
        let rows = self.encoder.forward_before(&mel, &places, &self.silence.0)?;
        Ok(EncodedAudio { rows, audio_rows, places: Some(places) })
    }

    /// The most probable token at every step, at most `token_cap` of them.
    ///
    /// `draft` is a guess of the first of them, such as what was heard when less of the stretch was there. It is checked in one step, so that a
    /// good guess saves time; the result is the same with any.
    ///
    /// # Errors
    /// When the tensor library fails.
    pub fn decode(
        &self,
        encoded: &EncodedAudio,
        draft: &[u32],
        token_cap: usize,
    ) -> Result<Decoded, InferenceError> {
        let Self { decoder, vocabulary, .. } = self;
        let silence = encoded.places.as_ref().map(|places| (&self.silence.1, places));
        let mut memory = decoder.begin(&encoded.rows, encoded.audio_rows, silence)?;
        let prompt = &vocabulary.prompt;
        let cap = token_cap.min(decoder.longest().saturating_sub(prompt.len() + 1));
        let guess = draft.iter().take(cap).take_while(|token| decoder.knows(**token));
        let given: Vec<u32> = prompt.iter().chain(guess).copied().collect();
        let mut guess = given[prompt.len()..].iter();
        decoder.step(&mut memory, &given);
        let logits = decoder.logits(&mut memory, 0);
        let p_no_speech = (logits[vocabulary.no_speech as usize] - log_sum_exp(logits)).exp();
        let (mut tokens, mut probabilities) = (Vec::new(), Vec::new());
        let (mut log_probability, mut complete) = (0.0, false);
        // Of the tokens that were taken in last, the one behind which the next is sought.
        let mut last = prompt.len() - 1;
        while tokens.len() < cap {
            let logits = decoder.logits(&mut memory, last);
            vocabulary.suppress(logits, tokens.is_empty());
            let (token, highest) = argmax(logits);
            let log = highest - log_sum_exp(logits);
            log_probability += log;
            complete = token == vocabulary.end_of_text;
            if complete {
                break;
            }
            if guess.next() == Some(&token) {
                last += 1;
            } else {
                guess = [].iter();
                decoder.forget_from(&mut memory, prompt.len() + tokens.len());
                decoder.step(&mut memory, &[token]);
                last = 0;
            }
            tokens.push(token);
            probabilities.push(log.exp());
            if let Some(kept) = guards::end_before_loop(&tokens) {
                tokens.truncate(kept);
                probabilities.truncate(kept);
                break;
            }
        }
        let mean_log_probability = log_probability / (tokens.len() + 1) as f32;
        let starts = self.starts(&memory, tokens.len());
        Ok(Decoded { tokens, probabilities, starts, mean_log_probability, p_no_speech, complete })
    }

    /// First row of each of `tokens` text tokens and of what follows them.
    fn starts(&self, memory: &DecoderMemory, tokens: usize) -> Vec<usize> {
        // The row of the last prompt token looks for the first text token, and so on: one row more than there are tokens.
        let first = self.vocabulary.prompt.len() - 1;
        let rows = memory.audio_rows();
        debug_assert!(first + tokens < memory.len(), "each token was taken in");
        let attention = &memory.alignment_from(first)[..(tokens + 1) * self.alignment_heads * rows];
        alignment::token_starts(attention, self.alignment_heads, rows)
    }

    /// Recognises up to 30 s.
    fn recognise(&mut self, samples: &[f32], start: Timestamp) -> Result<Vec<Word>, InferenceError> {
        let samples: Vec<f32> = samples.iter().take(LONGEST_SAMPLES).map(|s| sound_sample(*s)).collect();
        if samples.len() < SHORTEST_SAMPLES || guards::silent(&samples) {
            return Ok(Vec::new());
        }
        let encoded = self.hear(&samples)?;
        let draft = self.heard.take().filter(|heard| heard.start == start).map(|heard| heard.tokens);
        let cap = guards::token_cap(samples.len());
        let decoded = self.decode(&encoded, draft.as_deref().unwrap_or_default(), cap)?;
        self.heard = Some(Heard { start, tokens: decoded.tokens.clone() });
        if guards::nobody_spoke(decoded.p_no_speech, decoded.mean_log_probability) {
            return Ok(Vec::new());
        }
        self.words(&decoded, &samples, start)
    }

    /// The words of the decoded stretch `samples` that began at `start`.
    ///
    /// # Errors
    /// When the tokenizer cannot read its own tokens.
    pub fn words(
        &self,
        decoded: &Decoded,
        samples: &[f32],
        start: Timestamp,
    ) -> Result<Vec<Word>, InferenceError> {
        let sound = trim::Sound::new(samples);
        let time = |row: usize| {
            let sample = (row * ROW_SAMPLES).min(samples.len());
            start + TimeSpan::from_samples(sample as u64, SAMPLE_RATE)
        };
        let row = |token: usize| decoded.starts.get(token).copied().unwrap_or(0);
        let word = |word: vocabulary::WordTokens| {
            let probabilities = &decoded.probabilities[word.tokens.clone()];
            let confidence = probabilities.iter().sum::<f32>() / probabilities.len() as f32;
            let (from, to) = sound.trim(row(word.tokens.start), row(word.tokens.end));
            Word { text: word.text, start: time(from), end: time(to), confidence: confidence.clamp(0.0, 1.0) }
        };
        Ok(self.vocabulary.words(&decoded.tokens)?.into_iter().map(word).collect())
    }
}

impl Recogniser for Whisper {
    fn transcribe(&mut self, samples: &[f32], start: Timestamp) -> Result<Vec<Word>, RecogniserError> {
        self.recognise(samples, start).map_err(|error| RecogniserError::Network(error.to_string()))
    }
}

/// The highest value and its place; the first of equals.
fn argmax(values: &[f32]) -> (u32, f32) {
    let mut best = (0, f32::MIN);
    for (i, value) in values.iter().enumerate() {
        if *value > best.1 {
            best = (i as u32, *value);
        }
    }
    best
}
