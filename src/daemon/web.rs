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
        // Before the store is asked for anything: it may be read whole just now.
        drop(tried.take());
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::app::Live;
    use crate::clock::SystemClock;
    use crate::config::load;
    use crate::config::secrets::Environment;
    use crate::store::Store;

    /// The application with these lines of `[web]`.
    fn app(dir: &Path, web: &str) -> Arc<App> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let path = dir.join("config.toml");
        std::fs::write(&path, format!("[platform]\nenabled = false\n[web]\n{web}\n")).unwrap();
        let config = load(Some(&path), &Environment::default()).unwrap().config;
        let store = Store::open(&dir.join("jicui.db")).unwrap().in_place();
        Arc::new(App::new(Arc::new(SystemClock), store, Live::new(config).unwrap()))
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_is_served_nobody_waits_for_the_database() {
        let dir = tempfile::tempdir().unwrap();
        let app = app(dir.path(), "listen = \"\"");
        let (trying, tried) = oneshot::channel();
        let held = app.store().hold().await;
        let serving = tokio::spawn(serve(Arc::clone(&app), trying));
        assert!(tokio::time::timeout(AGAIN_AFTER, tried).await.is_ok(), "ready at once");
        drop(held);
        app.stop().cancel();
        assert_eq!(serving.await.unwrap(), "web");
    }
}
