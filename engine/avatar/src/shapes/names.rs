//! What a morph target's name means, in the spellings that programs give the ARKit shapes.

use viva_media::Blendshape;

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spelling {
    /// One of the 52.
    Shape(Blendshape),
    /// Both sides of a pair at once, for example `mouthSmile` or `eyesClosed`.
    Pair(Blendshape, Blendshape),
    /// One side of a shape that ARKit has for both at once, for example `browInnerUp_L`.
    Half(Blendshape, Side),
    /// A mouth position that has no ARKit name; what it is nearest to, and how near.
    Viseme(&'static [(Blendshape, f32)]),
    /// Nothing that is known.
    Unknown,
}

/// The face's own sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The face's own left.
    Left,
    /// Its right.
    Right,
}

/// Pairs under names of their own.
const PAIRS: [(&str, Blendshape, Blendshape); 10] = {
    use Blendshape as B;
    [
        ("eyesclosed", B::EyeBlinkLeft, B::EyeBlinkRight),
        ("blink", B::EyeBlinkLeft, B::EyeBlinkRight),
        ("eyeclose", B::EyeBlinkLeft, B::EyeBlinkRight),
        ("eyesblink", B::EyeBlinkLeft, B::EyeBlinkRight),
        ("eyeslookup", B::EyeLookUpLeft, B::EyeLookUpRight),
        ("eyeslookdown", B::EyeLookDownLeft, B::EyeLookDownRight),
        ("eyeswide", B::EyeWideLeft, B::EyeWideRight),
        ("eyessquint", B::EyeSquintLeft, B::EyeSquintRight),
        ("browsdown", B::BrowDownLeft, B::BrowDownRight),
        ("smile", B::MouthSmileLeft, B::MouthSmileRight),
    ]
};

/// Other names of single shapes.
const OTHERS: [(&str, Blendshape); 3] = [
    ("mouthopen", Blendshape::JawOpen),
    ("tongueoutstraight", Blendshape::TongueOut),
    ("mouthpuff", Blendshape::CheekPuff),
];

/// Oculus visemes by what of the 52 they are nearest to at full weight.
///
/// **Source**: the sample table of the Oculus lip-sync integration guide, "Viseme reference"; shares are ours, by eye.
const VISEMES: [(&str, &[(Blendshape, f32)]); 6] = {
    use Blendshape as B;
    [
        ("visemeaa", &[(B::JawOpen, 1.0)]),
        ("visemeo", &[(B::MouthFunnel, 1.0)]),
        ("visemeu", &[(B::MouthPucker, 1.0)]),
        ("visemee", &[(B::MouthStretchLeft, 1.0), (B::MouthStretchRight, 1.0)]),
        ("visemepp", &[(B::MouthPressLeft, 1.0), (B::MouthPressRight, 1.0)]),
        ("visemeff", &[(B::MouthRollLower, 1.0)]),
    ]
};

/// What a name means: `jawOpen`, `JawOpen`, `jaw_open`, `JAW OPEN`, `blendShape1.jawOpen`, `eyeBlink_L`, `mouthSmileRight`,
/// `Face.M_Brow_Down.L`.
///
/// What stands before the last `.`, `:`, `|` or `/` is the name of a mesh or deformer and does not count, except where only a
/// side stands behind it.
#[must_use]
pub fn spelling(name: &str) -> Spelling {
    // No name of a shape is longer, and names come from outside.
    if name.len() > 256 {
        return Spelling::Unknown;
    }
    let mut parts: Vec<&str> = name.split(['.', ':', '|', '/']).collect();
    while parts.len() > 1 {
        let known = plain_spelling(&parts.concat());
        if known != Spelling::Unknown {
            return known;
        }
        parts.remove(0);
    }
    plain_spelling(parts.first().copied().unwrap_or_default())
}

/// What a name means that has no prefix of a mesh.
fn plain_spelling(name: &str) -> Spelling {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    for shape in Blendshape::ALL {
        if shape.name().eq_ignore_ascii_case(&plain) {
            return Spelling::Shape(shape);
        }
    }
    if let Some((_, shape)) = OTHERS.iter().find(|(other, _)| *other == plain) {
        return Spelling::Shape(*shape);
    }
    if let Some((_, left, right)) = PAIRS.iter().find(|(pair, _, _)| *pair == plain) {
        return Spelling::Pair(*left, *right);
    }
    if let Some((_, shares)) = VISEMES.iter().find(|(viseme, _)| *viseme == plain) {
        return Spelling::Viseme(shares);
    }
    if let Some((left, right)) = pair_of(&plain) {
        return Spelling::Pair(left, right);
    }
    for (base, side) in sided(&plain) {
        let word = if side == Side::Left { "left" } else { "right" };
        let full = format!("{base}{word}");
        for shape in Blendshape::ALL {
            if shape.name().eq_ignore_ascii_case(&full) {
                return Spelling::Shape(shape);
            }
        }
        if let Some((left, right)) = PAIRS.iter().find(|(pair, _, _)| *pair == base).map(|(_, l, r)| (*l, *r))
        {
            return Spelling::Shape(if side == Side::Left { left } else { right });
        }
        for shape in Blendshape::ALL {
            if shape.name().eq_ignore_ascii_case(base) {
                return Spelling::Half(shape, side);
            }
        }
    }
    Spelling::Unknown
}

