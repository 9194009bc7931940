//! The mouth over ten minutes: never torn (G4), closed where it must be (G10), in time (G15), at rest when it is cut off (G11).

use viva_behaviour::{BlockKind, Cause};
use viva_media::{Blendshape as B, FacePose, Viseme};

use crate::aperture;
use crate::script::{Log, TICK_SECS, logs, must_close};

fn mouth() -> Vec<B> {
    let is_of_mouth =
        |name: &str| name.starts_with("mouth") || name.starts_with("jaw") || name == "tongueOut";
    B::ALL.into_iter().filter(|shape| is_of_mouth(shape.name())).collect()
}

#[test]
fn g4_mouth_is_never_torn() {
    for log in logs() {
        let who = &log.name;
        for pose in &log.poses {
            let weights = &pose.weights;
            let stretch = weights[B::MouthStretchLeft].max(weights[B::MouthStretchRight]);
            let sum = weights[B::JawOpen] + weights[B::MouthFunnel] + stretch;
            assert!(sum <= 1.25, "{who}: {sum} at {:?}", pose.at);
            assert!(weights[B::MouthClose] <= weights[B::JawOpen], "{who} at {:?}", pose.at);
            // The cap needs as long as the mouth to come and go.
            let secs = pose.at.as_secs();
            if log.speech.iter().any(|(start, end)| (start + 0.15..*end).contains(&secs)) {
                let smile = weights[B::MouthSmileLeft].max(weights[B::MouthSmileRight]);
                assert!(smile <= 0.35, "{who}: smile of {smile} at {:?}", pose.at);
            }
        }
    }
}

#[test]
fn g10_lips_close_and_g15_in_time() {
    for log in logs() {
        let who = &log.name;
        let (mut closed_sounds, mut alone) = (0, 0);
        for cue in log.cues.iter().filter(|cue| must_close(cue.viseme)) {
            let middle = (cue.start.as_secs() + cue.end.as_secs()) / 2.0;
            let is_closed = |pose: &FacePose| match cue.viseme {
                // Nine tenths of the way: the lips on each other, the lower lip at the teeth.
                Viseme::Pp => aperture(pose) <= 0.1 && pose.weights[B::MouthRollUpper] >= 0.9 * 0.3,
                _ => pose.weights[B::MouthRollLower] >= 0.9 * 0.55,
            };
            // The closure that is nearest to the sound's middle.
            let tick = (middle / TICK_SECS).round() as usize;
            let nearest =
                (0..12).flat_map(|off| [tick - off, tick + off]).find(|at| is_closed(&log.poses[*at]));
            let nearest = nearest.unwrap_or_else(|| panic!("{who}: {:?} is open at {middle}", cue.viseme));
            let first = (0..nearest).rev().find(|at| !is_closed(&log.poses[*at])).map_or(0, |open| open + 1);
            let last = nearest + log.poses[nearest..].iter().take_while(|pose| is_closed(pose)).count() - 1;
            let count = last - first + 1;
            assert!(count >= 4, "{who}: {:?} closed for {count} points at {middle}", cue.viseme);
            // G15: what is seen leads what is heard by up to 80 ms and never comes more than 20 ms later; of lips that close again at
            // once, what is nearest to it.
            let near = |(start, end): &(f64, f64)| ((start + end) / 2.0 - middle).abs() < 0.25;
            let is_alone = log.closures.iter().filter(|closure| near(closure)).count() == 1;
            let seen = if is_alone { (first + last) as f64 / 2.0 } else { nearest as f64 } * TICK_SECS;
            assert!((-0.08..=0.02).contains(&(seen - middle)), "{who}: {} s at {middle}", seen - middle);
            closed_sounds += 1;
            alone += usize::from(is_alone);
        }
        assert!(closed_sounds > 100 && alone * 3 > closed_sounds, "{who}: {alone} of {closed_sounds}");
        for beat in log.blocks(BlockKind::Beat) {
            let Cause::Stress { at } = beat.cause else { panic!("{beat:?}") };
            let lead = (at - beat.sync.stroke).as_secs();
            assert!((0.0..=0.1).contains(&lead), "{who}: a beat leads by {lead} s");
        }
        assert!(log.blocks(BlockKind::Beat).count() > 30, "{who}");
    }
}

/// When a shape turns from rising to falling, after a rise of at least `least`.
fn tops(log: &Log, shape: B, least: f32) -> Vec<f64> {
    let (mut tops, mut low, mut high, mut rises) = (Vec::new(), f32::MAX, f32::MIN, false);
    for pose in &log.poses {
        let weight = pose.weights[shape];
        if rises {
            high = high.max(weight);
            if weight < high - least {
                tops.push(pose.at.as_secs());
                (rises, low) = (false, weight);
            }
        } else {
            low = low.min(weight);
            if weight > low + least {
                (rises, high) = (true, weight);
            }
        }
    }
    tops
}

#[test]
fn g10_a_mouth_makes_no_more_than_twelve_sounds_a_second() {
    let mut quickest = 0;
    for log in logs() {
        for shape in mouth() {
            let tops = tops(log, shape, 0.03);
            for (index, first) in tops.iter().enumerate() {
                let within = tops[index..].iter().take_while(|top| **top < first + 1.0).count();
                assert!(within <= 12, "{}: {within} of {} at {first}", log.name, shape.name());
                quickest = quickest.max(within);
            }
        }
    }
    // The scripts do speak faster than that.
    let fast = |log: &Log| log.cues.windows(13).any(|cues| (cues[12].start - cues[0].start).as_secs() < 0.9);
    assert!(logs().iter().all(fast) && quickest >= 5, "{quickest}");
}

#[test]
fn g11_the_mouth_is_at_rest_150_ms_after_being_cut_off() {
    let (mut checked, mut was_open) = (0, 0);
    for log in logs() {
        for cut in &log.cuts {
            // What the mouth does besides speaking is no part of it.
            let moves = log.blocks.iter().any(|block| {
                let of_mouth = matches!(
                    block.kind,
                    BlockKind::Affect
                        | BlockKind::MicroExpression
                        | BlockKind::SmileReturn
                        | BlockKind::Swallow
                        | BlockKind::Thought
                );
                of_mouth && block.sync.start.as_secs() < cut + 1.0 && block.sync.end.as_secs() > cut - 0.1
            });
            if moves {
                continue;
            }
            let of = |secs: f64| &log.poses[(secs / TICK_SECS).ceil() as usize];
            let rest = of(cut + 1.0);
            was_open += i32::from(aperture(of(*cut)) > aperture(rest) + 0.1);
            for tick in 0..40 {
                let pose = of(cut + 0.15 + f64::from(tick) * TICK_SECS);
                for shape in mouth() {
                    let off = (pose.weights[shape] - rest.weights[shape]).abs();
                    assert!(off < 0.05, "{}: {} off by {off} at {:?}", log.name, shape.name(), pose.at);
                }
            }
            checked += 1;
        }
    }
    assert!(checked > 40 && was_open > 15, "{was_open} of {checked}");
}
