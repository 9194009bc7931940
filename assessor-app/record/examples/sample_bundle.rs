//! Writes a sealed and reviewed sample bundle: `cargo run -p viva-record --example sample_bundle -- FOLDER`.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::Path;

use viva_record::{Decision, Outcome, keys, review::review, seal};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("a folder is needed")?;
    let folder = Path::new(&folder);
    common::write_bundle(folder, 80);
    let key = keys::demo_key();
    seal(folder, &key, common::SEALED_AT)?;
    let decision = Decision {
        outcome: Outcome::Award,
        by: "Sample Reviewer".into(),
        reason:
            "Read every quote and heard the answers on safety: the help that is called is named in the sound."
                .into(),
        at: "2026-03-03T09:00:00Z".into(),
    };
    review(folder, &decision, &key)?;
    Ok(())
}