/// The pair whose name without its side this is.
fn pair_of(plain: &str) -> Option<(Blendshape, Blendshape)> {
    let side = |word: &str| {
        let full = format!("{plain}{word}");
        Blendshape::ALL.into_iter().find(|shape| shape.name().eq_ignore_ascii_case(&full))
    };
    // `mouth` and `jaw` go to the left and right as a whole: they are directions, not sides.
    let is_direction = matches!(plain, "mouth" | "jaw");
    (!is_direction).then(|| side("left").zip(side("right"))).flatten()
}

/// The name without a side at its end or beginning, and that side; longest words first.
fn sided(plain: &str) -> impl Iterator<Item = (&str, Side)> {
    let ends = [("left", Side::Left), ("right", Side::Right), ("l", Side::Left), ("r", Side::Right)];
    let at_end = ends.into_iter().filter_map(move |(word, side)| Some((plain.strip_suffix(word)?, side)));
    let at_start = ends.into_iter().filter_map(move |(word, side)| Some((plain.strip_prefix(word)?, side)));
    at_end.chain(at_start).filter(|(base, _)| base.len() > 2)
}

/// The shape of the face's other side; `None` where a shape is for both or is a direction.
#[must_use]
pub fn other_side(shape: Blendshape) -> Option<Blendshape> {
    let name = shape.name();
    let other = match (name.strip_suffix("Left"), name.strip_suffix("Right")) {
        (Some(base), _) => format!("{base}Right"),
        (_, Some(base)) => format!("{base}Left"),
        _ => return None,
    };
    Blendshape::from_name(&other)
}

/// Whether a shape lies on the face's own left; `None` where it is for both sides or moves the whole mouth or jaw.
#[must_use]
pub fn side_of(shape: Blendshape) -> Option<Side> {
    use Blendshape as B;
    if matches!(shape, B::JawLeft | B::JawRight | B::MouthLeft | B::MouthRight) {
        return None;
    }
    let name = shape.name();
    if name.ends_with("Left") {
        Some(Side::Left)
    } else if name.ends_with("Right") {
        Some(Side::Right)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use Blendshape as B;

    use super::*;

    #[test]
    fn every_shape_is_known_in_every_spelling() {
        for shape in Blendshape::ALL {
            let camel = shape.name();
            let snake: String = camel
                .chars()
                .flat_map(
                    |c| if c.is_ascii_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] },
                )
                .collect();
            let short = camel.strip_suffix("Left").map(|b| format!("{b}_L"));
            let short = short.or_else(|| camel.strip_suffix("Right").map(|b| format!("{b}_R")));
            let mut spellings = vec![
                camel.to_owned(),
                snake.clone(),
                snake.to_uppercase(),
                format!("{}{}", camel[..1].to_uppercase(), &camel[1..]),
                format!("blendShape1.{camel}"),
                format!("Group|Head:{camel}"),
                snake.replace('_', " "),
            ];
            spellings.extend(short.clone());
            spellings.extend(short.map(|s| format!("Head.{}", s.replace('_', "."))));
            for text in spellings {
                assert_eq!(spelling(&text), Spelling::Shape(shape), "{text}");
            }
        }
    }

    #[test]
    fn other_names_and_no_names() {
        for (name, expect) in [
            ("mouthSmile", Spelling::Pair(B::MouthSmileLeft, B::MouthSmileRight)),
            ("eyesClosed", Spelling::Pair(B::EyeBlinkLeft, B::EyeBlinkRight)),
            ("Blink_L", Spelling::Shape(B::EyeBlinkLeft)),
            ("left_brow_down", Spelling::Shape(B::BrowDownLeft)),
            ("browInnerUp_L", Spelling::Half(B::BrowInnerUp, Side::Left)),
            ("CheekPuff.R", Spelling::Half(B::CheekPuff, Side::Right)),
            ("mouthOpen", Spelling::Shape(B::JawOpen)),
            ("mouth_L", Spelling::Shape(B::MouthLeft)),
            ("jaw", Spelling::Unknown),
            ("mouth", Spelling::Unknown),
            ("", Spelling::Unknown),
            ("...", Spelling::Unknown),
            ("xawOpen", Spelling::Unknown),
            ("Fcl_MTH_A", Spelling::Unknown),
            ("L", Spelling::Unknown),
        ] {
            assert_eq!(spelling(name), expect, "{name}");
        }
        assert!(matches!(spelling("viseme_aa"), Spelling::Viseme([(B::JawOpen, _)])));
        assert_eq!(spelling(&"jawOpen".repeat(100)), Spelling::Unknown);
    }

    #[test]
    fn sides_know_each_other() {
        assert_eq!(other_side(B::EyeBlinkLeft), Some(B::EyeBlinkRight));
        assert_eq!(other_side(B::JawOpen), None);
        assert_eq!(side_of(B::MouthLeft), None);
        assert_eq!(side_of(B::MouthSmileRight), Some(Side::Right));
        let sided = Blendshape::ALL.into_iter().filter(|s| side_of(*s).is_some()).count();
        assert_eq!(sided, 36, "eighteen pairs");
    }
}
