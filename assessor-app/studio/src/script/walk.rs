//! A walk by Tab over all controls: each must be reached, and must have a name.

use anyhow::{Result, ensure};
use egui::accesskit::{NodeId, Role};
use egui::{Event, Key, Modifiers};

use super::actor::Control;

/// No window has so many controls.
const MOST: usize = 2000;

/// The controls that had the focus so far, in order.
#[derive(Debug, Default)]
pub(super) struct Walk {
    seen: Vec<NodeId>,
    is_up: bool,
}

impl Walk {
    /// The events of the next frame; `None` when the focus is where the walk began.
    ///
    /// **Errors** name controls that Tab does not reach and those that have no name.
    pub(super) fn step(&mut self, focus: Option<NodeId>, controls: &[Control]) -> Result<Option<Vec<Event>>> {
        // A press, and a frame in which the focus shows.
        self.is_up = !self.is_up;
        if !self.is_up {
            return Ok(Some(vec![tab(false)]));
        }
        let focused = focus.and_then(|focus| controls.iter().find(|control| control.node == focus));
        if let Some(focused) = focused.filter(|focused| focused.role != Role::Window) {
            if self.seen.contains(&focused.node) {
                return self.finish(controls).map(|()| None);
            }
            ensure!(
                !focused.text.is_empty(),
                "control {} is a {:?} without a name at {:?}",
                self.seen.len(),
                focused.role,
                focused.rect
            );
            self.seen.push(focused.node);
        }
        ensure!(self.seen.len() < MOST, "the focus never comes back to where it began");
        Ok(Some(vec![tab(true)]))
    }

    fn finish(&self, controls: &[Control]) -> Result<()> {
        // A column scrolls to what has the focus; its bar is for the pointer.
        let is_missed = |control: &&Control| {
            control.acts
                && control.role != Role::ScrollBar
                && !control.is_disabled
                && !self.seen.contains(&control.node)
        };
        let missed: Vec<String> = controls
            .iter()
            .filter(is_missed)
            .map(|control| match control.text.as_str() {
                "" => format!("a {:?} without a name", control.role),
                name => name.to_owned(),
            })
            .collect();
        ensure!(missed.is_empty(), "Tab goes to {} controls and not to {missed:?}", self.seen.len());
        Ok(())
    }
}

fn tab(pressed: bool) -> Event {
    Event::Key { key: Key::Tab, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
}
