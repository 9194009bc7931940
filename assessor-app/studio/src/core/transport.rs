//! Where the playhead is and how it moves.

/// Play, scrub, loop.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Transport {
    pub(crate) at_secs: f64,
    pub(crate) playing: bool,
    /// From where to where it goes round.
    pub(crate) looped: Option<(f64, f64)>,
}

impl Transport {
    pub(crate) fn new() -> Self {
        Self { at_secs: 0.0, playing: true, looped: None }
    }

    /// Time goes on by `secs`; at `end` the playhead stands.
    pub(crate) fn advance(&mut self, secs: f64, end: f64) {
        if !self.playing || !secs.is_finite() || secs <= 0.0 {
            return;
        }
        self.at_secs += secs;
        if let Some((from, to)) = self.looped
            && self.at_secs >= to
            && to > from
        {
            self.at_secs = from + (self.at_secs - from).rem_euclid(to - from);
        }
        if self.at_secs >= end {
            (self.at_secs, self.playing) = (end, false);
        }
    }

    pub(crate) fn seek(&mut self, secs: f64, end: f64) {
        if secs.is_finite() {
            self.at_secs = secs.clamp(0.0, end.max(0.0));
        }
    }

    /// Goes round from here on: to where the loop ended, or for `secs`.
    pub(crate) fn loop_from_here(&mut self, secs: f64) {
        let end = self.looped.map(|(_, end)| end).filter(|end| *end > self.at_secs);
        self.looped = Some((self.at_secs, end.unwrap_or(self.at_secs + secs)));
    }

    /// Goes round up to here: from where the loop began, or `secs` before.
    pub(crate) fn loop_to_here(&mut self, secs: f64) {
        let begin = self.looped.map(|(begin, _)| begin).filter(|begin| *begin < self.at_secs);
        self.looped = Some((begin.unwrap_or((self.at_secs - secs).max(0.0)), self.at_secs));
    }

    /// Goes round between two times in any order; a span of no length is none.
    pub(crate) fn loop_between(&mut self, a: f64, b: f64) {
        let (begin, end) = (a.min(b).max(0.0), a.max(b));
        if begin.is_finite() && end.is_finite() && end - begin > 1e-3 {
            self.looped = Some((begin, end));
        }
    }

    /// Goes round between the playhead and `secs` before it, or on without a loop.
    pub(crate) fn toggle_loop(&mut self, secs: f64) {
        self.looped = match self.looped {
            Some(_) => None,
            None => {
                let from = (self.at_secs - secs).max(0.0);
                Some((from, (from + secs).max(self.at_secs)))
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_span_goes_round() {
        let mut transport = Transport { at_secs: 5.0, playing: true, looped: None };
        transport.loop_from_here(4.0);
        assert_eq!(transport.looped, Some((5.0, 9.0)));
        transport.at_secs = 7.0;
        transport.loop_to_here(4.0);
        assert_eq!(transport.looped, Some((5.0, 7.0)));
        transport.at_secs = 3.0;
        transport.loop_to_here(4.0);
        assert_eq!(transport.looped, Some((0.0, 3.0)), "a begin that lies behind is none");
        transport.loop_between(8.0, 6.0);
        assert_eq!(transport.looped, Some((6.0, 8.0)));
        for (a, b) in [(6.0, 6.0), (f64::NAN, 1.0), (0.0, f64::INFINITY)] {
            transport.loop_between(a, b);
            assert_eq!(transport.looped, Some((6.0, 8.0)), "{a} to {b}");
        }
        transport.at_secs = 7.5;
        transport.advance(1.0, 100.0);
        assert!((transport.at_secs - 6.5).abs() < 1e-9);
    }

    #[test]
    fn it_goes_round_in_a_loop_and_stands_at_the_end() {
        let mut transport = Transport { at_secs: 9.0, playing: true, looped: None };
        transport.toggle_loop(4.0);
        assert_eq!(transport.looped, Some((5.0, 9.0)));
        transport.advance(1.5, 100.0);
        assert!((transport.at_secs - 6.5).abs() < 1e-9);
        transport.advance(400.0, 1000.0);
        assert!((5.0..9.0).contains(&transport.at_secs));
        transport.toggle_loop(4.0);
        transport.advance(1e9, 100.0);
        assert_eq!((transport.at_secs, transport.playing), (100.0, false));
        transport.seek(f64::NAN, 100.0);
        transport.seek(-3.0, 100.0);
        assert_eq!(transport.at_secs, 0.0);
    }
}
