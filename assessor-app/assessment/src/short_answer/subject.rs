//! Whether a question is about a subject that graded answers are from.

/// The questions with graded answers that trees for new questions were fitted on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subjects {
    /// One vector for each, from [`subject_vector`].
    pub questions: Vec<Vec<f32>>,
    /// A question that is less like them is of a new subject.
    pub least: f32,
}

/// A subject has several questions: one that is alike may be so by chance.
const NEAREST: usize = 3;

impl Subjects {
    /// Mean cosine of a question's vector and the nearest three; 1 where there are none to compare, -1 where it has no vector.
    #[must_use]
    pub fn likeness(&self, vector: &[f32]) -> f32 {
        likeness(vector, self.questions.iter())
    }

    /// Whether a question is of another subject than all of them.
    #[must_use]
    pub fn is_new(&self, vector: &[f32]) -> bool {
        !self.questions.is_empty() && self.likeness(vector) < self.least
    }
}

/// As [`Subjects::likeness`], to any questions.
#[must_use]
pub fn likeness<'a>(vector: &[f32], questions: impl Iterator<Item = &'a Vec<f32>>) -> f32 {
    if vector.is_empty() {
        return -1.0;
    }
    let mut alike: Vec<f32> =
        questions.map(|other| other.iter().zip(vector).map(|(a, b)| a * b).sum()).collect();
    alike.sort_by(|a, b| b.total_cmp(a));
    alike.truncate(NEAREST);
    if alike.is_empty() { 1.0 } else { alike.iter().sum::<f32>() / alike.len() as f32 }
}

/// What a question is about: the direction between its own vector and the mean of its references', at unit length; empty where none of
/// them has a vector.
#[must_use]
pub fn subject_vector(question: Option<&[f32]>, references: &[&[f32]]) -> Vec<f32> {
    let mut sum = question.map_or_else(Vec::new, <[f32]>::to_vec);
    for reference in references {
        sum.resize(sum.len().max(reference.len()), 0.0);
        sum.iter_mut().zip(*reference).for_each(|(sum, x)| *sum += x / references.len() as f32);
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 1e-6 {
        sum.iter_mut().for_each(|x| *x /= length);
        sum
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_unlike_the_nearest_few_is_of_a_new_subject() {
        let along = |x: f32| vec![x, (1.0 - x * x).sqrt()];
        let subjects =
            Subjects { questions: vec![along(1.0), along(0.9), along(0.8), along(-0.5)], least: 0.6 };
        assert!((subjects.likeness(&along(1.0)) - 0.9).abs() < 1e-6, "the farthest does not count");
        assert!(!subjects.is_new(&along(1.0)) && subjects.is_new(&along(-0.2)));
        assert!(subjects.is_new(&[]), "nothing is known of it");
        assert!(!Subjects::default().is_new(&along(0.3)), "nothing to compare with");
        assert!(!Subjects::default().is_new(&[]), "nor here");
    }

    #[test]
    fn a_subject_lies_between_question_and_references() {
        let found = subject_vector(Some(&[1.0, 0.0]), &[&[0.0, 1.0], &[0.0, 1.0]]);
        assert!(found.iter().all(|x| (x - 0.5_f32.sqrt()).abs() < 1e-6), "{found:?}");
        assert_eq!(subject_vector(None, &[&[0.0, 2.0]]), [0.0, 1.0]);
        assert!(subject_vector(None, &[]).is_empty());
    }
}
