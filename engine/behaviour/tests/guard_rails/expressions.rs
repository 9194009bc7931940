//! Expressions over ten minutes: of the whole face (G5), begun together (G7), uneven (G6), without a verdict (G12), and rare (G13).

use viva_behaviour::{ActionUnit, Block, BlockKind, Profile};
use viva_exchange::Affect;
use viva_media::{Blendshape as B, FacePose};

use crate::extent;
use crate::script::{Log, TICK_SECS, cases, lies_in, logs};

fn shapes(wanted: impl Fn(&str) -> bool) -> Vec<B> {
    B::ALL.into_iter().filter(|shape| wanted(shape.name())).collect()
}

#[test]
fn g5_no_mouth_moves_alone() {
    let mouth = shapes(|name| name.starts_with("mouth") || name.starts_with("jaw"));
    // Lids that go with the eyes answer nothing.
    let upper =
        shapes(|name| name.starts_with("brow") || name.starts_with("eye") && !name.starts_with("eyeLook"));
    for log in logs() {
        let (mut silent, mut spoken) = (0, 0);
        for index in 20..log.poses.len() - 20 {
            let secs = log.poses[index].at.as_secs();
            let speaks = log.speaks(secs, 0.5);
            // 50 ms of a sound, or of an expression, which is slower.
            let least = if speaks { 0.1 } else { 0.02 };
            let (from, to) = (&log.poses[index - 6], &log.poses[index]);
            if mouth.iter().any(|shape| (to.weights[*shape] - from.weights[*shape]).abs() > least) {
                // 60 ms are seven points.
                let around = &log.poses[index - 13..=index + 7];
                let moves = |shape: &B| extent(around.iter().map(|pose| pose.weights[*shape]));
                let answered = upper.iter().any(|shape| moves(shape) > if speaks { 0.005 } else { 0.004 });
                assert!(answered, "{}: the mouth moves alone at {secs}", log.name);
                *if speaks { &mut spoken } else { &mut silent } += 1;
            }
        }
        assert!(silent > 50 && spoken > 5000, "{}: {silent} {spoken}", log.name);
    }
}

#[test]
fn g6_halves_of_a_face_are_never_a_mirror() {
    let lefts = shapes(|name| {
        let is_pair = name.ends_with("Left") && !["jawLeft", "mouthLeft"].contains(&name);
        is_pair && !name.starts_with("eyeLook") && !name.starts_with("eyeBlink")
    });
    assert_eq!(lefts.len(), 13);
    let pairs = lefts.into_iter().map(|left| {
        let right = left.name().replace("Left", "Right");
        (left, B::ALL.into_iter().find(|shape| shape.name() == right).expect("has another half"))
    });
    let pairs: Vec<(B, B)> = pairs.collect();
    for log in logs() {
        for &(left, right) in &pairs {
            // Halves may cross, but stay together at no time. Both ends of the range are common to them.
            let is_mirror = |pose: &FacePose| {
                let (a, b) = (pose.weights[left], pose.weights[right]);
                a == b && a > 0.01 && a < 0.999
            };
            for pair in log.poses.windows(2) {
                assert!(!pair.iter().all(is_mirror), "{}: {} at {:?}", log.name, left.name(), pair[0].at);
            }
        }
    }
}

/// Shapes that blinks and the gaze leave alone.
fn moved_by_expressions() -> Vec<B> {
    shapes(|name| !["eyeLook", "eyeBlink", "eyeWide"].iter().any(|lids| name.starts_with(lids)))
}

/// Other acts of the face that move its shapes from the begin of `block` to `top`.
fn is_disturbed(log: &Log, block: &Block, top: f64) -> bool {
    let start = block.sync.start.as_secs();
    let disturbs = |other: &&Block| {
        let moves_shapes = matches!(
            other.kind,
            BlockKind::Affect
                | BlockKind::MicroExpression
                | BlockKind::SmileReturn
                | BlockKind::BrowFlash
                | BlockKind::Swallow
                | BlockKind::Thought
        );
        let near = other.sync.start.as_secs() < top + 0.1 && other.sync.end.as_secs() > start - 0.3;
        moves_shapes && near && *other != block
    };
    let length = top - start;
    (0..=4).any(|part| log.speaks(start + length * f64::from(part) / 4.0, 0.6))
        || lies_in(&log.thought, start, 0.6)
        || log.blocks.iter().any(|other| disturbs(&other))
}

