use super::*;
use viva_avatar::FaceTake;
use viva_media::Blendshape as B;

fn studio() -> Studio {
    Studio::new([(String::new(), None), ("liveliness = 0.0".into(), None)], 5)
}

fn row(studio: &Studio, name: &str) -> usize {
    studio.rows.iter().position(|row| row.name() == name).expect("is a row")
}

#[test]
fn a_slider_moves_the_face_and_undo_takes_it_back() {
    let mut studio = studio();
    let jaw = row(&studio, "jawOpen");
    let before = studio.pose(Side::A).weights[B::JawOpen];
    for step in 1..=8 {
        let value = step as f32 / 10.0;
        studio.edit("jawOpen", Some("jawOpen"), |edited, rows| edited.desk.set(rows, jaw, true, value));
    }
    assert!((studio.pose(Side::A).weights[B::JawOpen] - before - 0.8).abs() < 1e-6);
    studio.undo();
    assert_eq!(studio.pose(Side::A).weights[B::JawOpen], before);
    studio.redo();
    assert!(studio.pose(Side::A).weights[B::JawOpen] > 0.79);
}

#[test]
fn a_fault_keeps_the_last_good_profile() {
    let mut studio = studio();
    studio.edit("text", None, |edited, _| *edited.text_mut(Side::A) = "[nod]\ngap_secs = 6.0".into());
    assert_eq!(studio.open(Side::A).profile.nod.gap_secs, 6.0);
    studio.edit("text", None, |edited, _| *edited.text_mut(Side::A) = "[nod]\ngap_secs = 60.0".into());
    assert_eq!(studio.open(Side::A).profile.nod.gap_secs, 6.0);
    let fault = studio.open(Side::A).fault.as_ref().expect("60 s are too many");
    assert_eq!(fault.place, Some((2, 1)));
    studio.undo();
    assert_eq!(studio.open(Side::A).fault, None);
}

#[test]
fn both_profiles_perform_the_same_cues() {
    let mut studio = studio();
    studio.transport.at_secs = 1.0;
    studio.cue(Act::CandidateSpeaks);
    studio.transport.at_secs = 3.0;
    assert_ne!(studio.pose(Side::A).head_yaw, studio.pose(Side::B).head_yaw, "one of them is still");
    assert!(studio.edited().take.cues.len() == 1 && studio.performed_secs() >= 3.0);
}

#[test]
fn a_number_goes_into_the_text_and_the_performance() {
    let mut studio = studio();
    studio.set_number("nod.gap_secs", 7.5);
    assert_eq!(studio.open(Side::A).profile.nod.gap_secs, 7.5);
    assert!(studio.edited().text(Side::A).contains("gap_secs = 7.5"));
}

#[test]
fn a_profile_is_saved_and_reloaded_equal_and_a_conflict_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    let mut studio = studio();
    studio.save(Side::A, None);
    assert!(studio.status.is_error, "there is no file yet");
    studio.set_number("blink.per_minute.listening", 21.0);
    studio.save(Side::A, Some(&path));
    assert!(!studio.is_changed(Side::A), "{:?}", studio.status);
    let mut other = Studio::new([(String::new(), None), (String::new(), None)], 1);
    other.load(Side::B, &path);
    assert_eq!(other.open(Side::B).profile, studio.open(Side::A).profile);

    std::fs::write(&path, "liveliness = 0.25").expect("writes");
    studio.poll_files();
    assert_eq!(studio.open(Side::A).profile.liveliness, 0.25, "an untouched text follows its file");
    studio.set_number("liveliness", 0.75);
    std::fs::write(&path, "liveliness = 0.5 # by another").expect("writes");
    studio.poll_files();
    assert_eq!(studio.open(Side::A).profile.liveliness, 0.75);
    assert!(studio.open(Side::A).conflict.is_some());
    studio.settle(Side::A, true);
    assert_eq!(studio.open(Side::A).profile.liveliness, 0.5);
    studio.undo();
    assert_eq!(studio.open(Side::A).profile.liveliness, 0.75, "what was here can be had back");
    other.load(Side::A, &folder.path().join("none.toml"));
    assert!(other.status.is_error && other.status.text.contains("none.toml"));
}

#[test]
fn undo_of_opening_gives_text_and_file_back_and_saving_elsewhere_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let [mine, other, copy] = ["mine.toml", "other.toml", "copy.toml"].map(|name| folder.path().join(name));
    std::fs::write(&mine, "liveliness = 0.1").expect("writes");
    std::fs::write(&other, "liveliness = 0.2").expect("writes");
    let read = |path: &Path| std::fs::read_to_string(path).expect("is there").trim().to_owned();
    let mut studio = Studio::new([("liveliness = 0.1".into(), Some(mine.clone())), (String::new(), None)], 1);
    studio.load(Side::A, &other);
    studio.undo();
    assert!(!studio.is_changed(Side::A), "it is what its file holds");
    studio.set_number("liveliness", 0.3);
    studio.save(Side::A, None);
    assert_eq!([read(&mine), read(&other)], ["liveliness = 0.3", "liveliness = 0.2"]);
    studio.save(Side::A, Some(&copy));
    studio.undo();
    studio.save(Side::A, None);
    assert_eq!([read(&copy), read(&mine)], ["liveliness = 0.1", "liveliness = 0.3"]);
    studio.load(Side::B, &other);
    studio.undo();
    studio.save(Side::B, None);
    assert!(studio.status.is_error, "B has no file again");
    studio.redo();
    assert_eq!(studio.open(Side::B).file.as_ref().map(Watched::path), Some(other.as_path()));
}

