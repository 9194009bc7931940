//! The slow work of a session, and when its results arrive: recognising, judging pauses, speaking, wording, thinking a reply out ahead.
//!
//! The tick never waits for it. Where a session runs in virtual time the work is done at once and charged with the time that it took;
//! in a session that somebody waits for, each kind has a thread of its own. Either way a result bears the stamp of its arrival, the
//! stamp goes into the record, and a replay delivers the same results on the same ticks.
//!
//! Queues: [`DEPTH`] orders per kind and as many results; the conversation takes turns, so that a handful is plenty. A full queue means
//! that this machine is far too slow, and ends the session with an error.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::json;
use viva_assessment::Input;
use viva_exchange::Utterance;
use viva_floor::{EndOfTurn, Opinion};
use viva_media::{TICK, TimeSpan, Timestamp};
use viva_perception::words::{Recogniser, Segment};
use viva_runtime::graph::ArrivedWords;
use viva_runtime::{Arrivals, Meter};
use viva_speech::{Spoken, Synthesiser, VoiceProfile};

use super::examiner::{AskedWording, Examiner, Step};
use super::journal::Journal;

/// Silence that is left before an utterance.
const SPEECH_EDGE: TimeSpan = TimeSpan::from_millis(40);

/// Orders of one kind, and results, that can be on their way at one time.
const DEPTH: usize = 64;

/// Something slow that is to be done.
pub(crate) enum Order {
    /// Write down what was said.
    Recognise { number: u32, segment: Segment },
    /// Say whether the speaker has ended, from the last seconds.
    Judge { number: u64, pause_start: Timestamp, heard: Vec<f32> },
    /// Make the sound of an utterance.
    Speak { number: u64, utterance: Utterance, voice: VoiceProfile, seed: u64 },
    /// Ask the language model.
    Word { number: u64, asked: AskedWording },
    /// Say what the conversation would do, on a fork of it.
    Consider { number: u64, at: Timestamp, fork: Box<Examiner>, inputs: Vec<Input> },
}

/// Something slow whose result has arrived.
pub(crate) enum Arrived {
    Words(ArrivedWords),
    Opinion(Opinion),
    Speech {
        number: u64,
        utterance: Utterance,
        spoken: Box<Spoken>,
    },
    Wording {
        number: u64,
        request: u32,
        worded: Worded,
    },
    Considered {
        number: u64,
        fork: Box<Examiner>,
        step: Step,
    },
    /// It was called off before it was begun.
    Nothing,
}

/// A result with the work that it took.
pub(crate) struct Delivery {
    pub(crate) arrived: Arrived,
    pub(crate) of: Piece,
    pub(crate) took: TimeSpan,
}

/// A piece of slow work: index into [`KINDS`] and number within the kind.
pub(crate) type Piece = (usize, u64);

pub(crate) const WORDS: usize = 0;
pub(crate) const SPEECH: usize = 2;
pub(crate) const WORDING: usize = 3;
pub(crate) const REPLY: usize = 4;

/// What became of a wording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worded {
    /// The words; without any, the exam's own are said.
    pub(crate) text: Option<String>,
    /// Why there are none.
    pub(crate) failure: Option<String>,
}

/// Somebody who words what the examiner says; never who decides it.
pub(crate) trait WordingSource: Send {
    /// A wording, or why the fall-back is to be said; `number` counts what was asked in the session.
    fn word(&mut self, number: u64, asked: &AskedWording) -> Worded;
}

/// Who does the work.
pub(crate) struct Tools {
    pub(crate) recogniser: Box<dyn Recogniser>,
    pub(crate) end_of_turn: Box<dyn EndOfTurn>,
    pub(crate) synthesiser: Synthesiser,
    /// The language model that may word follow-ups.
    pub(crate) wording: Option<Box<dyn WordingSource>>,
}

/// Arrival stamps of a record, by kind and number of their order.
pub(crate) type Stamps = BTreeMap<(String, u64), Stamp>;

/// When a result arrived in a session, and whether nobody waited for it any more, so that it was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) at: Timestamp,
    pub(crate) called_off: bool,
}

/// The kinds, in the order of the benches.
pub(crate) const KINDS: [(&str, &str); 5] = [
    ("words", "compute: one stretch recognised"),
    ("opinion", "compute: one end-of-turn opinion"),
    ("speech", "compute: one utterance synthesised"),
    ("wording", "compute: one wording by the language model"),
    ("reply", "compute: one reply thought out ahead"),
];

type Bench = Box<dyn FnMut(Order) -> Result<Arrived> + Send>;

/// Where slow work is done.
pub(crate) struct Workshop {
    place: Place,
    /// Orders so far: of two results that arrive on one tick, the one that was ordered first comes first.
    ordered: u64,
}

