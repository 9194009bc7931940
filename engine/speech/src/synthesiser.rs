//! From a text to a spoken utterance with the times of its words and mouth shapes.

use std::ops::Range;

use viva_exchange::Affect;
use viva_media::{SAMPLE_RATE, TimeSpan, Timestamp, Viseme, VisemeCue, VisemeTrack};

use crate::g2p::{GraphemeToPhoneme, PhonemeWord};
use crate::markup::{Segment, segments};
use crate::sentences::{chunks, sentences};
use crate::visemes::cues;
use crate::vocoder::{Resampler, Vocoder};
use crate::voice::{Delivery, VoiceProfile};
use crate::{AcousticModel, Acoustics, OutOfVocabulary, SpeechError, Tables};

/// The longest text that is spoken at once, in bytes: about twenty minutes.
pub const LONGEST_TEXT_BYTES: usize = 20_000;

/// Samples of one unit of duration (25 ms) at 16 kHz.
const UNIT_SAMPLES: usize = 400;
/// No sample is louder.
const PEAK: f32 = 0.9;
/// Above this level the limiter bends.
const KNEE: f32 = 0.6;
/// How long a filled pause sounds, in units of 25 ms.
const UM_UNITS: u32 = 14;
/// What a filled pause sounds like.
const UM: &str = "ˈʌm";

/// A word of the text and when it sounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpokenWord {
    /// Bytes of the text with its markup, from one white space to the next.
    pub text_range: Range<usize>,
    /// Start of its first sound, from the utterance's first sample.
    pub start: TimeSpan,
    /// End of its last sound.
    pub end: TimeSpan,
}

/// An utterance, spoken.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spoken {
    /// **Units and range** mono, 16 kHz, in -0.9..=0.9.
    pub samples: Vec<f32>,
    /// Mouth shapes; the first sample is at [`Timestamp::ZERO`].
    pub visemes: VisemeTrack,
    /// The words in order.
    pub words: Vec<SpokenWord>,
}

impl Spoken {
    /// How long it sounds.
    #[must_use]
    pub fn duration(&self) -> TimeSpan {
        TimeSpan::from_samples(self.samples.len() as u64, SAMPLE_RATE)
    }

    /// The same without the silence before it, but for `edge`: for what must be heard at once. The silence after it parts it from what
    /// follows and stays.
    #[must_use]
    pub fn heard_at_once(self, edge: TimeSpan) -> Self {
        match self.samples.iter().position(|sample| is_heard(*sample)) {
            Some(first) => self.without_first(first.saturating_sub(samples(edge))),
            None => self,
        }
    }

    /// Without the first samples, with words and lips moved along.
    fn without_first(mut self, first: usize) -> Self {
        let cut = TimeSpan::from_samples(first as u64, SAMPLE_RATE);
        self.samples.drain(..first);
        let length = self.duration();
        let moved = |span: TimeSpan| (span - cut).clamp(TimeSpan::ZERO, length);
        for word in &mut self.words {
            (word.start, word.end) = (moved(word.start), moved(word.end));
        }
        for cue in &mut self.visemes.cues {
            let on = |at: Timestamp| Timestamp::ZERO + moved(at - Timestamp::ZERO);
            (cue.start, cue.end) = (on(cue.start), on(cue.end));
        }
        self.visemes.cues.retain(|cue| cue.end > cue.start);
        self
    }
}

/// A sample below -60 dB is silence.
fn is_heard(sample: f32) -> bool {
    sample.abs() >= 1e-3
}

fn samples(span: TimeSpan) -> usize {
    usize::try_from(span.as_nanos() * i64::from(SAMPLE_RATE) / 1_000_000_000).unwrap_or(0)
}

/// Speaks texts.
pub struct Synthesiser {
    model: Box<dyn AcousticModel>,
    reader: GraphemeToPhoneme,
    tables: Tables,
    vocoder: Vocoder,
    resampler: Resampler,
}

impl std::fmt::Debug for Synthesiser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Synthesiser").finish_non_exhaustive()
    }
}