#[test]
fn g7_units_of_one_expression_begin_together() {
    let kinds = [
        (BlockKind::MicroExpression, 20),
        (BlockKind::SmileReturn, 10),
        (BlockKind::BrowFlash, 20),
        (BlockKind::Swallow, 5),
    ];
    for (kind, least) in kinds {
        let mut checked = 0;
        for log in logs() {
            for block in log.blocks(kind) {
                let (start, top) = (block.sync.start.as_secs(), block.sync.ready.as_secs());
                if is_disturbed(log, block, top) {
                    continue;
                }
                let (from, to) = ((start / TICK_SECS) as usize, (top / TICK_SECS) as usize + 2);
                let first = &log.poses[from].weights;
                let onsets: Vec<usize> = moved_by_expressions()
                    .into_iter()
                    .filter(|shape| (log.poses[to].weights[*shape] - first[*shape]).abs() > 0.02)
                    .filter_map(|shape| {
                        let whole = log.poses[to].weights[shape] - first[shape];
                        let part = |index: &usize| (log.poses[*index].weights[shape] - first[shape]) / whole;
                        (from..to).find(|index| part(index) > 0.1)
                    })
                    .collect();
                if let (Some(earliest), Some(latest)) = (onsets.iter().min(), onsets.iter().max()) {
                    let spread = (latest - earliest) as f64 * TICK_SECS;
                    assert!(spread <= 0.0301, "{}: {spread} s of {block:?}: {onsets:?}", log.name);
                    checked += usize::from(onsets.len() > 1);
                }
            }
        }
        assert!(checked >= least, "{checked} of {kind:?}");
    }
}

