//! Ten minutes of conversation, and the log of what the face did in it.

use std::sync::OnceLock;

use viva_behaviour::{Behaviour, Block, BlockKind, Event, Profile, Role};
use viva_exchange::Affect;
use viva_media::{FacePose, Timestamp, Viseme, VisemeCue, VisemeTrack};

pub(crate) const MINUTES_10_SECS: f64 = 600.0;
/// From one pose of the log to the next.
pub(crate) const TICK_SECS: f64 = 1.0 / 120.0;

pub(crate) fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs)
}

pub(crate) fn must_close(viseme: Viseme) -> bool {
    matches!(viseme, Viseme::Pp | Viseme::Ff)
}

/// A made-up utterance: `count` sounds of 90 ms.
pub(crate) fn utterance(start: f64, count: usize, stride: usize) -> VisemeTrack {
    let cues = (0..count).map(|index| VisemeCue {
        start: at(start + index as f64 * 0.09),
        end: at(start + (index + 1) as f64 * 0.09),
        viseme: Viseme::ALL[(index * stride + 1) % 15],
        stressed: index % 5 == 2,
    });
    VisemeTrack { cues: cues.collect() }
}

pub(crate) fn run(face: &mut Behaviour, from: f64, to: f64) -> Vec<FacePose> {
    let (first, last) = ((from * 120.0).ceil() as i64, (to * 120.0) as i64);
    (first..=last).map(|tick| face.step(Timestamp::from_nanos(tick * 25_000_000 / 3 + 1))).collect()
}

/// A small generator of its own, so that the script does not follow the face's.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn within(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.0 >> 33) as f64 / f64::from(u32::MAX >> 1))
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[(self.within(0.0, items.len() as f64) as usize).min(items.len() - 1)]
    }

    /// Speech of `sounds` sounds as a synthesiser times it: syllables of drawn lengths, phrases, stress; `pace` above 1 is faster.
    fn speech(&mut self, start: f64, sounds: usize, pace: f64) -> Vec<VisemeCue> {
        use Viseme::{Aa, Ch, Dd, E, Ff, I, Kk, Nn, O, Pp, Rr, Sil, Ss, Th, U};
        let (mut time, mut cues, mut in_phrase) = (start, Vec::new(), 0);
        while cues.len() < sounds {
            in_phrase += 1;
            let is_vowel = in_phrase % 2 == 0;
            let is_cluster = is_vowel && self.within(0.0, 1.0) < 0.2;
            let (viseme, secs) = if in_phrase > 14 && self.within(0.0, 1.0) < 0.4 {
                in_phrase = 0;
                (Sil, self.within(0.15, 0.4))
            } else if is_vowel && !is_cluster {
                (self.of(&[Aa, E, I, O, U]), self.within(0.06, 0.16))
            } else {
                (self.of(&[Pp, Ff, Th, Dd, Kk, Ch, Ss, Nn, Rr]), self.within(0.045, 0.095))
            };
            let end = time + secs / if viseme == Sil { 1.0 } else { pace };
            let stressed = is_vowel && !is_cluster && viseme != Sil && self.within(0.0, 1.0) < 0.35;
            cues.push(VisemeCue { start: at(time), end: at(end), viseme, stressed });
            time = end;
        }
        cues
    }
}

/// From and to, in seconds.
pub(crate) type Stretch = (f64, f64);

/// What happened, and what the face did.
pub(crate) struct Log {
    pub(crate) name: String,
    pub(crate) poses: Vec<FacePose>,
    pub(crate) blocks: Vec<Block>,
    /// Own speech; what was cut short ends at the cut.
    pub(crate) speech: Vec<Stretch>,
    /// The sounds that were said to their ends.
    pub(crate) cues: Vec<VisemeCue>,
    /// When lips had to close, or would have had to, had the face not been cut off.
    pub(crate) closures: Vec<Stretch>,
    /// When the face was cut off.
    pub(crate) cuts: Vec<f64>,
    /// The candidate's speech without its pauses.
    pub(crate) candidate: Vec<Stretch>,
    /// The face thinks.
    pub(crate) thought: Vec<Stretch>,
    /// The face is the examiner.
    pub(crate) examiner: Vec<Stretch>,
}

