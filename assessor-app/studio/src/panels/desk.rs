//! The mixing desk: a row per action unit, blendshape and angle.

use egui::{Response, Slider, SliderClamping, Ui, WidgetInfo};

use viva_media::Blendshape;

use super::View;
use crate::core::desk::{Desk, Group, Row};
use crate::core::studio::Studio;

pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    ui.horizontal(|ui| {
        ui.selectable_value(&mut view.group, Group::Units, "Action units");
        ui.selectable_value(&mut view.group, Group::Shapes, "Blendshapes");
        ui.selectable_value(&mut view.group, Group::Angles, "Angles");
    });
    ui.horizontal(|ui| {
        ui.label("Find");
        let response = ui.add(egui::TextEdit::singleline(&mut view.filter).desired_width(120.0));
        name(&response, "Find");
        if ui.button("Rest").on_hover_text("all sliders to rest, no solo, no mute").clicked() {
            studio.edit("desk to rest", None, |edited, rows| {
                let through = edited.desk.through;
                edited.desk = Desk { through, ..Desk::new(rows) };
            });
        }
    });
    ui.separator();
    let filter = view.filter.to_lowercase();
    let rows: Vec<(usize, Row)> = studio
        .rows
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, row)| row.group() == view.group && row.name().to_lowercase().contains(&filter))
        .collect();
    let missing = view.shown.avatar.as_ref().map_or(&[][..], |avatar| &avatar.missing);
    super::scrolled(ui, |ui| {
        for (index, row) in rows {
            strip(ui, studio, index, row, is_seen(row, missing));
        }
    });
}

/// Whether anything of a row shows on a face without these shapes.
fn is_seen(row: Row, missing: &[Blendshape]) -> bool {
    let driven = || Blendshape::ALL.into_iter().filter(move |shape| row.drives(*shape));
    row.group() == Group::Angles || driven().any(|shape| !missing.contains(&shape))
}

fn strip(ui: &mut Ui, studio: &mut Studio, index: usize, row: Row, is_seen: bool) {
    let name = row.name();
    let strip = studio.edited().desk.strips[index];
    ui.horizontal(|ui| {
        let mut solo = strip.solo;
        if toggle(ui, &mut solo, "S", &format!("solo {name}")).clicked() {
            studio.edit(&format!("solo {name}"), None, |edited, _| edited.desk.strips[index].solo = solo);
        }
        let mut mute = strip.mute;
        if toggle(ui, &mut mute, "M", &format!("mute {name}")).clicked() {
            studio.edit(&format!("mute {name}"), None, |edited, _| edited.desk.strips[index].mute = mute);
        }
        if row.can_link() {
            let mut linked = strip.linked;
            if toggle(ui, &mut linked, "L", &format!("link {name}")).clicked() {
                let label = format!("link {name}");
                studio.edit(&label, None, |edited, rows| edited.desk.link(rows, index, linked));
            }
        }
        if is_seen {
            ui.add(egui::Label::new(&name).truncate());
        } else {
            let weak = egui::RichText::new(format!("{name}: not seen")).weak().italics();
            ui.add(egui::Label::new(weak).truncate())
                .on_hover_text("this avatar has none of the shapes that it moves");
        }
    });
    if row.has_sides() && !strip.linked {
        slide(ui, studio, index, row, true, &format!("{name} left"));
        slide(ui, studio, index, row, false, &format!("{name} right"));
    } else {
        slide(ui, studio, index, row, true, &name);
    }
}

fn slide(ui: &mut Ui, studio: &mut Studio, index: usize, row: Row, is_left: bool, label: &str) {
    let strip = studio.edited().desk.strips[index];
    let (low, high) = row.range();
    let mut value = if is_left { strip.left } else { strip.right };
    ui.spacing_mut().slider_width = (ui.available_width() - 70.0).max(40.0);
    let slider = Slider::new(&mut value, low..=high).max_decimals(2).clamping(SliderClamping::Edits);
    let response = ui.add(slider);
    name(&response, label);
    if response.changed() {
        studio.edit(label, Some(label), |edited, rows| edited.desk.set(rows, index, is_left, value));
    }
    if response.double_clicked() {
        studio.edit(label, None, |edited, rows| edited.desk.set(rows, index, is_left, 0.0));
    }
}

/// A small button that stays pressed, with a name of its own for screen readers and scripts.
fn toggle(ui: &mut Ui, value: &mut bool, letter: &str, label: &str) -> Response {
    let response = ui.toggle_value(value, letter).on_hover_text(label);
    let selected = *value;
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, selected, label));
    response
}

/// Gives a control a name for screen readers and scripts.
pub(super) fn name(response: &Response, label: &str) {
    response.ctx.accesskit_node_builder(response.id, |node| node.set_label(label));
}
