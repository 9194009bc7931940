//! Rows over time: who speaks, what the face is told, what it does, and why.

use egui::{
    Align2, Color32, FontId, Painter, Pos2, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2,
};
use viva_behaviour::{Block, BlockKind, Event};
use viva_exchange::{Speaker, Turn, TurnEvent, TurnEventKind};
use viva_media::Timestamp;

use super::View;
use crate::core::session::Session;
use crate::core::studio::{Source, Studio};
use crate::core::take::{Act, Cue};

const ROW: f32 = 11.0;
/// Rows with words are higher.
const WORDS: f32 = 14.0;
const NAMES: f32 = 96.0;
/// Rows of what the face is told: labels that would lie on one another go to the next.
const TOLD_ROWS: usize = 2;

/// Where a second lies.
#[derive(Clone, Copy)]
struct Scale {
    left: f32,
    width: f32,
    from: f64,
    secs: f64,
}

impl Scale {
    fn x(&self, secs: f64) -> f32 {
        self.left + ((secs - self.from) / self.secs) as f32 * self.width
    }

    fn secs(&self, x: f32) -> f64 {
        self.from + f64::from(x - self.left) / f64::from(self.width) * self.secs
    }

    fn shows(&self, begin: f64, end: f64) -> bool {
        end >= self.from && begin <= self.from + self.secs
    }
}

/// What rows are drawn with.
struct Canvas<'a> {
    painter: &'a Painter,
    scale: Scale,
    font: FontId,
    ink: Color32,
    weak: Color32,
    pointer: Option<Pos2>,
}

/// Draws all rows; a click on an act asks why, dragging moves the playhead, with Shift it chooses the span of the loop.
pub(super) fn draw(ui: &mut Ui, studio: &mut Studio, view: &mut View) {
    let has_session = matches!(studio.source, Source::Session) && studio.session.is_some();
    let talk = if has_session { 2.0 * WORDS + ROW } else { 0.0 };
    let told = TOLD_ROWS as f32 * ROW;
    let height = talk + told + BlockKind::ALL.len() as f32 * ROW;
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::click_and_drag());
    let at = studio.transport.at_secs;
    let secs = view.seen_secs;
    let from = (at - 0.75 * secs).max(0.0);
    let scale = Scale { left: rect.left() + NAMES, width: (rect.width() - NAMES).max(1.0), from, secs };
    let painter = ui.painter().with_clip_rect(rect);
    let visuals = ui.visuals();
    let (ink, weak) = (visuals.text_color(), visuals.weak_text_color());
    painter.rect_filled(rect, 0.0, visuals.extreme_bg_color);
    let drawn = painter.with_clip_rect(Rect::from_min_max(pos2(scale.left, rect.top()), rect.max));
    let font = FontId::proportional(9.5);
    let canvas = Canvas { painter: &drawn, scale, font, ink, weak, pointer: response.hover_pos() };
    names(&painter, &canvas, rect, if has_session { Some(talk) } else { None });
    canvas.grid(rect, studio.transport.looped);
    let mut said = None;
    if let (true, Some(session)) = (has_session, &studio.session) {
        said = talk_rows(&canvas, session, rect.top(), at);
        said = cue_row(&canvas, session.cues(), rect.top() + talk).or(said);
    } else {
        said = cue_row(&canvas, &studio.edited().take.cues, rect.top() + talk).or(said);
    }
    let pointed = act_rows(&canvas, studio, rect.top() + talk + told);
    if let (true, Some(session)) = (has_session, &studio.session) {
        let known = scale.x(session.told_until().as_secs()).max(scale.left);
        let unknown = Rect::from_min_max(pos2(known, rect.top() + talk), rect.max);
        drawn.rect_filled(unknown, 0.0, Color32::from_black_alpha(110));
    }
    drawn.vline(scale.x(at), rect.y_range(), Stroke::new(1.5, Color32::from_rgb(255, 110, 110)));
    super::desk::name(&response, "timeline");
    view.timeline = Some(response.id);
    if response.has_focus() {
        // The arrows move the playhead there, not the focus.
        let filter =
            egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        ui.painter().rect_stroke(rect, 0.0, Stroke::new(1.0, ink), StrokeKind::Inside);
    }
    obey(ui, studio, view, &response, &scale, pointed, said);
}

fn obey(
    ui: &Ui,
    studio: &mut Studio,
    view: &mut View,
    response: &Response,
    scale: &Scale,
    pointed: Option<Block>,
    said: Option<String>,
) {
    if response.drag_stopped() {
        view.span_from = None;
    }
    let is_down = response.is_pointer_button_down_on();
    if let (Some(pointer), true, true) =
        (response.interact_pointer_pos(), is_down, ui.input(|input| input.modifiers.shift))
    {
        let secs = scale.secs(pointer.x).max(0.0);
        let from = *view.span_from.get_or_insert(secs);
        studio.transport.loop_between(from, secs);
        return;
    }
    if let Some(block) = pointed {
        if response.clicked() {
            studio.chosen = Some(block);
        }
        response.clone().on_hover_text_at_pointer(why(studio, &block));
        return;
    }
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| is_down) {
        let end = studio.end_secs();
        studio.transport.playing = false;
        studio.transport.seek(scale.secs(pointer.x), end);
    } else if let Some(said) = said {
        response.clone().on_hover_text_at_pointer(said);
    }
}

