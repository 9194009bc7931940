//! What a long step tells whoever waits: bars on a terminal, plain lines elsewhere, nothing in tests.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Hears how far a fetch is.
pub trait Progress {
    /// A step begins; `total_bytes` is known for copies and hashes, not for a registry client.
    fn begin(&mut self, what: &str, total_bytes: Option<u64>);
    /// So many more bytes of the step are done.
    fn advance(&mut self, bytes: u64);
    /// The step is over.
    fn end(&mut self);
    /// A line worth keeping.
    fn note(&mut self, line: &str);
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: &str, _: Option<u64>) {}
    fn advance(&mut self, _: u64) {}
    fn end(&mut self) {}
    fn note(&mut self, _: &str) {}
}

/// Bars on the standard error stream, or plain lines where it is no terminal.
#[derive(Debug)]
pub struct Bars {
    terminal: bool,
    bar: Option<ProgressBar>,
}

impl Bars {
    /// Looks whether the standard error stream is a terminal.
    #[must_use]
    pub fn new() -> Self {
        Self { terminal: stderr().is_terminal(), bar: None }
    }

    fn line(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            // A closed error stream is no reason to stop fetching.
            None => writeln!(stderr(), "{line}").unwrap_or_default(),
        }
    }
}

impl Default for Bars {
    fn default() -> Self {
        Self::new()
    }
}

impl Progress for Bars {
    fn begin(&mut self, what: &str, total_bytes: Option<u64>) {
        self.end();
        if !self.terminal {
            self.line(what);
            return;
        }
        let (bar, template) = match total_bytes {
            Some(total) => (ProgressBar::new(total), "{msg:46!} {bar:24} {bytes:>10}/{total_bytes}"),
            None => (ProgressBar::new_spinner(), "{msg:46!} {spinner} {elapsed}"),
        };
        let style = ProgressStyle::with_template(template).expect("the templates above are well formed");
        let bar = bar.with_style(style).with_message(what.to_owned());
        if total_bytes.is_none() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        self.bar = Some(bar);
    }

    fn advance(&mut self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn note(&mut self, line: &str) {
        self.line(line);
    }
}
