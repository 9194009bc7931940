//! The behaviour on a time line: what the face is told, what it does in a row per kind, and why.

use egui::{Align2, Color32, FontId, Rect, Sense, Stroke, StrokeKind, Ui, pos2, vec2};
use viva_behaviour::{Block, BlockKind};
use viva_exchange::Affect;

use super::View;
use crate::core::studio::{Source, Studio};
use crate::core::take::Act;

const ROW: f32 = 11.0;
const NAMES: f32 = 96.0;
/// So much is seen at once.
const WINDOW_SECS: f64 = 20.0;

pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    transport(ui, studio);
    acts(ui, studio, view);
    lanes(ui, studio);
    ui.horizontal(|ui| match &studio.chosen {
        Some(block) => {
            ui.strong("Why?");
            ui.add(egui::Label::new(why(block)).truncate());
        }
        None => {
            ui.weak("Point at an act, or click it, to be told why the face did it.");
        }
    });
}

fn transport(ui: &mut Ui, studio: &mut Studio) {
    ui.horizontal_wrapped(|ui| {
        let label = if studio.transport.playing { "Stand" } else { "Play" };
        if ui.button(label).clicked() {
            studio.transport.playing = !studio.transport.playing;
        }
        if ui.button("Begin").clicked() {
            let end = studio.end_secs();
            studio.transport.seek(0.0, end);
        }
        if ui.button("Back").on_hover_text("one picture back").clicked() {
            studio.step_frame(-1);
        }
        if ui.button("On").on_hover_text("one picture on").clicked() {
            studio.step_frame(1);
        }
        let mut looped = studio.transport.looped.is_some();
        if ui.checkbox(&mut looped, "Loop").on_hover_text("go round the last 4 seconds").changed() {
            studio.transport.toggle_loop(4.0);
        }
        if ui.button("New take").clicked() {
            studio.new_take();
        }
        if matches!(studio.source, Source::Curve(_)) && ui.button("Back to the take").clicked() {
            studio.show(Source::Take);
        }
        let end = studio.performed_secs().max(1.0);
        let mut at = studio.transport.at_secs;
        ui.spacing_mut().slider_width = (ui.available_width() - 90.0).clamp(60.0, 600.0);
        let response = ui.add(
            egui::Slider::new(&mut at, 0.0..=end)
                .suffix(" s")
                .max_decimals(2)
                .clamping(egui::SliderClamping::Edits),
        );
        super::desk::name(&response, "time");
        if response.changed() {
            let end = studio.end_secs();
            studio.transport.playing = false;
            studio.transport.seek(at, end);
        }
    });
}

/// What the face can be told.
fn acts(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Tell the face:");
        for (label, act) in [
            ("Listen", Act::Listening),
            ("Candidate speaks", Act::CandidateSpeaks),
            ("Candidate pauses", Act::CandidatePauses),
            ("Backchannel", Act::Backchannel),
            ("Think", Act::Thinking),
            ("Partner smiles", Act::Smile { width: 0.6 }),
            ("Topic", Act::Topic),
            ("Stop speaking", Act::StopSpeaking),
            ("Character", Act::Character(true)),
            ("Examiner", Act::Character(false)),
        ] {
            if ui.button(label).clicked() {
                studio.cue(act);
            }
        }
        ui.menu_button("Affect", |ui| {
            for affect in [
                Affect::Neutral,
                Affect::Warm,
                Affect::Worried,
                Affect::Sad,
                Affect::Afraid,
                Affect::Angry,
                Affect::Contemptuous,
                Affect::Relieved,
            ] {
                if ui.button(format!("{affect:?}")).clicked() {
                    studio.cue(Act::Affect { affect, level: 0.8 });
                    ui.close();
                }
            }
        });
        let Some(voice) = &mut view.voice else { return };
        let response = ui.add(egui::TextEdit::singleline(&mut view.line).desired_width(200.0));
        super::desk::name(&response, "line to speak");
        if ui.button("Speak").clicked() {
            match voice(&view.line) {
                Ok(visemes) => {
                    studio.cue(Act::Speak { text: view.line.as_str().into(), visemes: visemes.into() });
                }
                Err(error) => studio.complain(error),
            }
        }
    });
}

