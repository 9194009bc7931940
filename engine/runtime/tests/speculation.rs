//! Work ahead of the floor's decision: what is handed out, what stands and what falls.

use viva_exchange::{QuestionContext, QuestionKind, TurnEventKind, Word};
use viva_floor::{FloorConfig, PatienceConfig};
use viva_media::{AudioBlock, TimeSpan, Timestamp};
use viva_perception::fusion::OwnSpeech;
use viva_perception::voice::LevelActivity;
use viva_perception::words::Segment;
use viva_runtime::graph::ArrivedWords;
use viva_runtime::{FinishedTurn, Mind, MindConfig, Prospect, SpeculationConfig, TickInput};

/// A recogniser that hears one word per stretch, and says how long it was.
fn words_of(segment: &Segment) -> Vec<Word> {
    let end = segment.speech_end;
    let text = format!("{}", segment.samples.len());
    vec![Word { text, start: segment.start, end, confidence: 1.0 }]
}

/// What a session of a second of quiet, then these stretches (seconds of speech, seconds of silence), gives.
#[derive(Default)]
struct Run {
    kinds: Vec<TurnEventKind>,
    /// Stretches recognised because they were closed, and stretches recognised ahead.
    ordered: Vec<u32>,
    ahead: Vec<(u32, bool)>,
    kept: Vec<u32>,
    fallen: Vec<Option<u32>>,
    prospects: Vec<Prospect>,
    finished: Vec<FinishedTurn>,
    /// The turn that was open when the session was broken off, where its words were there.
    left: Option<FinishedTurn>,
    /// Ticks between the commit and the turn with its words.
    waited: Option<i64>,
}

/// Patience of 400 ms: a reply is prepared after 200 ms. Words arrive `took` after they were asked for.
fn run(stretches: &[(f64, f64)], speculation: Option<SpeculationConfig>, took: TimeSpan) -> Run {
    run_with(400, stretches, speculation, took)
}

fn run_with(
    patience_ms: u32,
    stretches: &[(f64, f64)],
    speculation: Option<SpeculationConfig>,
    took: TimeSpan,
) -> Run {
    let patience = PatienceConfig { shortest: TimeSpan::from_millis(200), ..PatienceConfig::default() };
    let floor = FloorConfig { patience, ..FloorConfig::default() };
    let config = MindConfig { floor, speculation, ..MindConfig::default() };
    let mut mind = Mind::new(config, Box::new(LevelActivity), None);
    let question = QuestionContext { kind: QuestionKind::Open, expected_s: 3.0, patience_ms };
    let mut levels = vec![0.0_f32; 50];
    for (speech, silence) in stretches {
        levels.extend(vec![0.3; (speech * 50.0) as usize]);
        levels.extend(vec![0.0; (silence * 50.0) as usize]);
    }
    let (mut run, mut coming, mut committed) =
        (Run::default(), Vec::<(Timestamp, ArrivedWords)>::new(), None);
    for (tick, level) in levels.into_iter().enumerate() {
        let start = Timestamp::from_samples(tick as u64 * 320, 16_000);
        let samples = (0..320).map(|k| level * (k as f32 * 0.05).sin()).collect();
        let audio = AudioBlock::new(start, samples);
        let now = audio.end();
        let (here, later) = coming.into_iter().partition(|(at, _)| *at <= now);
        coming = later;
        let output = mind.step(TickInput {
            audio: &audio,
            own: OwnSpeech::SILENT,
            face: None,
            assessor_end: None,
            question: Some(question),
            opinion: None,
            words: Vec::into_iter(here).map(|(_, words)| words).collect(),
        });
        for event in &output.floor.events {
            run.kinds.push(event.kind);
            if event.kind == TurnEventKind::Commit {
                committed = Some(now);
            }
        }
        let mut order = |number: u32, segment: &Segment| {
            coming.push((now + took, ArrivedWords { segment: number, words: words_of(segment) }));
        };
        if let Some((number, segment)) = &output.segment {
            order(*number, segment);
            run.ordered.push(*number);
        }
        if let Some(ahead) = &output.ahead {
            order(ahead.number, &ahead.segment);
            run.ahead.push((ahead.number, ahead.is_early));
        }
        run.kept.extend(output.kept);
        run.fallen.extend(output.fallen.map(|fallen| fallen.stretch));
        run.prospects.extend(output.prospect);
        if let Some(finished) = output.finished {
            run.waited = committed.map(|at| (now - at).as_millis() / 20);
            run.finished.push(finished);
        }
    }
    let end =
        Timestamp::from_secs(1.0 + stretches.iter().map(|(speech, silence)| speech + silence).sum::<f64>());
    run.left = mind.finish(end).1;
    run
}

const FAST: TimeSpan = TimeSpan::from_millis(100);
const SLOW: TimeSpan = TimeSpan::from_millis(1200);

fn without_early_look() -> Option<SpeculationConfig> {
    Some(SpeculationConfig { early_look: None, ..SpeculationConfig::default() })
}

/// The same turn, however it came about; when it was committed apart.
fn same(prospect: &Prospect, finished: &FinishedTurn) {
    assert_eq!(prospect.turn.turn, finished.turn);
    assert_eq!(
        (&prospect.turn.timing, &prospect.turn.observation),
        (&finished.timing, &finished.observation)
    );
}

