//! Results of slow work, each held until the time at which it arrived.
//!
//! A recogniser, a synthesiser or a language model takes its time. The driver measures it, stamps the result and hands it in here;
//! the stamp goes into the record, so that a replay delivers the same results on the same ticks.

use viva_media::Timestamp;

/// A bounded queue of results by the time of their arrival. When it is full, the driver has a defect: it must wait instead.
#[derive(Debug)]
pub struct Arrivals<T> {
    waiting: Vec<(Timestamp, T)>,
    depth: usize,
}

impl<T> Arrivals<T> {
    /// A queue of at most `depth` results.
    #[must_use]
    pub fn new(depth: usize) -> Self {
        Self { waiting: Vec::with_capacity(depth), depth }
    }

    /// Takes a result that arrives at `at`; gives it back when the queue is full.
    ///
    /// # Errors
    /// The result itself, where `depth` results wait already.
    pub fn push(&mut self, at: Timestamp, result: T) -> Result<(), T> {
        if self.waiting.len() >= self.depth {
            return Err(result);
        }
        // Stable among equals: what was handed in first arrives first.
        let place = self.waiting.iter().position(|(other, _)| *other > at).unwrap_or(self.waiting.len());
        self.waiting.insert(place, (at, result));
        Ok(())
    }

    /// The next result that has arrived by `now`, with its time.
    pub fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, T)> {
        (self.waiting.first()?.0 <= now).then(|| self.waiting.remove(0))
    }

    /// True where nothing is on its way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_their_stamps() {
        let mut arrivals = Arrivals::new(3);
        let ms = Timestamp::from_millis;
        for (at, value) in [(50, 'b'), (20, 'a'), (50, 'c')] {
            arrivals.push(ms(at), value).expect("there is room");
        }
        assert_eq!(arrivals.push(ms(60), 'd'), Err('d'));
        assert_eq!(arrivals.pop(ms(10)), None);
        assert_eq!(arrivals.pop(ms(20)), Some((ms(20), 'a')));
        assert_eq!(arrivals.pop(ms(60)), Some((ms(50), 'b')));
        assert_eq!(arrivals.pop(ms(60)), Some((ms(50), 'c')));
        assert!(arrivals.is_empty());
    }
}
