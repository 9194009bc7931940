//! The range of every number of a profile. The guard-rails hold for all profiles within them.

use crate::action_unit::ActionUnit as Au;
use crate::profile::{BehaviourError, Profile};
use viva_exchange::Affect;

/// Path of a number in a profile, least and most. A path names all numbers below it.
///
/// Sliders of an editor can be made from this.
pub const LIMITS: &[(&str, f32, f32)] = &[
    ("liveliness", 0.0, 1.0),
    ("blink.per_minute", 6.0, 40.0),
    ("blink.sigma", 0.05, 1.5),
    ("blink.refractory_secs", 0.5, 2.0),
    ("blink.longest_secs", 5.0, 11.5),
    // Closing in less than 72 ms would be faster than 14 per second.
    ("blink.closing_ms", 72.0, 200.0),
    ("blink.closed_ms", 0.0, 100.0),
    ("blink.opening_ms", 100.0, 400.0),
    ("blink.p_incomplete", 0.0, 1.0),
    ("blink.incomplete_depth", 0.3, 1.0),
    ("blink.p_double", 0.0, 0.25),
    ("blink.p_with_gaze_shift", 0.0, 1.0),
    ("blink.gaze_shift_degrees", 5.0, 60.0),
    ("blink.p_at_own_phrase_end", 0.0, 1.0),
    ("blink.p_at_candidate_pause", 0.0, 1.0),
    ("blink.candidate_pause_lag_ms", 0.0, 1000.0),
    ("blink.p_after_thinking", 0.0, 1.0),
    ("blink.side_lag_ms", 0.0, 20.0),
    ("blink.eye_dip_degrees", 0.0, 3.0),
    ("gaze.contact_secs", 0.3, 60.0),
    ("gaze.contact_while_unseen", 1.0, 4.0),
    ("gaze.away_secs", 0.2, 3.5),
    ("gaze.longest_away_secs", 0.5, 3.5),
    ("gaze.away_degrees", 0.0, 27.5),
    ("gaze.saccade_ms", 15.0, 40.0),
    ("gaze.saccade_ms_per_degree", 1.5, 5.0),
    ("gaze.latency_ms", 100.0, 300.0),
    ("gaze.scan_degrees", 0.0, 5.0),
    ("gaze.scan_hold_ms", 150.0, 1400.0),
    ("gaze.p_scan_mouth", 0.0, 1.0),
    ("gaze.fixation_gap_secs", 0.3, 1.4),
    ("gaze.fixation_degrees", 0.05, 0.5),
    ("gaze.drift_degrees_per_sec", 0.0, 0.5),
    ("gaze.head_share", 0.0, 1.0),
    ("gaze.eyes_only_degrees", 0.0, 30.0),
    ("gaze.head_lag_ms", 0.0, 150.0),
    ("gaze.head_ms", 200.0, 1500.0),
    ("gaze.thinking_delay_ms", 100.0, 1000.0),
    ("gaze.p_hold_at_start", 0.0, 1.0),
    ("gaze.hold_after_start_secs", 0.2, 3.0),
    ("gaze.back_before_end_secs", 0.35, 0.8),
    ("nod.delay_ms", 250.0, 600.0),
    ("nod.delay_sigma", 0.0, 0.6),
    // More than 12 signs a minute lower what is thought of a listener.
    ("nod.gap_secs", 5.0, 20.0),
    ("nod.degrees", 0.0, 7.0),
    ("nod.decay", 0.0, 1.0),
    ("nod.hertz", 1.0, 3.5),
    ("nod.p_two_cycles", 0.0, 1.0),
    ("nod.p_three_cycles", 0.0, 1.0),
    ("nod.p_up_first", 0.0, 1.0),
    ("nod.p_brow", 0.0, 1.0),
    ("nod.p_brow_alone", 0.0, 1.0),
    ("nod.brow_level", 0.0, 0.6),
    ("nod.brow_onset_ms", 100.0, 400.0),
    ("nod.brow_hold_ms", 50.0, 1000.0),
    ("nod.brow_offset_ms", 150.0, 1000.0),
    ("nod.welcome_secs", 0.0, 1.0),
    ("smile_return.share", 0.0, 0.6),
    ("smile_return.most", 0.0, 0.35),
    ("smile_return.delay_ms", 300.0, 1500.0),
    ("smile_return.onset_ms", 250.0, 1500.0),
    ("smile_return.hold_secs", 0.2, 5.0),
    ("smile_return.offset_ms", 300.0, 3000.0),
    ("smile_return.gap_secs", 3.0, 600.0),
    ("smile_return.cheek_share", 0.0, 1.0),
    ("micro_expression.per_minute", 0.0, 2.0),
    // With this much between two, there are never more than two in a minute.
    ("micro_expression.gap_secs", 31.0, 600.0),
    ("micro_expression.total_ms", 160.0, 500.0),
    ("micro_expression.total_sd_ms", 0.0, 150.0),
    ("micro_expression.onset_share", 0.25, 0.5),
    ("micro_expression.apex_share", 0.0, 0.3),
    ("micro_expression.level", 0.02, 0.33),
    ("micro_expression.side_lag_ms", 0.5, 25.0),
    ("expression.baseline_smile", 0.0, 0.35),
    ("expression.baseline_cheek", 0.0, 0.35),
    ("expression.affect_secs", 0.25, 10.0),
    ("expression.role_secs", 0.25, 3.0),
    ("expression.asymmetry", 0.02, 0.25),
    ("expression.thinking_brow", 0.0, 0.15),
    ("expression.thinking_press", 0.0, 0.095),
    ("expression.thinking_secs", 0.15, 3.0),
    ("expression.p_interruption_brow", 0.0, 1.0),
    ("expression.interruption_delay_ms", 100.0, 400.0),
    ("expression.interruption_brow", 0.0, 0.5),
    ("expression.swallow_per_minute", 0.0, 4.0),
    ("speech.jaw", 0.0, 1.0),
    ("speech.lips", 0.0, 1.0),
    ("speech.dominance_per_ms", 0.005, 0.2),
    ("speech.reach_ms", 60.0, 250.0),
    ("speech.lips_reach_ms", 60.0, 250.0),
    ("speech.closed_ms", 50.0, 120.0),
    ("speech.closing_ms", 85.0, 200.0),
    ("speech.visemes_per_sec", 6.0, 12.0),
    ("speech.loudness_attack_ms", 10.0, 200.0),
    ("speech.loudness_release_ms", 20.0, 400.0),
    ("speech.smile_cap", 0.0, 0.35),
    ("speech.stretch_with_smile", 0.0, 1.0),
    ("speech.upper_face", 0.05, 0.3),
    ("speech.p_beat", 0.0, 1.0),
    ("speech.beat_degrees", 0.0, 4.0),
    ("speech.beat_lead_ms", 0.0, 100.0),
    ("speech.beat_onset_ms", 100.0, 400.0),
    ("speech.beat_offset_ms", 150.0, 600.0),
    ("speech.p_beat_brow", 0.0, 1.0),
    ("speech.beat_brow", 0.0, 0.4),
    ("head.pitch_degrees", 0.0, 2.5),
    ("head.yaw_degrees", 0.0, 2.5),
    ("head.roll_degrees", 0.0, 1.5),
    ("head.most_pitch_degrees", 1.0, 8.0),
    ("head.most_yaw_degrees", 1.0, 10.0),
    ("head.most_roll_degrees", 0.5, 5.0),
    ("head.rest_hertz", 0.02, 1.0),
    ("head.speech_hertz", 0.2, 3.0),
    ("head.degrees_per_sec.listening", 5.0, 30.0),
    ("head.degrees_per_sec.thinking", 5.0, 30.0),
    ("head.degrees_per_sec.speaking", 5.0, 60.0),
    ("head.nod_degrees_per_sec", 20.0, 80.0),
    ("head.posture_gap_secs", 5.0, 300.0),
    ("head.posture_secs", 0.8, 6.0),
    ("head.posture_degrees", 0.0, 3.0),
    ("breath.per_minute", 4.0, 30.0),
    ("breath.exhale_by_inhale", 1.0, 4.0),
    ("breath.turn_inhale_ms", 250.0, 1000.0),
    ("breath.turn_delay_ms", 100.0, 600.0),
    ("breath.head_degrees", 0.0, 1.5),
    ("pupil.rest_mm", 2.5, 6.0),
    ("pupil.swing_mm", 0.0, 0.4),
    ("pupil.hertz", 0.02, 1.0),
    ("affect.*.*.units", 0.0, 1.0),
    ("affect.*.*.right", 0.0, 1.0),
    ("affect.*.*.manner.smile", -1.0, 1.0),
    ("affect.*.*.manner.contact", 0.3, 4.0),
    ("affect.*.*.manner.away_down", 0.0, 1.0),
    ("affect.*.*.manner.blink", 0.6, 2.0),
    ("affect.*.*.manner.motion", 0.0, 1.5),
    ("affect.*.*.manner.pitch_degrees", -6.0, 6.0),
    ("affect.*.*.manner.roll_degrees", -4.0, 4.0),
    ("affect.*.*.manner.jaw", -0.4, 0.4),
    ("affect.*.*.manner.lips", -0.4, 0.2),
];

