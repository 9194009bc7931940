//! The mixing desk between behaviour and face: a row per action unit, blendshape and angle, with solo, mute and link.

use viva_behaviour::ActionUnit;
use viva_media::{BLENDSHAPE_COUNT, Blendshape, Blendshapes, FacePose, Radians};

/// An angle of head or eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Angle {
    HeadYaw,
    HeadPitch,
    HeadRoll,
    GazeYaw,
    GazePitch,
}

impl Angle {
    const ALL: [Self; 5] = [Self::HeadYaw, Self::HeadPitch, Self::HeadRoll, Self::GazeYaw, Self::GazePitch];

    const fn name(self) -> &'static str {
        match self {
            Self::HeadYaw => "head yaw",
            Self::HeadPitch => "head pitch",
            Self::HeadRoll => "head roll",
            Self::GazeYaw => "gaze yaw",
            Self::GazePitch => "gaze pitch",
        }
    }

    /// The same axis of the eyes for the head, and of the head for the eyes; eyes do not roll.
    const fn partner(self) -> Option<Self> {
        match self {
            Self::HeadYaw => Some(Self::GazeYaw),
            Self::GazeYaw => Some(Self::HeadYaw),
            Self::HeadPitch => Some(Self::GazePitch),
            Self::GazePitch => Some(Self::HeadPitch),
            Self::HeadRoll => None,
        }
    }

    fn of(self, pose: &mut FacePose) -> &mut Radians {
        match self {
            Self::HeadYaw => &mut pose.head_yaw,
            Self::HeadPitch => &mut pose.head_pitch,
            Self::HeadRoll => &mut pose.head_roll,
            Self::GazeYaw => &mut pose.gaze_yaw,
            Self::GazePitch => &mut pose.gaze_pitch,
        }
    }
}

/// What a row of the desk drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    Unit(ActionUnit),
    /// Left and right of one movement.
    Pair(Blendshape, Blendshape),
    Single(Blendshape),
    Angle(Angle),
}

/// Groups of rows, as they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Units,
    Shapes,
    Angles,
}

impl Row {
    /// All rows, in the order of the desk.
    pub(crate) fn all() -> Vec<Self> {
        let mut rows: Vec<Self> = ActionUnit::ALL.into_iter().map(Self::Unit).collect();
        for shape in Blendshape::ALL {
            match (partner(shape), shape.name().strip_suffix("Right")) {
                (Some(right), _) if shape.name().ends_with("Left") => rows.push(Self::Pair(shape, right)),
                (Some(_), Some(_)) => {}
                _ => rows.push(Self::Single(shape)),
            }
        }
        rows.extend(Angle::ALL.into_iter().map(Self::Angle));
        rows
    }

    pub(crate) fn group(self) -> Group {
        match self {
            Self::Unit(_) => Group::Units,
            Self::Pair(..) | Self::Single(_) => Group::Shapes,
            Self::Angle(_) => Group::Angles,
        }
    }

    /// What it is called on the desk, for example `AU12 lip corner puller` or `mouthSmile`.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Unit(unit) => {
                let (number, name) = unit.label();
                format!("AU{number} {name}")
            }
            Self::Pair(left, _) => left.name().trim_end_matches("Left").to_owned(),
            Self::Single(shape) => shape.name().to_owned(),
            Self::Angle(angle) => angle.name().to_owned(),
        }
    }

    pub(crate) fn range(self) -> (f32, f32) {
        match self {
            Self::Angle(Angle::GazeYaw) => (-35.0, 35.0),
            Self::Angle(_) => (-25.0, 25.0),
            _ => (0.0, 1.0),
        }
    }

    /// Whether left and right can be moved apart.
    pub(crate) fn has_sides(self) -> bool {
        match self {
            Self::Unit(unit) => unit.blendshapes().iter().any(|(shape, _)| shape.name().ends_with("Left")),
            Self::Pair(..) => true,
            Self::Single(_) | Self::Angle(_) => false,
        }
    }

    /// Whether something can move with it: its other side, or for an angle of the head that of the eyes.
    pub(crate) fn can_link(self) -> bool {
        match self {
            Self::Angle(angle) => angle.partner().is_some(),
            _ => self.has_sides(),
        }
    }

    /// Whether it moves a shape of the face.
    pub(crate) fn drives(self, shape: Blendshape) -> bool {
        match self {
            Self::Unit(unit) => unit.blendshapes().iter().any(|(driven, _)| *driven == shape),
            Self::Pair(left, right) => shape == left || shape == right,
            Self::Single(single) => shape == single,
            Self::Angle(_) => false,
        }
    }
}