fn lanes(ui: &mut Ui, studio: &mut Studio) {
    let rows = BlockKind::ALL.len() + 1;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), ROW * rows as f32), Sense::click_and_drag());
    let at = studio.transport.at_secs;
    let from = (at - 0.75 * WINDOW_SECS).max(0.0);
    let width = f64::from((rect.width() - NAMES).max(1.0));
    let x_of = |secs: f64| rect.left() + NAMES + ((secs - from) / WINDOW_SECS * width) as f32;
    let secs_of = |x: f32| from + f64::from(x - rect.left() - NAMES) / width * WINDOW_SECS;
    let painter = ui.painter().with_clip_rect(rect);
    let visuals = ui.visuals();
    let (ink, weak) = (visuals.text_color(), visuals.weak_text_color());
    painter.rect_filled(rect, 0.0, visuals.extreme_bg_color);
    let font = FontId::proportional(9.5);
    for (row, name) in
        std::iter::once("told").chain(BlockKind::ALL.iter().map(|kind| kind.name())).enumerate()
    {
        let y = rect.top() + row as f32 * ROW;
        painter.text(pos2(rect.left() + 4.0, y), Align2::LEFT_TOP, name, font.clone(), weak);
        painter.hline(rect.x_range(), y, Stroke::new(0.5, weak.gamma_multiply(0.25)));
    }
    let drawn = painter.with_clip_rect(Rect::from_min_max(pos2(rect.left() + NAMES, rect.top()), rect.max));
    for second in from.ceil() as i64..=(from + WINDOW_SECS) as i64 {
        drawn.vline(x_of(second as f64), rect.y_range(), Stroke::new(0.5, weak.gamma_multiply(0.3)));
    }
    if let Some((begin, end)) = studio.transport.looped {
        let looped = Rect::from_x_y_ranges(x_of(begin)..=x_of(end), rect.y_range());
        drawn.rect_filled(looped, 0.0, Color32::from_rgba_unmultiplied(120, 160, 255, 24));
    }
    for cue in &studio.edited().take.cues {
        let x = x_of(cue.at.as_secs());
        drawn.vline(x, rect.top()..=rect.top() + ROW, Stroke::new(2.0, Color32::from_rgb(235, 205, 110)));
        drawn.text(pos2(x + 3.0, rect.top()), Align2::LEFT_TOP, cue.act.name(), font.clone(), ink);
    }
    let pointer = response.hover_pos();
    let mut pointed = None;
    for block in studio.blocks() {
        let (begin, end) = (block.sync.start.as_secs(), block.sync.end.as_secs());
        if end < from || begin > from + WINDOW_SECS {
            continue;
        }
        let row = BlockKind::ALL.iter().position(|kind| *kind == block.kind).unwrap_or(0) + 1;
        let y = rect.top() + row as f32 * ROW;
        let bar = Rect::from_min_max(
            pos2(x_of(begin), y + 1.0),
            pos2(x_of(end).max(x_of(begin) + 3.0), y + ROW - 1.0),
        );
        drawn.rect_filled(bar, 2.0, colour(block.kind));
        if studio.chosen.as_ref() == Some(block) {
            drawn.rect_stroke(bar, 2.0, Stroke::new(1.5, ink), StrokeKind::Outside);
        }
        if pointer.is_some_and(|pointer| bar.expand2(vec2(2.0, 1.0)).contains(pointer)) {
            pointed = Some(*block);
        }
    }
    drawn.vline(x_of(at), rect.y_range(), Stroke::new(1.5, Color32::from_rgb(255, 110, 110)));
    super::desk::name(&response, "timeline");
    if let Some(block) = pointed {
        let said = why(&block);
        if response.clicked() {
            studio.chosen = Some(block);
        }
        response.on_hover_text_at_pointer(said);
    } else if let Some(pointer) =
        response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on())
    {
        let end = studio.end_secs();
        studio.transport.playing = false;
        studio.transport.seek(secs_of(pointer.x), end);
    }
}

/// What, when, how strong, and because of what.
pub(crate) fn why(block: &Block) -> String {
    let sync = &block.sync;
    format!(
        "{} at {:.2} s: {}. Stroke {:.2} to {:.2} s, over at {:.2} s, strength {:.2}.",
        block.kind.name(),
        sync.start.as_secs(),
        block.cause,
        sync.stroke_start.as_secs(),
        sync.stroke_end.as_secs(),
        sync.end.as_secs(),
        block.strength
    )
}

fn colour(kind: BlockKind) -> Color32 {
    let hue = BlockKind::ALL.iter().position(|other| *other == kind).unwrap_or(0) as f32
        / BlockKind::ALL.len() as f32;
    egui::ecolor::Hsva::new(hue, 0.55, 0.8, 1.0).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::performance::Performance;
    use crate::core::take::Take;
    use viva_behaviour::Profile;
    use viva_media::Timestamp;

    #[test]
    fn a_nod_says_why() {
        let mut take = Take::new(7);
        take.insert(Timestamp::from_millis(500), Act::CandidateSpeaks);
        take.insert(Timestamp::from_millis(2000), Act::Backchannel);
        let mut performance = Performance::new(Profile::examiner(), take);
        performance.pose(4.0);
        let answer = performance
            .blocks()
            .iter()
            .find(|block| matches!(block.kind, BlockKind::Nod | BlockKind::BrowFlash))
            .map(why)
            .expect("a sign of listening");
        assert!(answer.contains("backchannel opportunity at 2.000 s"), "{answer}");
    }
}
