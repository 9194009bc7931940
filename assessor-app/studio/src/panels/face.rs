//! The head, alone or as a wipe of two profiles, and the picture beside it.

use egui::{Color32, Rect, Sense, Stroke, Ui, Vec2, pos2, vec2};

use super::View;
use crate::core::document::Side;
use crate::core::studio::Studio;

/// Width by height of the picture.
const ASPECT: f32 = 16.0 / 9.0;

/// Which profile is edited and shown, and the wipe.
pub(super) fn choice(ui: &mut Ui, studio: &mut Studio) {
    ui.label("Profile");
    for side in Side::BOTH {
        let changed = if studio.is_changed(side) { " *" } else { "" };
        let label = format!("{}{changed}", side.name());
        if ui.selectable_label(studio.side == side, label).clicked() {
            studio.side = side;
            studio.chosen = None;
        }
    }
    let mut wipe = studio.wipe.is_some();
    if ui.checkbox(&mut wipe, "Wipe A | B").changed() {
        studio.wipe = wipe.then_some(0.5);
    }
    if let Some(share) = &mut studio.wipe {
        let slider = egui::Slider::new(share, 0.0..=1.0).show_value(false);
        let response = ui.add(slider);
        super::desk::name(&response, "wipe");
    }
}

pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    let room = ui.available_rect_before_wrap();
    let width = room.width().min(room.height() * ASPECT).max(1.0);
    let size = vec2(width, width / ASPECT);
    view.face_height_px = size.y * ui.ctx().pixels_per_point();
    let left = Rect::from_center_size(room.center(), size);
    match (studio.wipe, view.shown.faces) {
        (Some(share), [Some(a), Some(b)]) => wiped(ui, studio, left, share, a, b),
        (_, faces) => {
            if let Some(face) = faces[studio.side as usize] {
                ui.painter().image(face, left, whole(), Color32::WHITE);
            }
        }
    }
    if let Some(fault) = &view.shown.face_fault {
        let place = Rect::from_min_size(left.min + Vec2::splat(8.0), vec2((size.x - 16.0).max(40.0), 60.0));
        ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
            ui.colored_label(ui.visuals().error_fg_color, fault);
        });
    }
}

fn wiped(ui: &mut Ui, studio: &mut Studio, rect: Rect, share: f32, a: egui::TextureId, b: egui::TextureId) {
    let x = rect.left() + rect.width() * share;
    let painter = ui.painter();
    let part = |from: f32, to: f32| Rect::from_min_max(pos2(from, 0.0), pos2(to, 1.0));
    let (left, right) = (
        Rect::from_min_max(rect.min, pos2(x, rect.bottom())),
        Rect::from_min_max(pos2(x, rect.top()), rect.max),
    );
    painter.image(a, left, part(0.0, share), Color32::WHITE);
    painter.image(b, right, part(share, 1.0), Color32::WHITE);
    painter.vline(x, rect.y_range(), Stroke::new(2.0, Color32::WHITE));
    let font = egui::FontId::proportional(18.0);
    painter.text(rect.left_top() + vec2(8.0, 6.0), egui::Align2::LEFT_TOP, "A", font.clone(), Color32::WHITE);
    painter.text(rect.right_top() + vec2(-8.0, 6.0), egui::Align2::RIGHT_TOP, "B", font, Color32::WHITE);
    let handle = Rect::from_center_size(pos2(x, rect.center().y), vec2(14.0, rect.height()));
    let response = ui
        .interact(handle, ui.scope_id().with("wipe"), Sense::drag())
        .on_hover_cursor(egui::CursorIcon::ResizeHorizontal);
    if let Some(pointer) = response.interact_pointer_pos() {
        studio.wipe = Some(((pointer.x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0));
    }
}

fn whole() -> Rect {
    Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0))
}
