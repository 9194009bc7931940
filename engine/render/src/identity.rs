//! A person of our own as a file: a blend of the heads, and what a make-up artist would say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::RenderError;
use crate::asset::HeadAsset;
use crate::look::Look;

/// The heads that can be blended, as their files are called after `head_`.
pub const HEADS: [&str; 4] =
    ["female_mixed_young", "male_caucasian_old", "female_african_young", "male_asian_young"];

/// Why a person file does not describe a person.
#[derive(Debug, Error)]
pub enum IdentityError {
    /// No TOML, an unknown name, or a value of another kind.
    #[error("{0}")]
    Text(#[from] toml::de::Error),
    /// A number outside its range.
    #[error("{name} is {value}, which is not within {low} to {high}")]
    Range {
        /// Which.
        name: String,
        /// What it is.
        value: f32,
        /// Smallest allowed.
        low: f32,
        /// Largest allowed.
        high: f32,
    },
    /// A head that does not exist.
    #[error("no head is called `{0}`; there are {list}", list = HEADS.join(", "))]
    UnknownHead(String),
    /// No head has a share.
    #[error("[heads] gives no head a share above 0")]
    Headless,
    /// A look that does not exist.
    #[error("no look is called `{0}`; there are {list}", list = Look::NAMES.join(", "))]
    UnknownLook(String),
}

/// Who somebody is, as far as it is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identity {
    /// Share of each head in the order of [`HEADS`], 0..=1 each; what counts is their relation.
    pub heads: [f32; 4],
    /// Everything that is no shape of bones.
    pub look: Look,
}

/// The file; what `look` does not say is as in the look of that name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    heads: BTreeMap<String, f32>,
    #[serde(default)]
    based_on: Option<String>,
    #[serde(default)]
    look: toml::Table,
}

#[derive(Serialize)]
struct Written<'a> {
    heads: BTreeMap<&'static str, f32>,
    look: &'a Look,
}

impl Default for Identity {
    /// The assessor.
    fn default() -> Self {
        Self { heads: [1.0, 0.0, 0.0, 0.0], look: Look::examiner() }
    }
}

impl Identity {
    /// One of the four looks with the head that it is made for.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let index = Look::NAMES.iter().position(|known| *known == name)?;
        let mut heads = [0.0; 4];
        heads[index] = 1.0;
        Some(Self { heads, look: Look::named(name)? })
    }

    /// Reads a person file:
    ///
    /// ```
    /// let text = r#"
    /// based_on = "examiner"
    /// heads = { female_mixed_young = 0.6, male_asian_young = 0.4 }
    /// look = { melanin = 0.35, age = 0.5, style = "short" }
    /// "#;
    /// let person = viva_render::Identity::from_toml(text)?;
    /// assert_eq!(person.heads, [0.6, 0.0, 0.0, 0.4]);
    /// # Ok::<(), viva_render::IdentityError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`IdentityError`] with what does not hold.
    pub fn from_toml(text: &str) -> Result<Self, IdentityError> {
        let mut file: File = toml::from_str(text)?;
        let mut heads = [0.0; 4];
        for (name, share) in std::mem::take(&mut file.heads) {
            let index = HEADS.iter().position(|known| *known == name);
            let index = index.ok_or_else(|| IdentityError::UnknownHead(name.clone()))?;
            within(&format!("heads.{name}"), share, 0.0, 1.0)?;
            heads[index] = share;
        }
        if heads.iter().sum::<f32>() <= 0.0 {
            return Err(IdentityError::Headless);
        }
        let base = file.based_on.take().unwrap_or_else(|| Look::NAMES[0].to_owned());
        let look = Look::named(&base).ok_or(IdentityError::UnknownLook(base))?;
        let mut table = toml::Table::try_from(look).expect("a look is a table");
        if let (Some(toml::Value::Table(known)), Some(toml::Value::Table(own))) =
            (table.get_mut("background"), file.look.get_mut("background"))
        {
            known.extend(std::mem::take(own));
            file.look.remove("background");
        }
        table.extend(file.look);
        let look: Look = table.try_into()?;
        for (name, value, low, high) in look.ranges() {
            within(&format!("look.{name}"), value, low, high)?;
        }
        Ok(Self { heads, look })
    }

    /// The file that [`Identity::from_toml`] reads.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let shares = HEADS.into_iter().zip(self.heads).filter(|(_, share)| *share > 0.0);
        let written = Written { heads: shares.collect(), look: &self.look };
        toml::to_string(&written).expect("numbers and names are TOML")
    }

    /// The blended head; `read` gives the head of a name of [`HEADS`].
    ///
    /// # Errors
    ///
    /// What `read` says, and [`RenderError::Metadata`] where the heads are not made on one base mesh.
    pub fn head<E: From<RenderError>>(
        &self,
        mut read: impl FnMut(&'static str) -> Result<HeadAsset, E>,
    ) -> Result<HeadAsset, E> {
        let shares = HEADS.into_iter().zip(self.heads).filter(|(_, share)| *share > 0.0);
        let parts = shares.map(|(name, share)| Ok((read(name)?, share))).collect::<Result<Vec<_>, E>>()?;
        Ok(HeadAsset::blend(&parts)?)
    }
}

fn within(name: &str, value: f32, low: f32, high: f32) -> Result<(), IdentityError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(IdentityError::Range { name: name.to_owned(), value, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::HairStyle;

    #[test]
    fn a_written_person_is_read_again_equal() {
        for name in Look::NAMES {
            let mut person = Identity::preset(name).expect("a preset");
            person.heads = [0.25, 0.5, 0.0, 1.0];
            person.look.age = 0.37;
            person.look.style = HairStyle::Swept;
            assert_eq!(Identity::from_toml(&person.to_toml()).expect("our own file"), person, "{name}");
        }
    }

    #[test]
    fn what_a_file_does_not_say_is_as_in_its_base() {
        let text = "based_on = \"character\"\nheads = { male_asian_young = 1.0 }\nlook = { age = 0.2 }";
        let person = Identity::from_toml(text).expect("a person");
        assert_eq!(person.look, Look { age: 0.2, ..Look::character() });
        let text = "heads = { male_asian_young = 1.0 }\nlook = { background = { window_strength = 0.2 } }";
        let person = Identity::from_toml(text).expect("a person");
        let mut look = Look::examiner();
        look.background.window_strength = 0.2;
        assert_eq!(person.look, look);
    }

    #[test]
    fn faults_are_named() {
        let says = |text: &str| Identity::from_toml(text).expect_err("is no person").to_string();
        assert!(
            says("heads = { dragon = 1.0 }").contains("no head is called `dragon`; there are female_mixed")
        );
        assert!(says("heads = { male_asian_young = 2.0 }").contains("heads.male_asian_young is 2"));
        assert!(says("heads = { male_asian_young = nan }").contains("heads.male_asian_young is NaN"));
        assert!(says("heads = {}").contains("no head a share"));
        let with = |look: &str| says(&format!("heads = {{ male_asian_young = 1.0 }}\n{look}"));
        assert!(with("look = { age = 3.0 }").contains("look.age is 3"));
        assert!(with("look = { iris = [0.1, 0.2, 9.0] }").contains("look.iris"));
        assert!(with("look = { colour = 1.0 }").contains("colour"));
        assert!(with("look = { style = \"mohawk\" }").contains("mohawk"));
        assert!(with("based_on = \"nobody\"").contains("no look is called `nobody`"));
    }
}
