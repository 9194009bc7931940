//! The panels without a window or a device: a walk by Tab over all of them, and undo of whatever their controls change.

use std::collections::BTreeSet;

use egui::accesskit::{Action, ActionData, ActionRequest, Node, NodeId, Role, TreeId};
use egui::{Context, Event, Key, Modifiers, Rect, vec2};
use viva_exchange::{Speaker, Turn, TurnId};
use viva_media::Timestamp;

use super::*;
use crate::core::document::{Edited, Side};
use crate::core::recording::Recording;
use crate::core::studio::Source;
use crate::script::{self, Actor, Busy, FRAME_SECS, Order};

const TABS: [Tab; 9] = [
    Tab::Text,
    Tab::Numbers,
    Tab::Shaders,
    Tab::Files,
    Tab::Session,
    Tab::Movement,
    Tab::Avatar,
    Tab::Person,
    Tab::Latency,
];
const SIZE: egui::Vec2 = vec2(1200.0, 800.0);

/// State, panels and what a screen reader is told of them.
struct Bench {
    context: Context,
    studio: Studio,
    view: View,
    nodes: Vec<(NodeId, Node)>,
    now: f64,
    /// What rows and numbers are looked for.
    filters: [String; 2],
    /// Names of controls that were used, and of those that change the document.
    used: BTreeSet<String>,
    edits: BTreeSet<String>,
}

impl Bench {
    fn new(mut studio: Studio) -> Self {
        studio.transport.playing = false;
        let context = Context::default();
        context.enable_accesskit();
        let voice: Voice = Box::new(|_| Ok(VisemeTrack::default()));
        let mut bench = Self {
            context,
            studio,
            view: View::new(Some(voice)),
            nodes: vec![],
            now: 0.0,
            filters: Default::default(),
            used: BTreeSet::new(),
            edits: BTreeSet::new(),
        };
        (0..4).for_each(|_| bench.frame(vec![]));
        bench
    }

    fn frame(&mut self, events: Vec<Event>) {
        self.draw(events, None);
    }

    fn draw(&mut self, events: Vec<Event>, actor: Option<&mut Actor>) {
        self.now += FRAME_SECS;
        let input = egui::RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, SIZE)),
            time: Some(self.now),
            events,
            focused: true,
            ..Default::default()
        };
        self.studio.advance(FRAME_SECS);
        let mut output = self.context.run_ui(input, |ui| draw(ui, &mut self.studio, &mut self.view));
        output.textures_delta.clear();
        let update = output.platform_output.accesskit_update.expect("it was enabled");
        if let Some(actor) = actor {
            actor.see(Some(&update));
        }
        self.nodes = update.nodes;
    }

    /// A script as the program plays it; what it expects must hold.
    fn play(&mut self, text: &str) {
        let mut actor = Actor::new(script::parse(text).expect("a script"));
        loop {
            let next = actor.next(&mut self.studio, Busy::default());
            let (events, order) = next.unwrap_or_else(|error| panic!("{:?}: {error:#}", self.view.tab));
            self.draw(events, Some(&mut actor));
            if order == Order::End {
                return;
            }
        }
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        for pressed in [true, false] {
            self.frame(vec![Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }]);
        }
    }

    fn ask(&mut self, target_node: NodeId, action: Action, data: Option<ActionData>) {
        let target_tree = TreeId::ROOT;
        let request = ActionRequest { action, target_tree, target_node, data };
        self.frame(vec![Event::AccessKitActionRequest(request)]);
        self.frame(vec![]);
    }

    /// Does to a control what it is there for; false where that is not known.
    fn use_it(&mut self, id: NodeId) -> bool {
        let Some((_, node)) = self.nodes.iter().find(|(other, _)| *other == id) else { return false };
        if node.is_disabled() || node.role() == Role::Label {
            return false;
        }
        match (node.role(), node.min_numeric_value().zip(node.max_numeric_value())) {
            (Role::TextInput | Role::MultilineTextInput, _) => {
                self.ask(id, Action::Focus, None);
                self.frame(vec![Event::Text("#".into())]);
            }
            (_, Some((low, high))) => {
                let now = node.numeric_value().unwrap_or(low);
                // The half in which it is not.
                let wanted =
                    if now > (low + high) / 2.0 { low * 0.7 + high * 0.3 } else { low * 0.3 + high * 0.7 };
                self.ask(id, Action::SetValue, Some(ActionData::NumericValue(wanted)));
            }
            (_, None) if node.supports_action(Action::Click) => self.ask(id, Action::Click, None),
            _ => return false,
        }
        true
    }

    fn named(&self, name: &str) -> NodeId {
        let found =
            self.nodes.iter().find(|(_, node)| node.label() == Some(name) && node.role() != Role::Label);
        found.unwrap_or_else(|| panic!("no control is called {name:?}")).0
    }

    fn show(&mut self, tab: Tab, group: Group) {
        self.press(Modifiers::NONE, Key::Escape);
        self.studio.side = Side::A;
        self.studio.wipe = None;
        self.view.wishes.clear();
        (self.view.tab, self.view.group, self.view.help) = (tab, group, false);
        [self.view.filter, self.view.number_filter] = self.filters.clone();
        self.view.path.clear();
        (0..3).for_each(|_| self.frame(vec![]));
    }

    /// Uses every control of a panel that was not used yet; what changes the document must be undone and done again to the last
    /// bit. Few rows at a time keep frames short.
    fn undo_all(&mut self, tab: Tab, group: Group, filters: [&str; 2]) {
        self.filters = filters.map(str::to_owned);
        self.show(tab, group);
        let all: Vec<(NodeId, String)> = self
            .nodes
            .iter()
            .map(|(id, node)| (*id, node.label().or(node.value()).unwrap_or_default().to_owned()))
            // The last one writes a file and nothing else.
            .filter(|(_, name)| !matches!(name.as_str(), "Undo" | "Redo" | "Write latency.csv"))
            .collect();
        for (id, name) in all {
            if self.used.contains(&name) {
                continue;
            }
            let before = self.studio.edited().clone();
            if !self.use_it(id) {
                continue;
            }
            self.used.insert(name.clone());
            let after = self.studio.edited().clone();
            if before != after {
                self.check_undo(&name, &before, &after);
                self.edits.insert(name);
            }
            self.show(tab, group);
        }
    }

    fn check_undo(&mut self, name: &str, before: &Edited, after: &Edited) {
        // Out of a text field first, as its own keys would be.
        self.press(Modifiers::COMMAND, Key::Z);
        assert!(self.studio.edited() == before, "{name}: undone");
        assert!(self.studio.status.text.starts_with("undone"), "{}", self.studio.status.text);
        self.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        assert!(self.studio.edited() == after, "{name}: done again");
        self.press(Modifiers::COMMAND, Key::Z);
        assert!(self.studio.edited() == before, "{name}: undone again");
    }
}

