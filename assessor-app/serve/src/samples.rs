//! Files of work samples, as a browser may have them.

use viva_record::oversight::work_samples::{SampleKind, photo_type, recording_type};

use crate::{
    bundles::Bundle,
    message::{Answer, Request},
    sound,
};

/// The file at a path that a step names: photos and text are shown, recordings come in parts, other documents are saved.
///
/// What is not a recording is read as it was sealed, or not at all.
pub(crate) fn answer(bundle: &Bundle, path: &str, request: &Request) -> Answer {
    let missing = || Answer::plain(404, "There is no such work sample.");
    let Some(sample) = bundle.history.samples().find(|sample| sample.file == path) else { return missing() };
    let (_, ending) = path.rsplit_once('.').unwrap_or_default();
    if sample.kind == SampleKind::Recording {
        let kind = recording_type(ending).unwrap_or("application/octet-stream");
        return sound::part(&bundle.dir.join(path), kind, request);
    }
    let bytes = match bundle.verified.read(path) {
        Ok(bytes) => bytes,
        Err(failure) => return Answer::plain(409, &format!("{failure}.")),
    };
    if sample.kind == SampleKind::Photo {
        return photo_type(&bytes).map_or_else(missing, |kind| Answer::file(kind, bytes));
    }
    // A page that somebody wrote is shown as text: nothing in it may run.
    let is_text = matches!(ending, "md" | "markdown" | "txt" | "text" | "html" | "htm");
    if is_text {
        return Answer::file("text/plain; charset=utf-8", bytes);
    }
    let more = vec![("content-disposition", "attachment".to_owned())];
    Answer { more, ..Answer::file("application/octet-stream", bytes) }
}