#[test]
fn the_words_are_there_when_the_floor_is_taken() {
    let told = run(&[(1.0, 1.0)], without_early_look(), FAST);
    assert_eq!(told.kinds, [TurnEventKind::Prepare, TurnEventKind::Commit]);
    assert_eq!((told.ahead, told.kept, told.ordered), (vec![(0, false)], vec![0], vec![]));
    assert_eq!((told.prospects.len(), told.finished.len(), told.waited), (1, 1, Some(0)));
    assert!(told.fallen.is_empty());
    same(&told.prospects[0], &told.finished[0]);
    // Without work ahead the same words come later: they are asked for at the commit.
    let plain = run(&[(1.0, 1.0)], None, FAST);
    assert_eq!((plain.ordered, plain.waited), (vec![0], Some(5)));
    assert_eq!(plain.finished[0].turn, told.finished[0].turn);
    assert!(plain.ahead.is_empty() && plain.prospects.is_empty());
}

#[test]
fn words_that_are_still_on_their_way_are_awaited_and_not_asked_for_twice() {
    let told = run(&[(1.0, 2.0)], without_early_look(), SLOW);
    assert_eq!((told.ahead, told.kept, told.ordered), (vec![(0, false)], vec![0], vec![]));
    let plain = run(&[(1.0, 2.0)], None, SLOW);
    assert!(told.waited < plain.waited, "{:?} {:?}", told.waited, plain.waited);
    assert_eq!(plain.finished[0].turn, told.finished[0].turn);
}

#[test]
fn what_was_prepared_falls_when_the_candidate_goes_on() {
    for took in [FAST, SLOW] {
        let told = run(&[(1.0, 0.32), (1.0, 2.0)], without_early_look(), took);
        let kinds: Vec<_> = told.kinds.clone();
        use TurnEventKind::{Commit, Discard, Prepare};
        assert_eq!(kinds, [Prepare, Discard, Prepare, Commit]);
        assert_eq!((&told.ahead, &told.kept), (&vec![(0, false), (1, false)], &vec![1]));
        assert_eq!(told.fallen, [Some(0)]);
        // The pause was shorter than the one at which a stretch is cut: both phrases are one stretch.
        assert_eq!(told.finished.len(), 1);
        assert_eq!(told.finished[0].turn.words.len(), 1);
        let plain = run(&[(1.0, 0.32), (1.0, 2.0)], None, took);
        assert_eq!(plain.finished[0].turn, told.finished[0].turn);
    }
}

#[test]
fn a_long_answer_is_recognised_on_the_way_and_told_when_all_its_words_are_there() {
    let phrases = [(1.5, 0.6), (1.5, 0.6), (1.5, 2.5)];
    // A reply is prepared after 0.75 s, when the last stretch has been closed by its silence: nothing is recognised ahead.
    let told = run_with(1500, &phrases, without_early_look(), FAST);
    assert_eq!((&told.ordered, &told.ahead, &told.kept), (&vec![0, 1, 2], &vec![], &vec![]));
    assert_eq!((told.prospects.len(), told.finished.len(), told.waited), (1, 1, Some(0)));
    assert_eq!(told.finished[0].turn.words.len(), 3);
    same(&told.prospects[0], &told.finished[0]);
    // Words that come after the commit leave nothing to be told ahead.
    let late = run_with(1500, &phrases, without_early_look(), SLOW);
    assert_eq!((late.prospects.len(), late.finished.len()), (0, 1));
    assert_eq!(late.finished[0].turn, told.finished[0].turn);
}

#[test]
fn a_session_that_is_broken_off_keeps_the_words_that_were_recognised_ahead() {
    // 320 ms of silence: prepared, and not committed yet.
    let told = run(&[(1.0, 0.36)], without_early_look(), FAST);
    assert_eq!(told.kinds, [TurnEventKind::Prepare]);
    let left = told.left.expect("the turn that was open");
    assert_eq!(left.turn, told.prospects[0].turn.turn);
}

#[test]
fn an_early_look_tells_what_was_said_so_far_and_leaves_no_word_behind() {
    let fast = SpeculationConfig { recogniser_takes: Some(FAST), ..SpeculationConfig::default() };
    let told = run(&[(2.0, 2.0)], Some(fast), FAST);
    assert_eq!(told.ahead, [(0, true), (1, false)]);
    let early: Vec<bool> = told.prospects.iter().map(|prospect| prospect.is_early).collect();
    assert_eq!(early, [true, false]);
    let words: Vec<usize> = told.prospects.iter().map(|prospect| prospect.turn.turn.words.len()).collect();
    assert_eq!(words, [1, 1]);
    assert_ne!(told.prospects[0].turn.turn.text(), told.prospects[1].turn.turn.text());
    same(&told.prospects[1], &told.finished[0]);
    let plain = run(&[(2.0, 2.0)], None, FAST);
    assert_eq!(plain.finished[0].turn, told.finished[0].turn);
}

#[test]
fn a_slow_recogniser_is_not_kept_from_the_last_stretch_by_an_early_look() {
    let looks = |took| {
        let told = run(&[(2.0, 2.0), (2.0, 2.0)], Some(SpeculationConfig::default()), took);
        told.ahead.iter().map(|(_, is_early)| *is_early).collect::<Vec<_>>()
    };
    // How long it takes is known after the first turn.
    assert_eq!(looks(FAST), [false, true, false]);
    assert_eq!(looks(SLOW), [false, false]);
}
