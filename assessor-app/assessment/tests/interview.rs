//! Whole interviews from scripts.

mod common;

use common::{exam, play, scorers};
use viva_assessment::score::Recommendation;

#[test]
fn show() {
    let exam = exam();
    for name in ["strong", "weak"] {
        let played = play(&exam, name, 1);
        let mut words = 0;
        for utterance in &played.said {
            words += utterance.text.split_whitespace().count();
            eprintln!("  {:?}[{:?} {}]: {}", utterance.speaker, utterance.affect, utterance.affect_level, utterance.text);
        }
        let own: usize = played.turns.iter().map(|t| t.words.len()).sum();
        eprintln!("{} assessor words, {own} candidate words, {} turns", words, played.turns.len());
        for event in &played.log {
            eprintln!("{:?}", event.kind);
        }
        for (kind, scorer) in scorers(&exam) {
            let report = scorer.score(&played.outcome).expect("no embedding fails");
            eprintln!("==== {name} {kind} {:?} {:?}", report.recommendation, report.overall);
            for line in report.reasons.iter().chain(&report.explanation) {
                eprintln!("{line}");
            }
        }
    }
    let _ = Recommendation::Meets;
    panic!("show");
}
