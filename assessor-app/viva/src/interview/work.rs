//! The slow work of a session, and when its results arrive: recognising, judging pauses, speaking, wording.
//!
//! The tick never waits for it. Where a session runs in virtual time the work is done at once and charged with the time that it took;
//! in a session that somebody waits for, each kind has a thread of its own. Either way a result bears the stamp of its arrival, the
//! stamp goes into the record, and a replay delivers the same results on the same ticks.
//!
//! Queues: [`DEPTH`] orders per kind and as many results; the conversation takes turns, so that a handful is plenty. A full queue means
//! that this machine is far too slow, and ends the session with an error.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::json;
use viva_exchange::Utterance;
use viva_floor::{EndOfTurn, Opinion};
use viva_media::{TICK, TimeSpan, Timestamp};
use viva_perception::words::{Recogniser, Segment};
use viva_runtime::graph::ArrivedWords;
use viva_runtime::{Arrivals, Meter};
use viva_speech::{Spoken, Synthesiser, VoiceProfile};

use super::examiner::AskedWording;
use super::journal::Journal;

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
    Word(AskedWording),
}

/// Something slow whose result has arrived.
pub(crate) enum Arrived {
    Words(ArrivedWords),
    Opinion(Opinion),
    Speech(Box<(Utterance, Spoken)>),
    Wording { request: u32, worded: Worded },
}

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
    /// A wording, or why the fall-back is to be said.
    fn word(&mut self, asked: &AskedWording) -> Worded;
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
pub(crate) type Stamps = BTreeMap<(String, u64), Timestamp>;

/// The four kinds, in the order of the benches.
const KINDS: [(&str, &str); 4] = [
    ("words", "compute: one stretch recognised"),
    ("opinion", "compute: one end-of-turn opinion"),
    ("speech", "compute: one utterance synthesised"),
    ("wording", "compute: one wording by the language model"),
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
    Here { benches: [Bench; 4], arrivals: Arrivals<Arrived> },
    /// At once; the result arrives as it did in a record, or never.
    Again { benches: [Bench; 4], arrivals: Arrivals<Arrived>, stamps: Stamps },
    /// On a thread for each kind; the result arrives when it is there.
    Threads {
        orders: Vec<SyncSender<(u64, Order)>>,
        threads: Vec<JoinHandle<()>>,
        results: Receiver<Finished>,
    },
}

struct Finished {
    order: u64,
    kind: usize,
    number: u64,
    took: TimeSpan,
    result: Result<Arrived>,
}

impl Order {
    /// Index into [`KINDS`], and the number within the kind.
    fn key(&self) -> (usize, u64) {
        match self {
            Self::Recognise { number, .. } => (0, u64::from(*number)),
            Self::Judge { number, .. } => (1, *number),
            Self::Speak { number, .. } => (2, *number),
            Self::Word(asked) => (3, u64::from(asked.request)),
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
            let (order, inbox) = sync_channel::<(u64, Order)>(DEPTH);
            let done = done.clone();
            let thread = std::thread::Builder::new().name(KINDS[kind].0.into()).spawn(move || {
                while let Ok((number_of_order, order)) = inbox.recv() {
                    let (_, number) = order.key();
                    let clock = stopwatch();
                    let result = bench(order);
                    let finished =
                        Finished { order: number_of_order, kind, number, took: elapsed(clock), result };
                    if done.send(finished).is_err() {
                        return;
                    }
                }
            })?;
            orders.push(order);
            threads.push(thread);
        }
        Ok(Self { place: Place::Threads { orders, threads, results }, ordered: 0 })
    }

    /// Begins a piece of work at `now`.
    pub(crate) fn order(
        &mut self,
        now: Timestamp,
        order: Order,
        journal: &mut Journal,
        meter: &mut Meter,
    ) -> Result<()> {
        let (kind, number) = order.key();
        self.ordered += 1;
        let (at, arrivals, arrived) = match &mut self.place {
            Place::Here { benches, arrivals } => {
                let clock = stopwatch();
                let arrived = benches[kind](order)?;
                let took = elapsed(clock);
                meter.push(KINDS[kind].1, took);
                (now + took, arrivals, arrived)
            }
            Place::Again { benches, arrivals, stamps } => {
                // What never arrived in the session does not arrive in its replay.
                let Some(&at) = stamps.get(&(KINDS[kind].0.to_owned(), number)) else { return Ok(()) };
                (at, arrivals, benches[kind](order)?)
            }
            Place::Threads { orders, .. } => {
                return orders[kind].try_send((self.ordered, order)).map_err(|_full| {
                    anyhow!(
                        "this machine is too slow: more than {DEPTH} results of kind {:?} are on their way",
                        KINDS[kind].0
                    )
                });
            }
        };
        stamp(journal, now, kind, number, at);
        arrivals.push(at, arrived).map_err(|_lost| anyhow!("more than {DEPTH} results are on their way"))
    }

    /// What has arrived by `now`, in the order of arrival.
    pub(crate) fn arrived(
        &mut self,
        now: Timestamp,
        journal: &mut Journal,
        meter: &mut Meter,
    ) -> Result<Vec<Arrived>> {
        let mut found = Vec::new();
        match &mut self.place {
            Place::Here { arrivals, .. } | Place::Again { arrivals, .. } => {
                while let Some((_, arrived)) = arrivals.pop(now) {
                    found.push(arrived);
                }
            }
            Place::Threads { threads, results, .. } => {
                let mut finished: Vec<Finished> = results.try_iter().collect();
                if let Some(dead) = threads.iter().find(|thread| thread.is_finished()) {
                    bail!("the thread {:?} has ended", dead.thread().name().unwrap_or_default());
                }
                finished.sort_by_key(|finished| finished.order);
                for finished in finished {
                    meter.push(KINDS[finished.kind].1, finished.took);
                    stamp(journal, now, finished.kind, finished.number, now);
                    found.push(finished.result?);
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

fn stamp(journal: &mut Journal, now: Timestamp, kind: usize, number: u64, at: Timestamp) {
    journal.event(now, "arrival", json!({"of": KINDS[kind].0, "number": number, "at_ns": at.as_nanos()}));
}

fn benches(tools: Tools) -> [Bench; 4] {
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
            let Order::Speak { utterance, voice, seed, .. } = order else { return misplaced() };
            let spoken = synthesiser
                .speak(&utterance.text, &voice, utterance.affect, utterance.affect_level, seed)
                .with_context(|| format!("cannot speak {:?}", utterance.text))?;
            Ok(Arrived::Speech(Box::new((utterance, spoken))))
        }),
        Box::new(move |order| {
            let Order::Word(asked) = order else { return misplaced() };
            let worded = wording.as_mut().map_or_else(Worded::default, |source| source.word(&asked));
            Ok(Arrived::Wording { request: asked.request, worded })
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
