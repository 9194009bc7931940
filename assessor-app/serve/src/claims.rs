//! Who has a session open, so that two people do not work on the same one unknowingly.

use std::collections::BTreeMap;

use viva_verify::oversight::same_person;

/// A claim that is not renewed ends after this long.
pub(crate) const CLAIM_SECS: u64 = 20 * 60;

/// By the session's key: who, since when, last seen when.
#[derive(Debug, Default)]
pub(crate) struct Claims(BTreeMap<String, (String, u64)>);

impl Claims {
    /// Takes or renews the session for a reviewer. `Err` names who has it.
    pub(crate) fn take(&mut self, session: &str, reviewer: &str, now: u64) -> Result<(), String> {
        // Only live claims stay, which bounds the memory.
        self.0.retain(|_, (_, seen)| now.saturating_sub(*seen) < CLAIM_SECS);
        let (holder, seen) = self.0.entry(session.to_owned()).or_insert_with(|| (reviewer.to_owned(), now));
        if !same_person(holder, reviewer) {
            return Err(holder.clone());
        }
        *seen = now;
        Ok(())
    }

    pub(crate) fn release(&mut self, session: &str) {
        self.0.remove(session);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_until_it_ends() {
        let mut claims = Claims::default();
        assert_eq!(claims.take("s", "Ada", 0), Ok(()));
        assert_eq!(claims.take("s", "Ben", CLAIM_SECS - 1), Err("Ada".into()));
        assert_eq!(claims.take("s", "ada", CLAIM_SECS - 1), Ok(()));
        assert_eq!(claims.take("s", "Ben", CLAIM_SECS), Err("Ada".into()));
        assert_eq!(claims.take("s", "Ben", 2 * CLAIM_SECS), Ok(()));
        claims.release("s");
        assert_eq!(claims.take("s", "Ada", 2 * CLAIM_SECS), Ok(()));
    }
}