impl Synthesiser {
    /// A synthesiser with its two networks and tables.
    #[must_use]
    pub fn new(model: Box<dyn AcousticModel>, oov: Box<dyn OutOfVocabulary>, tables: &Tables) -> Self {
        Self {
            model,
            reader: GraphemeToPhoneme::new(tables, oov),
            tables: tables.clone(),
            vocoder: Vocoder::new(),
            resampler: Resampler::new(),
        }
    }

    /// Speaks `text` in `voice`, coloured by `affect` of strength `level` in 0..=1; the same seed gives the same samples.
    ///
    /// `{pause 1.2}` in the text is a silence of that many seconds beside the natural phrasing, `{um}` a filled pause.
    /// A text without anything that can be spoken gives an empty utterance.
    ///
    /// # Errors
    /// [`SpeechError::TooLong`], [`SpeechError::Markup`], or what the networks report.
    pub fn speak(
        &mut self,
        text: &str,
        voice: &VoiceProfile,
        affect: Affect,
        level: f32,
        seed: u64,
    ) -> Result<Spoken, SpeechError> {
        if text.len() > LONGEST_TEXT_BYTES {
            return Err(SpeechError::TooLong { bytes: text.len(), limit: LONGEST_TEXT_BYTES });
        }
        let mut take = Take { delivery: voice.with_affect(affect, level), seed, spoken: Spoken::default() };
        for segment in segments(text)? {
            match segment {
                Segment::Text(range) => self.speak_text(text, range, &mut take)?,
                Segment::Pause(secs) => take.silence((secs * f64::from(SAMPLE_RATE)).round() as usize),
                Segment::Um(range) => self.speak_um(range, &mut take)?,
            }
        }
        let gain = take.delivery.gain.to_amplitude();
        for sample in &mut take.spoken.samples {
            *sample = limit(*sample * gain);
        }
        Ok(take.spoken)
    }

    fn speak_text(&mut self, text: &str, range: Range<usize>, take: &mut Take) -> Result<(), SpeechError> {
        for sentence in sentences(&text[range.clone()], &self.tables.inner.titles) {
            let sentence = range.start + sentence.start..range.start + sentence.end;
            let phonemes = self.reader.read(&text[sentence.clone()])?;
            for chunk in chunks(&phonemes.symbols) {
                let symbols = &phonemes.symbols[chunk.clone()];
                if !symbols.iter().any(|c| c.is_alphabetic()) {
                    continue;
                }
                let acoustics = self.model.predict(&self.ids(symbols), take.delivery.speed)?;
                let inside =
                    |word: &&PhonemeWord| word.symbols.start < chunk.end && chunk.start < word.symbols.end;
                let words = phonemes.words.iter().filter(inside).map(|word| PhonemeWord {
                    text: word_with_its_marks(
                        text,
                        sentence.start + word.text.start..sentence.start + word.text.end,
                    ),
                    symbols: word.symbols.start.max(chunk.start) - chunk.start
                        ..word.symbols.end.min(chunk.end) - chunk.start,
                });
                self.render(symbols, &words.collect::<Vec<_>>(), &acoustics, take)?;
            }
        }
        Ok(())
    }

    fn speak_um(&mut self, text: Range<usize>, take: &mut Take) -> Result<(), SpeechError> {
        let symbols: Vec<char> = UM.chars().collect();
        let ids = self.ids(&symbols);
        let sounding =
            |acoustics: &Acoustics| acoustics.durations.iter().skip(1).take(symbols.len()).sum::<u32>();
        let natural = sounding(&self.model.predict(&ids, 1.0)?);
        let acoustics = self.model.predict(&ids, (natural as f32 / UM_UNITS as f32).clamp(0.2, 2.0))?;
        let word = PhonemeWord { text, symbols: 0..symbols.len() };
        self.render(&symbols, &[word], &acoustics, take)
    }

    fn ids(&self, symbols: &[char]) -> Vec<u32> {
        let inner = symbols.iter().filter_map(|&symbol| self.tables.symbol_id(symbol));
        std::iter::once(0).chain(inner).chain(std::iter::once(0)).collect()
    }

