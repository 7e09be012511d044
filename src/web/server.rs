//! The listener: each connection has little room, little time and few neighbours.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::guard::Peer;
use super::tls::Tls;

/// Connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 100;
/// However busy, a connection ends after this.
const LONGEST_CONNECTION: Duration = Duration::from_mins(2);
/// What is under way at a stop has this long.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// Room for a request's head.
const HEAD_LIMIT_BYTES: usize = 16 * 1024;
const HEADER_LINES: usize = 64;
/// A wait after an `accept` that failed, most likely for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// Serves `router` until `stop`; what is under way then is finished. The head of a request is there
/// within `head_within` of the connection's begin, or of the last request's end.
pub async fn serve(
    listener: TcpListener,
    (router, head_within): (Router, Duration),
    stop: CancellationToken,
) {
    let as_it_is = |stream| async { Ok(stream) };
    serve_by(listener, (router, head_within), as_it_is, stop).await;
}

/// The same over TLS.
pub async fn serve_tls(
    listener: TcpListener,
    (router, head_within): (Router, Duration),
    tls: Arc<Tls>,
    stop: CancellationToken,
) {
    let speak = move |stream| {
        let tls = Arc::clone(&tls);
        async move { tls.accept(stream).await }
    };
    serve_by(listener, (router, head_within), speak, stop).await;
}

/// The same; `speak` makes of a connection what is spoken over.
async fn serve_by<S, F>(
    listener: TcpListener,
    (router, head_within): (Router, Duration),
    speak: impl Fn(TcpStream) -> F,
    stop: CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = std::io::Result<S>> + Send + 'static,
{
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { break };
        let accepted = stop.run_until_cancelled(listener.accept()).await;
        match accepted {
            None => break,
            Some(Err(fault)) => {
                debug!(%fault, "a connection could not be taken");
                tokio::time::sleep(BREATH).await;
            }
            Some(Ok((stream, peer))) => {
                let (spoken, watcher) = (speak(stream), graceful.watcher());
                let pages = pages(router.clone(), peer);
                tokio::spawn(async move {
                    let _slot = slot;
                    let Ok(Ok(stream)) = tokio::time::timeout(head_within, spoken).await else {
                        return;
                    };
                    let connection = http1::Builder::new()
                        .timer(TokioTimer::new())
                        .header_read_timeout(head_within)
                        .max_buf_size(HEAD_LIMIT_BYTES)
                        .max_headers(HEADER_LINES)
                        .serve_connection(TokioIo::new(stream), pages);
                    // A broken connection is the caller's loss.
                    let _ =
                        tokio::time::timeout(LONGEST_CONNECTION, watcher.watch(connection)).await;
                });
            }
        }
    }
    // Whoever does not finish in time is cut off.
    let _ = tokio::time::timeout(FINISH_WITHIN, graceful.shutdown()).await;
}

type Answer = <Pages as Service<Request<Incoming>>>::Future;
type Pages = TowerToHyperService<Router>;

/// The pages, told where the connection comes from.
fn pages(
    router: Router,
    peer: SocketAddr,
) -> impl Service<Request<Incoming>, Response = Response, Error = Infallible, Future = Answer> {
    let pages = TowerToHyperService::new(router);
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        pages.call(request)
    })
}
