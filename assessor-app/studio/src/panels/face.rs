//! The head, alone or as a wipe of two profiles, and the picture beside it.

use egui::{Color32, Rect, Sense, Stroke, Ui, Vec2, pos2, vec2};

use super::View;
use crate::core::document::Side;
use crate::core::studio::{Source, Studio};

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
    let whole_room = ui.available_rect_before_wrap();
    let has_session = matches!(studio.source, Source::Session) && studio.session.is_some();
    let room = if has_session {
        whole_room.split_left_right_at_fraction(0.5).0.shrink2(vec2(3.0, 0.0))
    } else {
        whole_room
    };
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
    if has_session {
        let right = whole_room.split_left_right_at_fraction(0.5).1.shrink2(vec2(3.0, 0.0));
        session(ui, studio, view, left, Rect::from_center_size(right.center(), size));
    }
    if let Some(fault) = &view.shown.face_fault {
        let place = Rect::from_min_size(left.min + Vec2::splat(8.0), vec2((size.x - 16.0).max(40.0), 60.0));
        ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
            ui.colored_label(ui.visuals().error_fg_color, fault);
        });
    }
}

/// What is known of the assessor's face, and the film beside it.
fn session(ui: &Ui, studio: &Studio, view: &View, face: Rect, right: Rect) {
    let Some(session) = &studio.session else { return };
    let painter = ui.painter();
    let weak = ui.visuals().weak_text_color();
    let note = |rect: Rect, text: &str, colour: Color32| {
        let galley = painter.layout(
            text.to_owned(),
            egui::FontId::proportional(13.0),
            colour,
            (rect.width() - 24.0).max(40.0),
        );
        let place = Rect::from_center_size(rect.center(), galley.size());
        painter.rect_filled(place.expand(8.0), 4.0, Color32::from_black_alpha(190));
        painter.galley(place.min, galley, colour);
    };
    if studio.transport.at_secs > session.told_until().as_secs() + 0.02 {
        note(face, &super::session::progress(session), Color32::WHITE);
    }
    painter.rect_filled(right, 0.0, ui.visuals().extreme_bg_color);
    let under = |rect: Rect, text: &str| {
        let place = pos2(rect.left() + 6.0, rect.bottom() + 4.0);
        painter.text(place, egui::Align2::LEFT_TOP, text, egui::FontId::proportional(12.0), weak);
    };
    under(face, "the assessor, performed again");
    let Some(film) = &view.shown.film else {
        note(
            right,
            "This session has no film: nobody was filmed, or the candidate did not agree to it.",
            weak,
        );
        return;
    };
    if let Some((texture, [width, height])) = film.picture {
        let scale = (right.width() / width).min(right.height() / height);
        let place = Rect::from_center_size(right.center(), vec2(width, height) * scale);
        painter.image(texture, place, whole(), Color32::WHITE);
        under(place, &format!("the film at {:.2} s", film.at_secs));
    } else if film.fault.is_none() {
        note(right, "The film is opened.", weak);
    }
    if let Some(fault) = &film.fault {
        note(right, &format!("The film cannot be seen: {fault}"), ui.visuals().error_fg_color);
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
