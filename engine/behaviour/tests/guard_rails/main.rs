//! What no face of ours may ever do, over ten simulated minutes of every mode: the guard-rails G1 to G16, each by its number.

mod expressions;
mod mouth;
mod random_scripts;
mod reactions;
mod script;

use script::{Log, TICK_SECS, cases, examiner, lies_in, logs};
use viva_behaviour::{Behaviour, BlockKind, Cause, Profile};
use viva_media::{Blendshape as B, FacePose, Timestamp};

/// The shapes that close lips.
fn closes_lips(shape: B) -> bool {
    matches!(
        shape,
        B::MouthClose
            | B::MouthRollLower
            | B::MouthRollUpper
            | B::MouthPressLeft
            | B::MouthPressRight
            | B::MouthShrugUpper
            | B::MouthLowerDownLeft
            | B::MouthLowerDownRight
            | B::MouthUpperUpLeft
            | B::MouthUpperUpRight
    )
}

fn is_blink(shape: B) -> bool {
    matches!(shape, B::EyeBlinkLeft | B::EyeBlinkRight)
}

/// How far the lips are apart.
pub(crate) fn aperture(pose: &FacePose) -> f32 {
    let parting = pose.weights[B::MouthLowerDownLeft] + pose.weights[B::MouthUpperUpLeft];
    pose.weights[B::JawOpen] - pose.weights[B::MouthClose] + 0.5 * parting
}

/// The eyes' direction in the world, yaw and pitch in degrees.
pub(crate) fn world(pose: &FacePose) -> [f32; 2] {
    [(pose.gaze_yaw.0 + pose.head_yaw.0).to_degrees(), (pose.gaze_pitch.0 + pose.head_pitch.0).to_degrees()]
}

/// Whether the eyes rest on the partner; a look away goes 6 degrees at least.
pub(crate) fn is_on_partner(pose: &FacePose) -> bool {
    let [yaw, pitch] = world(pose);
    yaw.hypot(pitch) < 5.5
}

/// Yaw, pitch and roll in degrees.
fn head(pose: &FacePose) -> [f32; 3] {
    [pose.head_yaw, pose.head_pitch, pose.head_roll].map(|angle| angle.to_degrees())
}

pub(crate) fn head_speed(pair: &[FacePose]) -> f32 {
    let (from, to) = (head(&pair[0]), head(&pair[1]));
    from.iter().zip(to).map(|(from, to)| ((to - from) * 120.0).powi(2)).sum::<f32>().sqrt()
}

/// Highest less lowest.
fn extent(values: impl Iterator<Item = f32>) -> f32 {
    let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
    high - low
}

#[test]
fn g1_no_weight_jumps() {
    for log in logs() {
        let mut next = 0;
        for triple in log.poses.windows(3) {
            let time = triple[2].at.as_secs();
            while log.closures.get(next).is_some_and(|(_, end)| end + 0.2 < time) {
                next += 1;
            }
            let closes = log.closures.get(next).is_some_and(|(start, _)| start - 0.2 < time);
            for shape in B::ALL {
                let step = (triple[2].weights[shape] - triple[1].weights[shape]).abs();
                let per_sec = match shape {
                    B::JawOpen => 6.0,
                    _ if is_blink(shape) || (closes && closes_lips(shape)) => 14.0,
                    _ => 8.0,
                };
                let (name, who) = (shape.name(), &log.name);
                assert!(step <= per_sec / 120.0 + 1e-4, "{who}: {name} by {step} at {time}");
                let sixtieth = (triple[2].weights[shape] - triple[0].weights[shape]).abs();
                let free = is_blink(shape) || (closes && closes_lips(shape));
                assert!(free || sixtieth <= 0.12 + 1e-4, "{who}: {name} by {sixtieth} at {time}");
            }
        }
    }
}

#[test]
fn g2_eyes_never_stare_and_lids_never_forget() {
    for log in logs() {
        let who = &log.name;
        for window in log.poses.windows(180).step_by(20) {
            let moved = [0, 1].map(|axis| extent(window.iter().map(|pose| world(pose)[axis])));
            assert!(moved[0].max(moved[1]) > 0.1, "{who}: {moved:?} degrees at {:?}", window[0].at);
        }
        let starts: Vec<f64> = log.blocks(BlockKind::Blink).map(|block| block.sync.start.as_secs()).collect();
        let doubles: Vec<f64> = log
            .blocks(BlockKind::Blink)
            .filter(|block| block.cause == Cause::Block(BlockKind::Blink))
            .map(|block| block.sync.start.as_secs())
            .collect();
        for pair in starts.windows(2) {
            let gap = pair[1] - pair[0];
            assert!(gap < 12.0, "{who}: {gap} s without a blink at {}", pair[0]);
            assert!(gap >= 0.5 - 1e-6 || doubles.contains(&pair[1]), "{who}: {gap} s at {}", pair[1]);
        }
        assert!(!doubles.is_empty() && doubles.len() * 4 < starts.len(), "{who}: {}", doubles.len());
        // What is told is what is seen.
        let seen = log
            .poses
            .windows(2)
            .filter(|pair| pair[0].weights[B::EyeBlinkLeft] < 0.4 && pair[1].weights[B::EyeBlinkLeft] >= 0.4);
        assert!(seen.count().abs_diff(starts.len()) <= 2, "{who}");
    }
}

