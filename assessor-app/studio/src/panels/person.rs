//! Who our own head is: shares of four heads, and what a make-up artist would say.

use std::path::PathBuf;

use egui::{ComboBox, DragValue, Slider, TextEdit, Ui};
use viva_render::{Garment, HEADS, HairStyle, Identity, Look, Rgb};

use super::{View, Wish};
use crate::core::studio::Studio;

const STYLES: [(HairStyle, &str); 5] = [
    (HairStyle::Short, "short"),
    (HairStyle::Swept, "swept"),
    (HairStyle::Bob, "bob"),
    (HairStyle::Bun, "bun"),
    (HairStyle::Receding, "receding"),
];
const GARMENTS: [(Garment, &str); 2] = [(Garment::Jacket, "jacket"), (Garment::CrewNeck, "crew neck")];

type Share = (&'static str, fn(&mut Look) -> &mut f32);
const SHARES: [Share; 9] = [
    ("pigment", |look| &mut look.melanin),
    ("blood", |look| &mut look.haemoglobin),
    ("shine", |look| &mut look.gloss),
    ("age", |look| &mut look.age),
    ("freckles", |look| &mut look.freckles),
    ("stubble", |look| &mut look.stubble),
    ("brows", |look| &mut look.brow),
    ("lashes", |look| &mut look.lash),
    ("lip colour", |look| &mut look.lip_tint),
];

type Colour = (&'static str, fn(&mut Look) -> &mut Rgb);
const COLOURS: [Colour; 8] = [
    ("hair", |look| &mut look.hair),
    ("brow", |look| &mut look.brow_color),
    ("iris", |look| &mut look.iris),
    ("garment", |look| &mut look.cloth),
    ("collar", |look| &mut look.shirt),
    ("room above", |look| &mut look.background.top),
    ("room below", |look| &mut look.background.bottom),
    ("window", |look| &mut look.background.window),
];

pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    files(ui, view);
    if view.shown.avatar.is_some() {
        ui.weak("An avatar is seen in place of our own person: see Avatar.");
    }
    ui.separator();
    super::scrolled(ui, |ui| {
        ui.strong("Between four heads");
        for (index, head) in HEADS.into_iter().enumerate() {
            let label = head.replace('_', " ");
            slide(ui, studio, &label, 1.0, |person| &mut person.heads[index]);
        }
        ui.separator();
        ui.strong("Skin, brows and lashes");
        for (label, field) in SHARES {
            slide(ui, studio, label, 1.0, |person| field(&mut person.look));
        }
        ui.separator();
        ui.strong("Hair and garment");
        choose(ui, studio, "cut", &STYLES, |person| &mut person.look.style);
        slide(ui, studio, "hair shine", 3.0, |person| &mut person.look.hair_gloss);
        choose(ui, studio, "wears", &GARMENTS, |person| &mut person.look.garment);
        ui.separator();
        ui.strong("Colours, linear red, green and blue");
        for (label, field) in COLOURS {
            colour(ui, studio, label, field);
        }
    });
}

fn files(ui: &mut Ui, view: &mut View) {
    ui.horizontal_wrapped(|ui| {
        let response = ui.add(TextEdit::singleline(&mut view.person_path).desired_width(150.0));
        super::desk::name(&response, "person file");
        let path = PathBuf::from(view.person_path.trim());
        let is_named = !path.as_os_str().is_empty();
        if ui.add_enabled(is_named, egui::Button::new("Open person")).clicked() {
            view.wishes.push(Wish::OpenPerson(path.clone()));
        }
        if ui.add_enabled(is_named, egui::Button::new("Save person")).clicked() {
            view.wishes.push(Wish::SavePerson(path));
        }
    });
}

/// Changes the person as one step of undo per gesture.
fn change(studio: &mut Studio, label: &str, change: impl FnOnce(&mut Identity)) {
    let label = format!("person: {label}");
    studio.edit(&label, Some(&label), |edited, _| change(&mut edited.person));
}

fn slide(
    ui: &mut Ui,
    studio: &mut Studio,
    label: &str,
    most: f32,
    field: impl Fn(&mut Identity) -> &mut f32,
) {
    let mut person = studio.edited().person;
    let mut value = *field(&mut person);
    ui.horizontal(|ui| {
        let response = ui.add(Slider::new(&mut value, 0.0..=most).max_decimals(2));
        super::desk::name(&response, &format!("person {label}"));
        if response.changed() {
            change(studio, label, |person| *field(person) = value);
        }
        ui.label(label);
    });
}

fn choose<T: Copy + PartialEq>(
    ui: &mut Ui,
    studio: &mut Studio,
    label: &str,
    choices: &[(T, &'static str)],
    field: impl Fn(&mut Identity) -> &mut T,
) {
    let mut person = studio.edited().person;
    let now = *field(&mut person);
    let mut wanted = now;
    let shown = choices.iter().find(|(choice, _)| *choice == now).map_or("", |(_, name)| *name);
    ui.horizontal(|ui| {
        let combo = ComboBox::from_id_salt(label).selected_text(shown).show_ui(ui, |ui| {
            for (choice, name) in choices {
                ui.selectable_value(&mut wanted, *choice, *name);
            }
        });
        super::desk::name(&combo.response, &format!("person {label}"));
        ui.label(label);
    });
    if wanted != now {
        change(studio, label, |person| *field(person) = wanted);
    }
}

fn colour(ui: &mut Ui, studio: &mut Studio, label: &str, field: fn(&mut Look) -> &mut Rgb) {
    let mut person = studio.edited().person;
    let now = *field(&mut person.look);
    ui.horizontal(|ui| {
        for (index, part) in ["red", "green", "blue"].into_iter().enumerate() {
            let mut value = now[index];
            let drag = DragValue::new(&mut value).range(0.0..=1.0).speed(0.002).max_decimals(3);
            let response = ui.add(drag);
            super::desk::name(&response, &format!("person {label} {part}"));
            if response.changed() {
                change(studio, label, |person| field(&mut person.look)[index] = value);
            }
        }
        let [r, g, b] = now;
        let (place, _) = ui.allocate_exact_size(egui::vec2(16.0, 16.0), egui::Sense::hover());
        ui.painter().rect_filled(place, 3.0, egui::Rgba::from_rgb(r, g, b));
        ui.label(label);
    });
}
