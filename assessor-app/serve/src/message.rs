//! Requests and answers, without the network.

/// The longest body that is read, in bytes.
pub(crate) const MAX_BODY: usize = 256 << 10;

/// A request that was read whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) post: bool,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) host: Option<String>,
    pub(crate) origin: Option<String>,
    pub(crate) fetch_site: Option<String>,
    pub(crate) range: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) more: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// Pages: nothing from elsewhere, nothing inline, forms only to ourselves, no frames.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; media-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Files that somebody handed in: shown alone they load and run nothing.
const FILE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
/// The report carries its own stricter policy for its inline script; style attributes stand in it.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; media-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

impl Answer {
    pub(crate) fn page(status: u16, html: String) -> Self {
        let kind = "text/html; charset=utf-8";
        Self { status, kind, policy: PAGE_POLICY, more: Vec::new(), body: html.into_bytes() }
    }

    pub(crate) fn report(html: String) -> Self {
        Self { policy: REPORT_POLICY, ..Self::page(200, html) }
    }

    pub(crate) fn asset(kind: &'static str, text: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, kind, policy: PAGE_POLICY, more: Vec::new(), body: text.into() }
    }

    /// A file that somebody handed in.
    pub(crate) fn file(kind: &'static str, bytes: Vec<u8>) -> Self {
        Self { policy: FILE_POLICY, ..Self::asset(kind, bytes) }
    }

    pub(crate) fn plain(status: u16, text: &str) -> Self {
        Self { status, ..Self::asset("text/plain; charset=utf-8", format!("{text}\n")) }
    }

    /// After a form was taken: a page that can be reloaded without sending it again.
    pub(crate) fn see_other(place: String) -> Self {
        Self { more: vec![("location", place)], ..Self::plain(303, "") }
    }
}
