//! A step of the behaviour allocates nothing: ten minutes of conversation under a counting allocator.
#![allow(unsafe_code, reason = "an allocator can only be written with it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use viva_behaviour::{Behaviour, BlockKind, Event, Profile, Role};
use viva_exchange::Affect;
use viva_media::{Timestamp, Viseme, VisemeCue, VisemeTrack};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; the counter allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: as of the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: as of the caller.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: as of the caller.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn count() -> u64 {
    COUNT.with(Cell::get)
}

fn utterance(start: f64) -> VisemeTrack {
    let cue = |index: i32| VisemeCue {
        start: Timestamp::from_secs(start + f64::from(index) * 0.09),
        end: Timestamp::from_secs(start + f64::from(index + 1) * 0.09),
        viseme: Viseme::ALL[(index as usize * 4 + 1) % 15],
        stressed: index % 5 == 2,
    };
    VisemeTrack { cues: (0..60).map(cue).collect() }
}

#[test]
fn a_step_neither_allocates_nor_frees() {
    let before = count();
    drop(Box::new(1));
    assert_eq!(count() - before, 2, "the counter counts");

    let mut face = Behaviour::new(Profile::examiner(), 5);
    let mut in_steps = 0;
    let affects = [Affect::Neutral, Affect::Warm, Affect::Angry, Affect::Sad];
    for second in 0..600_u32 {
        let now = f64::from(second);
        let at = Timestamp::from_secs(now);
        // What is pushed may be freed there: it is no step.
        match second % 20 {
            0 => {
                let affect = affects[(second / 20) as usize % 4];
                face.push(at, Event::Affect { affect, level: 0.8 });
                let role = if second % 80 < 40 { Role::Examiner } else { Role::Character };
                face.push(at, Event::Role(role));
                let until = Timestamp::from_secs(now + 5.5);
                face.push(at, Event::StartSpeaking { visemes: utterance(now + 0.1), until });
            }
            3 if second % 40 == 3 => face.push(at, Event::StopSpeaking),
            6 => face.push(at, Event::Listening),
            7 => face.push(at, Event::CandidateSpeaks),
            8 => face.push(at, Event::CandidateLooksAway),
            9 | 13 => face.push(at, Event::Backchannel),
            10 => face.push(at, Event::CandidateLooksBack),
            11 => face.push(at, Event::PartnerSmile { width: 0.5 }),
            12 => face.push(at, Event::Topic),
            17 => face.push(at, Event::CandidatePauses),
            18 => face.push(at, Event::Thinking),
            _ => {}
        }
        for frame in 1..=60 {
            // As a session tells the loudness of what it says.
            let now = Timestamp::from_secs(now + f64::from(frame) / 60.0);
            face.push(now, Event::LoudnessRms(0.05 + 0.001 * frame as f32));
            let before = count();
            face.step(now);
            in_steps += count() - before;
        }
    }
    assert_eq!(in_steps, 0);
    let did = |kind| face.blocks().any(|block| block.kind == kind);
    let missing: Vec<_> = BlockKind::ALL.into_iter().filter(|kind| !did(*kind)).collect();
    assert!(missing.is_empty(), "it did not show {missing:?}");
    assert_eq!(face.dropped(), 0);
}