fn fresh() -> Studio {
    Studio::new([(String::new(), None), ("liveliness = 0.0".into(), None)], 5)
}

/// Left and right of all rows apart, so that each has a slider.
fn apart(studio: &mut Studio) {
    studio.edit("apart", None, |edited, rows| {
        (0..rows.len()).for_each(|index| edited.desk.link(rows, index, false));
    });
}

#[test]
fn whatever_a_control_changes_is_undone_and_done_again() {
    let mut bench = Bench::new(fresh());
    apart(&mut bench.studio);
    for tab in TABS {
        bench.undo_all(tab, Group::Angles, ["head roll", "liveliness"]);
    }
    for row in fresh().rows {
        bench.undo_all(Tab::Latency, row.group(), [&row.name(), ""]);
    }
    let numbers = viva_behaviour::numbers(&fresh().open(Side::A).profile);
    let sections: BTreeSet<&str> = numbers.iter().filter_map(|(path, _)| path.split('.').next()).collect();
    for section in sections {
        bench.undo_all(Tab::Numbers, Group::Angles, ["head roll", &format!("{section}.")]);
    }
    let edits = bench.edits;
    let mut bench = Bench::new(fresh());
    bench.play("click Affect\nclick Contemptuous\n");
    let after = bench.studio.edited().clone();
    let before = fresh().edited().clone();
    bench.check_undo("Affect", &before, &after);

    let studio = fresh();
    for row in &studio.rows {
        let name = row.name();
        let mut controls = vec![format!("solo {name}"), format!("mute {name}")];
        if row.can_link() {
            controls.push(format!("link {name}"));
        }
        match row.has_sides() {
            true => controls.extend([format!("{name} left"), format!("{name} right")]),
            false => controls.push(name),
        }
        for control in controls {
            assert!(edits.contains(&control), "{control} changes nothing");
        }
    }
    for (path, _) in numbers {
        assert!(
            viva_behaviour::limits_of(&path).is_none() || edits.contains(&path),
            "{path} changes nothing"
        );
    }
    for control in [
        "profile text",
        "Behaviour moves the face",
        "Listen",
        "Candidate speaks",
        "Candidate pauses",
        "Backchannel",
        "Think",
        "Partner smiles",
        "Topic",
        "Stop speaking",
        "Character",
        "Examiner",
        "Speak",
        "New take",
    ] {
        assert!(edits.contains(control), "{control} changes nothing");
    }
}

