//! A person's look in the words of a make-up artist, and four presets.

use serde::{Deserialize, Serialize};
use viva_shaders::layout;

/// A linear colour.
pub type Rgb = [f32; 3];

/// How hair is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HairStyle {
    /// Short, from the crown outwards.
    Short,
    /// Short at the sides, swept back on top.
    Swept,
    /// To the jaw, with a parting.
    Bob,
    /// Combed back into a bun.
    Bun,
    /// Short with a hair line that has moved back.
    Receding,
}

impl HairStyle {
    /// Whether the hair covers the ears.
    pub(crate) const fn covers_ears(self) -> bool {
        matches!(self, Self::Bob)
    }
}

/// What the person wears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garment {
    /// A jacket over a shirt with a collar.
    Jacket,
    /// A knitted crew neck.
    CrewNeck,
}

/// What is seen behind the person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Background {
    /// At the upper edge.
    pub top: Rgb,
    /// At the lower edge.
    pub bottom: Rgb,
    /// The window out of focus.
    pub window: Rgb,
    /// How clearly the window shows, 0..=1.
    pub window_strength: f32,
}

/// Everything about a person that does not move.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Look {
    /// Pigment of the skin, 0 very light to 1 very dark.
    pub melanin: f32,
    /// Blood under the skin, 0..=1.
    pub haemoglobin: f32,
    /// Shine of the skin, 0..=1.
    pub gloss: f32,
    /// Hair at the root.
    pub hair: Rgb,
    /// Shine of the hair; 1 is ordinary.
    pub hair_gloss: f32,
    /// Cut.
    pub style: HairStyle,
    /// Density of the brows, 0..=1.
    pub brow: f32,
    /// Brow colour.
    pub brow_color: Rgb,
    /// Beard shade, 0..=1.
    pub stubble: f32,
    /// Creases, 0..=1.
    pub age: f32,
    /// Freckles, 0..=1.
    pub freckles: f32,
    /// Tint of the lips beyond blood, 0..=1.
    pub lip_tint: f32,
    /// Density of the lashes, 0..=1.
    pub lash: f32,
    /// Iris.
    pub iris: Rgb,
    /// Garment.
    pub garment: Garment,
    /// Garment colour.
    pub cloth: Rgb,
    /// Shirt or collar colour.
    pub shirt: Rgb,
    /// Behind the person.
    pub background: Background,
}

/// A warm office in soft focus.
const OFFICE: Background = Background {
    top: [0.30, 0.27, 0.235],
    bottom: [0.105, 0.088, 0.075],
    window: [0.80, 0.86, 0.92],
    window_strength: 0.65,
};
/// A cool wall.
const WALL: Background = Background {
    top: [0.20, 0.235, 0.27],
    bottom: [0.075, 0.088, 0.10],
    window: [0.62, 0.70, 0.80],
    window_strength: 0.45,
};

impl Look {
    /// The four presets by name, in the order of [`crate::HEADS`], which they are made for.
    pub const NAMES: [&str; 4] = ["examiner", "character", "candidate_a", "candidate_b"];