/// The other side of a shape that moves one half of the face.
fn partner(shape: Blendshape) -> Option<Blendshape> {
    use Blendshape as B;
    // These move the whole mouth to one side.
    if matches!(shape, B::JawLeft | B::JawRight | B::MouthLeft | B::MouthRight) {
        return None;
    }
    let name = shape.name();
    let other = match (name.strip_suffix("Left"), name.strip_suffix("Right")) {
        (Some(stem), _) => format!("{stem}Right"),
        (_, Some(stem)) => format!("{stem}Left"),
        _ => return None,
    };
    Blendshape::from_name(&other)
}

/// The state of one row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strip {
    pub(crate) left: f32,
    pub(crate) right: f32,
    pub(crate) linked: bool,
    pub(crate) solo: bool,
    pub(crate) mute: bool,
}

/// The desk: what is added to the behaviour's pose, and what of it is let through.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Desk {
    pub(crate) strips: Vec<Strip>,
    /// Whether the behaviour moves the face; else the desk alone does.
    pub(crate) through: bool,
}

impl Desk {
    pub(crate) fn new(rows: &[Row]) -> Self {
        let strip = |row: &Row| {
            // A jaw that goes to both sides at once stays where it is.
            let apart = matches!(row, Row::Unit(ActionUnit::JawSideways | ActionUnit::MouthSideways));
            let linked = row.has_sides() && !apart;
            Strip { left: 0.0, right: 0.0, linked, solo: false, mute: false }
        };
        Self { strips: rows.iter().map(strip).collect(), through: true }
    }

    /// Moves one side of a row, and the other with it where they are linked; a number that is none changes nothing.
    pub(crate) fn set(&mut self, rows: &[Row], index: usize, is_left: bool, value: f32) {
        let (low, high) = rows[index].range();
        if !value.is_finite() {
            return;
        }
        let strip = &mut self.strips[index];
        let value = value.clamp(low, high);
        let both = strip.linked || !rows[index].has_sides();
        if is_left || both {
            strip.left = value;
        }
        if !is_left || both {
            strip.right = value;
        }
        let is_linked = strip.linked;
        if let Some(partner) = partner_row(rows, index).filter(|_| is_linked) {
            let (low, high) = rows[partner].range();
            self.strips[partner].left = value.clamp(low, high);
            self.strips[partner].right = self.strips[partner].left;
        }
    }

    /// Lets both sides of a row, or head and eyes on one axis, move together from now on, or no longer; what moves with it takes
    /// the value that it has.
    pub(crate) fn link(&mut self, rows: &[Row], index: usize, linked: bool) {
        for row in [Some(index), partner_row(rows, index)].into_iter().flatten() {
            self.strips[row].linked = linked;
        }
        if linked {
            self.set(rows, index, true, self.strips[index].left);
        }
    }