#[test]
fn rest_opening_and_a_choice_between_two_changes_are_undone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, "liveliness = 0.4").expect("writes");
    let mut bench = Bench::new(fresh());
    for step in ["set AU26 jaw drop = 0.5", "click solo AU26 jaw drop"] {
        bench.play(step);
    }
    let edit = |bench: &mut Bench, name: &str| {
        let before = bench.studio.edited().clone();
        let id = bench.named(name);
        assert!(bench.use_it(id), "{name}");
        let after = bench.studio.edited().clone();
        assert!(before != after, "{name} changes nothing");
        bench.check_undo(name, &before, &after);
        bench.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    };
    edit(&mut bench, "Rest");
    bench.view.path = path.display().to_string();
    bench.frame(vec![]);
    edit(&mut bench, "Open");
    bench.studio.set_number("liveliness", 0.6);
    std::fs::write(&path, "liveliness = 0.75 # by another").expect("writes");
    bench.studio.poll_files();
    (0..2).for_each(|_| bench.frame(vec![]));
    edit(&mut bench, "Take the file's");
    assert_eq!(bench.studio.open(Side::A).profile.liveliness, 0.75);
}

#[test]
fn tab_goes_over_every_panel_and_each_control_has_a_name() {
    let groups = [Group::Units, Group::Shapes].into_iter().chain(std::iter::repeat(Group::Angles));
    for (tab, group) in TABS.into_iter().zip(groups) {
        let mut bench = Bench::new(fresh());
        apart(&mut bench.studio);
        bench.studio.wipe = Some(0.5);
        bench.studio.transport.looped = Some((0.0, 4.0));
        bench.show_all(tab, group);
        bench.play("walk");
    }
}

#[test]
fn tab_goes_over_what_a_session_a_take_a_menu_and_a_conflict_add() {
    let mut bench = Bench::new(fresh());
    let turn = Turn {
        id: TurnId(0),
        speaker: Speaker::Candidate,
        start: Timestamp::from_millis(500),
        end: Timestamp::from_millis(900),
        words: vec![],
    };
    let recording =
        Recording { turns: vec![turn], meter: vec!["reply 900 ms".into()], ..Recording::of_nine_seconds() };
    bench.studio.open_session(recording, false);
    bench.show_all(Tab::Session, Group::Units);
    bench.play("expect Turn back\nwalk");
    bench.studio.show(Source::Live(Box::new(viva_media::FacePose::neutral(Timestamp::ZERO))));
    bench.view.shown.heard = Some(vec!["listening at nowhere".into()]);
    bench.view.shown.sent = Some("sent".into());
    bench.view.shown.capturing = Some(1.0);
    bench.show_all(Tab::Movement, Group::Angles);
    bench.play("expect Take the face back\nexpect Stop and write\nexpect Back to the take\nwalk");
    bench.view.shown.exporting = Some(0.5);
    bench.show_all(Tab::Files, Group::Units);
    bench.play("expect Stop export\nwalk");

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, "").expect("writes");
    bench.studio.show(Source::Take);
    bench.studio.load(Side::A, &path);
    bench.studio.set_number("liveliness", 0.6);
    std::fs::write(&path, "liveliness = 0.1").expect("writes");
    bench.studio.poll_files();
    bench.show_all(Tab::Text, Group::Units);
    bench.play("expect Keep mine\nwalk");
    // Menus open by Enter, and Tab goes into them.
    for (menu, item) in [("File", "Open an avatar"), ("Affect", "Relieved"), ("Keys", "Keys of the studio")] {
        bench.show_all(Tab::Shaders, Group::Angles);
        bench.play(&format!("focus {menu}\nkey Enter\nwait 0.1\nexpect {item}\nwalk"));
    }
}

impl Bench {
    /// As [`Bench::show`], but wipe and side stay.
    fn show_all(&mut self, tab: Tab, group: Group) {
        let (wipe, side) = (self.studio.wipe, self.studio.side);
        self.show(tab, group);
        (self.studio.wipe, self.studio.side) = (wipe, side);
        (0..3).for_each(|_| self.frame(vec![]));
    }
}
