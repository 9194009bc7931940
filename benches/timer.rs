//! The clock of the benches: a case is run a stated number of times, and its wall and CPU time per run are printed.
//!
//! CPU time is that of the calling thread: on a shared machine it is the steadier of the two, and what a case spends on other threads
//! shows as wall time without it. [`Bench::of_all_threads`] counts them in, for work that a driver spreads.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use cpu_time::{ProcessTime, ThreadTime};

/// Runs before the measured ones: they fill caches and page in weights.
const WARM_UP: usize = 2;

/// The cases of one room, in the order in which they are run.
#[derive(Debug)]
pub struct Bench {
    /// Only cases whose name contains it are run.
    filter: Option<String>,
    is_of_all_threads: bool,
}

/// Milliseconds per run of one case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Wall time: median, 95th percentile and the shortest.
    pub wall: [f64; 3],
    /// CPU time: median and the least.
    pub cpu: [f64; 2],
}

impl Bench {
    /// Reads the filter from the command line (the first argument that is no option) and prints the heading.
    #[must_use]
    pub fn from_args(room: &str) -> Self {
        let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
        println!(
            "{room:<44} {:>5} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "n", "wall p50", "wall p95", "wall min", "cpu p50", "cpu min"
        );
        Self { filter, is_of_all_threads: false }
    }

    /// CPU time is that of the whole process from now on.
    #[must_use]
    pub fn of_all_threads(self) -> Self {
        Self { is_of_all_threads: true, ..self }
    }

    /// Whether a case of this name is to be run: asks before a costly set-up.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|filter| name.contains(filter.as_str()))
    }

    /// Runs `work` `count` times after a warm-up and prints one row of milliseconds; `None` where the case is not wanted.
    pub fn case<T>(&self, name: &str, count: usize, mut work: impl FnMut() -> T) -> Option<Figures> {
        if !self.wants(name) {
            return None;
        }
        for _ in 0..WARM_UP {
            black_box(work());
        }
        let runs = (0..count.max(1)).map(|_| self.timed(&mut work));
        let (mut wall, mut cpu): (Vec<_>, Vec<_>) = runs.unzip();
        wall.sort_unstable();
        cpu.sort_unstable();
        let figures = Figures {
            wall: [percentile(&wall, 50), percentile(&wall, 95), wall[0]].map(milliseconds),
            cpu: [percentile(&cpu, 50), cpu[0]].map(milliseconds),
        };
        let (Figures { wall: [p50, p95, min], cpu: [cpu_p50, cpu_min] }, count) = (figures, wall.len());
        println!("{name:<44} {count:>5} {p50:>10.3} {p95:>10.3} {min:>10.3} {cpu_p50:>10.3} {cpu_min:>10.3}");
        Some(figures)
    }

    #[expect(clippy::disallowed_methods, reason = "a bench owns a clock")]
    fn timed<T>(&self, work: &mut impl FnMut() -> T) -> (Duration, Duration) {
        let (wall, thread, process) = (Instant::now(), ThreadTime::now(), ProcessTime::now());
        black_box(work());
        let cpu = if self.is_of_all_threads { process.elapsed() } else { thread.elapsed() };
        (wall.elapsed(), cpu)
    }
}

/// The smallest value that at least `percent` of `sorted` do not exceed.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted[rank - 1]
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let sorted: Vec<Duration> = (1..=20).map(Duration::from_millis).collect();
        for (percent, expect) in [(1, 1), (50, 10), (95, 19), (96, 20), (100, 20)] {
            assert_eq!(percentile(&sorted, percent), Duration::from_millis(expect), "{percent}");
        }
        assert_eq!(percentile(&sorted[..1], 95), sorted[0]);
    }
}
