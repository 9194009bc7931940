//! Who holds the floor, tick by tick.

use viva_exchange::{QuestionContext, TurnEvent, TurnEventKind};
use viva_media::{TICK, TimeSpan, Timestamp};

use crate::forecast::FloorForecast;
use crate::overheard::{Overheard, Overhearing};
use crate::second_look::Onset;
use crate::{Patience, PatienceChange, PatienceConfig, PolicyConfig, RulesConfig};

/// How the floor is decided.
#[derive(Clone, Copy, Debug)]
pub struct FloorConfig {
    /// Patience and its limits.
    pub patience: PatienceConfig,
    /// The judgement where there is no forecast.
    pub rules: RulesConfig,
    /// The judgement from forecasts.
    pub policy: PolicyConfig,
    /// An opinion counts so long after it was asked for, not before: a machine that is quicker decides nothing else. One that is late
    /// counts when it is there; no decision waits for it.
    pub opinion_after: TimeSpan,
    /// Voice that must have been heard before a pause can end a turn ...
    pub min_turn: TimeSpan,
    /// ... unless it lasts this long: a short "yes" is an answer, too.
    pub short_turn_after: TimeSpan,
    /// A listener's sign at most this often.
    pub backchannel_gap: TimeSpan,
    /// After so long without one the listener seems absent: then every pause will do, and be it the end of the turn.
    pub backchannel_due: TimeSpan,
    /// Speech that must precede a listener's sign.
    pub backchannel_after: TimeSpan,
}

impl Default for FloorConfig {
    fn default() -> Self {
        Self {
            patience: PatienceConfig::default(),
            rules: RulesConfig::default(),
            policy: PolicyConfig::default(),
            opinion_after: TimeSpan::from_millis(200),
            min_turn: TimeSpan::from_millis(200),
            short_turn_after: TimeSpan::from_millis(2000),
            backchannel_gap: TimeSpan::from_millis(5000),
            backchannel_due: TimeSpan::from_millis(7000),
            backchannel_after: TimeSpan::from_millis(1200),
        }
    }
}

/// An answer of the end-of-turn network about the pause that began at `pause_start`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opinion {
    /// Which pause it is about.
    pub pause_start: Timestamp,
    /// Probability in 0..=1 that the turn is over.
    pub p_end: f32,
}

/// What is known on one tick.
#[derive(Clone, Copy, Debug)]
pub struct FloorInput {
    /// End of the tick.
    pub at: Timestamp,
    /// True while the candidate speaks.
    pub speaking: bool,
    /// When the candidate's running or last speech began.
    pub speech_start: Option<Timestamp>,
    /// When it ended; while speaking, the newest voiced moment.
    pub speech_end: Option<Timestamp>,
    /// True where the microphone holds a sound that stands out of the room.
    pub sounds: bool,
    /// True while the assessor's voice is on the loudspeaker.
    pub assessor_speaks: bool,
    /// The question that is waiting for an answer.
    pub question: Option<QuestionContext>,
    /// An opinion that has just arrived.
    pub opinion: Option<Opinion>,
    /// What the flow-net forecasts; without it the rules judge.
    pub forecast: Option<FloorForecast>,
}

impl FloorInput {
    /// A tick in which nobody has ever spoken.
    #[must_use]
    pub fn silence(at: Timestamp) -> Self {
        Self {
            at,
            speaking: false,
            speech_start: None,
            speech_end: None,
            sounds: false,
            assessor_speaks: false,
            question: None,
            opinion: None,
            forecast: None,
        }
    }
}

/// Who holds the floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloorHolder {
    /// The assessor speaks.
    Assessor,
    /// The candidate has the floor and has not begun.
    Awaited,
    /// The candidate speaks or pauses inside the turn.
    Candidate,
    /// The candidate's turn is over and the reply has not begun.
    Nobody,
}

/// What a judgement says about a tick of the candidate's turn, with its reason.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Let the candidate go on.
    Wait,
    /// The turn may be over: begin to work on a reply.
    Prepare(String),
    /// Take the floor.
    Commit(String),
}

