//! The pages, for as long as the daemon runs. Reminders do not depend on them.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing::{error, info};

use crate::app::App;
use crate::web;

/// How long until a port that somebody else has is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Serves the pages until the app stops; where there are none to be served, waits for the stop. Drops
/// `tried` once the port was tried, or there is none to try.
pub(super) async fn serve(app: Arc<App>, tried: oneshot::Sender<()>) -> &'static str {
    let mut tried = Some(tried);
    let stop = app.stop().clone();
    let settings = app.live().config.web.clone();
    let router = web::router(Arc::clone(&app));
    let router = router.inspect_err(|fault| error!(%fault, "the pages cannot be served")).ok();
    let tls = settings.tls.clone().map(web::Tls::new).transpose();
    let tls = tls.map(|tls| tls.map(Arc::new));
    let tls = tls.inspect_err(|fault| error!(fault, "the pages cannot be served")).ok();
    if settings.listen.is_none() {
        app.web_is_well().await;
    }
    if let (Some(address), Some(router), Some(tls)) = (settings.listen, router, tls) {
        let named = address.to_string();
        while !stop.is_cancelled() {
            let bound = TcpListener::bind(address).await;
            drop(tried.take());
            match bound {
                Ok(listener) => {
                    info!(%address, "the pages are served");
                    app.web_is_well().await;
                    let pages = (router.clone(), settings.request_timeout);
                    match &tls {
                        None => web::serve(listener, pages, stop.clone()).await,
                        Some(tls) => {
                            web::serve_tls(listener, pages, Arc::clone(tls), stop.clone()).await;
                        }
                    }
                }
                Err(fault) => {
                    error!(%address, %fault, "the pages cannot be served: see [web] listen");
                    app.web_is_down(&named, format!("{address}: {fault}")).await;
                    stop.run_until_cancelled(tokio::time::sleep(AGAIN_AFTER)).await;
                }
            }
        }
    }
    drop(tried);
    stop.cancelled().await;
    "web"
}
