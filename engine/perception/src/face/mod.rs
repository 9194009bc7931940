//! The face: landmarks, blendshapes, head pose and gaze per camera frame.
