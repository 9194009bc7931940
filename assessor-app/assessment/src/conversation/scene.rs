//! The role-play's course: how the character's level moves and what it says.

use viva_exchange::Affect;

use crate::chance::Chance;
use crate::exam::RolePlay;
use crate::score::{Noticed, Quote};

/// The state of one scene.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    level: u8,
    exchanges: u32,
    lines_used: Vec<Vec<bool>>,
    replies_used: Vec<bool>,
    facts_told: Vec<bool>,
}

/// What the character does after an answer.
#[derive(Clone, Debug)]
pub(super) struct Reaction {
    pub(super) from: u8,
    pub(super) to: u8,
    pub(super) rules: Vec<String>,
    pub(super) quotes: Vec<Quote>,
    pub(super) line: String,
    pub(super) fact: Option<String>,
    /// Why the scene is over, if it is.
    pub(super) ended: Option<&'static str>,
}

impl Scene {
    pub(super) fn new(scene: &RolePlay) -> Self {
        Self {
            level: scene.character.opening_level,
            exchanges: 0,
            lines_used: scene.levels.iter().map(|level| vec![false; level.lines.len()]).collect(),
            replies_used: vec![false; scene.behaviours.len()],
            facts_told: vec![false; scene.facts.len()],
        }
    }

    pub(super) const fn level(&self) -> u8 {
        self.level
    }

    pub(super) fn affect(&self, scene: &RolePlay) -> (Affect, f32) {
        scene
            .levels
            .get(usize::from(self.level))
            .map_or((Affect::Neutral, 0.0), |l| (l.affect, l.affect_level))
    }

    /// The character's move after one answer; at most one level up or down.
    pub(super) fn react(
        &mut self,
        scene: &RolePlay,
        noticed: &[Noticed],
        talked_over: bool,
        chance: &mut Chance,
    ) -> Reaction {
        self.exchanges += 1;
        let mut behaviours: Vec<usize> = noticed.iter().map(|noticed| noticed.behaviour).collect();
        if talked_over {
            behaviours.extend((0..scene.behaviours.len()).filter(|at| scene.behaviours[*at].by_barge_in));
        }
        if behaviours.is_empty() {
            behaviours.extend((0..scene.behaviours.len()).filter(|at| scene.behaviours[*at].by_default));
        }
        behaviours.sort_unstable();
        behaviours.dedup();
        let change: i32 = behaviours.iter().map(|at| i32::from(scene.behaviours[*at].delta)).sum();
        let from = self.level;
        self.level = u8::try_from((i32::from(from) + change.clamp(-1, 1)).clamp(0, 4)).unwrap_or(from);
        let mut reaction = Reaction {
            from,
            to: self.level,
            rules: behaviours.iter().map(|at| scene.behaviours[*at].id.to_string()).collect(),
            quotes: noticed.iter().map(|noticed| noticed.quote.clone()).collect(),
            line: String::new(),
            fact: None,
            ended: None,
        };
        let calm = self.level <= scene.end.calm_level;
        if self.exchanges >= scene.end.least_exchanges && calm {
            reaction.ended = Some("the character is calm");
        } else if self.exchanges >= scene.end.most_exchanges {
            reaction.ended = Some("the agreed number of exchanges");
        }
        if reaction.ended.is_some() {
            reaction.line.clone_from(if calm { &scene.end.calm_line } else { &scene.end.upset_line });
            return reaction;
        }
        let due = scene.facts.iter().enumerate().find(|(at, fact)| {
            let after =
                fact.after.iter().any(|id| behaviours.iter().any(|at| scene.behaviours[*at].id == *id));
            !self.facts_told[*at] && (after || fact.at_level.is_some_and(|level| self.level <= level))
        });
        if let Some((at, fact)) = due {
            self.facts_told[at] = true;
            reaction.line.clone_from(&fact.line);
            reaction.fact = Some(fact.id.to_string());
            return reaction;
        }
        // The reply to what weighs most, in the direction in which the level moves.
        let reply = behaviours
            .iter()
            .copied()
            .filter(|at| {
                !self.replies_used[*at] && i32::from(scene.behaviours[*at].delta).signum() == change.signum()
            })
            .filter(|at| scene.behaviours[*at].reply.is_some())
            .max_by_key(|at| (scene.behaviours[*at].delta.unsigned_abs(), std::cmp::Reverse(*at)));
        if let Some(at) = reply {
            self.replies_used[at] = true;
            reaction.line = scene.behaviours[at].reply.clone().unwrap_or_default();
            return reaction;
        }
        reaction.line = self.level_line(scene, chance);
        reaction
    }

    /// A line of the present level that was not said yet, or any when all were.
    pub(super) fn level_line(&mut self, scene: &RolePlay, chance: &mut Chance) -> String {
        let level = usize::from(self.level);
        let lines = &scene.levels[level].lines;
        let open: Vec<usize> = (0..lines.len()).filter(|at| !self.lines_used[level][*at]).collect();
        let all: Vec<usize> = (0..lines.len()).collect();
        let at = chance.pick(if open.is_empty() { &all } else { &open }).copied().unwrap_or(0);
        self.lines_used[level][at] = true;
        lines[at].clone()
    }
}