    /// The preset of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let makers = [Self::examiner, Self::character, Self::candidate_a, Self::candidate_b];
        Self::NAMES.iter().position(|known| *known == name).map(|index| makers[index]())
    }

    /// Each number with its name and the ends of its range.
    pub(crate) fn ranges(&self) -> Vec<(&'static str, f32, f32, f32)> {
        let Background { top, bottom, window, window_strength } = self.background;
        let shares = [
            ("melanin", self.melanin),
            ("haemoglobin", self.haemoglobin),
            ("gloss", self.gloss),
            ("brow", self.brow),
            ("stubble", self.stubble),
            ("age", self.age),
            ("freckles", self.freckles),
            ("lip_tint", self.lip_tint),
            ("lash", self.lash),
            ("background.window_strength", window_strength),
        ];
        let colors = [
            ("hair", self.hair),
            ("brow_color", self.brow_color),
            ("iris", self.iris),
            ("cloth", self.cloth),
            ("shirt", self.shirt),
            ("background.top", top),
            ("background.bottom", bottom),
            ("background.window", window),
        ];
        let parts = colors.into_iter().flat_map(|(name, color)| color.map(|part| (name, part)));
        let mut ranges: Vec<_> =
            shares.into_iter().chain(parts).map(|(name, value)| (name, value, 0.0, 1.0)).collect();
        ranges.push(("hair_gloss", self.hair_gloss, 0.0, 3.0));
        ranges
    }

    /// The assessor: calm and professional; made for the head `head_female_mixed_young`.
    #[must_use]
    pub const fn examiner() -> Self {
        Self {
            melanin: 0.25,
            haemoglobin: 0.60,
            gloss: 0.50,
            hair: [0.024, 0.0125, 0.0068],
            hair_gloss: 1.5,
            style: HairStyle::Bob,
            brow: 0.85,
            brow_color: [0.030, 0.018, 0.011],
            stubble: 0.0,
            age: 0.12,
            freckles: 0.0,
            lip_tint: 0.55,
            lash: 0.8,
            iris: [0.110, 0.052, 0.020],
            garment: Garment::Jacket,
            cloth: [0.018, 0.026, 0.048],
            shirt: [0.46, 0.47, 0.48],
            background: OFFICE,
        }
    }

    /// A role-play counterpart of advanced age; made for the head `head_male_caucasian_old`.
    #[must_use]
    pub const fn character() -> Self {
        Self {
            melanin: 0.10,
            haemoglobin: 0.70,
            gloss: 0.45,
            hair: [0.34, 0.33, 0.32],
            hair_gloss: 0.6,
            style: HairStyle::Receding,
            brow: 0.80,
            brow_color: [0.125, 0.118, 0.110],
            stubble: 0.22,
            age: 1.0,
            freckles: 0.15,
            lip_tint: 0.0,
            lash: 0.10,
            iris: [0.085, 0.150, 0.200],
            garment: Garment::CrewNeck,
            cloth: [0.115, 0.030, 0.028],
            shirt: [0.095, 0.024, 0.023],
            background: WALL,
        }
    }

    /// A candidate; made for the head `head_female_african_young`.
    #[must_use]
    pub const fn candidate_a() -> Self {
        Self {
            melanin: 0.70,
            haemoglobin: 0.50,
            gloss: 0.55,
            hair: [0.011, 0.009, 0.008],
            hair_gloss: 0.8,
            style: HairStyle::Bun,
            brow: 0.95,
            brow_color: [0.010, 0.008, 0.007],
            stubble: 0.0,
            age: 0.0,
            freckles: 0.0,
            lip_tint: 0.35,
            lash: 0.9,
            iris: [0.055, 0.026, 0.012],
            garment: Garment::CrewNeck,
            cloth: [0.42, 0.27, 0.06],
            shirt: [0.36, 0.22, 0.05],
            background: WALL,
        }
    }

    /// A candidate; made for the head `head_male_asian_young`.
    #[must_use]
    pub const fn candidate_b() -> Self {
        Self {
            melanin: 0.22,
            haemoglobin: 0.55,
            gloss: 0.50,
            hair: [0.012, 0.010, 0.010],
            hair_gloss: 0.7,
            style: HairStyle::Swept,
            brow: 1.0,
            brow_color: [0.012, 0.010, 0.009],
            stubble: 0.28,
            age: 0.05,
            freckles: 0.0,
            lip_tint: 0.0,
            lash: 0.10,
            iris: [0.048, 0.025, 0.013],
            garment: Garment::CrewNeck,
            cloth: [0.060, 0.085, 0.075],
            shirt: [0.050, 0.072, 0.064],
            background: OFFICE,
        }
    }

    /// The bytes that the shaders read.
    pub(crate) fn layout(&self) -> layout::Look {
        // Pigment absorbs along the path through the skin, more in blue than in red (Beer-Lambert).
        let absorbed = |light: Rgb, rate: Rgb, amount: f32| -> Rgb {
            std::array::from_fn(|i| light[i] * (-rate[i] * amount).exp())
        };
        let skin = absorbed([0.62, 0.395, 0.295], [1.55, 1.95, 2.20], self.melanin);
        let blood = absorbed([1.04, 1.0, 1.0], [0.0, 0.52, 0.44], 0.6 + 0.6 * self.haemoglobin);
        let strength = self.haemoglobin * (1.0 - 0.45 * self.melanin);
        let lip_base = absorbed([0.50, 0.185, 0.165], [1.05, 1.05, 1.05], self.melanin);
        let made_up = [0.36, 0.070, 0.070];
        let lip: Rgb =
            std::array::from_fn(|i| lip_base[i] + (made_up[i] - lip_base[i]) * self.lip_tint * 0.6);
        let tip: Rgb = self.hair.map(|c| c * 1.9 + 0.004);
        let rim: Rgb = self.iris.map(|c| c * 0.42);
        let cloth_kind = match self.garment {
            Garment::Jacket => 0.0,
            Garment::CrewNeck => 1.0,
        };
        // Between light strands there is less to be dark than between dark ones.
        let contrast = (0.45 - 0.7 * self.hair.iter().sum::<f32>() / 3.0).max(0.0);
        let b = &self.background;
        layout::Look {
            skin: with(skin, 0.55 + 0.9 * self.gloss),
            blood: with(blood, strength),
            lip: with(lip, 0.85),
            brow: with(self.brow_color, self.brow),
            hair_root: with(self.hair, contrast),
            hair_tip: with(tip, self.hair_gloss),
            iris: with(self.iris, self.lash),
            iris_rim: with(rim, 0.0),
            sclera: with([0.51, 0.485, 0.455].map(|c: f32| c * (1.0 - 0.10 * self.age)), 0.0),
            cloth: with(self.cloth, cloth_kind),
            shirt: with(self.shirt, 0.0),
            wear: [self.age, self.stubble, self.freckles, self.melanin],
            back_top: with(b.top, 0.0),
            back_bottom: with(b.bottom, 0.0),
            back_light: with(b.window, b.window_strength),
        }
    }
}

fn with([r, g, b]: Rgb, w: f32) -> [f32; 4] {
    [r, g, b, w]
}
