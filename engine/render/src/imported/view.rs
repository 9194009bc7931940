//! Where the camera stands before an imported avatar, and how a pose turns it.

use glam::{Mat3, Mat4, Vec3, Vec4};
use viva_avatar::{Avatar, Joints};
use viva_media::{BLENDSHAPE_COUNT, Blendshape, FacePose};
use viva_shaders::cpu::light::smoothstep;
use viva_shaders::layout::{self, MorphWeights};

use crate::person::{FULL_LOOK_RADIANS, lids_follow, lights};

/// Distance of the camera from the face, as of our own people.
const CAMERA_METRES: f32 = 1.0;
/// Height of the picture in heights of the face, which ends at the brows.
const FACES_PER_PICTURE: f32 = 2.8;
/// The face's middle stands this much above the picture's, in shares of the face's height.
const ABOVE_MIDDLE: f32 = 0.06;

/// What stays for one avatar.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    middle: Vec3,
    face_height: f32,
    camera: Vec3,
    pivot: Vec3,
    /// Heights between which the turn of the head fades in, where no bone tells; `None` where bones tell or all turns.
    neck: Option<(f32, f32)>,
    /// Middles of the eyes; `None` where the gaze moves by shapes.
    eyes: Option<[Vec3; 2]>,
}

impl View {
    pub(super) fn new(avatar: &Avatar) -> Self {
        let (low, high) = avatar.face_box();
        let middle = (low + high) * 0.5;
        let face_height = (high.y - low.y).max(1e-3);
        let Joints { head, left_eye, right_eye } = avatar.joints;
        // A bone without vertices turns nothing.
        let moves = |eye: usize| avatar.turn.iter().any(|turn| turn[eye] > 0.5);
        let eyes = left_eye.zip(right_eye).filter(|_| moves(1) && moves(2)).map(|(l, r)| [l, r]);
        let lowest = avatar.position.iter().map(|p| p.y).fold(f32::MAX, f32::min);
        let is_more_than_a_head = lowest < low.y - 0.6 * face_height;
        let neck = (head.is_none() && is_more_than_a_head)
            .then_some((low.y - 0.6 * face_height, low.y - 0.05 * face_height));
        let pivot =
            head.unwrap_or(Vec3::new(middle.x, low.y - 0.1 * face_height, high.z - 0.6 * face_height));
        let eye_line = eyes.map_or(middle.y + 0.2 * face_height, |[left, right]| (left.y + right.y) * 0.5);
        let camera = Vec3::new(middle.x, eye_line, high.z + CAMERA_METRES);
        Self { middle, face_height, camera, pivot, neck, eyes }
    }

    /// How a vertex turns, where the file does not tell.
    pub(super) fn turn(&self, place: Vec3, told: [f32; 3]) -> [f32; 3] {
        let Some((below, above)) = self.neck else { return told };
        [smoothstep(below, above, place.y), told[1], told[2]]
    }

    /// The weights as the morph pass reads them: lids follow eyes that are turned, shapes move those that are not.
    pub(super) fn weights(&self, pose: &FacePose) -> MorphWeights {
        let weights = if self.eyes.is_some() { lids_follow(pose) } else { look_by_shapes(pose) };
        let mut packed = [[0.0; 4]; 13];
        for (index, weight) in weights.into_iter().enumerate() {
            packed[index / 4][index % 4] = weight;
        }
        MorphWeights { packed, ..Default::default() }
    }

    /// Everything else that changes from frame to frame.
    pub(super) fn frame(&self, pose: &FacePose, aspect: f32) -> layout::Frame {
        let turn = Mat3::from_rotation_y(pose.head_yaw.0)
            * Mat3::from_rotation_x(pose.head_pitch.0)
            * Mat3::from_rotation_z(pose.head_roll.0);
        let about =
            |point: Vec3, turn: Mat4| Mat4::from_translation(point) * turn * Mat4::from_translation(-point);
        let aim = |eye: Vec3| {
            // Both eyes meet at the camera.
            let inwards = (self.camera.x - eye.x).atan2(self.camera.z - eye.z);
            let gaze =
                Mat4::from_rotation_y(pose.gaze_yaw.0 + inwards) * Mat4::from_rotation_x(pose.gaze_pitch.0);
            about(eye, gaze).to_cols_array_2d()
        };
        let [left, right] = self.eyes.map_or([Mat4::IDENTITY.to_cols_array_2d(); 2], |eyes| eyes.map(aim));
        layout::Frame {
            clip_from_world: self.clip_from_world(aspect).to_cols_array_2d(),
            world_from_head: about(self.pivot, Mat4::from_mat3(turn)).to_cols_array_2d(),
            head_from_left_eye: left,
            head_from_right_eye: right,
            camera: self.camera.extend(0.0).to_array(),
            neck: [0.0, 0.0, pose.breath.clamp(0.0, 1.0) * 0.0025, 0.0],
            ..lights()
        }
    }

    /// A view from eye height whose lens is shifted to the face, so that gaze 0 looks at the viewer.
    fn clip_from_world(&self, aspect: f32) -> Mat4 {
        let high = self.face_height * FACES_PER_PICTURE;
        let focal = 2.0 * CAMERA_METRES / high;
        let centre = self.middle.y - ABOVE_MIDDLE * self.face_height;
        let shift = (centre - self.camera.y) * 2.0 / high;
        let (near, far) = (0.2, 4.0);
        let depth = far / (near - far);
        let projection = Mat4::from_cols(
            Vec4::new(focal / aspect, 0.0, 0.0, 0.0),
            Vec4::new(0.0, focal, 0.0, 0.0),
            Vec4::new(0.0, shift, depth, -1.0),
            Vec4::new(0.0, 0.0, near * depth, 0.0),
        );
        projection * Mat4::from_translation(-self.camera)
    }
}

/// Gaze by the `eyeLook` shapes, which on such avatars move the eyeballs.
fn look_by_shapes(pose: &FacePose) -> [f32; BLENDSHAPE_COUNT] {
    use Blendshape as B;
    let mut weights = pose.weights.0.map(|w| w.clamp(0.0, 1.0));
    let share = |angle: f32| (angle / FULL_LOOK_RADIANS).clamp(-1.0, 1.0);
    let (left, down) = (share(pose.gaze_yaw.0), share(pose.gaze_pitch.0));
    for (shape, wanted) in [
        (B::EyeLookOutLeft, left),
        (B::EyeLookInRight, left),
        (B::EyeLookInLeft, -left),
        (B::EyeLookOutRight, -left),
        (B::EyeLookDownLeft, down),
        (B::EyeLookDownRight, down),
        (B::EyeLookUpLeft, -down),
        (B::EyeLookUpRight, -down),
    ] {
        let weight = &mut weights[shape as usize];
        *weight = weight.max(wanted);
    }
    weights
}