/// What was decided on one tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FloorTick {
    /// Decisions, in order; at most two per tick.
    pub events: Vec<TurnEvent>,
    /// Set where the end-of-turn network should be asked about the pause that began then.
    pub ask: Option<Timestamp>,
    /// The patience from now on, where it has changed.
    pub patience: Option<PatienceChange>,
    /// What sounded over the assessor's voice and has ended.
    pub overheard: Option<Overheard>,
}

/// The floor with its memory: one turn and the speaker's pace. Constant memory.
#[derive(Clone, Debug)]
pub struct Floor {
    config: FloorConfig,
    patience: Patience,
    holder: FloorHolder,
    turn_start: Option<Timestamp>,
    /// Voice heard since the candidate was given the floor.
    heard: TimeSpan,
    pause: Option<Pause>,
    prepared: Option<Timestamp>,
    last_backchannel: Option<Timestamp>,
    /// Ticks for which somebody has wanted the floor.
    wanting: u32,
    yielded: bool,
    overhearing: Overhearing,
    /// A turn has ended since the assessor spoke last: what is heard now may be the tail of its voice.
    has_committed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    start: Timestamp,
    /// When an opinion was asked for.
    asked: Option<Timestamp>,
    p_end: Option<f32>,
    nodded: bool,
    onset: Onset,
}

impl Pause {
    /// The opinion, once it counts.
    fn opinion(&self, at: Timestamp, config: &FloorConfig) -> Option<f32> {
        self.p_end.filter(|_| self.asked.is_some_and(|asked| at - asked >= config.opinion_after))
    }
}

impl Floor {
    /// The floor at the start of a session, when nobody holds it.
    #[must_use]
    pub fn new(config: FloorConfig) -> Self {
        Self {
            patience: Patience::new(config.patience),
            config,
            holder: FloorHolder::Nobody,
            turn_start: None,
            heard: TimeSpan::ZERO,
            pause: None,
            prepared: None,
            last_backchannel: None,
            wanting: 0,
            yielded: false,
            overhearing: Overhearing::default(),
            has_committed: false,
        }
    }

    /// Who holds the floor after the last tick.
    #[must_use]
    pub fn holder(&self) -> FloorHolder {
        self.holder
    }

    /// When the candidate's running turn began.
    #[must_use]
    pub fn turn_start(&self) -> Option<Timestamp> {
        self.turn_start
    }

    /// Takes one tick and decides.
    pub fn step(&mut self, input: &FloorInput) -> FloorTick {
        let over = input.forecast.as_ref().filter(|_| input.assessor_speaks);
        let mut tick = FloorTick {
            overheard: self.overhearing.step(input.at, input.sounds, over),
            ..FloorTick::default()
        };
        if input.assessor_speaks {
            self.over_assessor(input, &mut tick);
            return tick;
        }
        self.wanting = 0;
        if self.holder == FloorHolder::Assessor {
            self.give(if input.question.is_some() || self.yielded {
                FloorHolder::Awaited
            } else {
                FloorHolder::Nobody
            });
        }
        if self.holder == FloorHolder::Nobody {
            // Speech that nobody asked for still opens a turn, so that "stop, please" is heard at any time.
            if input.question.is_none() && !self.yielded && !input.speaking {
                return tick;
            }
            self.holder = FloorHolder::Awaited;
        }
        if input.forecast.map_or(input.speaking, |forecast| forecast.voice >= 0.5) {
            self.heard = self.heard + TICK;
        }
        if input.speaking {
            self.speech(input, &mut tick);
        } else {
            self.silence(input, &mut tick);
        }
        tick.patience = self.patience.change(input.at, input.question.as_ref());
        self.judge(input, &mut tick);
        tick
    }

    /// Forgets the session.
    pub fn reset(&mut self) {
        *self = Self::new(self.config);
    }

    /// Hands the floor on and forgets the turn.
    fn give(&mut self, holder: FloorHolder) {
        self.holder = holder;
        (self.turn_start, self.pause, self.prepared, self.heard) = (None, None, None, TimeSpan::ZERO);
    }

