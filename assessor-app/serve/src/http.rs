//! The network's edge: HTTP/1.1 on one thread, handlers on the blocking pool.

use std::{convert::Infallible, net::TcpListener, sync::Arc, time::Duration};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, StatusCode,
    body::{Bytes, Incoming},
    header::{HOST, HeaderMap, HeaderValue, ORIGIN, RANGE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;

use crate::{
    app::App,
    message::{Answer, MAX_BODY, Request},
};

/// Connections at once; further ones wait.
const MAX_CONNECTIONS: usize = 32;
const MAX_HEAD: usize = 32 << 10;
const HEAD_TIME: Duration = Duration::from_secs(10);
/// A connection serves one request and has this long for it.
const REQUEST_TIME: Duration = Duration::from_secs(60);

pub(crate) fn run(listener: TcpListener, app: Arc<App>) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(4).build()?;
    runtime.block_on(accept(listener, app))
}

async fn accept(listener: TcpListener, app: Arc<App>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let permit = Arc::clone(&permits).acquire_owned().await.map_err(std::io::Error::other)?;
        // A connection that failed while it was accepted is the client's matter.
        let Ok((stream, peer)) = listener.accept().await else { continue };
        if !peer.ip().is_loopback() {
            continue;
        }
        let app = Arc::clone(&app);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&app), request));
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIME)
                .max_buf_size(MAX_HEAD)
                .keep_alive(false)
                .serve_connection(TokioIo::new(stream), service);
            // A client that went away or was too slow has its answer: the connection is closed.
            drop(tokio::time::timeout(REQUEST_TIME, connection).await);
            drop(permit);
        });
    }
}

async fn answer(
    app: Arc<App>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let answered = match read(request).await {
        Ok(request) => tokio::task::spawn_blocking(move || app.handle(&request)).await.unwrap_or_else(|_| {
            Answer::plain(500, "The server failed on this request; nothing was written.")
        }),
        Err(refused) => refused,
    };
    Ok(respond(answered))
}

async fn read(request: hyper::Request<Incoming>) -> Result<Request, Answer> {
    let post = match *request.method() {
        Method::GET => false,
        Method::POST => true,
        _ => return Err(Answer::plain(405, "Only GET and POST are answered.")),
    };
    let text = |headers: &HeaderMap, name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    let (head, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.map_err(|_too_large_or_gone| {
        Answer::plain(
            413,
            "The form is too large: texts may have 8000 characters. Go back, shorten it, send again.",
        )
    })?;
    Ok(Request {
        post,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        host: text(&head.headers, HOST.as_str()),
        origin: text(&head.headers, ORIGIN.as_str()),
        fetch_site: text(&head.headers, "sec-fetch-site"),
        range: text(&head.headers, RANGE.as_str()),
        body: body.to_bytes().to_vec(),
    })
}

fn respond(answer: Answer) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-type", answer.kind),
        ("content-security-policy", answer.policy),
        // The token stands in the address and must not leave; "no-referrer" would hide the origin of our own forms.
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in answer.more {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}
