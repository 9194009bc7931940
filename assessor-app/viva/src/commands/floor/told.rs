//! Sounds over the assessor's voice: what they were, and what they were taken for.

use std::collections::BTreeMap;

use viva_floor::Overheard;
use viva_floor::forecast::{KINDS, Overlap};
use viva_floor::protocol::{Case, SoundKind};

/// A label may begin so much before, or end so much after, what was heard of it.
const SLACK_SECS: f64 = 0.2;

/// Counts of labelled sounds by what they were taken for.
#[derive(Debug, Default)]
pub(crate) struct Told {
    counts: BTreeMap<&'static str, [usize; KINDS.len()]>,
}

impl Told {
    /// The sounds of one case. A labelled sound counts as what was heard longest during it.
    pub(crate) fn add(&mut self, case: &Case, overheard: &[Overheard]) {
        for label in &case.events {
            let common = |heard: &Overheard| {
                let end = heard.end.as_secs().min(label.end + SLACK_SECS);
                end - heard.start.as_secs().max(label.start - SLACK_SECS)
            };
            let taken = overheard.iter().filter(|heard| common(heard) > 0.0);
            let taken = taken.max_by(|a, b| common(a).total_cmp(&common(b)));
            let kind = taken.map_or(Overlap::Nothing, |heard| heard.kind);
            let name = match label.kind {
                SoundKind::Backchannel => "backchannel",
                SoundKind::BargeIn => "barge-in",
                SoundKind::Noise if label.is_echo() => "echo",
                SoundKind::Noise => "noise",
            };
            self.counts.entry(name).or_default()[kind as usize] += 1;
        }
    }

    /// A line for each kind of sound.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.counts.iter().map(|(name, counts)| {
            let taken = KINDS.iter().zip(counts).filter(|(_, count)| **count > 0);
            let taken: Vec<String> = taken.map(|(kind, count)| format!("{kind} {count}")).collect();
            format!("over the assessor's voice: {name} taken for {}", taken.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use viva_floor::protocol::read_cases;
    use viva_media::Timestamp;

    use super::*;

    #[test]
    fn every_labelled_sound_is_counted_once() {
        let case = r#"{"id": "x", "task": "overlap", "speaker": "s", "audio": "x.wav", "agent": [[0, 9]],
            "question": {"type": "open", "expected_s": 5}, "speech": [],
            "events": [{"kind": "noise", "source": "echo", "start": 1, "end": 2},
                       {"kind": "barge_in", "source": "utterance", "start": 4, "end": 6},
                       {"kind": "backchannel", "start": 7, "end": 7.4}]}"#;
        let cases = read_cases(&case.replace('\n', " ")).unwrap();
        let heard = |start, end, kind| Overheard {
            start: Timestamp::from_millis(start),
            end: Timestamp::from_millis(end),
            kind,
        };
        let mut told = Told::default();
        told.add(
            &cases[0],
            &[
                heard(1100, 1900, Overlap::Echo),
                heard(3900, 4100, Overlap::Noise),
                heard(4400, 5000, Overlap::Interruption),
            ],
        );
        let lines: Vec<String> = told.lines().collect();
        assert_eq!(
            lines,
            [
                "over the assessor's voice: backchannel taken for nothing 1",
                "over the assessor's voice: barge-in taken for interruption 1",
                "over the assessor's voice: echo taken for echo 1",
            ]
        );
    }
}