/// How much of the negative prototypes a face shows: of each the least of its units, of contempt the difference of its halves.
fn negative(pose: &FacePose) -> [(&'static str, f32); 4] {
    let of = |shape: B| pose.weights[shape];
    let both = |left: B, right: B| of(left).max(of(right));
    let brow = both(B::BrowDownLeft, B::BrowDownRight);
    let wide = both(B::EyeWideLeft, B::EyeWideRight);
    let squint = both(B::EyeSquintLeft, B::EyeSquintRight);
    let press = both(B::MouthPressLeft, B::MouthPressRight);
    let raised = both(B::NoseSneerLeft, B::NoseSneerRight);
    let stretch = both(B::MouthStretchLeft, B::MouthStretchRight);
    let uneven = |left: B, right: B| (of(left) - of(right)).abs();
    [
        ("anger", brow.min(squint.max(wide)).min(press)),
        ("disgust", raised),
        (
            "contempt",
            uneven(B::MouthDimpleLeft, B::MouthDimpleRight)
                .max(uneven(B::MouthSmileLeft, B::MouthSmileRight)),
        ),
        ("fear", of(B::BrowInnerUp).min(wide).min(stretch.max(of(B::JawOpen)))),
    ]
}

#[test]
fn g12_an_examiner_shows_nothing_negative() {
    let never = [B::NoseSneerLeft, B::NoseSneerRight, B::MouthFrownLeft, B::MouthFrownRight];
    // Sounds move these, nothing else does.
    let silent = [B::MouthDimpleLeft, B::MouthDimpleRight, B::MouthUpperUpLeft, B::MouthUpperUpRight];
    let (mut checked, mut returns) = (0, 0);
    for log in logs().iter().filter(|log| !log.examiner.is_empty()) {
        let who = &log.name;
        for &(from, to) in &log.examiner {
            returns += i32::from(from > 0.0);
            // Who was another person is the examiner again in a second.
            let from = if from > 0.0 { from + 1.0 } else { 0.0 };
            for pose in log.poses.iter().filter(|pose| (from..to).contains(&pose.at.as_secs())) {
                let at = pose.at;
                // What sounds do to the lips is no expression.
                let lips_rest = !log.speaks(at.as_secs(), 0.3);
                assert!(never.iter().all(|shape| pose.weights[*shape] == 0.0), "{who}: {at:?}");
                if lips_rest {
                    assert!(silent.iter().all(|shape| pose.weights[*shape] < 1e-3), "{who}: {at:?}");
                }
                // A concerned brow and a thinker's may meet.
                assert!(pose.weights[B::BrowDownLeft] <= 0.3, "{who}: {at:?}");
                for (name, level) in negative(pose).into_iter().filter(|_| lips_rest) {
                    assert!(level <= 0.1, "{who}: {name} of {level} at {at:?}");
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 150_000 && returns > 2, "{checked} poses, {returns} returns");
}

#[test]
fn g12_a_character_shows_its_affect_in_full() {
    let palette = Profile::character().affect.character;
    for affect in Affect::ALL {
        let case =
            cases().into_iter().position(|case| case.affects == [affect]).expect("has its ten minutes");
        let log = &logs()[case];
        let shown = palette.of(affect);
        for unit in ActionUnit::ALL {
            let full = shown.units.0[unit as usize] + shown.right.0[unit as usize];
            let Some(&(shape, share)) = unit.blendshapes().last().filter(|_| full >= 0.2) else { continue };
            let most = log.poses.iter().map(|pose| pose.weights[shape]).fold(0.0, f32::max);
            assert!(most >= 0.85 * full * share, "{affect:?}: {most} of {full} of {unit:?}");
        }
    }
    // The rail is not passed by showing nothing at all.
    let of = |affect: Affect| {
        let case =
            cases().into_iter().position(|case| case.affects == [affect]).expect("has its ten minutes");
        let half_a_second = |name: &str| {
            let shown = logs()[case]
                .poses
                .iter()
                .filter(|pose| negative(pose).iter().any(|(of, level)| *of == name && *level > 0.2));
            shown.count() > 10_000
        };
        ["anger", "disgust", "contempt", "fear"].map(half_a_second)
    };
    assert_eq!(of(Affect::Angry), [true, true, false, false]);
    assert_eq!(of(Affect::Contemptuous), [false, false, true, false]);
    assert_eq!(of(Affect::Afraid), [false, false, false, true]);
}

#[test]
fn g13_micro_expressions_are_short_weak_and_rare() {
    let mut total = 0;
    for (case, log) in cases().iter().zip(logs()) {
        let who = &log.name;
        let all: Vec<_> = log.blocks(BlockKind::MicroExpression).collect();
        total += all.len();
        let is_often = case.profile.micro_expression.per_minute.listening > 1.0;
        assert!(all.len() >= if is_often { 8 } else { 1 }, "{who}: {}", all.len());
        for block in &all {
            let length = (block.sync.end - block.sync.start).as_secs();
            assert!((0.159..=0.48).contains(&length) && block.strength <= 0.35, "{who}: {block:?}");
            let onset = (block.sync.ready - block.sync.start).as_secs();
            assert!(onset <= 0.26, "{who}: onset of {onset} s");
        }
        for pair in all.windows(2) {
            assert!((pair[1].sync.start - pair[0].sync.end).as_secs() >= 8.0, "{who}: {pair:?}");
        }
        for block in &all {
            let in_minute = |other: &&&Block| {
                let after = (other.sync.start - block.sync.start).as_secs();
                (0.0..60.0).contains(&after)
            };
            assert!(all.iter().filter(in_minute).count() <= 2, "{who}");
        }
        // What is told is what is seen: it rises, and half a second later it is gone.
        for block in all {
            let (start, top) = (block.sync.start.as_secs(), block.sync.ready.as_secs());
            if is_disturbed(log, block, start + 0.6) {
                continue;
            }
            let of = |secs: f64| &log.poses[(secs / TICK_SECS).ceil() as usize].weights;
            let face = moved_by_expressions();
            let change = |secs: f64| {
                let changes = face.iter().map(|shape| (of(secs)[*shape] - of(start)[*shape]).abs());
                changes.fold(0.0, f32::max)
            };
            let (risen, left) = (change(top + 0.02), change(start + 0.5));
            assert!((0.04..=0.36).contains(&risen), "{who}: {risen} at {start}");
            assert!(left < 0.02, "{who}: {left} is left of it at {start}");
        }
    }
    assert!(total > 80, "{total}");
}
