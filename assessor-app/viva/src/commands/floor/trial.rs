//! The real pipeline on one case: voice, fusion, flow-net, policies.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::Value;
use viva_devices::{FileConfig, FileSource, Media};
use viva_exchange::TurnEventKind;
use viva_floor::forecast::Forecaster as _;
use viva_floor::protocol::Case;
use viva_floor::{Floor, FloorConfig, FloorInput, PolicyConfig};
use viva_inference::flow_net::FlowNet;
use viva_media::{AudioBlock, TimeSpan};
use viva_perception::fusion::{FEATURES, FeatureGroup, PauseStatistics};
use viva_perception::voice::VoiceConfig;
use viva_runtime::{Ears, Meter, Surroundings, Trust};

use super::adviser::Adviser;
use super::points::Point;
use super::told::Told;
use super::trace::Trace;
use crate::cli::{FloorArgs, Stream};
use crate::interview::Models;

pub(crate) struct Trial {
    ears: Ears,
    net: FlowNet,
    /// Features that are hidden from the network.
    hidden: Vec<usize>,
    without: Vec<Stream>,
    known: Option<BTreeMap<String, PauseStatistics>>,
    adviser: Option<Adviser>,
    trace: Option<Trace>,
    meter: Meter,
    told: Told,
}

impl Trial {
    pub(crate) fn open(models: &Models, args: &FloorArgs) -> Result<Self> {
        Ok(Self {
            ears: Ears::new(Box::new(models.voice_activity()?), VoiceConfig::default()),
            net: models.flow_net()?,
            hidden: args.without.iter().filter_map(|s| s.group()).flat_map(FeatureGroup::places).collect(),
            without: args.without.clone(),
            known: args.keep_pace.then(BTreeMap::new),
            adviser: match &args.opinions {
                _ if args.without.iter().any(|s| matches!(s, Stream::Opinion | Stream::SecondLook)) => None,
                Some(trace) => Some(Adviser::repeating(trace)?),
                None => Some(Adviser::new(models.end_of_turn()?)),
            },
            trace: args.trace.as_deref().map(Trace::create).transpose()?,
            meter: Meter::default(),
            told: Told::default(),
        })
    }

    /// Decisions of every policy on `case`, in order of time.
    pub(crate) fn run(&mut self, case: &Case, folder: &Path, points: &[Point]) -> Result<Vec<Value>> {
        let microphone = blocks(&folder.join(&case.audio))?;
        let own_voice = match &case.agent_audio {
            Some(path) if !self.without.contains(&Stream::Own) => blocks(&folder.join(path))?,
            _ => Vec::new(),
        };
        let known = self.known.as_ref().and_then(|known| known.get(&case.speaker));
        self.ears.reset(known.copied().unwrap_or_default());
        self.net.reset();
        if let Some(adviser) = &mut self.adviser {
            adviser.begin(&case.id);
        }
        if let Some(trace) = &mut self.trace {
            trace.begin(case);
        }
        let mut floors: Vec<_> =
            points.iter().map(|point| (point, Floor::new(self.floor_config(point)))).collect();
        let mut trust = Trust::default();
        let mut features = [0.0; FEATURES];
        let (mut decisions, mut overheard) = (Vec::new(), Vec::new());
        for (tick, block) in microphone.iter().enumerate() {
            // CPU time: a shared machine does not change it.
            let start = cpu_time::ThreadTime::now();
            let around = Surroundings::of_case(case, block.end(), own_voice.get(tick).map(AudioBlock::rms));
            let (voice, state) = self.ears.step(block, &around);
            state.write_features(&mut features);
            self.hidden.iter().for_each(|&i| features[i] = 0.0);
            let (in_turn, state_pauses) = (state.turn_secs > 0.0, state.pauses);
            let forecast = self
                .net
                .step(&features, in_turn)
                .filter(|_| trust.step(block, &voice, around.own.speaking).is_none());
            let voice = trust.heard(&voice);
            // Asked for on a thread of its own in a session.
            let asking = cpu_time::ThreadTime::now();
            let opinion =
                self.adviser.as_mut().and_then(|adviser| adviser.step(block, &voice, around.own.speaking));
            let aside = asking.elapsed();
            let input = FloorInput {
                at: voice.at,
                speaking: voice.speaking,
                speech_start: voice.speech_start,
                speech_end: voice.speech_end,
                sounds: voice.stands_out(),
                assessor_speaks: around.own.speaking,
                question: around.question,
                opinion,
                forecast,
            };
            if let Some(trace) = &mut self.trace {
                trace.tick(&input, state_pauses);
            }
            // The tick of one policy; the others of a sweep are not part of the product.
            let mut first = None;
            for (point, floor) in &mut floors {
                let decided = floor.step(&input);
                if first.is_none() {
                    overheard.extend(decided.overheard);
                }
                let events = decided.events;
                let compute_ms = *first.get_or_insert_with(|| (start.elapsed() - aside).as_secs_f64() * 1e3);
                let events = events.iter().filter(|event| event.kind != TurnEventKind::Backchannel);
                decisions.extend(events.map(|event| super::decision(&case.id, point, event, compute_ms)));
            }
            if let Some(millis) = first {
                self.meter
                    .push("compute per 20 ms tick (CPU time, one thread)", TimeSpan::from_secs(millis / 1e3));
            }
        }
        if let Some(trace) = &mut self.trace {
            trace.end()?;
        }
        // A sound that is still heard ends with the recording.
        if let (Some((_, floor)), Some(last)) = (floors.first_mut(), microphone.last()) {
            overheard.extend(floor.step(&FloorInput::silence(last.end())).overheard);
        }
        self.told.add(case, &overheard);
        if let Some(known) = &mut self.known {
            known.insert(case.speaker.clone(), self.ears.pauses());
        }
        Ok(decisions)
    }

    fn floor_config(&self, point: &Point) -> FloorConfig {
        let second_look = !self.without.contains(&Stream::SecondLook);
        FloorConfig { policy: PolicyConfig { second_look, ..point.config }, ..FloorConfig::default() }
    }

    /// What the sounds over the assessor's voice were taken for.
    pub(crate) fn told(&self) -> &Told {
        &self.told
    }

    /// What a tick cost.
    pub(crate) fn cost(&self) -> String {
        let line = |l: &viva_runtime::meter::MeterLine| {
            format!(
                "{}: p50 {:.3} ms, p95 {:.3} ms, p99 {:.3} ms, worst {:.3} ms, {} ticks",
                l.name, l.p50_ms, l.p95_ms, l.p99_ms, l.worst_ms, l.count
            )
        };
        self.meter.report().iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn blocks(path: &Path) -> Result<Vec<AudioBlock>> {
    let config = FileConfig { audio: true, video: false };
    let mut source =
        FileSource::open_with(path, config).with_context(|| path.display().to_string())?.require_audio()?;
    let mut blocks = Vec::new();
    while let Some(media) = source.next()? {
        if let Media::Audio(block) = media {
            blocks.push(block);
        }
    }
    Ok(blocks)
}