#[test]
fn a_pause_ends_a_gesture_but_not_one_that_is_held() {
    let mut studio = studio();
    let type_on = |studio: &mut Studio, text: &str| {
        studio.edit("text", Some("text"), |edited, _| edited.text_mut(Side::A).push_str(text));
        studio.close_idle_gesture(false);
    };
    type_on(&mut studio, "#a");
    studio.advance(0.4);
    type_on(&mut studio, "b");
    studio.advance(1.2);
    studio.close_idle_gesture(true);
    type_on(&mut studio, "c");
    studio.advance(1.2);
    studio.close_idle_gesture(false);
    type_on(&mut studio, "d");
    studio.undo();
    assert_eq!(studio.edited().text(Side::A), "#abc");
    studio.undo();
    assert_eq!(studio.edited().text(Side::A), "");
}

#[test]
fn a_curve_is_a_source_of_poses_and_a_take_is_full_at_its_end() {
    let mut studio = studio();
    let poses: Vec<_> = (0..25).map(|frame| studio.pose_at(Side::A, f64::from(frame) / 25.0)).collect();
    let last = *poses.last().expect("there are 25");
    studio.show(Source::Curve(Arc::new(Curve::new(FaceTake::new(poses).expect("poses")))));
    studio.transport.seek(99.0, studio.end_secs());
    assert_eq!(studio.pose(Side::A), last);
    studio.step_frame(-1);
    assert!(studio.transport.at_secs < 0.95);
    studio.cue(Act::Thinking);
    assert!(studio.status.is_error);
    studio.new_take();
    studio.transport.at_secs = LONGEST_SECS + 1.0;
    studio.cue(Act::Thinking);
    assert!(studio.status.is_error && studio.edited().take.cues.is_empty());
}

#[test]
fn a_session_is_stepped_on_the_grid_of_its_film_and_follows_the_profiles() {
    let mut studio = studio();
    studio.open_session(Recording::of_nine_seconds(), true);
    assert!(matches!(studio.source, Source::Session) && studio.end_secs() == 9.0);
    studio.transport.seek(2.013, 9.0);
    studio.step_frame(1);
    assert!((studio.transport.at_secs - 2.04).abs() < 1e-9);
    studio.step_frame(-1);
    assert!((studio.transport.at_secs - 2.0).abs() < 1e-9);
    studio.cue(Act::Thinking);
    assert!(studio.status.is_error, "a record cannot be told anything");
    let session = studio.session.as_mut().expect("it was opened");
    session.hear(crate::core::recording::Told::Until(Timestamp::from_millis(9000)));
    assert_ne!(studio.pose(Side::A).head_yaw, studio.pose(Side::B).head_yaw, "B is still");
    studio.undo();
    studio.edit("text", None, |edited, _| *edited.text_mut(Side::B) = String::new());
    assert_eq!(studio.pose(Side::A), studio.pose(Side::B));
    studio.open_session(
        Recording { fault: Some("a line is missing".into()), ..Recording::of_nine_seconds() },
        false,
    );
    assert!(studio.status.is_error && studio.status.text.contains("does not verify: a line is missing"));
}

#[test]
fn acts_are_stepped_through_and_say_why() {
    let mut studio = studio();
    studio.transport.at_secs = 1.0;
    studio.cue(Act::CandidateSpeaks);
    studio.transport.at_secs = 20.0;
    studio.pose(Side::A);
    studio.transport.at_secs = 0.0;
    let mut strokes = Vec::new();
    for _ in 0..5 {
        studio.step_act(true);
        strokes.push(studio.chosen.expect("an act"));
    }
    assert!(strokes.is_sorted_by_key(|block| block.sync.stroke), "{strokes:?}");
    assert!(strokes.windows(2).all(|pair| pair[0] != pair[1]), "none is come to twice");
    studio.step_act(false);
    assert_eq!(studio.chosen, Some(strokes[3]));
}

#[test]
fn a_performer_moves_the_face_until_something_else_is_shown() {
    let mut studio = studio();
    let mut pose = FacePose::neutral(Timestamp::from_millis(5));
    pose.weights[B::JawOpen] = 0.4;
    studio.perform(pose);
    let cheek = row(&studio, "cheekPuff");
    studio.edit("cheekPuff", None, |edited, rows| edited.desk.set(rows, cheek, true, 0.2));
    let shown = studio.pose(Side::A);
    assert_eq!((shown.weights[B::JawOpen], shown.weights[B::CheekPuff]), (0.4, 0.2));
    studio.show(Source::Take);
    assert!(studio.pose(Side::A).weights[B::JawOpen] < 0.3);
}

#[test]
fn a_cue_is_carried_once_by_a_pose_that_is_not_before_it() {
    let mut studio = studio();
    studio.transport = Transport { at_secs: 1.003, playing: true, looped: None };
    studio.cue(Act::CandidateSpeaks);
    let now = studio.pose(Side::A);
    assert!(!studio.carries_cue(&now), "its grid point lies before the cue");
    studio.advance(0.02);
    let later = studio.pose(Side::A);
    assert!(studio.awaits_picture() && studio.carries_cue(&later) && !studio.carries_cue(&later));
}
