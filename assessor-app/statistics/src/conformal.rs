//! How far from the machine's level humans' levels lie: an interval that holds them with a stated probability.
//!
//! **Source**: split conformal prediction (Vovk, Gammerman and Shafer 2005), each end on its own. It assumes nothing of the errors but that
//! candidates to come are like those who were rated.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Rating;
use crate::calibration::FEW_CANDIDATES;

/// The stated probability that a human's level lies in the interval.
pub const STATED: f64 = 0.9;

/// From `level - below` to `level + above`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LevelInterval {
    /// The criterion.
    pub criterion: String,
    /// Levels down from the machine's.
    pub below: u8,
    /// Levels up from the machine's.
    pub above: u8,
    /// Candidates it rests on.
    pub candidates: usize,
}

impl LevelInterval {
    /// In words.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "{}: {:.0} of 100 human levels lie from {} below to {} above the machine's (measured on {} candidates)",
            self.criterion,
            100.0 * STATED,
            self.below,
            self.above,
            self.candidates
        )
    }
}

/// The interval of one criterion; `None` with fewer than [`FEW_CANDIDATES`] candidates. `rows` are the ratings of that criterion.
///
/// A candidate counts once, with the level of a human that lies furthest from the machine's on each side: raters of one answer, and answers
/// of one candidate, are not independent.
#[must_use]
pub fn level_interval(criterion: &str, rows: &[Rating], machine: &str) -> Option<LevelInterval> {
    let mut by_machine = BTreeMap::new();
    for row in rows.iter().filter(|row| row.rater == machine) {
        by_machine.extend(row.level.map(|level| (row.session.as_str(), level)));
    }
    let mut furthest = BTreeMap::<&str, [u8; 2]>::new();
    for row in rows.iter().filter(|row| row.rater != machine) {
        let (Some(human), Some(own)) = (row.level, by_machine.get(row.session.as_str())) else { continue };
        let ends = furthest.entry(row.candidate.as_str()).or_default();
        *ends = [ends[0].max(own.saturating_sub(human)), ends[1].max(human.saturating_sub(*own))];
    }
    let candidates = furthest.len();
    if candidates < FEW_CANDIDATES {
        return None;
    }
    // One more candidate is as likely to come out at any place among these: the place that leaves out half of what may be missed.
    let place = ((candidates + 1) as f64 * (1.0 + STATED) / 2.0).ceil() as usize;
    if place > candidates {
        return None;
    }
    let [below, above] = [0, 1].map(|end| {
        let mut distances: Vec<u8> = furthest.values().map(|ends| ends[end]).collect();
        distances.sort_unstable();
        distances[place - 1]
    });
    Some(LevelInterval { criterion: criterion.to_owned(), below, above, candidates })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rating(candidate: usize, rater: &str, level: u8) -> Rating {
        Rating {
            session: format!("s{candidate}"),
            candidate: format!("c{candidate}"),
            criterion: "a".to_owned(),
            rater: rater.to_owned(),
            level: Some(level),
            passed: None,
            groups: BTreeMap::new(),
        }
    }

    /// Errors by a fixed stream of numbers: humans are a level higher in `up` and two lower in `down` of a hundred.
    fn rows(from: usize, candidates: usize, up: usize, down: usize) -> Vec<Rating> {
        let both = |candidate: usize| {
            let draw =
                (candidate as u32).wrapping_mul(2_654_435_761).rotate_left(11).wrapping_mul(2_246_822_519)
                    >> 8;
            let human = match draw as usize % 100 {
                n if n < up => 4,
                n if n < up + down => 1,
                _ => 3,
            };
            [rating(candidate, "machine", 3), rating(candidate, "ann", human)]
        };
        (from..from + candidates).flat_map(both).collect()
    }

    #[test]
    fn candidates_to_come_lie_inside_as_often_as_stated() {
        for (up, down) in [(20, 2), (3, 20), (3, 3), (8, 8), (12, 12)] {
            let found = level_interval("a", &rows(0, 400, up, down), "machine").expect("enough candidates");
            let later = rows(1000, 4000, up, down);
            let inside = later
                .iter()
                .filter(|row| row.rater == "ann")
                .filter(|row| (3 - found.below..=3 + found.above).contains(&row.level.unwrap_or_default()));
            let share = inside.count() as f64 / 4000.0;
            assert!(share >= STATED - 0.03, "{up} {down}: {found:?} holds {share}");
        }
        let sure = level_interval("a", &rows(0, 400, 1, 1), "machine").expect("enough candidates");
        assert_eq!((sure.below, sure.above), (0, 0), "agreement is no reason for width");
    }

    #[test]
    fn few_candidates_make_no_interval_and_many_raters_no_more_of_them() {
        assert_eq!(level_interval("a", &rows(0, FEW_CANDIDATES - 1, 10, 10), "machine"), None);
        let mut rows = rows(0, FEW_CANDIDATES, 0, 0);
        assert_eq!(
            level_interval("a", &rows, "machine").map(|found| (found.below, found.above)),
            Some((0, 0))
        );
        rows.extend(
            (0..FEW_CANDIDATES).map(|candidate| rating(candidate, "ben", if candidate == 7 { 1 } else { 3 })),
        );
        let found = level_interval("a", &rows, "machine").expect("enough candidates");
        assert_eq!((found.below, found.above, found.candidates), (2, 0, FEW_CANDIDATES));
    }
}
