//! Questions of one subject, by their vectors: left out together, they show how far the trees may be trusted on a subject that is new.

/// Rounds after which groups no longer change much.
const ROUNDS: usize = 20;

/// The group of each vector (of unit length), so that vectors of a group point the same way: k-means by cosine, begun with vectors that lie
/// far apart. The same vectors always give the same groups.
pub(super) fn groups(vectors: &[&[f32]], count: usize) -> Vec<usize> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let mut centres: Vec<Vec<f32>> = vectors.first().map(|first| first.to_vec()).into_iter().collect();
    while centres.len() < count.min(vectors.len()) {
        let nearest =
            |vector: &[f32]| centres.iter().map(|centre| dot(centre, vector)).fold(f32::MIN, f32::max);
        let farthest = vectors.iter().min_by(|a, b| nearest(a).total_cmp(&nearest(b)));
        centres.extend(farthest.map(|vector| vector.to_vec()));
    }
    let mut group = vec![0; vectors.len()];
    for _ in 0..ROUNDS {
        for (group, vector) in group.iter_mut().zip(vectors) {
            let nearest = (0..centres.len()).max_by(|a, b| {
                dot(&centres[*a], vector).total_cmp(&dot(&centres[*b], vector)).then(b.cmp(a))
            });
            *group = nearest.unwrap_or(0);
        }
        for (number, centre) in centres.iter_mut().enumerate() {
            let mut sum = vec![0.0; centre.len()];
            for (_, vector) in group.iter().zip(vectors).filter(|(group, _)| **group == number) {
                sum.iter_mut().zip(*vector).for_each(|(sum, x)| *sum += x);
            }
            let length = dot(&sum, &sum).sqrt();
            if length > 1e-6 {
                *centre = sum.into_iter().map(|x| x / length).collect();
            }
        }
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_points_the_same_way_is_one_group() {
        let at = |degrees: f32| vec![degrees.to_radians().cos(), degrees.to_radians().sin()];
        let vectors: Vec<Vec<f32>> = [0.0, 95.0, 5.0, 180.0, 88.0, 175.0, -4.0].map(at).into();
        let found = groups(&vectors.iter().map(Vec::as_slice).collect::<Vec<_>>(), 3);
        let same = |a: usize, b: usize| found[a] == found[b];
        assert!(same(0, 2) && same(0, 6) && same(1, 4) && same(3, 5), "{found:?}");
        assert!(!same(0, 1) && !same(0, 3) && !same(1, 3), "{found:?}");
        assert_eq!(groups(&[&[1.0, 0.0]], 4), [0]);
        assert!(groups(&[], 4).is_empty());
    }
}
