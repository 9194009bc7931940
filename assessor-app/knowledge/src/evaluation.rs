//! How well questions find their passages: recall, reciprocal rank, discounted gain, and refusals.

use serde::{Deserialize, Serialize};

use crate::passage::Passage;

/// A labelled question: one JSON line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// Name, for reports.
    #[serde(default)]
    pub id: String,
    /// The question.
    pub query: String,
    /// The passages that answer it.
    #[serde(default)]
    pub relevant: Vec<Relevant>,
    /// The documents do not speak of it.
    #[serde(default)]
    pub off_scope: bool,
}

/// What names a relevant passage; every part that is given must fit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Relevant {
    /// Name of the document, or the end of it after a `/`.
    pub document: String,
    /// Its heading.
    #[serde(default)]
    pub heading: Option<String>,
    /// A page that it touches.
    #[serde(default)]
    pub page: Option<u32>,
    /// Words that stand in it.
    #[serde(default)]
    pub contains: Option<String>,
}

impl Relevant {
    /// Whether a passage is meant.
    #[must_use]
    pub fn is(&self, passage: &Passage) -> bool {
        let Self { document, heading, page, contains } = self;
        let document_fits = passage.doc == *document
            || passage.doc.strip_suffix(document.as_str()).is_some_and(|head| head.ends_with('/'));
        let on_page = |page: u32| {
            passage.page.zip(passage.last_page).is_some_and(|(first, last)| (first..=last).contains(&page))
        };
        document_fits
            && heading.as_ref().is_none_or(|heading| passage.heading == *heading)
            && page.is_none_or(on_page)
            && contains.as_ref().is_none_or(|words| passage.text.contains(words.as_str()))
    }
}

/// How deep a ranking is looked at for reciprocal rank and gain.
pub const DEPTH: usize = 10;

/// Means over questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quality {
    /// Share of the relevant passages among the first 1, 5 and 10.
    pub recall_at_1: f64,
    /// See [`Self::recall_at_1`].
    pub recall_at_5: f64,
    /// See [`Self::recall_at_1`].
    pub recall_at_10: f64,
    /// Mean reciprocal rank of the first relevant passage, 0 beyond the tenth.
    pub mrr: f64,
    /// Normalised discounted cumulative gain at 10, relevance 0 or 1.
    pub ndcg: f64,
}

/// The quality of one ranking.
///
/// A relevance label that several passages fit counts once, at the first of them.
#[must_use]
pub fn quality(relevant: &[Relevant], ranked: &[&Passage]) -> Quality {
    let first: Vec<Option<usize>> = relevant
        .iter()
        .map(|label| ranked.iter().take(DEPTH).position(|passage| label.is(passage)))
        .collect();
    let count = relevant.len().max(1) as f64;
    let recall = |most: usize| first.iter().flatten().filter(|rank| **rank < most).count() as f64 / count;
    let gain = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let mut ranks: Vec<usize> = first.iter().flatten().copied().collect();
    ranks.sort_unstable();
    ranks.dedup();
    let ideal: f64 = (0..relevant.len().min(DEPTH)).map(gain).sum();
    Quality {
        recall_at_1: recall(1),
        recall_at_5: recall(5),
        recall_at_10: recall(10),
        mrr: ranks.first().map_or(0.0, |rank| 1.0 / (*rank as f64 + 1.0)),
        ndcg: if ideal > 0.0 { ranks.iter().map(|rank| gain(*rank)).sum::<f64>() / ideal } else { 0.0 },
    }
}

/// The mean of qualities; none for none.
#[must_use]
pub fn mean(qualities: &[Quality]) -> Option<Quality> {
    let count = qualities.len() as f64;
    let of = |part: fn(&Quality) -> f64| qualities.iter().map(part).sum::<f64>() / count;
    (!qualities.is_empty()).then(|| Quality {
        recall_at_1: of(|q| q.recall_at_1),
        recall_at_5: of(|q| q.recall_at_5),
        recall_at_10: of(|q| q.recall_at_10),
        mrr: of(|q| q.mrr),
        ndcg: of(|q| q.ndcg),
    })
}

