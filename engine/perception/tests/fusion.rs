//! The fused state never looks ahead, is always finite, and has zeros for a stream that is not there.

use proptest::prelude::*;
use viva_exchange::{QuestionContext, QuestionKind};
use viva_media::{AudioBlock, Decibels, Radians, SAMPLE_RATE, Timestamp};
use viva_perception::face::FaceObservation;
use viva_perception::fusion::{
    FEATURES, FeatureGroup, Fusion, FusionInput, OwnSpeech, PartialWords, feature_names,
};
use viva_perception::voice::{LevelActivity, VoiceConfig, VoiceTracker};

/// One tick of a made-up conversation.
#[derive(Clone, Copy, Debug)]
struct Tick {
    amplitude: f32,
    own: bool,
    gap: bool,
    /// Which question waits, whether a face is seen, and how many words there are; 0 for none.
    around: (u8, u8, u8),
}

impl Tick {
    const fn of(amplitude: f32, own: bool) -> Self {
        Self { amplitude, own, gap: false, around: (1, 0, 0) }
    }

    fn question(&self) -> Option<QuestionContext> {
        let kind = match self.around.0 {
            0 => return None,
            1 => QuestionKind::Open,
            2 => QuestionKind::Closed,
            _ => QuestionKind::Yesno,
        };
        Some(QuestionContext { kind, expected_s: 8.0 / f32::from(self.around.0), patience_ms: 1500 })
    }

    fn face(&self, at: Timestamp) -> Option<FaceObservation> {
        (self.around.1 > 0).then(|| FaceObservation {
            mouth_open: 0.1 * f32::from(self.around.1),
            head_yaw: Radians(0.2 * f32::from(self.around.1)),
            present: true,
            ..FaceObservation::absent(at, 0.9)
        })
    }
}

fn ticks() -> impl Strategy<Value = Vec<Tick>> {
    let amplitude = prop_oneof![Just(0.0), Just(0.0004), 0.01_f32..2.0, Just(f32::NAN)];
    let around = (0..4_u8, 0..4_u8, 0..4_u8);
    let stretch = (1_usize..40, amplitude, any::<bool>(), 0..20_u8, around);
    prop::collection::vec(stretch, 1..12).prop_map(|stretches| {
        stretches
            .into_iter()
            .flat_map(|(n, amplitude, own, gap, around)| {
                vec![Tick { amplitude, own, gap: gap == 0, around }; n]
            })
            .collect()
    })
}

fn rows(ticks: &[Tick]) -> Vec<[f32; FEATURES]> {
    let mut voice = VoiceTracker::new(Box::new(LevelActivity), VoiceConfig::default());
    let mut fusion = Fusion::default();
    ticks
        .iter()
        .enumerate()
        .map(|(n, tick)| {
            let start = Timestamp::from_samples(320 * n as u64, SAMPLE_RATE);
            let samples = (0..320).map(|k| tick.amplitude * ((n * 320 + k) as f32 * 0.07).sin()).collect();
            let audio = AudioBlock { gap: tick.gap, ..AudioBlock::new(start, samples) };
            let voice = voice.step(&audio);
            let own = if tick.own {
                OwnSpeech { speaking: true, level: Decibels(-20.0) }
            } else {
                OwnSpeech::SILENT
            };
            let mut row = [0.0; FEATURES];
            let (question, face) = (tick.question(), tick.face(start));
            let words = (tick.around.2 > 0)
                .then(|| PartialWords { count: u32::from(tick.around.2) * 3, until: start });
            fusion
                .step(&FusionInput {
                    audio: &audio,
                    voice: &voice,
                    own,
                    question,
                    face: face.as_ref(),
                    words,
                })
                .write_features(&mut row);
            row
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn cutting_the_future_changes_nothing(ticks in ticks(), cut in 0.0_f64..1.0) {
        let keep = (ticks.len() as f64 * cut) as usize;
        let (whole, cut) = (rows(&ticks), rows(&ticks[..keep]));
        for (whole, cut) in whole.iter().zip(&cut) {
            prop_assert!(whole.iter().zip(cut).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }

    #[test]
    fn features_are_finite_and_of_the_order_of_one(ticks in ticks()) {
        for row in rows(&ticks) {
            for (value, (name, _)) in row.iter().zip(feature_names()) {
                prop_assert!(value.is_finite() && value.abs() < 10.0, "{name} is {value}");
            }
        }
    }
}

#[test]
fn a_stream_that_is_not_there_has_zeros() {
    let row = rows(&[Tick::of(0.2, false); 50])[49];
    for (value, (name, group)) in row.iter().zip(feature_names()) {
        if matches!(group, FeatureGroup::Face | FeatureGroup::Words) {
            assert_eq!(value.to_bits(), 0, "{name}");
        }
    }
}

#[test]
fn pauses_and_turns_are_counted() {
    let speech = |n| vec![Tick::of(0.3, false); n];
    let silence = |n| vec![Tick::of(0.0, false); n];
    let own = |n| vec![Tick::of(0.0, true); n];
    let place = |wanted| feature_names().position(|(name, _)| name == wanted).expect("a feature");
    let all = [own(50), silence(20), speech(50), silence(30), speech(50), silence(40), own(10)].concat();
    let rows = rows(&all);
    let (pauses, turn, silent) = (place("pauses"), place("turn_log"), place("silence_log"));
    assert_eq!(rows[60][turn].to_bits(), 0, "nobody has answered yet");
    assert!((rows[190][pauses] - 0.25).abs() < 1e-6, "one pause was survived");
    assert!(rows[195][turn] > 1.0 && rows[235][silent] > 0.4);
    assert_eq!(
        (rows[245][turn].to_bits(), rows[245][pauses].to_bits()),
        (0, 0),
        "the assessor speaks: a new turn"
    );
}
