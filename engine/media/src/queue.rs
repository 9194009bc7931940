//! Bounded queues between threads. Each says what it does when it is full.
//!
//! [`ring`] keeps the order and loses the *newest* element when full, and counts the loss: for audio, where a gap must be known.
//! [`latest`] keeps only the newest element: for video and poses, where an old picture is worth nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The writing end of a [`ring`].
#[derive(Debug)]
pub struct RingWriter<T> {
    producer: rtrb::Producer<T>,
    dropped: Arc<AtomicU64>,
}

/// The reading end of a [`ring`].
#[derive(Debug)]
pub struct RingReader<T> {
    consumer: rtrb::Consumer<T>,
    dropped: Arc<AtomicU64>,
}

/// A bounded queue of `depth` elements; when full, the element offered is dropped and counted.
#[must_use]
pub fn ring<T>(depth: usize) -> (RingWriter<T>, RingReader<T>) {
    let (producer, consumer) = rtrb::RingBuffer::new(depth);
    let dropped = Arc::new(AtomicU64::new(0));
    (RingWriter { producer, dropped: Arc::clone(&dropped) }, RingReader { consumer, dropped })
}

impl<T> RingWriter<T> {
    /// Offers `value`; false if the queue was full and the value was dropped and counted.
    pub fn push(&mut self, value: T) -> bool {
        let taken = self.producer.push(value).is_ok();
        if !taken {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// True once the reader is gone.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.producer.is_abandoned()
    }
}

impl<T> RingReader<T> {
    /// The oldest element, if there is one.
    pub fn pop(&mut self) -> Option<T> {
        self.consumer.pop().ok()
    }

    /// How many elements the writer has had to drop so far.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// True once the writer is gone; elements may still wait.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.consumer.is_abandoned()
    }
}

/// A slot that holds the newest value: writing overwrites, reading never waits.
pub fn latest<T: Clone + Send>(initial: &T) -> (triple_buffer::Input<T>, triple_buffer::Output<T>) {
    triple_buffer::TripleBuffer::new(initial).split()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ring_drops_the_newest_and_counts() {
        let (mut writer, mut reader) = ring(2);
        assert!(writer.push(1) && writer.push(2) && !writer.push(3));
        assert_eq!((reader.pop(), reader.pop(), reader.pop()), (Some(1), Some(2), None));
        assert_eq!(reader.dropped(), 1);
    }

    #[test]
    fn latest_keeps_the_newest() {
        let (mut input, mut output) = latest(&0);
        input.write(1);
        input.write(2);
        assert_eq!(*output.read(), 2);
    }
}
