//! Syllables by peaks of the intensity envelope.

/// Counts syllable nuclei: peaks of the envelope of voiced speech that stand at least 2 dB above the dips beside them.
///
/// **Shape** `envelope_db`: one level per 20 ms tick, with `voiced` of the same length. **Source**: after de Jong and Wempe 2009.
#[must_use]
pub fn count_syllable_nuclei(envelope_db: &[f32], voiced: &[bool]) -> usize {
    const DIP_DB: f32 = 2.0;
    let Some(&loudest) = envelope_db.iter().max_by(|a, b| a.total_cmp(b)) else { return 0 };
    let floor = loudest - 25.0;
    let mut count = 0;
    let mut peak = f32::NEG_INFINITY;
    let mut peak_voiced = false;
    let mut valley = f32::INFINITY;
    let mut rising = true;
    for (&level, &is_voiced) in envelope_db.iter().zip(voiced) {
        if rising {
            if level > peak {
                (peak, peak_voiced) = (level, is_voiced);
            }
            if level < peak - DIP_DB {
                if peak > floor && peak_voiced {
                    count += 1;
                }
                (rising, valley) = (false, level);
            }
        } else {
            valley = valley.min(level);
            if level > valley + DIP_DB {
                (rising, peak, peak_voiced) = (true, level, is_voiced);
            }
        }
    }
    if rising && peak > floor && peak_voiced {
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_with_real_dips_are_counted() {
        let envelope = [-60.0, -20.0, -30.0, -21.0, -21.5, -21.0, -33.0, -24.0, -60.0];
        assert_eq!(count_syllable_nuclei(&envelope, &[true; 9]), 3);
        assert_eq!(count_syllable_nuclei(&envelope, &[false; 9]), 0);
        assert_eq!(count_syllable_nuclei(&[], &[]), 0);
    }
}