#[test]
fn blinks_are_as_frequent_as_a_person_s() {
    let all: Vec<&Log> = logs().iter().filter(|log| log.is_examiner()).collect();
    let per_minute = |stretches: fn(&Log) -> &[script::Stretch]| {
        let (mut blinks, mut secs) = (0, 0.0);
        for log in &all {
            let stretches = stretches(log);
            secs += stretches.iter().map(|(from, to)| to - from).sum::<f64>();
            let starts = log.blocks(BlockKind::Blink).map(|block| block.sync.start.as_secs());
            blinks += starts.filter(|start| lies_in(stretches, *start, 0.0)).count();
        }
        blinks as f64 / secs * 60.0
    };
    let (listening, speaking) = (per_minute(|log| &log.candidate), per_minute(|log| &log.speech));
    // 95 % ranges of primary gaze and of conversation (Doughty 2001).
    assert!((8.0..=21.0).contains(&listening), "{listening} a minute");
    assert!((10.5..=32.5).contains(&speaking) && speaking > listening, "{speaking} a minute");
    // Some come with a pause within what the face says.
    let with_phrases = |log: &&Log| {
        log.blocks(BlockKind::Blink).filter(|block| block.cause == Cause::Block(BlockKind::Speech)).count()
    };
    assert!(all.iter().map(with_phrases).sum::<usize>() > 20);
}

#[test]
fn g3_lids_follow_the_eyes() {
    for log in logs() {
        let mut checked = 0;
        for window in log.poses.windows(8) {
            let pose = &window[7];
            let still = window.iter().all(|other| (other.gaze_pitch.0 - pose.gaze_pitch.0).abs() < 0.004);
            let travel = pose.gaze_pitch.to_degrees() / 25.0;
            if !still || window.iter().any(|pose| pose.weights[B::EyeBlinkLeft] > 0.0) || travel.abs() < 0.2 {
                continue;
            }
            let shape = if travel > 0.0 { B::EyeLookDownLeft } else { B::EyeLookUpLeft };
            let factor = pose.weights[shape] / travel.abs();
            assert!((factor - 0.6).abs() <= 0.1, "{}: {factor} at {:?}", log.name, pose.at);
            checked += 1;
        }
        assert!(checked > 500, "{}: {checked}", log.name);
    }
}

/// Correlation of a series with itself, `lag` later.
fn autocorrelation(series: &[f64], lag: usize) -> f64 {
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    let variance: f64 = series.iter().map(|value| (value - mean).powi(2)).sum();
    let products = series.iter().zip(&series[lag..]).map(|(a, b)| (a - mean) * (b - mean));
    products.sum::<f64>() / variance
}

#[test]
fn g6_nothing_is_a_metronome() {
    for kind in [BlockKind::Blink, BlockKind::Nod] {
        let gaps_of = |log: &Log| -> Vec<f64> {
            let starts: Vec<f64> = log.blocks(kind).map(|block| block.sync.start.as_secs()).collect();
            starts.windows(2).map(|pair| pair[1] - pair[0]).collect()
        };
        for lag in 1..=3 {
            let of_each = logs().iter().map(|log| {
                let gaps = gaps_of(log);
                assert!(gaps.len() > 20, "{}: {} of {kind:?}", log.name, gaps.len());
                let correlation = autocorrelation(&gaps, lag);
                // A hundred blinks tell it of one log, thirty nods do not.
                assert!(
                    kind == BlockKind::Nod || correlation < 0.3,
                    "{}: {correlation} of {kind:?}, lag {lag}",
                    log.name
                );
                correlation
            });
            let mean = of_each.sum::<f64>() / logs().len() as f64;
            assert!(mean < 0.3, "{mean} of {kind:?}, lag {lag}");
        }
    }
}

#[test]
fn g8_nods_are_welcome_and_never_rapid() {
    for log in logs() {
        let who = &log.name;
        for block in log.blocks(BlockKind::Nod) {
            let start = block.sync.start.as_secs();
            let welcome = log.candidate.iter().any(|(from, to)| (*from..to + 1.0).contains(&start));
            assert!(welcome, "{who}: a nod at {start}");
            let half_cycle = (block.sync.stroke - block.sync.stroke_start).as_secs();
            assert!(0.5 / half_cycle <= 3.7, "{who}: {} Hz", 0.5 / half_cycle);
        }
        let spoken: f64 = log.candidate.iter().map(|(from, to)| to - from).sum();
        let signs = log.blocks(BlockKind::Nod).count() as f64;
        let per_minute = signs / spoken * 60.0;
        assert!((3.0..=12.0).contains(&per_minute), "{who}: {per_minute} nods a minute");
    }
}

