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
struct Draw(u64);

impl Draw {
    fn within(&mut self, low: f64, high: f64) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        low + (high - low) * ((self.0 >> 33) as f64 / f64::from(u32::MAX >> 1))
    }
}

/// What happened, and what the face did.
pub(crate) struct Log {
    pub(crate) poses: Vec<FacePose>,
    pub(crate) blocks: Vec<Block>,
    /// Own speech from and to.
    pub(crate) speech: Vec<(f64, f64)>,
    pub(crate) cues: Vec<VisemeCue>,
    /// The candidate's speech from and to.
    pub(crate) candidate: Vec<(f64, f64)>,
}

impl Log {
    /// Question, answer with opportunities, thought, again and again for ten minutes.
    fn of(profile: Profile, seed: u64, affects: &[Affect]) -> Self {
        let mut face = Behaviour::new(profile, seed);
        let mut draw = Draw(17);
        let (mut events, mut speech, mut cues, mut candidate) = (Vec::new(), vec![], vec![], vec![]);
        let (mut time, mut round) = (1.0, 0_usize);
        while time < MINUTES_10_SECS - 40.0 {
            let sounds = draw.within(20.0, 90.0) as usize;
            let end = time + 0.1 + sounds as f64 * 0.09;
            // No neighbours that both must close.
            let stride = [2, 4, 7, 8, 11, 13][round % 6];
            let visemes = utterance(time + 0.1, sounds, stride);
            cues.extend_from_slice(&visemes.cues);
            if !affects.is_empty() {
                let affect = affects[round % affects.len()];
                events.push((time, Event::Affect { affect, level: draw.within(0.6, 1.0) as f32 }));
            }
            events.push((time, Event::StartSpeaking { visemes, until: at(end) }));
            speech.push((time, end));
            let answer = end + draw.within(0.3, 2.0);
            let answered = answer + draw.within(3.0, 25.0);
            events.push((answer, Event::CandidateSpeaks));
            let mut opportunity = answer + draw.within(1.0, 5.0);
            while opportunity < answered - 0.6 {
                events.push((opportunity, Event::Backchannel));
                opportunity += draw.within(2.6, 7.0);
            }
            if round % 4 == 1 {
                events.push((answer + 1.5, Event::PartnerSmile { width: 0.5 }));
            }
            events.push((answered, Event::CandidatePauses));
            events.push((answered + 0.3, Event::Thinking));
            candidate.push((answer, answered));
            time = answered + draw.within(0.9, 2.5);
            round += 1;
        }
        let (mut poses, mut blocks): (Vec<FacePose>, Vec<Block>) = (Vec::new(), Vec::new());
        let mut events = events.into_iter().peekable();
        for second in 0..MINUTES_10_SECS as i64 {
            let from = second as f64;
            // As in a session, the future is not known.
            while let Some((time, event)) = events.next_if(|(time, _)| *time < from + 1.0) {
                face.push(at(time), event);
            }
            poses.extend(run(&mut face, from, from + 1.0 - TICK_SECS / 2.0));
            let new: Vec<Block> =
                face.blocks().filter(|block| block_is_new(&blocks, block)).copied().collect();
            blocks.extend(new);
        }
        assert_eq!(face.dropped(), 0);
        blocks.sort_by_key(|block| block.sync.start);
        Self { poses, blocks, speech, cues, candidate }
    }

    pub(crate) fn blocks(&self, kind: BlockKind) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.kind == kind)
    }

    /// Whether the face itself speaks at `secs`, or did within `margin` of it.
    pub(crate) fn speaks(&self, secs: f64, margin: f64) -> bool {
        self.speech.iter().any(|(start, end)| (start - margin..end + margin).contains(&secs))
    }
}

fn block_is_new(known: &[Block], block: &Block) -> bool {
    !known.iter().rev().take(600).any(|other| other == block)
}

/// Ten minutes of an examiner, made once.
pub(crate) fn examiner() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| Log::of(Profile::examiner(), 3, &[Affect::Neutral, Affect::Warm, Affect::Worried]))
}

/// Ten minutes of a character of strong affects and as many micro-expressions as a profile may ask for.
pub(crate) fn character() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let mut profile = Profile::character();
        let all = 2.0;
        profile.micro_expression.per_minute.listening = all;
        profile.micro_expression.per_minute.speaking = all;
        profile.micro_expression.per_minute.thinking = all;
        assert_eq!(profile.role, Role::Character);
        profile.check().expect("is in range");
        let affects = [Affect::Angry, Affect::Sad, Affect::Afraid, Affect::Contemptuous, Affect::Relieved];
        Log::of(profile, 8, &affects)
    })
}
