//! Who may ask: a browser on this machine that was given the address.

use crate::message::{Answer, Request};

/// Refuses what another site or another machine could have sent. Returns the path behind the token.
///
/// `Host` is checked against names that resolve elsewhere (DNS rebinding), `Origin` and `Sec-Fetch-Site` against forms of other pages.
pub(crate) fn admit<'a>(request: &'a Request, token: &str, port: u16) -> Result<&'a str, Answer> {
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let host = request.host.as_deref().unwrap_or_default();
    if !hosts.iter().any(|allowed| allowed == host) {
        return Err(Answer::plain(421, "This server answers to 127.0.0.1 only."));
    }
    let foreign = request.fetch_site.as_deref().is_some_and(|site| site != "same-origin" && site != "none");
    let own_origin = request.origin.as_deref().is_none_or(|origin| origin == format!("http://{host}"));
    if (request.post && (request.origin.is_none() || foreign)) || !own_origin {
        return Err(Answer::plain(403, "Forms are taken from this server's own pages only."));
    }
    let (given, rest) =
        request.path.strip_prefix('/').and_then(|path| path.split_once('/')).unwrap_or_default();
    // As long for a near miss as for a far one.
    let same = given.len() == token.len()
        && given.bytes().zip(token.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0;
    if same {
        Ok(rest)
    } else {
        Err(Answer::plain(404, "Not found. Open the address that the program printed, with its token."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_get_in() {
        let good = Request {
            post: true,
            path: "/secret/s/1".into(),
            host: Some("127.0.0.1:80".into()),
            origin: Some("http://127.0.0.1:80".into()),
            ..Request::default()
        };
        fn status(request: &Request) -> Result<&str, u16> {
            admit(request, "secret", 80).map_err(|answer| answer.status)
        }
        assert_eq!(status(&good), Ok("s/1"));
        assert_eq!(status(&Request { post: false, origin: None, ..good.clone() }), Ok("s/1"));
        for (bad, code) in [
            (Request { host: None, ..good.clone() }, 421),
            (Request { host: Some("evil.example:80".into()), ..good.clone() }, 421),
            (Request { host: Some("127.0.0.1:81".into()), ..good.clone() }, 421),
            (Request { origin: None, ..good.clone() }, 403),
            (Request { origin: Some("null".into()), ..good.clone() }, 403),
            (Request { origin: Some("http://evil.example".into()), post: false, ..good.clone() }, 403),
            (Request { fetch_site: Some("cross-site".into()), ..good.clone() }, 403),
            (Request { path: "/secre/s/1".into(), ..good.clone() }, 404),
            (Request { path: "/secreT/s/1".into(), ..good.clone() }, 404),
            (Request { path: "/".into(), ..good.clone() }, 404),
            (Request { path: String::new(), ..good }, 404),
        ] {
            assert_eq!(status(&bad), Err(code), "{bad:?}");
        }
    }
}