#[test]
fn g9_gaze_comes_back() {
    for log in logs() {
        let who = &log.name;
        let mut away = 0;
        for pose in &log.poses {
            let listening = !log.speaks(pose.at.as_secs(), 0.0);
            away = if listening && !is_on_partner(pose) { away + 1 } else { 0 };
            assert!(away <= 480, "{who}: away for 4 s at {:?}", pose.at);
        }
        let (mut looked_back, mut next) = (0, 0);
        for (start, end) in log.speech.iter().filter(|(_, end)| !log.cuts.contains(end)) {
            let end_tick = (end / TICK_SECS) as usize;
            let last = &log.poses[end_tick - 36..end_tick];
            assert!(last.iter().all(is_on_partner), "{who}: looks aside at the end of a turn at {end}");
            let early = &log.poses[((start / TICK_SECS) as usize)..end_tick - 96];
            next += 1;
            looked_back += usize::from(early.iter().any(|pose| !is_on_partner(pose)));
        }
        // It is no stare that is back all the time.
        assert!(looked_back * 3 > next, "{who}: {looked_back} of {next}");
    }
}

#[test]
fn the_examiner_looks_at_the_partner_as_much_as_in_a_call() {
    // Argyle and Cook's shares, raised for a call to 0.85 and 0.65.
    let log = examiner();
    let share = |stretches: &[script::Stretch]| {
        let of_state = log.poses.iter().filter(|pose| lies_in(stretches, pose.at.as_secs(), 0.0));
        let (mut on, mut all) = (0, 0);
        for pose in of_state {
            (on, all) = (on + i32::from(is_on_partner(pose)), all + 1);
        }
        f64::from(on) / f64::from(all)
    };
    let (listening, speaking) = (share(&log.candidate), share(&log.speech));
    assert!((0.75..0.95).contains(&listening), "{listening}");
    assert!((0.55..0.75).contains(&speaking), "{speaking}");
}

#[test]
fn g14_the_head_is_calm_and_never_frozen() {
    for log in logs() {
        let who = &log.name;
        let mut nodding = vec![false; log.poses.len() + 1];
        for block in log.blocks.iter().filter(|b| matches!(b.kind, BlockKind::Nod | BlockKind::Beat)) {
            let (from, to) = (block.sync.start.as_secs() / TICK_SECS, block.sync.end.as_secs() / TICK_SECS);
            let to = (to as usize + 3).min(nodding.len());
            nodding[from as usize..to].fill(true);
        }
        for (index, pair) in log.poses.windows(2).enumerate() {
            let speaks = log.speaks(pair[1].at.as_secs(), TICK_SECS);
            let most = if nodding[index + 1] {
                80.0
            } else if speaks {
                60.0
            } else {
                30.0
            };
            let speed = head_speed(pair);
            assert!(speed <= most, "{who}: {speed} degrees/s at {:?}", pair[1].at);
        }
        for window in log.poses.chunks_exact(240) {
            let moved: [f32; 3] =
                std::array::from_fn(|axis| extent(window.iter().map(|pose| head(pose)[axis])));
            let most = moved.iter().copied().fold(0.0, f32::max);
            assert!(most > 0.1, "{who}: {most} degrees in 2 s from {:?}", window[0].at);
        }
    }
    // Who asks for a still face gets one: nothing moves the head but what happens.
    let still = Profile { liveliness: 0.0, ..Profile::examiner() };
    let poses = script::run(&mut Behaviour::new(still, 3), 0.0, script::MINUTES_10_SECS);
    let first = head(&poses[240]);
    assert!(poses[240..].iter().all(|pose| head(pose) == first));
}

#[test]
fn g16_the_same_seed_and_events_give_the_same_bits() {
    for (case, log) in cases().iter().zip(logs()) {
        assert_eq!(log.poses.len(), 72_000);
        assert!(Log::of(case).poses == log.poses, "{}: another face on the second run", log.name);
        // The same at 25 poses a second, as a film asks for them, and with all events known some seconds ahead.
        let mut face = Behaviour::new(case.profile, case.seed);
        let mut events = script::script(case).0.into_iter().peekable();
        for frame in 0..15_000_i64 {
            let now = Timestamp::from_millis(frame * 40);
            while let Some((time, event)) = events.next_if(|(time, _)| *time < now.as_secs() + 3.0) {
                face.push(script::at(time), event);
            }
            let pose = face.step(now);
            let tick = (frame * 24 / 5) as usize;
            let of_log = &log.poses[tick..tick + 1];
            assert!(of_log[0] == pose, "{}: another face at {now:?}", log.name);
        }
        assert_eq!(face.dropped(), 0);
        let other = script::Case { seed: case.seed + 100, ..case.clone() };
        let other = Log::of(&other).poses;
        let differs = other.iter().zip(&log.poses).filter(|(a, b)| a.weights != b.weights).count();
        assert!(differs > 36_000, "{}: another seed is another face", log.name);
    }
}