    fn over_assessor(&mut self, input: &FloorInput, tick: &mut FloorTick) {
        if self.holder != FloorHolder::Assessor {
            self.give(FloorHolder::Assessor);
            (self.wanting, self.yielded, self.has_committed) = (0, false, false);
        }
        let run = match (input.speaking, input.speech_start) {
            (true, Some(start)) => input.at - start,
            _ => TimeSpan::ZERO,
        };
        let wants = match &input.forecast {
            Some(forecast) => self.config.policy.interrupts(forecast),
            None => run >= self.config.rules.barge_in_after,
        };
        self.wanting = if wants { self.wanting + 1 } else { 0 };
        // Who wanted the floor and fell silent while the assessor spoke on has given it up.
        self.yielded &= wants || input.speaking;
        let needed = if input.forecast.is_some() { self.config.policy.yield_ticks } else { 1 };
        if !self.yielded && self.wanting >= needed {
            self.yielded = true;
            let reason = format!("speech over the assessor for {:.2} s", run.as_secs());
            tick.events.push(event(input.at, TurnEventKind::Yield, reason));
        }
    }

    fn speech(&mut self, input: &FloorInput, tick: &mut FloorTick) {
        if self.holder == FloorHolder::Awaited && self.heard >= TICK {
            self.holder = FloorHolder::Candidate;
            self.turn_start = input.speech_start;
        }
        let Some(pause) = self.pause.take() else { return };
        self.patience.learn(input.speech_start.unwrap_or(input.at) - pause.start);
        if let Some(since) = self.prepared.take() {
            let waste = (input.at - since).as_secs();
            tick.events.push(event(
                input.at,
                TurnEventKind::Discard,
                format!("speech resumed, {waste:.2} s of work wasted"),
            ));
        }
    }

    fn silence(&mut self, input: &FloorInput, tick: &mut FloorTick) {
        let (FloorHolder::Candidate, Some(speech_end)) = (self.holder, input.speech_end) else { return };
        let since = self.last_backchannel.or(self.turn_start).map_or(TimeSpan::ZERO, |last| input.at - last);
        let pause = self.pause.get_or_insert(Pause {
            start: speech_end,
            asked: None,
            p_end: None,
            nodded: false,
            onset: Onset::default(),
        });
        let ours = |opinion: &Opinion| opinion.pause_start == pause.start && opinion.p_end.is_finite();
        if let Some(opinion) = input.opinion.filter(ours) {
            pause.p_end = Some(opinion.p_end);
        }
        let silence = input.at - pause.start;
        if let Some(forecast) = &input.forecast {
            pause.onset.remember(forecast, silence);
        }
        if pause.asked.is_none() && silence >= self.config.rules.ask_after {
            pause.asked = Some(input.at);
            tick.ask = Some(pause.start);
        }
        let last_run = input.speech_start.map_or(TimeSpan::ZERO, |start| pause.start - start);
        let rested = self.last_backchannel.is_none() || since >= self.config.backchannel_gap;
        let is_due = since >= self.config.backchannel_due && silence >= self.config.rules.ask_after;
        let fits = match &input.forecast {
            Some(forecast) => {
                is_due || forecast.backchannel_opportunity() >= self.config.policy.backchannel_at
            }
            None => silence >= self.config.rules.ask_after,
        };
        if !pause.nodded && rested && fits && last_run >= self.config.backchannel_after {
            pause.nodded = true;
            self.last_backchannel = Some(input.at);
            let run = last_run.as_secs();
            tick.events.push(event(
                input.at,
                TurnEventKind::Backchannel,
                format!("pause after {run:.1} s of speech"),
            ));
        }
    }