/// How well questions beyond the documents are refused. "Refused" is the positive class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Refusals {
    /// Off-scope questions.
    pub off_scope: usize,
    /// Of these refused.
    pub refused: usize,
    /// Questions that the documents answer.
    pub in_scope: usize,
    /// Of these refused by mistake.
    pub refused_wrongly: usize,
    /// Share of the refusals that were right; none without a refusal.
    pub precision: Option<f64>,
    /// Share of the off-scope questions that were refused; none without any.
    pub recall: Option<f64>,
}

/// Counts refusals: pairs of "is off-scope" and "was refused".
#[must_use]
pub fn refusals(outcomes: &[(bool, bool)]) -> Refusals {
    let count = |off_scope: bool, refused: bool| {
        outcomes.iter().filter(|outcome| **outcome == (off_scope, refused)).count()
    };
    let (right, wrong) = (count(true, true), count(false, true));
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    Refusals {
        off_scope: right + count(true, false),
        refused: right,
        in_scope: wrong + count(false, false),
        refused_wrongly: wrong,
        precision: share(right, right + wrong),
        recall: share(right, right + count(true, false)),
    }
}

/// The value below which a share of the sorted values lies, by nearest rank; 0 for none.
#[must_use]
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::passages;

    #[test]
    fn qualities_agree_with_a_hand_calculation() {
        let found = passages("a/b.md", "# One\n\nfirst\n\n# Two\n\nsecond\n\n# Three\n\nthird");
        let ranked: Vec<&Passage> = found.iter().collect();
        let label = |heading: &str| Relevant {
            document: "b.md".to_owned(),
            heading: Some(heading.to_owned()),
            page: None,
            contains: None,
        };
        let quality_of = |headings: &[&str]| {
            quality(&headings.iter().map(|heading| label(heading)).collect::<Vec<_>>(), &ranked)
        };
        assert_eq!(quality_of(&["One"]).ndcg, 1.0);
        let second = quality_of(&["Two"]);
        assert_eq!((second.recall_at_1, second.recall_at_5, second.mrr), (0.0, 1.0, 0.5));
        assert!((second.ndcg - 1.0 / 3.0_f64.log2()).abs() < 1e-12);
        let both = quality_of(&["Three", "Absent"]);
        assert_eq!((both.recall_at_10, both.mrr), (0.5, 1.0 / 3.0));
        assert!((both.ndcg - 0.5 / (1.0 + 1.0 / 3.0_f64.log2())).abs() < 1e-12);
        assert_eq!(mean(&[second, both]).map(|mean| mean.recall_at_5), Some(0.75));
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn labels_name_passages_by_all_their_parts() {
        let passage =
            Passage { page: Some(3), last_page: Some(4), ..passages("x.md", "words here").remove(0) };
        let label = Relevant { document: "x.md".to_owned(), heading: None, page: Some(4), contains: None };
        assert!(label.is(&passage));
        assert!(!Relevant { page: Some(5), ..label.clone() }.is(&passage));
        assert!(!Relevant { contains: Some("others".to_owned()), ..label.clone() }.is(&passage));
        assert!(!Relevant { document: ".md".to_owned(), ..label }.is(&passage));
    }

    #[test]
    fn refusals_are_counted() {
        let found = refusals(&[(true, true), (true, false), (false, true), (false, false), (false, false)]);
        assert_eq!((found.off_scope, found.refused, found.in_scope, found.refused_wrongly), (2, 1, 3, 1));
        assert_eq!((found.precision, found.recall), (Some(0.5), Some(0.5)));
        assert_eq!(refusals(&[]).precision, None);
        let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!([0.5, 0.95, 0.99].map(|share| percentile(&sorted, share)), [50.0, 95.0, 99.0]);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }
}
