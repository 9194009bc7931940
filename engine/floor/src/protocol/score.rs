//! Cut-ins and latency of decisions on labelled turns, by the rules of the floor benchmark.
//!
//! A commit counts only while the decider is *armed*: at first, and again once the candidate has spoken for 200 ms since its last commit.
//! It is a **cut-in** in a hold or up to 250 ms before one, an **end found** from 250 ms before the true end to 3 s after it, and else a
//! **stray**, which counts as a cut-in. A turn whose end is not found has the latency of [`MISS_SECS`].

use std::collections::BTreeSet;

use super::Case;

/// A decision this early still counts.
const TOLERANCE_SECS: f64 = 0.25;
/// What an end costs that is found later than this or never.
pub const MISS_SECS: f64 = 3.0;
/// Speech that arms again after a commit.
const REARM_SECS: f64 = 0.2;

/// The floor was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Commit {
    /// When all sound that the decision used had been heard, in seconds of the recording.
    pub at: f64,
    /// What the decision took from then on.
    pub compute_secs: f64,
}

/// What became of one turn.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnScore {
    /// From the true end to the decision; below 0 where it came first, `None` where it never came.
    pub latency_secs: Option<f64>,
    /// For each hold: the decider cut in.
    pub cut: Vec<bool>,
    /// Commits that fit neither a hold nor the end.
    pub strays: usize,
}

/// Sums over turns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Score {
    turns: usize,
    holds: usize,
    cut: usize,
    found: usize,
    latency_secs: f64,
}

impl Score {
    /// Adds a turn.
    pub fn add(&mut self, turn: &TurnScore) {
        self.turns += 1;
        self.holds += turn.cut.len() + turn.strays;
        self.cut += turn.cut.iter().filter(|cut| **cut).count() + turn.strays;
        self.found += usize::from(turn.latency_secs.is_some());
        self.latency_secs += turn.latency_secs.unwrap_or(MISS_SECS).min(MISS_SECS);
    }

    /// Share of the holds that were cut, strays counted on both sides; 0..=1.
    #[must_use]
    pub fn cut_in_rate(&self) -> f64 {
        self.cut as f64 / self.holds.max(1) as f64
    }

    /// Mean latency in seconds, misses included.
    #[must_use]
    pub fn mean_latency_secs(&self) -> f64 {
        self.latency_secs / self.turns.max(1) as f64
    }

    /// Share of the ends that were found; 0..=1.
    #[must_use]
    pub fn recall(&self) -> f64 {
        self.found as f64 / self.turns.max(1) as f64
    }
}

/// Scores one policy's commits on a turn, in order of time; `None` where the case has no end.
#[must_use]
pub fn score_turn(case: &Case, commits: &[Commit]) -> Option<TurnScore> {
    let end = case.end?;
    let last_onset = case.speech.last()?[0];
    let mut score = TurnScore { latency_secs: None, cut: vec![false; case.holds.len()], strays: 0 };
    let mut strays = BTreeSet::new();
    let mut last: Option<f64> = None;
    for &Commit { at, compute_secs } in commits {
        if last.is_some_and(|last| speech_between(case, last, at) < REARM_SECS - 1e-9) {
            score.strays += 1;
            continue;
        }
        last = Some(at);
        let inside = case.holds.iter().position(|hold| hold.start <= at && at < hold.end);
        if inside.is_none() && at >= (end - TOLERANCE_SECS).max(last_onset) - 1e-9 {
            if score.latency_secs.is_none() && at <= end + MISS_SECS + 1e-9 {
                score.latency_secs = Some(at + compute_secs - end);
            }
            continue;
        }
        let ahead =
            || case.holds.iter().position(|hold| hold.start - TOLERANCE_SECS <= at && at < hold.start);
        match inside.or_else(ahead) {
            Some(hold) => score.cut[hold] = true,
            None => {
                strays.insert(case.speech.iter().filter(|span| span[0] <= at).count());
            }
        }
    }
    score.strays += strays.len();
    Some(score)
}

fn speech_between(case: &Case, from: f64, to: f64) -> f64 {
    case.speech.iter().map(|span| (span[1].min(to) - span[0].max(from)).max(0.0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::read_cases;

    fn scored(commits: &[f64]) -> TurnScore {
        let line = r#"{"id": "a", "task": "floor", "speaker": "1", "audio": "a.flac", "agent": [[0, 0.5]],
            "question": {"type": "open", "expected_s": 9.0}, "speech": [[1, 2], [2.6, 4.0]],
            "holds": [{"start": 2.0, "end": 2.6, "kind": "within"}], "end": 4.0, "events": []}"#;
        let cases = read_cases(&line.replace('\n', " ")).expect("a case");
        let commits: Vec<_> = commits.iter().map(|&at| Commit { at, compute_secs: 0.05 }).collect();
        score_turn(&cases[0], &commits).expect("a turn")
    }

    #[test]
    fn commits_are_matched_as_the_benchmark_matches_them() {
        let latency = |commits: &[f64]| scored(commits).latency_secs.map(|s| (s * 1e3).round());
        assert_eq!((latency(&[4.2]), latency(&[3.8])), (Some(250.0), Some(-150.0)));
        // Too early, too late, never.
        assert_eq!((latency(&[3.7]), latency(&[7.1]), latency(&[])), (None, None, None));
        let counts = |commits: &[f64]| (scored(commits).cut[0], scored(commits).strays);
        assert_eq!(counts(&[1.8]), (true, 0));
        assert_eq!((counts(&[2.59]), counts(&[2.6])), ((true, 0), (false, 1)));
        // After a cut-in the turn can still be ended; without speech in between every further commit is a stray.
        assert_eq!((counts(&[2.3, 4.4]), latency(&[2.3, 4.4])), ((true, 0), Some(450.0)));
        assert_eq!(counts(&[2.3, 2.5, 4.2, 4.6]), (true, 2));
    }

    #[test]
    fn misses_and_strays_weigh_in_the_sums() {
        let mut score = Score::default();
        for commits in [&[][..], &[4.05], &[2.3, 2.5]] {
            score.add(&scored(commits));
        }
        assert!((score.cut_in_rate() - 2.0 / 4.0).abs() < 1e-9, "{score:?}");
        assert!(
            (score.mean_latency_secs() - 6.1 / 3.0).abs() < 1e-9 && (score.recall() - 1.0 / 3.0).abs() < 1e-9
        );
    }
}
