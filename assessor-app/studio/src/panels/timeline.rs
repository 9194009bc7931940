//! The playhead and its controls, what the face can be told, and the rows.

use egui::text::{LayoutJob, TextFormat};
use egui::{FontId, RichText, Ui};
use viva_exchange::{Affect, Turn};
use viva_media::Timestamp;

use super::{View, lanes};
use crate::core::studio::{Source, Studio};
use crate::core::take::Act;

/// A loop that is begun by one end only.
pub(super) const LOOP_SECS: f64 = 4.0;

pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    transport(ui, studio, view);
    if matches!(studio.source, Source::Take) {
        acts(ui, studio, view);
    }
    lanes::draw(ui, studio, view);
    if matches!(studio.source, Source::Session) {
        words(ui, studio);
        if let Some(fault) = &view.shown.sound_fault {
            let told = format!("The session is seen without its sound: {fault}");
            ui.add(egui::Label::new(RichText::new(told).color(ui.visuals().warn_fg_color)).truncate());
        }
    }
    ui.horizontal(|ui| match &studio.chosen {
        Some(block) => {
            ui.strong("Why?");
            ui.add(egui::Label::new(lanes::why(studio, block)).truncate());
        }
        None => {
            ui.weak("Point at an act, or click it, or go to it by comma and full stop, to be told why the face did it.");
        }
    });
}

/// What is said at the playhead, the word of the moment marked.
fn words(ui: &mut Ui, studio: &Studio) {
    let at = Timestamp::from_secs(studio.transport.at_secs);
    let turn = studio.session.as_ref().and_then(|session| session.turn_at(at));
    let Some(turn) = turn else {
        ui.weak("Nobody has spoken yet.");
        return;
    };
    let (ink, weak) = (ui.visuals().strong_text_color(), ui.visuals().weak_text_color());
    let mut job = LayoutJob::default();
    let format = |color| TextFormat { font_id: FontId::proportional(12.5), color, ..Default::default() };
    job.append(&format!("{:?}: ", turn.speaker), 0.0, format(weak));
    for (index, word) in turn.words.iter().enumerate().skip(first_word(turn, at)) {
        let lead = if index == 0 { 0.0 } else { 4.0 };
        job.append(&word.text, lead, format(if word.start <= at { ink } else { weak }));
    }
    ui.add(egui::Label::new(job).truncate());
}

/// Of a long turn the words around the playhead.
fn first_word(turn: &Turn, at: Timestamp) -> usize {
    const BEFORE: usize = 14;
    turn.words.partition_point(|word| word.start <= at).saturating_sub(BEFORE)
}

fn transport(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
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
            studio.transport.toggle_loop(LOOP_SECS);
        }
        if ui
            .button("From here")
            .on_hover_text("the loop begins here; Shift and drag chooses a span")
            .clicked()
        {
            studio.transport.loop_from_here(LOOP_SECS);
        }
        if ui.button("To here").on_hover_text("the loop ends here").clicked() {
            studio.transport.loop_to_here(LOOP_SECS);
        }
        if let Some((from, to)) = studio.transport.looped {
            ui.label(RichText::new(format!("{from:.2} to {to:.2} s")).small());
        }
        if matches!(studio.source, Source::Session) {
            if ui.button("Turn back").on_hover_text("to the begin of the turn before").clicked() {
                studio.step_turn(false);
            }
            if ui.button("Turn on").on_hover_text("to the begin of the next turn").clicked() {
                studio.step_turn(true);
            }
            if studio.session.as_ref().is_some_and(|session| !session.sound.is_empty()) {
                ui.toggle_value(&mut view.muted, "Mute")
                    .on_hover_text("the session is heard while it plays; M");
            }
        } else if ui.button("New take").clicked() {
            studio.new_take();
        }
        if !matches!(studio.source, Source::Take) && ui.button("Back to the take").clicked() {
            studio.show(Source::Take);
        }
        ui.spacing_mut().slider_width = 60.0;
        let zoom = egui::Slider::new(&mut view.seen_secs, 2.0..=120.0).logarithmic(true).show_value(false);
        let response = ui.add(zoom).on_hover_text("how many seconds the rows show");
        super::desk::name(&response, "seconds shown");
        let end = studio.performed_secs().max(1.0);
        let mut at = studio.transport.at_secs;
        // What is left of this row.
        ui.spacing_mut().slider_width = (ui.available_size_before_wrap().x - 90.0).clamp(60.0, 600.0);
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
            for affect in Affect::ALL {
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