enum Place {
    /// At once; the result arrives after the time that it took.
    Here { benches: [Bench; KINDS.len()], arrivals: Arrivals<Delivery> },
    /// At once; the result arrives as it did in a record, or never.
    Again { benches: [Bench; KINDS.len()], arrivals: Arrivals<Delivery>, stamps: Stamps },
    /// On a thread for each kind; the result arrives when it is there.
    Threads {
        orders: Vec<SyncSender<Slip>>,
        threads: Vec<JoinHandle<()>>,
        results: Receiver<Finished>,
        /// What is on its way, with the sign that calls it off.
        under_way: BTreeMap<Piece, Arc<AtomicBool>>,
    },
}

/// An order as it goes to a thread.
struct Slip {
    place: u64,
    order: Order,
    called_off: Arc<AtomicBool>,
}

struct Finished {
    /// The place of its order among all orders.
    place: u64,
    piece: Piece,
    took: TimeSpan,
    result: Result<Arrived>,
    /// It was left out.
    is_off: bool,
}

impl Order {
    /// Index into [`KINDS`], and the number within the kind.
    pub(crate) fn piece(&self) -> Piece {
        match self {
            Self::Recognise { number, .. } => (WORDS, u64::from(*number)),
            Self::Judge { number, .. } => (1, *number),
            Self::Speak { number, .. } => (SPEECH, *number),
            Self::Word { number, .. } => (WORDING, *number),
            Self::Consider { number, .. } => (REPLY, *number),
        }
    }
}

impl Workshop {
    /// Work is done at once and charged with the time that it took.
    pub(crate) fn here(tools: Tools) -> Self {
        let arrivals = Arrivals::new(DEPTH);
        Self { place: Place::Here { benches: benches(tools), arrivals }, ordered: 0 }
    }

    /// Work is done anew, and delivered by the stamps of a record.
    pub(crate) fn again(tools: Tools, stamps: Stamps) -> Self {
        let arrivals = Arrivals::new(DEPTH);
        Self { place: Place::Again { benches: benches(tools), arrivals, stamps }, ordered: 0 }
    }

    /// Each kind of work has a thread: for sessions in real time.
    pub(crate) fn threads(tools: Tools) -> Result<Self> {
        let (done, results) = sync_channel(DEPTH);
        let (mut orders, mut threads) = (Vec::new(), Vec::new());
        for (kind, mut bench) in benches(tools).into_iter().enumerate() {
            let (order, inbox) = sync_channel::<Slip>(DEPTH);
            let done = done.clone();
            let thread = std::thread::Builder::new().name(KINDS[kind].0.into()).spawn(move || {
                while let Ok(Slip { place, order, called_off }) = inbox.recv() {
                    let piece = order.piece();
                    let clock = stopwatch();
                    let is_off = called_off.load(Ordering::Relaxed);
                    let result = if is_off { Ok(Arrived::Nothing) } else { bench(order) };
                    let finished = Finished { place, piece, took: elapsed(clock), is_off, result };
                    if done.send(finished).is_err() {
                        return;
                    }
                }
            })?;
            orders.push(order);
            threads.push(thread);
        }
        let under_way = BTreeMap::new();
        Ok(Self { place: Place::Threads { orders, threads, results, under_way }, ordered: 0 })
    }

    /// Begins a piece of work at `now`.
    pub(crate) fn order(
        &mut self,
        now: Timestamp,
        order: Order,
        journal: &mut Journal,
        meter: &mut Meter,
    ) -> Result<()> {
        let piece = order.piece();
        let kind = piece.0;
        self.ordered += 1;
        let mut called_off = false;
        let (at, arrivals, arrived, took) = match &mut self.place {
            Place::Here { benches, arrivals } => {
                let clock = stopwatch();
                let arrived = benches[kind](order)?;
                let took = elapsed(clock);
                meter.push(KINDS[kind].1, took);
                (now + took, arrivals, arrived, took)
            }
            Place::Again { benches, arrivals, stamps } => {
                // What never arrived in the session does not arrive in its replay.
                let name = (KINDS[kind].0.to_owned(), piece.1);
                let Some(&Stamp { at, called_off: is_off }) = stamps.get(&name) else { return Ok(()) };
                called_off = is_off;
                (at, arrivals, if is_off { Arrived::Nothing } else { benches[kind](order)? }, TimeSpan::ZERO)
            }
            Place::Threads { orders, under_way, .. } => {
                let called_off = Arc::new(AtomicBool::new(false));
                under_way.insert(piece, Arc::clone(&called_off));
                let slip = Slip { place: self.ordered, order, called_off };
                return orders[kind].try_send(slip).map_err(|_full| {
                    anyhow!(
                        "this machine is too slow: more than {DEPTH} results of kind {:?} are on their way",
                        KINDS[kind].0
                    )
                });
            }
        };
        stamp(journal, now, piece, Stamp { at, called_off });
        arrivals
            .push(at, Delivery { arrived, of: piece, took })
            .map_err(|_lost| anyhow!("more than {DEPTH} results are on their way"))
    }