    /// Is the turn over?
    fn judge(&mut self, input: &FloorInput, tick: &mut FloorTick) {
        let silence = self.pause.map(|pause| input.at - pause.start);
        let long = self.config.short_turn_after;
        let is_long = !self.has_committed && silence.is_some_and(|silence| silence >= long);
        if self.holder != FloorHolder::Candidate || (self.heard < self.config.min_turn && !is_long) {
            return;
        }
        let opinion = self.pause.and_then(|pause| pause.opinion(input.at, &self.config));
        let verdict = match (&input.forecast, silence) {
            (Some(forecast), silence) => {
                let patience = self.patience.factor(input.question.as_ref());
                let silence = silence.unwrap_or(TimeSpan::ZERO);
                let refined = self
                    .pause
                    .filter(|_| self.config.policy.second_look)
                    .map_or(*forecast, |pause| pause.onset.refine(*forecast, silence, opinion));
                self.config.policy.judge(&refined, silence, patience)
            }
            (None, Some(silence)) => {
                self.config.rules.judge(silence, &self.patience, input.question.as_ref(), opinion)
            }
            (None, None) => Verdict::Wait,
        };
        match verdict {
            Verdict::Commit(reason) => {
                tick.events.push(event(input.at, TurnEventKind::Commit, reason));
                self.give(FloorHolder::Nobody);
                (self.yielded, self.has_committed) = (false, true);
            }
            Verdict::Prepare(reason) if self.prepared.is_none() => {
                self.prepared = Some(input.at);
                tick.events.push(event(input.at, TurnEventKind::Prepare, reason));
            }
            Verdict::Prepare(_) | Verdict::Wait => {}
        }
    }
}

