//! What is reported of one frame.

use viva_media::{Blendshapes, Radians, TimeSpan, Timestamp};

use super::points::Landmarks;

/// The candidate's face in one frame: movements and places, nothing about what they might mean.
///
/// Left and right are the subject's own. Angles follow [`FacePose`](viva_media::FacePose).
/// Where `present` is false, all numbers are zero and all flags false.
#[derive(Clone, Debug, PartialEq)]
pub struct FaceObservation {
    /// When the frame was captured.
    pub captured: Timestamp,
    /// A face was found.
    pub present: bool,
    /// How sure the landmark network is that it saw a face, 0..=1; also set where `present` is false.
    pub score: f32,
    /// Smoothed landmarks in pixels of the picture; only where [`Config::report_landmarks`](super::Config) asks for them.
    pub landmarks_px: Option<Box<Landmarks>>,
    /// The face's shapes as the network reports them; `tongueOut` is always 0, `cheekPuff` and `noseSneer` are weak.
    pub blendshapes: Blendshapes,
    /// The same less this face's own rest: 0 at rest, for event logic. Needs a few seconds to be learnt.
    pub blendshapes_from_rest: Blendshapes,
    /// Distance of the inner lips over the distance of the pupils; 0 closed, about 0.7 wide open.
    pub mouth_open: f32,
    /// Head about the vertical axis; positive to the face's own left.
    pub head_yaw: Radians,
    /// Head about the ear-to-ear axis; positive lowers the chin.
    pub head_pitch: Radians,
    /// Head about the axis out of the face; positive tilts to the own right shoulder.
    pub head_roll: Radians,
    /// Eyes relative to the head; positive to the face's own left. Off by several degrees.
    pub gaze_yaw: Radians,
    /// Eyes relative to the head; positive looks down. Off by several degrees.
    pub gaze_pitch: Radians,
    /// Head and eyes together have pointed towards the screen for at least the dwell time.
    pub towards_screen: bool,
    /// The eyes are closed now.
    pub blink: bool,
    /// A blink ended with this frame; its length.
    pub blinked: Option<TimeSpan>,
    /// The head completed a swing up or down with this frame.
    pub nodded: bool,
    /// The head completed a swing to a side with this frame.
    pub shook: bool,
    /// Distance of the pupils in pixels.
    pub interocular_px: f32,
    /// How far the numbers can be trusted.
    pub quality: FaceQuality,
}

impl FaceObservation {
    /// A frame without a face.
    #[must_use]
    pub fn absent(captured: Timestamp, score: f32) -> Self {
        Self {
            captured,
            present: false,
            score,
            landmarks_px: None,
            blendshapes: Blendshapes::default(),
            blendshapes_from_rest: Blendshapes::default(),
            mouth_open: 0.0,
            head_yaw: Radians(0.0),
            head_pitch: Radians(0.0),
            head_roll: Radians(0.0),
            gaze_yaw: Radians(0.0),
            gaze_pitch: Radians(0.0),
            towards_screen: false,
            blink: false,
            blinked: None,
            nodded: false,
            shook: false,
            interocular_px: 0.0,
            quality: FaceQuality::default(),
        }
    }
}

/// Gates of one frame; all open for a frame that can be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaceQuality {
    /// The face is large enough in the picture.
    pub large_enough: bool,
    /// The head is turned towards the camera.
    pub facing: bool,
    /// The picture is not blurred.
    pub sharp: bool,
    /// The face lies wholly in the picture.
    pub within_frame: bool,
}

impl FaceQuality {
    /// All gates are open.
    #[must_use]
    pub fn is_usable(self) -> bool {
        self.large_enough && self.facing && self.sharp && self.within_frame
    }
}
