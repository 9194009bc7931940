//! What a scripted affect shows, as data: units of the face and the manner of head, eyes and mouth.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use viva_exchange::Affect;
use viva_media::Blendshapes;

use crate::Role;
use crate::action_unit::{ACTION_UNIT_COUNT, ActionUnit};

/// Strengths of action units, by name (`AU12 = 0.3`) in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, f32>", into = "BTreeMap<String, f32>")]
pub struct Units(pub [f32; ACTION_UNIT_COUNT]);

impl Units {
    /// Adds all units at `left` and `right` times their strengths.
    pub fn add(&self, weights: &mut Blendshapes, left: f32, right: f32) {
        for unit in ActionUnit::ALL {
            let strength = self.0[unit as usize];
            if strength != 0.0 {
                unit.add(weights, strength * left, strength * right);
            }
        }
    }
}

impl TryFrom<BTreeMap<String, f32>> for Units {
    type Error = String;

    fn try_from(named: BTreeMap<String, f32>) -> Result<Self, String> {
        let mut units = Self::default();
        for (name, strength) in named {
            let unit = ActionUnit::from_name(&name)
                .ok_or_else(|| format!("no action unit is called {name:?}; names are like AU12"))?;
            units.0[unit as usize] = strength;
        }
        Ok(units)
    }
}

impl From<Units> for BTreeMap<String, f32> {
    fn from(units: Units) -> Self {
        let named = ActionUnit::ALL.into_iter().map(|unit| (unit, units.0[unit as usize]));
        named
            .filter(|(_, strength)| *strength != 0.0)
            .map(|(unit, strength)| (format!("AU{}", unit.label().0), strength))
            .collect()
    }
}

/// What an affect does beyond the shapes of the face; all of it grows with the level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manner {
    /// Part of the resting smile that is added; -1 takes it away.
    pub smile: f32,
    /// Factor on the length of looking at the partner.
    pub contact: f32,
    /// How much looking away goes down, in 0..=1.
    pub away_down: f32,
    /// Factor on the rate of blinks.
    pub blink: f32,
    /// Factor on the head's own movement.
    pub motion: f32,
    /// Chin down.
    pub pitch_degrees: f32,
    /// Head to the own right shoulder.
    pub roll_degrees: f32,
    /// Added to the master of the jaw.
    pub jaw: f32,
    /// Added to the master of the lips.
    pub lips: f32,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            smile: 0.0,
            contact: 1.0,
            away_down: 0.0,
            blink: 1.0,
            motion: 1.0,
            pitch_degrees: 0.0,
            roll_degrees: 0.0,
            jaw: 0.0,
            lips: 0.0,
        }
    }
}

impl Manner {
    /// Between `self` and `other`.
    pub(crate) fn toward(&self, other: &Self, part: f32) -> Self {
        let mix = |a: f32, b: f32| a + (b - a) * part;
        Self {
            smile: mix(self.smile, other.smile),
            contact: mix(self.contact, other.contact),
            away_down: mix(self.away_down, other.away_down),
            blink: mix(self.blink, other.blink),
            motion: mix(self.motion, other.motion),
            pitch_degrees: mix(self.pitch_degrees, other.pitch_degrees),
            roll_degrees: mix(self.roll_degrees, other.roll_degrees),
            jaw: mix(self.jaw, other.jaw),
            lips: mix(self.lips, other.lips),
        }
    }
}

/// One affect at full level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AffectProfile {
    /// Units of both halves.
    pub units: Units,
    /// Units of the right half alone.
    pub right: Units,
    /// Head, gaze, blink and mouth.
    pub manner: Manner,
}

/// All affects of one role.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Palette {
    /// At rest.
    pub neutral: AffectProfile,
    /// Friendly.
    pub warm: AffectProfile,
    /// Worried.
    pub worried: AffectProfile,
    /// Sad.
    pub sad: AffectProfile,
    /// Afraid.
    pub afraid: AffectProfile,
    /// Angry.
    pub angry: AffectProfile,
    /// Contemptuous.
    pub contemptuous: AffectProfile,
    /// Relieved.
    pub relieved: AffectProfile,
}

impl Palette {
    /// What is shown for an affect.
    #[must_use]
    pub fn of(&self, affect: Affect) -> &AffectProfile {
        match affect {
            Affect::Neutral => &self.neutral,
            Affect::Warm => &self.warm,
            Affect::Worried => &self.worried,
            Affect::Sad => &self.sad,
            Affect::Afraid => &self.afraid,
            Affect::Angry => &self.angry,
            Affect::Contemptuous => &self.contemptuous,
            Affect::Relieved => &self.relieved,
        }
    }
}

/// A palette for each role that the face may play.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Palettes {
    /// Of the examiner: friendly or concerned, never negative.
    pub examiner: Palette,
    /// Of an announced character: in full.
    pub character: Palette,
}

impl Palettes {
    pub(crate) fn of(&self, role: Role) -> &Palette {
        match role {
            Role::Examiner => &self.examiner,
            Role::Character => &self.character,
        }
    }
}