fn names(painter: &Painter, canvas: &Canvas<'_>, rect: Rect, talk: Option<f32>) {
    let mut y = rect.top();
    let mut row = |name: &str, height: f32| {
        painter.text(pos2(rect.left() + 4.0, y), Align2::LEFT_TOP, name, canvas.font.clone(), canvas.weak);
        painter.hline(rect.x_range(), y, Stroke::new(0.5, canvas.weak.gamma_multiply(0.25)));
        y += height;
    };
    if talk.is_some() {
        row("assessor", WORDS);
        row("candidate", WORDS);
        row("floor", ROW);
    }
    row("told", TOLD_ROWS as f32 * ROW);
    for kind in BlockKind::ALL {
        row(kind.name(), ROW);
    }
}

impl Canvas<'_> {
    fn grid(&self, rect: Rect, looped: Option<(f64, f64)>) {
        // Not closer than can be told apart.
        let step =
            [1.0, 5.0, 10.0, 30.0].into_iter().find(|step| self.scale.secs / step <= 40.0).unwrap_or(60.0);
        let first = (self.scale.from / step).ceil() as i64;
        for line in first..=((self.scale.from + self.scale.secs) / step) as i64 {
            let x = self.scale.x(line as f64 * step);
            self.painter.vline(x, rect.y_range(), Stroke::new(0.5, self.weak.gamma_multiply(0.3)));
        }
        if let Some((begin, end)) = looped {
            let looped = Rect::from_x_y_ranges(self.scale.x(begin)..=self.scale.x(end), rect.y_range());
            self.painter.rect_filled(looped, 0.0, Color32::from_rgba_unmultiplied(120, 160, 255, 24));
        }
    }

    fn bar(&self, begin: f64, end: f64, y: f32, height: f32) -> Rect {
        let left = self.scale.x(begin);
        Rect::from_min_max(pos2(left, y + 1.0), pos2(self.scale.x(end).max(left + 3.0), y + height - 1.0))
    }

    fn is_pointed(&self, rect: Rect) -> bool {
        self.pointer.is_some_and(|pointer| rect.expand2(vec2(2.0, 1.0)).contains(pointer))
    }

    fn width_of(&self, text: &str) -> f32 {
        self.painter.layout_no_wrap(text.to_owned(), self.font.clone(), self.ink).size().x
    }
}

/// Who said what, and who decided what about the floor.
fn talk_rows(canvas: &Canvas<'_>, session: &Session, top: f32, at: f64) -> Option<String> {
    let mut said = None;
    for turn in
        session.turns.iter().filter(|turn| canvas.scale.shows(turn.start.as_secs(), turn.end.as_secs()))
    {
        let is_candidate = turn.speaker == Speaker::Candidate;
        let y = top + if is_candidate { WORDS } else { 0.0 };
        said = turn_bar(canvas, turn, y, at).or(said);
    }
    let y = top + 2.0 * WORDS;
    for mark in session.floor.iter().filter(|mark| canvas.scale.shows(mark.at.as_secs(), mark.at.as_secs())) {
        let bar = canvas.bar(mark.at.as_secs(), mark.at.as_secs(), y, ROW);
        canvas.painter.rect_filled(bar, 1.0, colour_of_mark(mark.kind));
        if canvas.is_pointed(bar) {
            said = Some(told_mark(mark));
        }
    }
    said
}

fn turn_bar(canvas: &Canvas<'_>, turn: &Turn, y: f32, at: f64) -> Option<String> {
    let colour = match turn.speaker {
        Speaker::Candidate => Color32::from_rgb(58, 96, 66),
        Speaker::Character => Color32::from_rgb(104, 72, 60),
        Speaker::Examiner => Color32::from_rgb(52, 78, 110),
    };
    let bar = canvas.bar(turn.start.as_secs(), turn.end.as_secs(), y, WORDS);
    canvas.painter.rect_filled(bar, 2.0, colour);
    let mut free = f32::MIN;
    for word in &turn.words {
        let (begin, end) = (word.start.as_secs(), word.end.as_secs());
        let x = canvas.scale.x(begin);
        // A word for which there is no room is left out; the line below the rows has them all.
        if x < free || !canvas.scale.shows(begin, end) {
            continue;
        }
        let is_now = (begin..=end).contains(&at);
        let ink = if is_now { Color32::WHITE } else { canvas.ink };
        canvas.painter.text(pos2(x + 1.0, y + 1.0), Align2::LEFT_TOP, &word.text, canvas.font.clone(), ink);
        free = x + canvas.width_of(&word.text) + 3.0;
    }
    canvas.is_pointed(bar).then(|| {
        format!(
            "{:?}, {:.2} to {:.2} s: {}",
            turn.speaker,
            turn.start.as_secs(),
            turn.end.as_secs(),
            turn.text()
        )
    })
}

fn told_mark(mark: &TurnEvent) -> String {
    format!("{} at {:.2} s: {}", name_of_mark(mark.kind), mark.at.as_secs(), mark.reason)
}