/// What an examiner shows at most, in any affect.
const EXAMINER_MOST: [(Au, f32); 9] = [
    // Concern lowers the brow a little; more is anger.
    (Au::BrowLowerer, 0.15),
    (Au::UpperLidRaiser, 0.1),
    (Au::NoseWrinkler, 0.1),
    (Au::UpperLipRaiser, 0.1),
    (Au::Dimpler, 0.1),
    (Au::LipCornerDepressor, 0.1),
    (Au::LipStretcher, 0.1),
    (Au::LipTightener, 0.1),
    (Au::JawThrust, 0.1),
];

/// Least and most of the number at `path`, for example `blink.per_minute.listening`.
#[must_use]
pub fn limits_of(path: &str) -> Option<(f32, f32)> {
    let fits = |pattern: &str| {
        let mut parts = path.split('.');
        pattern.split('.').all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part))
    };
    LIMITS.iter().find(|(pattern, _, _)| fits(pattern)).map(|&(_, low, high)| (low, high))
}

/// Every number of a profile with its path, in the order of the file.
#[must_use]
pub fn numbers(profile: &Profile) -> Vec<(String, f64)> {
    let mut found = Vec::new();
    if let Ok(value) = toml::Value::try_from(profile) {
        walk(&value, &mut String::new(), &mut found);
    }
    found
}

