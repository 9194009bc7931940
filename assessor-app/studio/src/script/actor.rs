//! Plays a script: turns each action into the events of a frame, and looks whether what must be there is there.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use egui::accesskit::{self, TreeUpdate};
use egui::{Event, Modifiers, PointerButton, Pos2, pos2, vec2};

use super::Action;
use super::walk::Walk;
use crate::core::studio::Studio;

/// Studio time of one frame of a script.
pub(crate) const FRAME_SECS: f64 = 1.0 / 60.0;

/// Panels need so many frames until each knows its size; a click before would miss.
const SETTLING: u8 = 4;

/// What the shell does beside the frame.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Order {
    /// Nothing.
    None,
    /// The target gets another size before this frame.
    Resize(u32, u32),
    /// The window is seen from now on, or not.
    Show(bool),
    /// This frame is written.
    Screenshot(PathBuf),
    /// The device is destroyed after this frame.
    LoseDevice,
    /// Something else is waited for: there is no hurry.
    Idle,
    /// The script is over.
    End,
}

/// What is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Busy {
    /// Something is written.
    pub(crate) exports: bool,
    /// A session's face or a picture of its film is still to come.
    pub(crate) loads: bool,
}

/// A control as the tree tells it.
#[derive(Clone, Debug)]
pub(super) struct Control {
    pub(super) node: accesskit::NodeId,
    pub(super) role: accesskit::Role,
    pub(super) text: String,
    /// Whether it can be pressed, set or gone to.
    pub(super) acts: bool,
    pub(super) is_disabled: bool,
    pub(super) rect: accesskit::Rect,
}

/// A script while it is played.
#[derive(Debug)]
pub(crate) struct Actor {
    /// Last first.
    actions: Vec<Action>,
    controls: Vec<Control>,
    focus: Option<accesskit::NodeId>,
    walk: Option<Walk>,
    /// Events of the frames to come, last first.
    coming: Vec<Vec<Event>>,
    wait_secs: f64,
    /// Frames until the panels have found their sizes.
    unsettled: u8,
}

impl Actor {
    pub(crate) fn new(mut actions: Vec<Action>) -> Self {
        actions.reverse();
        Self {
            actions,
            controls: Vec::new(),
            focus: None,
            walk: None,
            coming: Vec::new(),
            wait_secs: 0.0,
            unsettled: SETTLING,
        }
    }

    /// What is on the window now.
    pub(crate) fn see(&mut self, tree: Option<&TreeUpdate>) {
        let Some(tree) = tree else { return };
        self.focus = Some(tree.focus);
        self.controls = tree
            .nodes
            .iter()
            .map(|(node, data)| {
                let words: Vec<&str> = [data.label(), data.value()]
                    .into_iter()
                    .flatten()
                    .filter(|text| !text.is_empty())
                    .collect();
                let text = words.join(" ");
                let acts = data.role() != accesskit::Role::Label
                    && (data.supports_action(accesskit::Action::Focus)
                        || data.supports_action(accesskit::Action::Click)
                        || data.supports_action(accesskit::Action::SetValue));
                Control {
                    node: *node,
                    role: data.role(),
                    text,
                    acts,
                    is_disabled: data.is_disabled(),
                    rect: data.bounds().unwrap_or_default(),
                }
            })
            .collect();
    }

    /// The events of the next frame, and what else is to be done.
    ///
    /// **Errors** where a control is missing or an expectation fails.
    pub(crate) fn next(&mut self, studio: &mut Studio, busy: Busy) -> Result<(Vec<Event>, Order)> {
        if self.unsettled > 0 {
            self.unsettled -= 1;
            return Ok((Vec::new(), Order::None));
        }
        if let Some(events) = self.coming.pop() {
            return Ok((events, Order::None));
        }
        if self.wait_secs > 0.0 {
            self.wait_secs -= FRAME_SECS;
            return Ok((Vec::new(), Order::None));
        }
        if let Some(walk) = &mut self.walk {
            if let Some(events) = walk.step(self.focus, &self.controls)? {
                return Ok((events, Order::None));
            }
            self.walk = None;
        }
        let Some(action) = self.actions.pop() else { return Ok((Vec::new(), Order::End)) };
        let told = format!("{action:?}");
        self.act(action, studio, busy).with_context(|| format!("script: {told}"))
    }