fn name_of_mark(kind: TurnEventKind) -> &'static str {
    match kind {
        TurnEventKind::Prepare => "prepare",
        TurnEventKind::Discard => "discard",
        TurnEventKind::Commit => "commit",
        TurnEventKind::Yield => "yield",
        TurnEventKind::Backchannel => "backchannel",
    }
}

fn colour_of_mark(kind: TurnEventKind) -> Color32 {
    match kind {
        TurnEventKind::Prepare | TurnEventKind::Discard => Color32::from_gray(120),
        TurnEventKind::Commit => Color32::from_rgb(120, 190, 255),
        TurnEventKind::Yield => Color32::from_rgb(255, 140, 110),
        TurnEventKind::Backchannel => Color32::from_rgb(235, 205, 110),
    }
}

/// What the face is told; labels keep off each other, and one that has no room is told by pointing.
fn cue_row(canvas: &Canvas<'_>, cues: &[Cue], top: f32) -> Option<String> {
    let from = Timestamp::from_secs(canvas.scale.from - 1.0);
    let to = Timestamp::from_secs(canvas.scale.from + canvas.scale.secs);
    let first = cues.partition_point(|cue| cue.at < from);
    let seen = cues[first..].iter().take_while(|cue| cue.at <= to).filter(|cue| !is_loudness(cue));
    let mut free = [f32::MIN; TOLD_ROWS];
    let mut said: Vec<String> = Vec::new();
    for cue in seen {
        let x = canvas.scale.x(cue.at.as_secs());
        let name = cue.act.name();
        let row = free.iter().position(|free| x >= *free);
        // A mark without a label stands below, where it crosses no more than it must.
        let y = top + row.unwrap_or(TOLD_ROWS - 1) as f32 * ROW;
        canvas.painter.vline(x, y..=y + ROW, Stroke::new(2.0, Color32::from_rgb(235, 205, 110)));
        if let Some(row) = row {
            let place = pos2(x + 3.0, y);
            canvas.painter.text(place, Align2::LEFT_TOP, &name, canvas.font.clone(), canvas.ink);
            free[row] = place.x + canvas.width_of(&name) + 4.0;
        }
        if canvas.is_pointed(Rect::from_x_y_ranges(x - 1.0..=x + 1.0, y..=y + ROW)) {
            said.push(format!("told at {:.2} s: {name}", cue.at.as_secs()));
        }
    }
    (!said.is_empty()).then(|| said.join("\n"))
}

/// Told fifty times a second while it speaks: no row has room for that.
fn is_loudness(cue: &Cue) -> bool {
    matches!(&cue.act, Act::Recorded(event) if matches!(**event, Event::LoudnessRms(_)))
}

fn act_rows(canvas: &Canvas<'_>, studio: &Studio, top: f32) -> Option<Block> {
    let mut pointed = None;
    for block in studio.blocks() {
        let (begin, end) = (block.sync.start.as_secs(), block.sync.end.as_secs());
        if !canvas.scale.shows(begin, end) {
            continue;
        }
        let row = BlockKind::ALL.iter().position(|kind| *kind == block.kind).unwrap_or(0);
        let bar = canvas.bar(begin, end, top + row as f32 * ROW, ROW);
        canvas.painter.rect_filled(bar, 2.0, colour(block.kind));
        if studio.chosen.as_ref() == Some(block) {
            canvas.painter.rect_stroke(bar, 2.0, Stroke::new(1.5, canvas.ink), StrokeKind::Outside);
        }
        if canvas.is_pointed(bar) {
            pointed = Some(*block);
        }
    }
    pointed
}

fn colour(kind: BlockKind) -> Color32 {
    let hue = BlockKind::ALL.iter().position(|other| *other == kind).unwrap_or(0) as f32
        / BlockKind::ALL.len() as f32;
    egui::ecolor::Hsva::new(hue, 0.55, 0.8, 1.0).into()
}

/// What, when, how strong, and because of what; in a session also what lay behind it.
pub(super) fn why(studio: &Studio, block: &Block) -> String {
    let behind = studio.session.as_ref().filter(|_| matches!(studio.source, Source::Session));
    let behind = behind.and_then(|session| session.behind(block));
    let act = act(block);
    behind.map_or_else(|| act.clone(), |behind| format!("{act} {behind}"))
}

fn act(block: &Block) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::performance::Performance;
    use crate::core::take::Take;
    use viva_behaviour::Profile;

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
            .map(act)
            .expect("a sign of listening");
        assert!(answer.contains("backchannel opportunity at 2.000 s"), "{answer}");
    }

    #[test]
    fn a_scale_goes_both_ways() {
        let scale = Scale { left: 100.0, width: 400.0, from: 10.0, secs: 20.0 };
        assert_eq!((scale.x(10.0), scale.x(30.0)), (100.0, 500.0));
        assert!((scale.secs(scale.x(17.25)) - 17.25).abs() < 1e-4);
        assert!(scale.shows(0.0, 11.0) && scale.shows(29.0, 40.0) && !scale.shows(0.0, 9.0));
    }
}