    /// The pose that the face shows.
    pub(crate) fn apply(&self, rows: &[Row], pose: &FacePose) -> FacePose {
        let mut shown = if self.through { *pose } else { FacePose::neutral(pose.at) };
        let solo = self.strips.iter().any(|strip| strip.solo);
        // Of the soloed rows alone something shows, an angle or a shape.
        for (row, _) in rows.iter().zip(&self.strips).filter(|(_, strip)| solo && !strip.solo) {
            if let Row::Angle(angle) = *row {
                *angle.of(&mut shown) = Radians(0.0);
            }
        }
        let mut added = Blendshapes::default();
        let mut is_open = [!solo; BLENDSHAPE_COUNT];
        for (row, strip) in rows.iter().zip(&self.strips) {
            if solo && strip.solo {
                open(*row, &mut is_open);
            }
            if strip.mute || (solo && !strip.solo) {
                continue;
            }
            match *row {
                Row::Unit(unit) => unit.add(&mut added, strip.left, strip.right),
                Row::Pair(left, right) => {
                    added[left] += strip.left;
                    added[right] += strip.right;
                }
                Row::Single(shape) => added[shape] += strip.left,
                Row::Angle(angle) => {
                    let turned = angle.of(&mut shown);
                    *turned = Radians::from_degrees(turned.to_degrees() + strip.left);
                }
            }
        }
        for (row, _) in rows.iter().zip(&self.strips).filter(|(_, strip)| strip.mute) {
            close(*row, &mut is_open, &mut shown);
        }
        for (index, weight) in shown.weights.0.iter_mut().enumerate() {
            *weight = if is_open[index] { (*weight + added.0[index]).clamp(0.0, 1.0) } else { 0.0 };
        }
        shown
    }
}

/// The row of the angle that a linked angle moves.
fn partner_row(rows: &[Row], index: usize) -> Option<usize> {
    let Row::Angle(angle) = rows[index] else { return None };
    let partner = angle.partner()?;
    rows.iter().position(|row| *row == Row::Angle(partner))
}

fn open(row: Row, is_open: &mut [bool; BLENDSHAPE_COUNT]) {
    for shape in Blendshape::ALL.into_iter().filter(|shape| row.drives(*shape)) {
        is_open[shape as usize] = true;
    }
}

