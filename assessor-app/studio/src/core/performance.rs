//! What a take looks like with a profile: every pose on the grid of the behaviour, and every act with its cause.

use viva_behaviour::{Behaviour, Block, GRID_HZ, Profile};
use viva_media::{FacePose, TimeSpan, Timestamp};

use super::take::{Cue, Take};

/// No session lasts longer, and no take.
const LONGEST_SECS: f64 = 46.0 * 60.0;

/// A take performed so far as somebody has looked.
///
/// It follows from profile, seed and cues alone: looking at it in another order shows the same.
#[derive(Debug)]
pub(crate) struct Performance {
    profile: Profile,
    take: Take,
    face: Behaviour,
    next_cue: usize,
    poses: Vec<FacePose>,
    blocks: Vec<Block>,
}

impl Performance {
    pub(crate) fn new(profile: Profile, take: Take) -> Self {
        let face = Behaviour::new(profile, take.seed);
        Self { profile, take, face, next_cue: 0, poses: Vec::new(), blocks: Vec::new() }
    }

    /// Follows a change of profile or take; what was performed stays where nothing before its end has changed.
    pub(crate) fn follow(&mut self, profile: &Profile, take: &Take) {
        let begin = |cue: &Cue| tick_of(cue.at.as_secs());
        let common = self.take.cues.iter().zip(&take.cues).take_while(|(a, b)| a == b).count();
        let is_past = [&self.take, take]
            .into_iter()
            .filter_map(|take| take.cues.get(common))
            .any(|cue| begin(cue) < self.poses.len() || common < self.next_cue);
        if is_past || *profile != self.profile || take.seed != self.take.seed {
            *self = Self::new(*profile, take.clone());
        } else if *take != self.take {
            self.take = take.clone();
        }
    }

    /// A further cue, which lies behind all that was performed.
    pub(crate) fn tell(&mut self, cue: Cue) {
        self.take.cues.push(cue);
    }

    /// The same with another profile.
    pub(crate) fn set_profile(&mut self, profile: &Profile) {
        if *profile != self.profile {
            let take = std::mem::replace(&mut self.take, Take::new(0));
            *self = Self::new(*profile, take);
        }
    }

    /// The pose at a time.
    pub(crate) fn pose(&mut self, secs: f64) -> FacePose {
        let tick = tick_of(secs);
        while self.poses.len() <= tick {
            self.advance();
        }
        self.poses[tick]
    }

    /// The acts of what was performed so far, in the order in which they began.
    pub(crate) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Up to where it was performed.
    pub(crate) fn end_secs(&self) -> f64 {
        self.poses.len().saturating_sub(1) as f64 / GRID_HZ as f64
    }

    fn advance(&mut self) {
        let now = time_of(self.poses.len());
        while let Some(cue) = self.take.cues.get(self.next_cue).filter(|cue| cue.at <= now) {
            self.face.push(cue.at, cue.act.event(cue.at));
            self.next_cue += 1;
        }
        let known = self.face.block_count();
        self.poses.push(self.face.step(now));
        let new = (self.face.block_count() - known) as usize;
        let remembered = self.face.blocks().count();
        self.blocks.extend(self.face.blocks().skip(remembered.saturating_sub(new)).copied());
    }
}

fn tick_of(secs: f64) -> usize {
    (secs.clamp(0.0, LONGEST_SECS) * GRID_HZ as f64 + 1e-6) as usize
}

/// As the behaviour rounds its grid.
fn time_of(tick: usize) -> Timestamp {
    Timestamp::ZERO + TimeSpan::from_nanos((tick as i128 * 25_000_000 / 3) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::take::Act;
    use viva_behaviour::BlockKind;

    fn take() -> Take {
        let mut take = Take::new(7);
        for (millis, act) in
            [(500, Act::CandidateSpeaks), (2000, Act::Backchannel), (3000, Act::CandidatePauses)]
        {
            assert!(take.insert(Timestamp::from_millis(millis), act));
        }
        take
    }

    #[test]
    fn it_is_the_behaviour_itself() {
        let mut performance = Performance::new(Profile::examiner(), take());
        let late = performance.pose(4.0);
        let early = performance.pose(1.0);
        let mut face = Behaviour::new(Profile::examiner(), 7);
        for cue in take().cues {
            face.push(cue.at, cue.act.event(cue.at));
        }
        assert_eq!(face.step(Timestamp::from_secs(1.0)), early);
        assert_eq!(face.step(Timestamp::from_secs(4.0)), late);
        let ours: Vec<_> = performance.blocks().to_vec();
        assert_eq!(ours, face.blocks().copied().collect::<Vec<_>>());
        assert!(ours.iter().any(|block| matches!(block.kind, BlockKind::Nod | BlockKind::BrowFlash)));
    }

    #[test]
    fn a_later_cue_keeps_what_was_performed_and_an_earlier_one_does_not() {
        let mut performance = Performance::new(Profile::examiner(), take());
        performance.pose(4.0);
        let mut longer = take();
        longer.insert(Timestamp::from_secs(6.0), Act::Thinking);
        performance.follow(&Profile::examiner(), &longer);
        assert!((performance.end_secs() - 4.0).abs() < 1e-9);
        let mut other = longer.clone();
        other.insert(Timestamp::from_secs(1.0), Act::Thinking);
        performance.follow(&Profile::examiner(), &other);
        assert_eq!(performance.blocks().len(), 0);
        let changed = performance.pose(3.0);
        let mut fresh = Performance::new(Profile::examiner(), other);
        assert_eq!(fresh.pose(3.0), changed);
        performance.follow(&Profile::examiner(), &take());
        let mut first = Performance::new(Profile::examiner(), take());
        assert_eq!(first.pose(3.0), performance.pose(3.0), "a cue that is taken away leaves no trace");
    }
}
