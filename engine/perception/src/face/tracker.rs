//! From frames to observations, one face at a time.

use viva_media::{BLENDSHAPE_COUNT, Blendshape, Blendshapes, TimeSpan, Timestamp, VideoFrame};

use super::blink::{BlinkConfig, BlinkDetector};
use super::detection::{Detection, find_faces, main_face};
use super::gaze::{GazeConfig, ScreenWatcher, iris_yaw, meets_screen, shape_gaze};
use super::geometry::FaceGeometry;
use super::gesture::{GestureConfig, SwingDetector};
use super::nets::{DETECTOR_SIDE, FaceNets, LANDMARK_SIDE, RawDetections, RawLandmarks, ShapePoints};
use super::observation::FaceObservation;
use super::one_euro::{OneEuro, OneEuroConfig};
use super::points::{
    LANDMARK_COUNT, LEFT_IRIS, LOWER_LIP_INNER, Landmarks, RIGHT_IRIS, SHAPE_POINTS, UPPER_LIP_INNER,
    distance,
};
use super::quality::{QualityConfig, interocular_px, judge, sharpness};
use super::region::Region;
use super::rest::{RestConfig, RestFace};
use super::warp::{Border, letterbox};

/// How a face is found, followed and measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// Least score of a box of the detector.
    pub least_detection: f32,
    /// Least presence for a face to be followed.
    pub least_presence: f32,
    /// Fill [`FaceObservation::landmarks_px`], the only allocation per frame; [`FaceTracker::landmarks_px`] needs none.
    pub report_landmarks: bool,
    /// A longer time between two frames starts filters and events anew.
    pub longest_gap: TimeSpan,
    /// Smoothing of the landmarks.
    pub smoothing: OneEuroConfig,
    /// What counts as a blink.
    pub blink: BlinkConfig,
    /// What counts as looking towards the screen.
    pub gaze: GazeConfig,
    /// How the face at rest is learnt.
    pub rest: RestConfig,
    /// What counts as a nod or a shake.
    pub gesture: GestureConfig,
    /// Where measurements become doubtful.
    pub quality: QualityConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            least_detection: 0.5,
            least_presence: 0.5,
            report_landmarks: false,
            longest_gap: TimeSpan::from_millis(500),
            smoothing: OneEuroConfig::default(),
            blink: BlinkConfig::default(),
            gaze: GazeConfig::default(),
            rest: RestConfig::default(),
            gesture: GestureConfig::default(),
            quality: QualityConfig::default(),
        }
    }
}

/// Finds the candidate's face, follows it and measures its movements.
///
/// Needs: three networks behind [`FaceNets`] and the canonical face. One [`FaceTracker::step`] per frame, in the order of
/// capture; frames may be skipped. The detector runs only while no face is followed.
pub struct FaceTracker {
    nets: Box<dyn FaceNets>,
    geometry: FaceGeometry,
    config: Config,
    region: Option<Region>,
    last: Option<Timestamp>,
    smoother: Box<[[OneEuro; 3]]>,
    blink: BlinkDetector,
    screen: ScreenWatcher,
    rest: RestFace,
    pitch_swings: SwingDetector,
    yaw_swings: SwingDetector,
    scratch: Scratch,
}

/// Buffers made once, so that a step allocates nothing.
struct Scratch {
    bytes: Box<[u8]>,
    floats: Box<[f32]>,
    detections: RawDetections,
    landmarks: RawLandmarks,
    /// Landmarks of this frame, unsmoothed, in pixels of the picture.
    points: Box<Landmarks>,
    smooth: Box<Landmarks>,
}

