//! Sealed sessions come in: the profile takes all that they showed, the memories what no later session has settled.

use viva_record::wire::{ScoreSheet, SessionHeader};

use crate::{LearnerError, Memories, Moment, Profile, Remembered};

/// A session as its record holds it; the record has been verified.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The manifest.
    pub header: SessionHeader,
    /// The score sheet.
    pub sheet: ScoreSheet,
    /// Root of the record, hex.
    pub record_root: String,
}

/// Takes sessions in, the earliest first, in whatever order they are given; what each altered, in that order.
///
/// Where the profile holds a later session of the same exam that judged a criterion, an earlier one opens and closes nothing of it.
///
/// # Errors
/// A record's date is none, or there are too many sessions or memories.
pub fn take_in(
    profile: &mut Profile,
    memories: &mut Memories,
    sealed: &[Sealed],
    now: Moment,
) -> Result<Vec<Remembered>, LearnerError> {
    let mut by_begin: Vec<usize> = (0..sealed.len()).collect();
    by_begin.sort_by_key(|at| (&sealed[*at].header.started_at, &sealed[*at].header.session_id));
    let mut told = vec![Remembered::default(); sealed.len()];
    for at in by_begin {
        let Sealed { header, sheet, record_root } = &sealed[at];
        if profile.add(header, sheet, record_root)? {
            let mut sheet = sheet.clone();
            sheet.criteria.retain(|criterion| !profile.is_judged_after(&header.session_id, &criterion.id));
            told[at] = memories.remember(header, &sheet, now)?;
        }
    }
    Ok(told)
}