fn event(at: Timestamp, kind: TurnEventKind, reason: String) -> TurnEvent {
    TurnEvent { at, kind, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::Overlap;
    use crate::forecast::shape::{ECHO, OUTCOME_SPEAKS, OUTCOMES, OUTPUTS, OVERLAP_NOISE};
    use viva_exchange::QuestionKind;

    /// A scripted conversation: who speaks for how long.
    #[derive(Clone, Copy)]
    enum Step {
        Assessor(i64),
        Candidate(i64),
        Both(i64),
        Silence(i64),
    }
    use Step::{Assessor, Both, Candidate, Silence};

    fn run(steps: &[Step], p_end: Option<f32>) -> Vec<(i64, TurnEventKind)> {
        run_with(steps, p_end, None)
    }

    fn run_with(
        steps: &[Step],
        p_end: Option<f32>,
        forecast: Option<FloorForecast>,
    ) -> Vec<(i64, TurnEventKind)> {
        let mut floor = Floor::new(FloorConfig::default());
        let question = QuestionContext { kind: QuestionKind::Open, expected_s: 8.0, patience_ms: 1000 };
        let (mut at, mut speech_start, mut speech_end) = (Timestamp::ZERO, None, None);
        let (mut was_speaking, mut opinion, mut out) = (false, None, Vec::new());
        for step in steps {
            let (millis, assessor_speaks, speaking) = match *step {
                Assessor(ms) => (ms, true, false),
                Candidate(ms) => (ms, false, true),
                Both(ms) => (ms, true, true),
                Silence(ms) => (ms, false, false),
            };
            for _ in 0..millis / 20 {
                if speaking && !was_speaking {
                    speech_start = Some(at);
                }
                at += viva_media::TICK;
                if speaking {
                    speech_end = Some(at);
                }
                was_speaking = speaking;
                let input = FloorInput {
                    at,
                    speaking,
                    speech_start,
                    speech_end,
                    sounds: speaking,
                    assessor_speaks,
                    question: Some(question),
                    opinion: opinion.take(),
                    forecast,
                };
                let tick = floor.step(&input);
                opinion = tick.ask.and_then(|pause_start| p_end.map(|p_end| Opinion { pause_start, p_end }));
                out.extend(tick.events.iter().map(|e| (e.at.as_millis(), e.kind)));
            }
        }
        out
    }

    #[test]
    fn a_turn_ends_after_its_patience() {
        use TurnEventKind::{Commit, Prepare};
        assert_eq!(
            run(&[Assessor(1000), Silence(400), Candidate(1000), Silence(3000)], None),
            [(2900, Prepare), (3400, Commit)]
        );
        // What does not sound finished is answered later.
        assert_eq!(
            run(&[Assessor(1000), Candidate(1000), Silence(3000)], Some(1.0)).last(),
            Some(&(3000, Commit))
        );
        assert_eq!(
            run(&[Assessor(1000), Candidate(1000), Silence(3000)], Some(0.0)).last(),
            Some(&(3500, Commit))
        );
    }

    #[test]
    fn a_pause_shorter_than_the_patience_is_not_cut() {
        use TurnEventKind::{Commit, Discard, Prepare};
        let found =
            run(&[Assessor(1000), Candidate(1000), Silence(900), Candidate(1000), Silence(3000)], None);
        let kinds: Vec<_> = found.iter().map(|e| e.1).collect();
        assert_eq!(kinds, [Prepare, Discard, Prepare, Commit]);
    }

    /// When the floor is taken after 1000 ms of speech, with an opinion that comes so long after it was asked for.
    fn committed_at(p_end: f32, comes_after: i64) -> i64 {
        let mut floor = Floor::new(FloorConfig::default());
        let question = QuestionContext { kind: QuestionKind::Open, expected_s: 8.0, patience_ms: 600 };
        let (mut at, mut due) = (Timestamp::ZERO, None);
        loop {
            let speaking = at < Timestamp::from_millis(1000);
            at += viva_media::TICK;
            let opinion = due.take_if(|(due, _)| *due <= at).map(|(_, opinion)| opinion);
            let tick = floor.step(&FloorInput {
                speaking,
                speech_start: Some(Timestamp::ZERO),
                speech_end: Some(at.min(Timestamp::from_millis(1000))),
                question: Some(question),
                opinion,
                ..FloorInput::silence(at)
            });
            if let Some(pause_start) = tick.ask {
                due = Some((at + TimeSpan::from_millis(comes_after), Opinion { pause_start, p_end }));
            }
            if tick.events.iter().any(|event| event.kind == TurnEventKind::Commit) {
                return at.as_millis();
            }
        }
    }

    #[test]
    fn an_opinion_in_time_counts_alike_and_a_late_one_is_not_waited_for() {
        assert_eq!([20, 60, 120, 200].map(|after| committed_at(1.0, after)), [1600; 4]);
        assert_eq!([20, 60, 120, 200].map(|after| committed_at(0.0, after)), [1900; 4]);
        assert_eq!(committed_at(0.0, 1_000_000), 1600);
        // Late, it counts once it is there, and holds up nothing that was decided without it.
        assert_eq!(committed_at(0.0, 300), 1900);
        assert_eq!(committed_at(0.0, 1000), 1600);
    }

    #[test]
    fn an_accommodation_is_waited_for_and_told() {
        let taken = |accommodation| {
            let patience = PatienceConfig { accommodation, ..PatienceConfig::default() };
            let mut floor = Floor::new(FloorConfig { patience, ..FloorConfig::default() });
            let question = QuestionContext { kind: QuestionKind::Open, expected_s: 8.0, patience_ms: 1000 };
            let (mut at, mut told) = (Timestamp::ZERO, None);
            loop {
                let speaking = at < Timestamp::from_millis(1000);
                at += viva_media::TICK;
                let tick = floor.step(&FloorInput {
                    speaking,
                    speech_start: Some(Timestamp::ZERO),
                    speech_end: Some(at.min(Timestamp::from_millis(1000))),
                    question: Some(question),
                    ..FloorInput::silence(at)
                });
                told = tick.patience.or(told);
                if tick.events.iter().any(|event| event.kind == TurnEventKind::Commit) {
                    let told = told.expect("the patience is told when the question is asked");
                    return (at.as_millis(), told.patience_ms, told.question_ms, told.accommodation);
                }
            }
        };
        assert_eq!(taken(1.0), (2000, 1000, Some(1000), 1.0));
        assert_eq!(taken(2.0), (3000, 2000, Some(1000), 2.0));
    }

    #[test]
    fn a_short_yes_is_an_answer_and_a_click_does_not_keep_the_floor() {
        for voice in [20, 100, 180] {
            let heard = run(&[Assessor(1000), Candidate(voice), Silence(4000)], None);
            let commits: Vec<_> = heard.iter().filter(|(_, kind)| *kind == TurnEventKind::Commit).collect();
            assert!(matches!(commits[..], [(at, _)] if (3000..3400).contains(at)), "{voice} ms: {heard:?}");
        }
        let steps = [Assessor(1000), Candidate(800), Silence(3000), Candidate(100), Silence(4000)];
        let commits = run(&steps, None).iter().filter(|(_, kind)| *kind == TurnEventKind::Commit).count();
        assert_eq!(commits, 1, "the tail of a voice is no second answer");
    }

    #[test]
    fn what_sounds_over_the_assessor_is_told_when_it_has_ended() {
        let mut logits = [0.0; OUTPUTS];
        (logits[OUTCOMES + OVERLAP_NOISE], logits[ECHO]) = (8.0, 8.0);
        let echo = FloorForecast::from_logits(&logits);
        let mut floor = Floor::new(FloorConfig::default());
        let mut heard = Vec::new();
        let mut at = Timestamp::ZERO;
        // 400 ms of echo, the forecast is lost, 200 ms more of it, and the assessor falls silent.
        for (ticks, assessor_speaks, forecast) in
            [(20, true, echo), (5, true, None), (10, true, echo), (1, false, echo)]
        {
            for _ in 0..ticks {
                at += TICK;
                let input = FloorInput { sounds: true, assessor_speaks, forecast, ..FloorInput::silence(at) };
                heard.extend(floor.step(&input).overheard);
            }
        }
        let heard: Vec<_> = heard.iter().map(|s| (s.start.as_millis(), s.end.as_millis(), s.kind)).collect();
        assert_eq!(heard, [(0, 400, Overlap::Echo), (500, 700, Overlap::Echo)]);
    }

    #[test]
    fn a_barge_in_yields_once_and_a_backchannel_does_not() {
        use TurnEventKind::Yield;
        assert_eq!(run(&[Assessor(1000), Both(300), Assessor(1000)], None), []);
        assert_eq!(run(&[Assessor(1000), Both(2000)], None), [(1520, Yield)]);
    }

    #[test]
    fn silence_alone_never_commits() {
        assert_eq!(run(&[Assessor(1000), Silence(60_000)], Some(1.0)), []);
    }

    #[test]
    fn a_listener_gives_a_sign_at_last_where_no_pause_seems_to_fit() {
        let mut logits = [0.0; OUTPUTS];
        logits[OUTCOME_SPEAKS] = 20.0;
        let speaks = FloorForecast::from_logits(&logits).expect("finite");
        assert!(speaks.backchannel_opportunity() < 0.01);
        let talk = [Candidate(1500), Silence(400)].repeat(20);
        let steps = [&[Assessor(1000)][..], &talk[..]].concat();
        let signs: Vec<i64> = run_with(&steps, None, Some(speaks))
            .into_iter()
            .filter(|e| e.1 == TurnEventKind::Backchannel)
            .map(|e| e.0)
            .collect();
        assert!((4..=5).contains(&signs.len()), "{signs:?} in 38 s");
        assert!(signs.windows(2).all(|pair| pair[1] - pair[0] >= 7000), "{signs:?}");
    }

    #[test]
    fn signs_of_listening_keep_their_distance() {
        let talk = [Candidate(1500), Silence(400)].repeat(20);
        let found = run(&[&[Assessor(1000)][..], &talk[..]].concat(), Some(0.0));
        let signs: Vec<i64> =
            found.iter().filter(|e| e.1 == TurnEventKind::Backchannel).map(|e| e.0).collect();
        assert!((6..=7).contains(&signs.len()), "{signs:?} in 38 s");
        assert!(signs.windows(2).all(|pair| pair[1] - pair[0] >= 5000), "{signs:?}");
    }

    #[test]
    fn long_speech_earns_a_sign_of_listening() {
        let found =
            run(&[Assessor(1000), Candidate(3000), Silence(500), Candidate(2000), Silence(2000)], None);
        assert_eq!(found.iter().filter(|e| e.1 == TurnEventKind::Backchannel).count(), 1);
    }
}
