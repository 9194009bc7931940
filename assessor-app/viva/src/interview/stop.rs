//! How a session is ended before its time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use viva_assessment::conversation::StopReason;
use viva_media::Timestamp;

/// Set by Ctrl-C or by closing the window; the session looks at it once per tick. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct StopSign {
    interrupted: Arc<AtomicBool>,
    wished: Arc<AtomicBool>,
}

impl StopSign {
    /// A sign that Ctrl-C sets. A second Ctrl-C ends the program at once; what was written until then stays.
    pub(crate) fn on_ctrl_c() -> Result<Self> {
        // A program has one handler; several sessions in a row share it.
        static SIGN: OnceLock<StopSign> = OnceLock::new();
        if let Some(sign) = SIGN.get() {
            return Ok(sign.clone());
        }
        let sign = SIGN.get_or_init(Self::default).clone();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag unset and sets it, the second finds it set.
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&sign.interrupted))
                .and_then(|_| flag::register(signal, Arc::clone(&sign.interrupted)))
                .context("cannot listen to Ctrl-C")?;
        }
        Ok(sign)
    }

    /// The candidate has closed the window.
    pub(crate) fn wish(&self) {
        self.wished.store(true, Ordering::Relaxed);
    }

    /// The session goes on no longer, as after Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> Option<StopReason> {
        let wished = self.wished.load(Ordering::Relaxed).then_some(StopReason::Candidate);
        wished.or_else(|| self.interrupted.load(Ordering::Relaxed).then_some(StopReason::Operator))
    }
}

/// When a session is to be stopped.
pub(crate) enum Stop {
    /// When somebody wishes it.
    Wished(StopSign),
    /// Where it was stopped when it was recorded.
    Recorded(Option<(Timestamp, StopReason)>),
    /// The same, or when nobody looks on any more.
    Watched { recorded: Option<(Timestamp, StopReason)>, is_wanted: Box<dyn Fn() -> bool> },
}

impl Stop {
    pub(crate) fn due(&self, now: Timestamp) -> Option<StopReason> {
        match self {
            Self::Wished(sign) => sign.get(),
            Self::Recorded(recorded) => recorded.filter(|(at, _)| *at <= now).map(|(_, reason)| reason),
            Self::Watched { is_wanted, .. } if !is_wanted() => Some(StopReason::Operator),
            Self::Watched { recorded, .. } => recorded.filter(|(at, _)| *at <= now).map(|(_, reason)| reason),
        }
    }
}
