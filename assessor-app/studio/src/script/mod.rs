//! A script of what a person would do, for tests and pictures: one action per line, obeyed by the window's own input.

mod actor;
mod walk;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use egui::{Key, Modifiers};
use viva_media::Blendshape;

pub(crate) use actor::{Actor, Busy, FRAME_SECS, Order};

/// One action.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    /// Time goes by.
    Wait(f64),
    /// The pointer presses the control of this name.
    Click(String),
    /// A slider gets a value, as a screen reader sets it.
    Set(String, f64),
    /// The pointer drags a slider from its left end to a share of its width.
    Drag(String, f32),
    Focus(String),
    Type(String),
    Key(Modifiers, Key),
    /// The window gets another size.
    Size(u32, u32),
    /// The window goes from the screen, as when it is minimised, or comes back.
    Show(bool),
    Screenshot(PathBuf),
    /// A control or a text that holds these words is there, or must not be.
    Expect(String, bool),
    /// The weight that the face shows lies in this range.
    ExpectWeight(Blendshape, f32, f32),
    /// Goes on until no export runs.
    AwaitExport,
    /// Goes on until the session's face and the film's picture are there.
    AwaitSession,
    /// Presses Tab until the focus is where it began; every control must be reached and have a name.
    Walk,
    /// The window's device is lost, as when a driver restarts.
    LoseDevice,
    /// Copies a file, as an editor would change it; the studio must notice.
    Copy(PathBuf, PathBuf),
}

/// The actions of a script.
///
/// **Errors** name the line.
pub(crate) fn parse(text: &str) -> Result<Vec<Action>> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| action(line).with_context(|| format!("script, line {number}: {line:?}")))
        .collect()
}

fn action(line: &str) -> Result<Action> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let named = |rest: &str| -> Result<(String, f64)> {
        let (name, value) = rest.rsplit_once('=').context("NAME = NUMBER is wanted")?;
        Ok((name.trim().to_owned(), value.trim().parse().context("no number")?))
    };
    Ok(match verb {
        "wait" => {
            let secs: f64 = rest.parse().context("seconds are wanted")?;
            if !(0.0..=600.0).contains(&secs) {
                bail!("0 to 600 seconds can be waited for");
            }
            Action::Wait(secs)
        }
        "click" => Action::Click(rest.to_owned()),
        "set" => named(rest).map(|(name, value)| Action::Set(name, value))?,
        "drag" => named(rest).map(|(name, value)| Action::Drag(name, value.clamp(0.0, 1.0) as f32))?,
        "focus" => Action::Focus(rest.to_owned()),
        "type" => Action::Type(rest.replace("\\n", "\n")),
        "key" => key(rest)?,
        "size" => {
            let (width, height) = rest.split_once('x').context("WIDTHxHEIGHT is wanted")?;
            Action::Size(width.parse().context("no width")?, height.parse().context("no height")?)
        }
        "hide" => Action::Show(false),
        "show" => Action::Show(true),
        "screenshot" => Action::Screenshot(rest.into()),
        "expect" => Action::Expect(rest.to_owned(), true),
        "expect-not" => Action::Expect(rest.to_owned(), false),
        "expect-weight" => {
            let mut parts = rest.split_whitespace();
            let name = parts.next().context("SHAPE LOW HIGH is wanted")?;
            let shape = Blendshape::from_name(name).context("no such blendshape")?;
            let mut number = || parts.next().context("LOW and HIGH are wanted")?.parse().context("no number");
            Action::ExpectWeight(shape, number()?, number()?)
        }
        "await-export" => Action::AwaitExport,
        "await-session" => Action::AwaitSession,
        "walk" => Action::Walk,
        "lose-device" => Action::LoseDevice,
        "copy" => {
            let (from, to) = rest.split_once(" to ").context("FILE to FILE is wanted")?;
            Action::Copy(from.trim().into(), to.trim().into())
        }
        _ => bail!("no action is called {verb:?}"),
    })
}

fn key(text: &str) -> Result<Action> {
    let mut modifiers = Modifiers::NONE;
    let mut found = None;
    for part in text.split('+') {
        match part.trim().to_lowercase().as_str() {
            "ctrl" => modifiers |= Modifiers::CTRL | Modifiers::COMMAND,
            "shift" => modifiers |= Modifiers::SHIFT,
            "alt" => modifiers |= Modifiers::ALT,
            _ => {
                found =
                    Some(Key::from_name(part.trim()).with_context(|| format!("no key is called {part:?}"))?);
            }
        }
    }
    Ok(Action::Key(modifiers, found.context("a key is wanted")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_line_by_line() {
        let text = "# begin\nwait 0.5\nclick solo jawOpen\nset AU12 lip corner puller = 0.7\nkey ctrl+shift+Z\ntype a\\nb\nsize 1x1\nexpect-weight jawOpen 0.5 1\n";
        let actions = parse(text).expect("is a script");
        assert_eq!(actions.len(), 7);
        assert_eq!(actions[2], Action::Set("AU12 lip corner puller".into(), 0.7));
        assert_eq!(actions[4], Action::Type("a\nb".into()));
        assert_eq!(actions[6], Action::ExpectWeight(Blendshape::JawOpen, 0.5, 1.0));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for text in [
            "\njump",
            "\nwait soon",
            "\nset jawOpen",
            "\nkey ctrl",
            "\nsize 3",
            "\nexpect-weight x 0 1",
            "\nwait 1e9",
        ] {
            let error = format!("{:#}", parse(text).expect_err(text));
            assert!(error.starts_with("script, line 2"), "{error}");
        }
    }
}
