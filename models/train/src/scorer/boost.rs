//! Gradient boosting of small trees on binned features.
//!
//! **Source**: Friedman 2001, "Greedy Function Approximation"; second-order gain and leaf as in Chen and Guestrin 2016, eq. 5–7.

use viva_assessment::short_answer::{Forest, Node};

use super::random::Random;

/// What is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// A number, by squares.
    Squares,
    /// 0 or 1, by log-odds.
    LogOdds,
}

/// How trees grow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    pub(super) rounds: usize,
    pub(super) depth: usize,
    pub(super) rate: f32,
    /// Least sum of second derivatives in a leaf.
    pub(super) least: f32,
    pub(super) ridge: f32,
    pub(super) row_share: f32,
    pub(super) feature_share: f32,
}

const BINS: usize = 64;

/// Features cut into bins: `bins[feature][row]`.
#[derive(Clone)]
pub(super) struct Binned {
    bins: Vec<Vec<u8>>,
    /// Upper ends of the bins.
    edges: Vec<Vec<f32>>,
    rows: usize,
    /// The features that trees may ask for.
    usable: Vec<usize>,
}

impl Binned {
    pub(super) fn new(rows: &[Vec<f32>]) -> Self {
        let width = rows.first().map_or(0, Vec::len);
        let (mut bins, mut edges) = (Vec::new(), Vec::new());
        for feature in 0..width {
            let mut sorted: Vec<f32> = rows.iter().map(|row| row[feature]).collect();
            sorted.sort_by(f32::total_cmp);
            let mut ends: Vec<f32> =
                (1..BINS).map(|bin| sorted[(bin * sorted.len() / BINS).min(sorted.len() - 1)]).collect();
            ends.dedup();
            bins.push(rows.iter().map(|row| ends.partition_point(|end| *end < row[feature]) as u8).collect());
            edges.push(ends);
        }
        Self { bins, edges, rows: rows.len(), usable: (0..width).collect() }
    }

    /// The features that trees may ask for.
    #[cfg(test)]
    pub(super) fn usable(&self) -> &[usize] {
        &self.usable
    }

    /// The same rows where trees may ask for those features only.
    pub(super) fn only(&self, usable: Vec<usize>) -> Self {
        Self { usable, ..self.clone() }
    }
}

/// Fits a forest to `targets` at the rows `chosen`.
pub(super) fn boost(
    data: &Binned,
    chosen: &[usize],
    targets: &[f32],
    weights: &[f32],
    loss: Loss,
    growth: &Growth,
    seed: u64,
) -> Forest {
    let mut random = Random::new(seed);
    let whole: f32 = chosen.iter().map(|at| weights[*at]).sum();
    let mean = chosen.iter().map(|at| weights[*at] * targets[*at]).sum::<f32>() / whole.max(1e-6);
    let base = match loss {
        Loss::Squares => mean,
        Loss::LogOdds => {
            let p = mean.clamp(0.01, 0.99);
            (p / (1.0 - p)).ln()
        }
    };
    let mut forest = Forest { base, roots: Vec::new(), nodes: Vec::new() };
    let mut sums = vec![base; data.rows];
    let mut gradients = vec![(0.0_f32, 0.0_f32); data.rows];
    for _ in 0..growth.rounds {
        for at in chosen {
            let (y, w) = (targets[*at], weights[*at]);
            gradients[*at] = match loss {
                Loss::Squares => (w * (sums[*at] - y), w),
                Loss::LogOdds => {
                    let p = 1.0 / (1.0 + (-sums[*at]).exp());
                    (w * (p - y), w * (p * (1.0 - p)).max(1e-4))
                }
            };
        }
        let sample: Vec<usize> =
            chosen.iter().copied().filter(|_| random.chance() < growth.row_share).collect();
        let mut features = data.usable.clone();
        random.shuffle(&mut features);
        features.truncate(((features.len() as f32 * growth.feature_share) as usize).max(1));
        let root = forest.nodes.len();
        forest.roots.push(root as u32);
        forest.nodes.push(Node { feature: Node::LEAF, value: 0.0, left: 0 });
        let mut grower =
            Grower { data, growth, gradients: &gradients, features: &features, nodes: &mut forest.nodes };
        let mut reached: Vec<(usize, Vec<usize>)> = Vec::new();
        grower.grow(root, sample, chosen.to_vec(), 0, &mut reached);
        for (leaf, rows) in reached {
            let value = forest.nodes[leaf].value;
            for at in rows {
                sums[at] += value;
            }
        }
    }
    forest
}