fn walk(value: &toml::Value, path: &mut String, found: &mut Vec<(String, f64)>) {
    match value {
        toml::Value::Float(number) => found.push((path.clone(), *number)),
        toml::Value::Table(table) => {
            for (name, value) in table {
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                walk(value, path, found);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

pub(crate) fn check(profile: &Profile) -> Result<(), BehaviourError> {
    let numbers = numbers(profile);
    for (name, value) in &numbers {
        // A number without a limit is a fault of ours, found by the test below.
        let (low, high) = limits_of(name).unwrap_or((f32::MIN, f32::MAX));
        // A number was f32 before it was widened.
        if !(low..=high).contains(&(*value as f32)) {
            return Err(BehaviourError::Range { name: name.clone(), value: *value, low, high });
        }
        if let Some(span) = name.strip_suffix(".low") {
            let top = numbers.iter().find(|(other, _)| other.strip_suffix(".high") == Some(span));
            if let Some((_, top)) = top.filter(|(_, top)| top < value) {
                return Err(BehaviourError::Range {
                    name: name.clone(),
                    value: *value,
                    low,
                    high: *top as f32,
                });
            }
        }
    }
    let (two, three) = (profile.nod.p_two_cycles, profile.nod.p_three_cycles);
    if two + three > 1.0 {
        let name = "nod.p_two_cycles".to_owned();
        return Err(BehaviourError::Range { name, value: f64::from(two), low: 0.0, high: 1.0 - three });
    }
    examiner(profile)
}

fn examiner(profile: &Profile) -> Result<(), BehaviourError> {
    for affect in Affect::ALL {
        let shown = profile.affect.examiner.of(affect);
        for (unit, most) in EXAMINER_MOST {
            let value = shown.units.0[unit as usize] + shown.right.0[unit as usize];
            if value > most {
                return Err(BehaviourError::Examiner {
                    unit: unit.label().0,
                    most,
                    value,
                    affect: affect.name(),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_range_and_every_range_its_number() {
        for profile in [Profile::examiner(), Profile::character()] {
            let numbers = numbers(&profile);
            assert!(numbers.len() > 150, "{}", numbers.len());
            let without: Vec<_> = numbers.iter().filter(|(name, _)| limits_of(name).is_none()).collect();
            assert!(without.is_empty(), "{without:?}");
            for (pattern, low, high) in LIMITS {
                assert!(low < high, "{pattern}");
                let used = numbers.iter().any(|(name, _)| limits_of(name) == Some((*low, *high)));
                assert!(used, "{pattern} limits nothing");
            }
        }
    }
}