    /// Nobody waits for this any more: a thread that has not begun it leaves it out. Its arrival is stamped all the same.
    pub(crate) fn call_off(&self, piece: Piece) {
        if let Place::Threads { under_way, .. } = &self.place
            && let Some(called_off) = under_way.get(&piece)
        {
            called_off.store(true, Ordering::Relaxed);
        }
    }

    /// What has arrived by `now`, in the order of arrival.
    pub(crate) fn arrived(
        &mut self,
        now: Timestamp,
        journal: &mut Journal,
        meter: &mut Meter,
    ) -> Result<Vec<Delivery>> {
        let mut found = Vec::new();
        match &mut self.place {
            Place::Here { arrivals, .. } | Place::Again { arrivals, .. } => {
                while let Some((_, arrived)) = arrivals.pop(now) {
                    found.push(arrived);
                }
            }
            Place::Threads { threads, results, under_way, .. } => {
                let mut finished: Vec<Finished> = results.try_iter().collect();
                if let Some(dead) = threads.iter().find(|thread| thread.is_finished()) {
                    bail!("the thread {:?} has ended", dead.thread().name().unwrap_or_default());
                }
                finished.sort_by_key(|finished| finished.place);
                for Finished { piece, took, is_off, result, .. } in finished {
                    under_way.remove(&piece);
                    meter.push(KINDS[piece.0].1, took);
                    stamp(journal, now, piece, Stamp { at: now, called_off: is_off });
                    found.push(Delivery { arrived: result?, of: piece, took });
                }
            }
        }
        Ok(found)
    }

    /// Gives threads the time of one tick, at the end of a session, when no device sets the pace any more.
    pub(crate) fn linger(&self) {
        if let Place::Threads { .. } = self.place {
            #[expect(
                clippy::disallowed_methods,
                reason = "nothing else paces the last moments of a session"
            )]
            std::thread::sleep(Duration::from_nanos(TICK.as_nanos().unsigned_abs()));
        }
    }
}

fn stamp(journal: &mut Journal, now: Timestamp, (kind, number): Piece, Stamp { at, called_off }: Stamp) {
    let mut body = json!({"of": KINDS[kind].0, "number": number, "at_ns": at.as_nanos()});
    if called_off {
        body["called_off"] = true.into();
    }
    journal.event(now, "arrival", body);
}

fn benches(tools: Tools) -> [Bench; KINDS.len()] {
    let Tools { mut recogniser, mut end_of_turn, mut synthesiser, mut wording } = tools;
    [
        Box::new(move |order| {
            let Order::Recognise { number, segment } = order else { return misplaced() };
            let words = recogniser.transcribe(&segment.samples, segment.start)?;
            Ok(Arrived::Words(ArrivedWords { segment: number, words }))
        }),
        Box::new(move |order| {
            let Order::Judge { pause_start, heard, .. } = order else { return misplaced() };
            Ok(Arrived::Opinion(Opinion { pause_start, p_end: end_of_turn.p_end(&heard) }))
        }),
        Box::new(move |order| {
            let Order::Speak { number, utterance, voice, seed } = order else { return misplaced() };
            let spoken = synthesiser
                .speak(&utterance.text, &voice, utterance.affect, utterance.affect_level, seed)
                .with_context(|| format!("cannot speak {:?}", utterance.text))?;
            // The voice begins with a quarter of a second of silence, which nobody should have to wait for.
            Ok(Arrived::Speech { number, utterance, spoken: Box::new(spoken.heard_at_once(SPEECH_EDGE)) })
        }),
        Box::new(move |order| {
            let Order::Word { number, asked } = order else { return misplaced() };
            let worded = wording.as_mut().map_or_else(Worded::default, |source| source.word(number, &asked));
            Ok(Arrived::Wording { number, request: asked.request, worded })
        }),
        Box::new(|order| {
            let Order::Consider { number, at, mut fork, inputs } = order else { return misplaced() };
            let mut all = Step::default();
            for input in inputs {
                let step = fork.handle(at, input);
                all.say.extend(step.say);
                all.wordings.extend(step.wordings);
            }
            Ok(Arrived::Considered { number, fork, step: all })
        }),
    ]
}

fn misplaced() -> Result<Arrived> {
    bail!("an order came to another bench than its own")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the workshop is the edge that measures how long slow work takes"
)]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

pub(crate) fn elapsed(since: Instant) -> TimeSpan {
    TimeSpan::from_secs(since.elapsed().as_secs_f64())
}