fn close(row: Row, is_open: &mut [bool; BLENDSHAPE_COUNT], shown: &mut FacePose) {
    if let Row::Angle(angle) = row {
        *angle.of(shown) = Radians(0.0);
    }
    for shape in Blendshape::ALL.into_iter().filter(|shape| row.drives(*shape)) {
        is_open[shape as usize] = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Blendshape as B;
    use viva_media::Timestamp;

    fn row(rows: &[Row], name: &str) -> usize {
        rows.iter().position(|row| row.name() == name).unwrap_or_else(|| panic!("no row {name}"))
    }

    fn smiling() -> FacePose {
        let mut pose = FacePose::neutral(Timestamp::ZERO);
        (pose.weights[B::MouthSmileLeft], pose.weights[B::MouthSmileRight]) = (0.3, 0.3);
        pose.weights[B::JawOpen] = 0.2;
        pose
    }

    #[test]
    fn every_shape_and_unit_has_one_row() {
        let rows = Row::all();
        for shape in Blendshape::ALL {
            let shapes = rows.iter().filter(|row| row.group() == Group::Shapes && row.drives(shape));
            assert_eq!(shapes.count(), 1, "{}", shape.name());
        }
        assert_eq!(rows.iter().filter(|row| row.group() == Group::Units).count(), 30);
        assert!(rows.contains(&Row::Single(B::JawLeft)) && rows.contains(&Row::Single(B::MouthRight)));
    }

    #[test]
    fn a_slider_adds_to_the_behaviour_and_is_clamped() {
        let rows = Row::all();
        let mut desk = Desk::new(&rows);
        assert_eq!(desk.apply(&rows, &smiling()), smiling(), "an untouched desk changes nothing");
        desk.set(&rows, row(&rows, "mouthSmile"), true, 0.5);
        desk.set(&rows, row(&rows, "AU26 jaw drop"), true, 1.0);
        desk.set(&rows, row(&rows, "head yaw"), true, 10.0);
        let pose = desk.apply(&rows, &smiling());
        assert!((pose.weights[B::MouthSmileRight] - 0.8).abs() < 1e-6, "linked");
        assert!((pose.weights[B::JawOpen] - 0.8).abs() < 1e-6);
        assert!((pose.head_yaw.to_degrees() - 10.0).abs() < 1e-3);
        desk.set(&rows, row(&rows, "mouthSmile"), true, 7.0);
        assert_eq!(desk.apply(&rows, &smiling()).weights[B::MouthSmileLeft], 1.0);
        desk.set(&rows, row(&rows, "mouthSmile"), true, f32::NAN);
        assert_eq!(desk.strips[row(&rows, "mouthSmile")].left, 1.0);
    }

    #[test]
    fn unlinked_sides_move_apart() {
        let rows = Row::all();
        let mut desk = Desk::new(&rows);
        let smile = row(&rows, "AU12 lip corner puller");
        desk.strips[smile].linked = false;
        desk.set(&rows, smile, false, 0.4);
        let pose = desk.apply(&rows, &FacePose::neutral(Timestamp::ZERO));
        assert_eq!((pose.weights[B::MouthSmileLeft], pose.weights[B::MouthSmileRight]), (0.0, 0.4));
        let jaw = row(&rows, "AU30 jaw sideways");
        desk.set(&rows, jaw, true, 0.6);
        assert!(desk.apply(&rows, &pose).weights[B::JawLeft] > 0.5, "a jaw goes to one side by itself");
    }

    #[test]
    fn solo_lets_only_its_shapes_through_and_mute_wins() {
        let rows = Row::all();
        let mut desk = Desk::new(&rows);
        desk.set(&rows, row(&rows, "browInnerUp"), true, 0.5);
        desk.strips[row(&rows, "AU12 lip corner puller")].solo = true;
        let pose = desk.apply(&rows, &smiling());
        assert_eq!(pose.weights[B::MouthSmileLeft], 0.3);
        assert_eq!((pose.weights[B::JawOpen], pose.weights[B::BrowInnerUp]), (0.0, 0.0));
        desk.strips[row(&rows, "mouthSmile")].mute = true;
        assert_eq!(desk.apply(&rows, &smiling()).weights, Blendshapes::default());
    }

    #[test]
    fn angles_are_soloed_muted_and_linked_as_shapes_are() {
        let rows = Row::all();
        let [yaw, roll, gaze] = ["head yaw", "head roll", "gaze yaw"].map(|name| row(&rows, name));
        let mut turned = smiling();
        (turned.head_yaw, turned.head_roll) = (Radians::from_degrees(8.0), Radians::from_degrees(3.0));
        turned.gaze_yaw = Radians::from_degrees(-4.0);
        let degrees = |desk: &Desk| {
            let pose = desk.apply(&rows, &turned);
            [pose.head_yaw, pose.head_roll, pose.gaze_yaw].map(|angle| angle.to_degrees().round())
        };
        let mut desk = Desk::new(&rows);
        assert_eq!(degrees(&desk), [8.0, 3.0, -4.0]);
        desk.strips[yaw].solo = true;
        assert_eq!(degrees(&desk), [8.0, 0.0, 0.0], "the rest stands at rest");
        assert_eq!(desk.apply(&rows, &turned).weights, Blendshapes::default(), "and so do the shapes");
        desk.strips[roll].solo = true;
        assert_eq!(degrees(&desk), [8.0, 3.0, 0.0]);
        desk.strips[yaw].mute = true;
        assert_eq!(degrees(&desk), [0.0, 3.0, 0.0], "mute wins over solo");
        let mut desk = Desk::new(&rows);
        desk.set(&rows, yaw, true, 10.0);
        desk.link(&rows, yaw, true);
        assert_eq!(degrees(&desk), [18.0, 3.0, 6.0], "the eyes take the head's value");
        desk.set(&rows, gaze, true, -35.0);
        assert_eq!(
            (desk.strips[gaze].left, desk.strips[yaw].left),
            (-35.0, -25.0),
            "each within its own range"
        );
        desk.link(&rows, gaze, false);
        desk.set(&rows, yaw, true, 5.0);
        assert_eq!(desk.strips[gaze].left, -35.0);
        assert!(!rows[roll].can_link() && rows[gaze].can_link() && !rows[gaze].has_sides());
    }

    #[test]
    fn without_behaviour_the_desk_alone_moves_the_face() {
        let rows = Row::all();
        let mut desk = Desk::new(&rows);
        desk.through = false;
        desk.set(&rows, row(&rows, "cheekPuff"), true, 0.4);
        let pose = desk.apply(&rows, &smiling());
        assert_eq!((pose.weights[B::CheekPuff], pose.weights[B::JawOpen]), (0.4, 0.0));
    }
}