    fn render(
        &self,
        symbols: &[char],
        words: &[PhonemeWord],
        acoustics: &Acoustics,
        take: &mut Take,
    ) -> Result<(), SpeechError> {
        let durations = &acoustics.durations;
        if durations.len() != symbols.len() + 2 {
            let (got, want) = (durations.len(), symbols.len() + 2);
            return Err(SpeechError::Acoustics(format!("{got} durations for {want} symbols")));
        }
        take.seed = take.seed.wrapping_add(1);
        let sound = self.vocoder.synthesise(acoustics, &take.delivery.timbre, take.seed)?;
        let start = take.spoken.samples.len();
        let time_of = |symbol: usize| {
            let units: u64 = durations[..=symbol].iter().map(|&units| u64::from(units)).sum();
            TimeSpan::from_samples(start as u64 + units * UNIT_SAMPLES as u64, SAMPLE_RATE)
        };
        let spoken = words.iter().map(|word| SpokenWord {
            text_range: word.text.clone(),
            start: time_of(word.symbols.start),
            end: time_of(word.symbols.end),
        });
        take.spoken.words.extend(spoken);
        // The pads before and behind are silence.
        let padded: Vec<char> =
            std::iter::once('.').chain(symbols.iter().copied()).chain(std::iter::once('.')).collect();
        take.cues(cues(&padded, durations, Timestamp::from_samples(start as u64, SAMPLE_RATE)));
        take.spoken.samples.extend(self.resampler.resample(&sound));
        Ok(())
    }
}

/// An utterance in the making.
struct Take {
    delivery: Delivery,
    seed: u64,
    spoken: Spoken,
}

impl Take {
    fn silence(&mut self, samples: usize) {
        let start = self.spoken.samples.len();
        self.spoken.samples.resize(start + samples, 0.0);
        let at = |sample: usize| Timestamp::from_samples(sample as u64, SAMPLE_RATE);
        let cue =
            VisemeCue { start: at(start), end: at(start + samples), viseme: Viseme::Sil, stressed: false };
        if samples > 0 {
            self.cues(vec![cue]);
        }
    }

    fn cues(&mut self, cues: Vec<VisemeCue>) {
        self.spoken.visemes.cues.extend(cues);
    }
}

/// A word up to the next white space or mark, so that closing quotes count as heard with it.
fn word_with_its_marks(text: &str, word: Range<usize>) -> Range<usize> {
    let rest = &text[word.end..];
    let end = rest.find(|c: char| c.is_whitespace() || c == '{').unwrap_or(rest.len());
    word.start..word.end + end
}

/// Soft limiter: straight up to the knee, then towards the peak.
fn limit(sample: f32) -> f32 {
    let size = sample.abs();
    if size <= KNEE {
        return sample;
    }
    let room = PEAK - KNEE;
    (KNEE + room * ((size - KNEE) / room).tanh()).copysign(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limiter_keeps_the_peak() {
        for (sample, least, most) in
            [(0.5, 0.5, 0.5), (0.7, 0.69, 0.7), (30.0, 0.899, PEAK), (-30.0, -PEAK, -0.899)]
        {
            assert!((least..=most).contains(&limit(sample)), "{sample} -> {}", limit(sample));
        }
    }

    #[test]
    fn silence_before_a_word_is_cut_and_its_times_move_along() {
        let ms = TimeSpan::from_millis;
        let at = |millis| Timestamp::ZERO + ms(millis);
        let silence = |millis: usize| vec![1e-4; 16 * millis];
        let cue =
            |start, end| VisemeCue { start: at(start), end: at(end), viseme: Viseme::Aa, stressed: false };
        let spoken = Spoken {
            samples: [silence(260), vec![0.3; 16 * 400], silence(300)].concat(),
            visemes: VisemeTrack { cues: vec![cue(0, 210), cue(240, 650), cue(650, 960)] },
            words: vec![SpokenWord { text_range: 0..5, start: ms(260), end: ms(660) }],
        };
        let cut = spoken.heard_at_once(ms(40));
        assert_eq!(cut.duration(), ms(740), "the silence after it stays");
        assert_eq!((cut.words[0].start, cut.words[0].end), (ms(40), ms(440)));
        assert_eq!(cut.visemes.cues, [cue(20, 430), cue(430, 740)]);
        assert_eq!(cut.clone().heard_at_once(ms(40)), cut, "once is enough");
        let none = Spoken { samples: silence(100), ..Spoken::default() };
        assert_eq!(none.clone().heard_at_once(ms(40)), none);
    }
}
