//! The candidate's face as movements: where it is, how it turns, which shapes it makes.
//!
//! Enters: [`VideoFrame`](viva_media::VideoFrame). Leaves: one [`FaceObservation`] per frame.
//! The three networks stand behind the port [`FaceNets`]; everything else (crop, tracking, pose, gaze, blinks, nods) is here.
//! This module deliberately names no feeling and draws no conclusion about a person: it reports movements, their time and
//! how far they can be trusted ([`FaceQuality`]).
//! A missing face is a state (`present == false`), never an error.

mod blink;
mod detection;
mod gaze;
mod geometry;
mod gesture;
mod nets;
mod observation;
mod one_euro;
mod points;
mod pose;
mod quality;
mod region;
mod rest;
mod tracker;
mod warp;

#[cfg(test)]
mod parity;

pub use blink::BlinkConfig;
pub use detection::{Detection, find_faces, main_face};
pub use gaze::{Gaze, GazeConfig, iris_yaw, shape_gaze};
pub use geometry::{FaceGeometry, GeometryError};
pub use gesture::GestureConfig;
pub use nets::{DETECTOR_SIDE, FaceNets, LANDMARK_SIDE, RawDetections, RawLandmarks, ShapePoints};
pub use observation::{FaceObservation, FaceQuality};
pub use one_euro::OneEuroConfig;
pub use points::{LANDMARK_COUNT, Landmarks, SHAPE_POINTS};
pub use pose::HeadPose;
pub use quality::QualityConfig;
pub use region::Region;
pub use rest::RestConfig;
pub use tracker::{Config, FaceTracker};
pub use warp::{Border, CropMap, letterbox};
