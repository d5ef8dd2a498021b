//! One request, from the connection to the router and back: within the bounds, and until it was read.

use super::Reach;
use crate::App;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, Response, Version};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};
use tower::ServiceExt as _;

/// How long an answer may lie unread before its connection is cut.
const UNREAD: Duration = Duration::from_secs(10);
/// Answered even when there is no room: they tell whether the process lives, and cost nothing.
const ALWAYS: [&str; 2] = ["/health", "/healthz"];

/// What answers the requests of one connection.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) reach: Arc<Reach>,
    pub(super) peer: SocketAddr,
    /// There is no room for the connection itself.
    pub(super) refused: bool,
    /// Rung when an answer is not read.
    pub(super) cut: Arc<Notify>,
}

impl Desk {
    pub(super) async fn answer(self, mut request: Request<Incoming>) -> Result<Response<Held>, Infallible> {
        if self.refused {
            return Ok(self.busy(&request));
        }
        let permit = match self.reach.requests.clone().try_acquire_owned() {
            Ok(permit) => Some(permit),
            Err(_) if ALWAYS.contains(&request.uri().path()) => None,
            Err(_) => {
                if self.reach.counts {
                    self.reach.app.meters().request_refused();
                }
                return Ok(self.busy(&request));
            }
        };
        let counted = self.reach.counts.then(|| Counted::new(&self.reach.app));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let router: Router = self.reach.router.clone();
        let Ok(response) = router.oneshot(request.map(Body::new)).await;
        Ok(response.map(|body| self.hold(body, permit, counted)))
    }

    /// The way `answer` ends when it does not begin: at once, and with the connection if it has no room.
    fn busy(&self, request: &Request<Incoming>) -> Response<Held> {
        let mut response = crate::api::busy();
        // Only HTTP/1 knows the header (RFC 9113 section 8.2.2).
        if request.version() < Version::HTTP_2 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response.map(|body| self.hold(body, None, None))
    }

    fn hold(&self, body: Body, permit: Option<OwnedSemaphorePermit>, counted: Option<Counted>) -> Held {
        let (open, closed) = oneshot::channel::<Infallible>();
        let cut = self.cut.clone();
        tokio::spawn(async move {
            if tokio::time::timeout(UNREAD, closed).await.is_err() {
                cut.notify_one();
            }
        });
        Held { body, _permit: permit, _counted: counted, _open: open }
    }
}

/// An answer that keeps its place until it was read.
pub(super) struct Held {
    body: Body,
    _permit: Option<OwnedSemaphorePermit>,
    _counted: Option<Counted>,
    _open: oneshot::Sender<Infallible>,
}

impl HttpBody for Held {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct Counted(App);

impl Counted {
    fn new(app: &App) -> Self {
        app.meters().request_begins();
        Self(app.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.meters().request_ends();
    }
}