/// Whom a log is of.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) profile: Profile,
    pub(crate) seed: u64,
    pub(crate) affects: Vec<Affect>,
    /// Examiner and character take turns.
    pub(crate) changes_role: bool,
}

/// What is told the face, in the order of the times, and the log without what it does.
pub(crate) fn script(case: &Case) -> (Vec<(f64, Event)>, Log) {
    let mut log = Log {
        name: format!("{:?} {:?}, seed {}", case.profile.role, case.affects, case.seed),
        poses: Vec::new(),
        blocks: Vec::new(),
        speech: Vec::new(),
        cues: Vec::new(),
        closures: Vec::new(),
        cuts: Vec::new(),
        candidate: Vec::new(),
        thought: Vec::new(),
        examiner: Vec::new(),
    };
    let (mut events, mut draw) = (Vec::new(), Draw(17 + case.seed));
    let (mut time, mut round) = (1.0, 0_usize);
    let (mut role, mut examiner_since) = (case.profile.role, 0.0);
    while time < MINUTES_10_SECS - 60.0 {
        let affect = case.affects[round % case.affects.len()];
        let wanted = if !case.changes_role {
            role
        } else if round / 3 % 2 == 0 {
            Role::Examiner
        } else {
            Role::Character
        };
        if wanted != role {
            match wanted {
                Role::Examiner => examiner_since = time,
                Role::Character => log.examiner.push((examiner_since, time)),
            }
            role = wanted;
        }
        events.push((time, Event::Role(role)));
        events.push((time, Event::Affect { affect, level: draw.of(&[0.6, 1.0]) }));
        if round % 2 == 0 {
            events.push((time, Event::Topic));
        }
        time = say(&mut draw, &mut events, &mut log, time, round);
        time = answer(&mut draw, &mut events, &mut log, time, round);
        round += 1;
    }
    if role == Role::Examiner {
        log.examiner.push((examiner_since, MINUTES_10_SECS));
    }
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    (events, log)
}

/// The face speaks, and is cut off in every third round at some moment of it. Gives the end.
fn say(draw: &mut Draw, events: &mut Vec<(f64, Event)>, log: &mut Log, start: f64, round: usize) -> f64 {
    let sounds = draw.within(20.0, 90.0) as usize;
    let pace = if round % 4 == 2 { 1.5 } else { 1.0 };
    let cues = draw.speech(start + 0.1, sounds, pace);
    let planned = cues.last().map_or(start, |cue| cue.end.as_secs());
    let is_cut = round % 3 == 2;
    let end = if is_cut { draw.within(start + 0.3, planned - 0.2) } else { planned };
    log.cues.extend(cues.iter().filter(|cue| cue.end.as_secs() <= end - if is_cut { 0.1 } else { 0.0 }));
    let closing = cues.iter().filter(|cue| must_close(cue.viseme));
    log.closures.extend(closing.map(|cue| (cue.start.as_secs(), cue.end.as_secs())));
    events.push((start, Event::StartSpeaking { visemes: VisemeTrack { cues }, until: at(planned) }));
    let mut loud = start;
    while loud < end {
        events.push((loud, Event::LoudnessRms(draw.within(0.0, 0.2) as f32)));
        loud += 0.02;
    }
    log.speech.push((start, end));
    if is_cut {
        events.push((end - 0.25, Event::CandidateSpeaks));
        events.push((end, Event::StopSpeaking));
        log.cuts.push(end);
    }
    events.push((end, Event::Listening));
    end
}