struct Grower<'a> {
    data: &'a Binned,
    growth: &'a Growth,
    gradients: &'a [(f32, f32)],
    features: &'a [usize],
    nodes: &'a mut Vec<Node>,
}

struct Split {
    gain: f32,
    feature: usize,
    bin: u8,
}

impl Grower<'_> {
    /// `sample` decides, `all` are carried along.
    fn grow(
        &mut self,
        at: usize,
        sample: Vec<usize>,
        all: Vec<usize>,
        depth: usize,
        reached: &mut Vec<(usize, Vec<usize>)>,
    ) {
        let (gradient, curvature) = self.sum(&sample);
        let split = if depth < self.growth.depth { self.best(&sample, gradient, curvature) } else { None };
        let Some(split) = split else {
            self.nodes[at].value = -self.growth.rate * gradient / (curvature + self.growth.ridge);
            reached.push((at, all));
            return;
        };
        let bins = &self.data.bins[split.feature];
        let apart = |rows: Vec<usize>| rows.into_iter().partition::<Vec<_>, _>(|row| bins[*row] <= split.bin);
        let (left_sample, right_sample) = apart(sample);
        let (left_all, right_all) = apart(all);
        let left = self.nodes.len();
        let leaf = Node { feature: Node::LEAF, value: 0.0, left: 0 };
        self.nodes.extend([leaf, leaf]);
        let value = self.data.edges[split.feature][usize::from(split.bin)];
        self.nodes[at] = Node { feature: split.feature as u16, value, left: left as u32 };
        self.grow(left, left_sample, left_all, depth + 1, reached);
        self.grow(left + 1, right_sample, right_all, depth + 1, reached);
    }

    fn sum(&self, rows: &[usize]) -> (f32, f32) {
        rows.iter().fold((0.0, 0.0), |(g, h), at| (g + self.gradients[*at].0, h + self.gradients[*at].1))
    }

    fn best(&self, rows: &[usize], gradient: f32, curvature: f32) -> Option<Split> {
        let worth = |g: f32, h: f32| g * g / (h + self.growth.ridge);
        let whole = worth(gradient, curvature);
        let mut best: Option<Split> = None;
        for feature in self.features {
            let mut sums = [(0.0_f32, 0.0_f32); BINS];
            let bins = &self.data.bins[*feature];
            for row in rows {
                let sum = &mut sums[usize::from(bins[*row])];
                sum.0 += self.gradients[*row].0;
                sum.1 += self.gradients[*row].1;
            }
            let (mut g, mut h) = (0.0, 0.0);
            for (bin, sum) in sums.iter().enumerate().take(self.data.edges[*feature].len()) {
                g += sum.0;
                h += sum.1;
                let rest = curvature - h;
                if h < self.growth.least || rest < self.growth.least {
                    continue;
                }
                let gain = worth(g, h) + worth(gradient - g, rest) - whole;
                if gain > 1e-4 && best.as_ref().is_none_or(|best| gain > best.gain) {
                    best = Some(Split { gain, feature: *feature, bin: bin as u8 });
                }
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_learn_what_no_line_can() {
        let mut random = Random::new(3);
        let rows: Vec<Vec<f32>> =
            (0..600).map(|_| vec![random.chance(), random.chance(), random.chance()]).collect();
        let targets: Vec<f32> =
            rows.iter().map(|r| f32::from(u8::from((r[0] > 0.5) != (r[2] > 0.5)))).collect();
        let growth = Growth {
            rounds: 60,
            depth: 3,
            rate: 0.2,
            least: 2.0,
            ridge: 1.0,
            row_share: 0.8,
            feature_share: 1.0,
        };
        let all: Vec<usize> = (0..rows.len()).collect();
        let forest = boost(&Binned::new(&rows), &all, &targets, &vec![1.0; 600], Loss::LogOdds, &growth, 5);
        let right = rows.iter().zip(&targets).filter(|(r, y)| (forest.sum(r) > 0.0) == (**y > 0.5)).count();
        assert!(right > 560, "{right} of 600");
        let half = Binned::new(&rows).only(vec![0, 1]);
        let forest = boost(&half, &all, &targets, &vec![1.0; 600], Loss::LogOdds, &growth, 5);
        let asks = |feature| forest.nodes.iter().any(|node| node.feature == feature);
        assert!(asks(0) && asks(1) && !asks(2), "what is not usable is not asked for");
    }
}