impl std::fmt::Debug for FaceTracker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaceTracker")
            .field("region", &self.region)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl FaceTracker {
    /// A tracker that has seen nothing yet.
    #[must_use]
    pub fn new(nets: Box<dyn FaceNets>, geometry: FaceGeometry, config: Config) -> Self {
        Self {
            nets,
            geometry,
            config,
            region: None,
            last: None,
            smoother: vec![[OneEuro::default(); 3]; LANDMARK_COUNT].into(),
            blink: BlinkDetector::default(),
            screen: ScreenWatcher::default(),
            rest: RestFace::default(),
            pitch_swings: SwingDetector::default(),
            yaw_swings: SwingDetector::default(),
            scratch: Scratch {
                bytes: vec![0; LANDMARK_SIDE * LANDMARK_SIDE * 3].into(),
                floats: vec![0.0; LANDMARK_SIDE * LANDMARK_SIDE * 3].into(),
                detections: RawDetections::default(),
                landmarks: RawLandmarks::default(),
                points: Box::new([[0.0; 3]; LANDMARK_COUNT]),
                smooth: Box::new([[0.0; 3]; LANDMARK_COUNT]),
            },
        }
    }

    /// Forgets the face and everything learnt from it.
    pub fn reset(&mut self) {
        self.lose();
        self.last = None;
        self.screen = ScreenWatcher::default();
        self.rest.reset();
    }

    /// Where the face is looked for in the next frame, while one is followed.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        self.region
    }

    /// The smoothed landmarks of the last frame, while a face is followed.
    #[must_use]
    pub fn landmarks_px(&self) -> Option<&Landmarks> {
        self.region.is_some().then_some(&*self.scratch.smooth)
    }

    /// The landmarks of the last frame as the network placed them, while a face is followed.
    #[must_use]
    pub fn raw_landmarks_px(&self) -> Option<&Landmarks> {
        self.region.is_some().then_some(&*self.scratch.points)
    }

    /// Measures one frame. A frame of any size is safe; one without a face is an observation with `present == false`.
    pub fn step(&mut self, frame: &VideoFrame) -> FaceObservation {
        let at = frame.captured;
        let since = self.last.replace(at).map_or(TimeSpan::ZERO, |last| at - last);
        if since < TimeSpan::ZERO || since > self.config.longest_gap {
            self.restart_filters();
        }
        let mut score = 0.0;
        let followed = self.region.take().filter(|r| r.is_plausible(frame.width, frame.height));
        let mut used = followed.filter(|region| {
            score = self.place_landmarks(frame, region);
            score >= self.config.least_presence
        });
        if used.is_none() {
            self.lose();
            used = self.detect(frame).map(|face| Region::of_detection(&face)).filter(|region| {
                if !region.is_plausible(frame.width, frame.height) {
                    return false;
                }
                score = self.place_landmarks(frame, region);
                score >= self.config.least_presence
            });
        }
        let Some(region) = used else {
            self.screen.step(at, Some(false), &self.config.gaze);
            return FaceObservation::absent(at, score);
        };
        self.region = Some(Region::of_landmarks(&self.scratch.points));
        self.smooth(since);
        self.measure(frame, &region, score)
    }

    fn lose(&mut self) {
        self.region = None;
        self.restart_filters();
    }

    fn restart_filters(&mut self) {
        self.smoother.fill([OneEuro::default(); 3]);
        self.blink = BlinkDetector::default();
        self.pitch_swings.reset();
        self.yaw_swings.reset();
    }

    /// The face that counts among those in the picture.
    fn detect(&mut self, frame: &VideoFrame) -> Option<Detection> {
        if frame.width == 0 || frame.height == 0 {
            return None;
        }
        let map = letterbox(frame.width, frame.height);
        let Scratch { bytes, floats, detections, .. } = &mut self.scratch;
        let values = DETECTOR_SIDE * DETECTOR_SIDE * 3;
        map.cut(frame, DETECTOR_SIDE, Border::Zero, &mut bytes[..values]);
        for (float, byte) in floats.iter_mut().zip(&bytes[..values]) {
            *float = f32::from(*byte) / 127.5 - 1.0;
        }
        self.nets.detect(&floats[..values], detections);
        let mut faces = [Detection { box_px: [0.0; 4], keypoints_px: [[0.0; 2]; 6], score: 0.0 }; 8];
        let mut count = 0;
        find_faces(detections, &map, self.config.least_detection, |face| {
            if let Some(slot) = faces.get_mut(count) {
                *slot = face;
                count += 1;
            }
        });
        main_face(&faces[..count], frame.width, frame.height)
    }

    /// Fills `points` from the crop at `region` and returns the presence.
    fn place_landmarks(&mut self, frame: &VideoFrame, region: &Region) -> f32 {
        let map = region.crop_map();
        let Scratch { bytes, floats, landmarks, points, .. } = &mut self.scratch;
        map.cut(frame, LANDMARK_SIDE, Border::Replicate, bytes);
        for (float, byte) in floats.iter_mut().zip(bytes.iter()) {
            *float = f32::from(*byte) / 255.0;
        }
        self.nets.landmarks(floats, landmarks);
        for (point, raw) in points.iter_mut().zip(landmarks.points.iter()) {
            let [x, y, z] = raw.map(|v| v / LANDMARK_SIDE as f32);
            let [x, y] = map.picture_from_crop(f64::from(x), f64::from(y));
            *point = [x as f32, y as f32, z * region.side_px];
        }
        1.0 / (1.0 + (-landmarks.presence_logit.clamp(-80.0, 80.0)).exp())
    }

    /// Smooths the landmarks about their common centre: the face's shape is steadied, its way through the picture is not
    /// delayed.
    fn smooth(&mut self, since: TimeSpan) {
        let dt_secs = if since > TimeSpan::ZERO { since.as_secs() as f32 } else { 1.0 / 30.0 };
        let Scratch { points, smooth, .. } = &mut self.scratch;
        let mut centre = [0.0; 3];
        for point in points.iter() {
            for (sum, value) in centre.iter_mut().zip(point) {
                *sum += value / LANDMARK_COUNT as f32;
            }
        }
        for ((out, point), filters) in smooth.iter_mut().zip(points.iter()).zip(self.smoother.iter_mut()) {
            for axis in 0..3 {
                let offset = filters[axis].step(point[axis] - centre[axis], dt_secs, &self.config.smoothing);
                out[axis] = centre[axis] + offset;
            }
        }
    }

    fn blendshapes(&mut self) -> Blendshapes {
        let points = &self.scratch.points;
        let mut input: ShapePoints = [0.0; 2 * SHAPE_POINTS.len()];
        for (pair, &index) in input.as_chunks_mut::<2>().0.iter_mut().zip(&SHAPE_POINTS) {
            let [x, y, _] = points[usize::from(index)];
            *pair = [x, y];
        }
        // The network's list begins with `_neutral` and lacks `tongueOut`, the last of ours.
        let scores = self.nets.blendshapes(&input);
        let mut weights = Blendshapes::default();
        weights.0[..BLENDSHAPE_COUNT - 1].copy_from_slice(&scores[1..]);
        weights
    }

    fn measure(&mut self, frame: &VideoFrame, region: &Region, score: f32) -> FaceObservation {
        let (at, config) = (frame.captured, self.config);
        let blendshapes = self.blendshapes();
        let from_rest = self.rest.step(at, &blendshapes, &config.rest);
        let mut seen = FaceObservation::absent(at, score);
        seen.present = true;
        seen.blendshapes = blendshapes;
        seen.blendshapes_from_rest = from_rest;

        // Unsmoothed from here on: mouth, blinks and swings are quick, and the pose averages 33 landmarks anyway.
        let points = &*self.scratch.points;
        let between_pupils = distance(points, RIGHT_IRIS, LEFT_IRIS).max(1e-3);
        seen.mouth_open = distance(points, UPPER_LIP_INNER, LOWER_LIP_INNER) / between_pupils;
        seen.interocular_px = interocular_px(points);
        let eyes = (from_rest[Blendshape::EyeBlinkLeft] + from_rest[Blendshape::EyeBlinkRight]) / 2.0;
        (seen.blink, seen.blinked) = self.blink.step(at, eyes, &config.blink);

        let gaze = shape_gaze(&blendshapes, &config.gaze);
        (seen.gaze_yaw, seen.gaze_pitch) = (gaze.yaw, gaze.pitch);
        let mut towards = None;
        if let Some(pose) = self.geometry.pose(points, frame.width, frame.height) {
            (seen.head_yaw, seen.head_pitch, seen.head_roll) = (pose.yaw, pose.pitch, pose.roll);
            let pitch_swing = self.pitch_swings.step(at, pose.pitch.0, &config.gesture);
            let yaw_swing = self.yaw_swings.step(at, pose.yaw.0, &config.gesture);
            seen.nodded = pitch_swing.is_some() && pitch_swing >= yaw_swing;
            seen.shook = yaw_swing.is_some() && !seen.nodded;
            // Closed eyes, and eyes of which two measurements disagree, say nothing.
            let agree = (gaze.yaw.0 - iris_yaw(points).0).abs() <= config.gaze.most_disagreement;
            if agree && !seen.blink {
                let (yaw, pitch) = (pose.yaw.0 + gaze.yaw.0, pose.pitch.0 + gaze.pitch.0);
                towards = Some(meets_screen(yaw, pitch, &config.gaze));
            }
        }
        seen.towards_screen = self.screen.step(at, towards, &config.gaze);
        seen.quality = judge(
            seen.interocular_px,
            (seen.head_yaw, seen.head_pitch),
            sharpness(&self.scratch.bytes, LANDMARK_SIDE),
            &region.crop_map(),
            (frame.width, frame.height),
            &config.quality,
        );
        seen.landmarks_px = config.report_landmarks.then(|| self.scratch.smooth.clone());
        seen
    }
}