/// The candidate speaks with pauses, looks away and back, smiles before it; the face nods, and thinks at the end. Gives the next begin.
fn answer(draw: &mut Draw, events: &mut Vec<(f64, Event)>, log: &mut Log, end: f64, round: usize) -> f64 {
    // Who cut in speaks already.
    let was_cut = log.cuts.last() == Some(&end);
    let mut from = if was_cut { end - 0.25 } else { end + draw.within(0.3, 2.0) };
    if round % 4 == 1 {
        events.push((end + 0.2, Event::PartnerSmile { width: draw.within(0.3, 1.0) as f32 }));
    }
    for part in 0..3 {
        let to = from + draw.within(2.0, 9.0);
        if !(was_cut && part == 0) {
            events.push((from, Event::CandidateSpeaks));
        }
        let mut opportunity = from + draw.within(0.8, 4.0);
        while opportunity < to + 0.4 {
            events.push((opportunity, Event::Backchannel));
            opportunity += draw.within(2.6, 6.0);
        }
        if draw.within(0.0, 1.0) < 0.6 {
            let away = draw.within(from, to);
            events.push((away, Event::CandidateLooksAway));
            events.push((away + draw.within(0.3, 3.0), Event::CandidateLooksBack));
        }
        events.push((to, Event::CandidatePauses));
        log.candidate.push((from, to));
        let is_last = part == 2 || draw.within(0.0, 1.0) < 0.4;
        if is_last || draw.within(0.0, 1.0) < 0.3 {
            events.push((to + 0.3, Event::Thinking));
        }
        if is_last {
            let next = to + draw.within(0.9, 5.0);
            log.thought.push((to + 0.3, next));
            return next;
        }
        // The floor was taken, or nearly, and the candidate goes on.
        from = to + draw.within(0.35, 1.5);
    }
    unreachable!("the last part returns")
}

impl Log {
    /// The face of `case` through its script.
    pub(crate) fn of(case: &Case) -> Self {
        let mut face = Behaviour::new(case.profile, case.seed);
        let (events, mut log) = script(case);
        let mut events = events.into_iter().peekable();
        let mut known = 0;
        for second in 0..MINUTES_10_SECS as i64 {
            let from = second as f64;
            // As in a session, the future is not known.
            while let Some((time, event)) = events.next_if(|(time, _)| *time < from + 1.0) {
                face.push(at(time), event);
            }
            log.poses.extend(run(&mut face, from, from + 1.0 - TICK_SECS / 2.0));
            let new = (face.block_count() - known) as usize;
            known = face.block_count();
            let told = face.blocks().count();
            log.blocks.extend(face.blocks().skip(told - new));
        }
        assert_eq!(face.dropped(), 0);
        log.blocks.sort_by_key(|block| block.sync.start);
        log
    }

    pub(crate) fn blocks(&self, kind: BlockKind) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }

    /// Whether the face itself speaks at `secs`, or did within `margin` of it.
    pub(crate) fn speaks(&self, secs: f64, margin: f64) -> bool {
        lies_in(&self.speech, secs, margin)
    }

    pub(crate) fn is_examiner(&self) -> bool {
        self.examiner == [(0.0, MINUTES_10_SECS)]
    }
}

/// Whether `secs` lies in one of the stretches, or within `margin` of it.
pub(crate) fn lies_in(stretches: &[Stretch], secs: f64, margin: f64) -> bool {
    stretches.iter().any(|(start, end)| (start - margin..end + margin).contains(&secs))
}

/// An examiner whatever affect is ordered, a character in each affect alone, and a scene in which both take turns. The
/// character shows as many micro-expressions as a profile may ask for.
pub(crate) fn cases() -> Vec<Case> {
    let mut character = Profile::character();
    let most = 2.0;
    character.micro_expression.per_minute.listening = most;
    character.micro_expression.per_minute.speaking = most;
    character.micro_expression.per_minute.thinking = most;
    character.check().expect("is in range");
    let of = |profile, seed, affects: &[Affect], changes_role| Case {
        profile,
        seed,
        affects: affects.to_vec(),
        changes_role,
    };
    let examiner = Profile::examiner();
    let mut cases = vec![
        of(examiner, 3, &[Affect::Neutral, Affect::Warm, Affect::Worried], false),
        of(examiner, 4, &Affect::ALL, false),
        of(Profile { role: Role::Examiner, ..character }, 5, &Affect::ALL, true),
    ];
    cases
        .extend(Affect::ALL.into_iter().zip(8..).map(|(affect, seed)| of(character, seed, &[affect], false)));
    cases
}

/// Ten minutes of each case, made once.
pub(crate) fn logs() -> &'static [Log] {
    static LOGS: OnceLock<Vec<Log>> = OnceLock::new();
    LOGS.get_or_init(|| cases().iter().map(Log::of).collect())
}

/// Ten minutes of an examiner as sessions have it.
pub(crate) fn examiner() -> &'static Log {
    &logs()[0]
}