    fn act(&mut self, action: Action, studio: &mut Studio, busy: Busy) -> Result<(Vec<Event>, Order)> {
        let mut order = Order::None;
        let mut events = Vec::new();
        match action {
            Action::Wait(secs) => self.wait_secs = secs,
            Action::Click(name) => {
                let at = centre(&self.find(&name)?.rect);
                // Last first: on the way, pressed, let go, and a frame in which the answer shows.
                self.coming = vec![vec![], vec![button(at, false)], vec![button(at, true)]];
                events.push(Event::PointerMoved(at));
            }
            Action::Drag(name, share) => {
                let rect = self.find(&name)?.rect;
                let y = centre(&rect).y;
                let x = |share: f32| rect.x0 as f32 + 6.0 + share * ((rect.x1 - rect.x0) as f32 - 12.0);
                let on_the_way = |part: f32| vec![Event::PointerMoved(pos2(x(share * part), y))];
                self.coming = vec![
                    vec![],
                    vec![button(pos2(x(share), y), false)],
                    on_the_way(1.0),
                    on_the_way(0.5),
                    vec![button(pos2(x(0.0), y), true)],
                ];
                events.push(Event::PointerMoved(pos2(x(0.0), y)));
            }
            Action::Set(name, value) => {
                let node = self.find(&name)?.node;
                events.push(request(
                    node,
                    accesskit::Action::SetValue,
                    Some(accesskit::ActionData::NumericValue(value)),
                ));
                self.coming = vec![vec![]];
            }
            Action::Focus(name) => {
                let node = self.find(&name)?.node;
                events.push(request(node, accesskit::Action::Focus, None));
                self.coming = vec![vec![]];
            }
            Action::Type(text) => {
                events.push(Event::Text(text));
                self.coming = vec![vec![]];
            }
            Action::Key(modifiers, key) => {
                let press =
                    |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
                events.push(press(true));
                self.coming = vec![vec![], vec![press(false)]];
            }
            Action::Size(width, height) => {
                self.coming = vec![vec![], vec![]];
                order = Order::Resize(width, height);
            }
            Action::Show(is_seen) => order = Order::Show(is_seen),
            Action::Screenshot(path) => order = Order::Screenshot(path),
            Action::Expect(words, there) => {
                let is_there = self.controls.iter().any(|control| control.text.contains(&words));
                ensure!(
                    is_there == there,
                    "{words:?} is {}; there are {:?}",
                    if there { "not there" } else { "there" },
                    self.texts()
                );
            }
            Action::ExpectWeight(shape, low, high) => {
                let weight = studio.pose(studio.side).weights[shape];
                ensure!(
                    (low..=high).contains(&weight),
                    "{} is {weight}, outside {low}..={high}",
                    shape.name()
                );
            }
            Action::AwaitExport => {
                if busy.exports {
                    self.actions.push(Action::AwaitExport);
                }
            }
            Action::AwaitSession => {
                if busy.loads {
                    self.actions.push(Action::AwaitSession);
                    order = Order::Idle;
                }
            }
            Action::Walk => self.walk = Some(Walk::default()),
            Action::LoseDevice => order = Order::LoseDevice,
            Action::Copy(from, to) => {
                std::fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
            }
        }
        Ok((events, order))
    }

    /// The control of this name; a whole name goes before the begin of one.
    fn find(&self, name: &str) -> Result<&Control> {
        let exact = self.controls.iter().find(|control| control.acts && control.text == name);
        let begins = || {
            self.controls
                .iter()
                .find(|control| control.acts && control.text.starts_with(&format!("{name} ")))
                .or_else(|| {
                    self.controls.iter().find(|control| control.acts && control.text.starts_with(name))
                })
        };
        match exact.or_else(begins) {
            Some(control) => Ok(control),
            None => bail!("no control is called {name:?}; there are {:?}", self.texts()),
        }
    }

    fn texts(&self) -> Vec<&str> {
        self.controls.iter().map(|control| control.text.as_str()).filter(|text| !text.is_empty()).collect()
    }
}

fn centre(rect: &accesskit::Rect) -> Pos2 {
    pos2(rect.x0 as f32, rect.y0 as f32) + vec2((rect.x1 - rect.x0) as f32, (rect.y1 - rect.y0) as f32) / 2.0
}

fn button(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE }
}

fn request(
    target_node: accesskit::NodeId,
    action: accesskit::Action,
    data: Option<accesskit::ActionData>,
) -> Event {
    let target_tree = accesskit::TreeId::ROOT;
    Event::AccessKitActionRequest(accesskit::ActionRequest { action, target_tree, target_node, data })
}
