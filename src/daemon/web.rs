//! The pages, for as long as the daemon runs. Reminders do not depend on them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing::{error, info};

use crate::app::App;
use crate::config::settings::TlsFiles;
use crate::web;

/// How long until what keeps the pages from being served is tried again: a port that somebody else has, a certificate
/// that cannot be read.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// Serves the pages until the app stops; where there are none to be served, waits for the stop. Drops
/// `tried` once the port was tried, or there is none to try.
pub(super) async fn serve(app: Arc<App>, tried: oneshot::Sender<()>) -> &'static str {
    let mut tried = Some(tried);
    let stop = app.stop().clone();
    let settings = app.live().config.web.clone();
    let router = web::router(Arc::clone(&app));
    let router = router.inspect_err(|fault| error!(%fault, "the pages cannot be served")).ok();
    if settings.listen.is_none() {
        // Before the store is asked for anything: it may be read whole just now.
        drop(tried.take());
        app.web_is_well().await;
    }
    if let (Some(address), Some(router)) = (settings.listen, router) {
        while !stop.is_cancelled() {
            let opened = open(address, settings.tls.as_ref()).await;
            drop(tried.take());
            match opened {
                Ok((listener, tls)) => {
                    info!(%address, "the pages are served");
                    app.web_is_well().await;
                    let pages = (router.clone(), settings.request_timeout);
                    serve_at((&app, address), (listener, tls), pages).await;
                }
                Err(fault) => {
                    error!(%address, fault, "the pages cannot be served: see [web]");
                    app.web_is_down(&address.to_string(), format!("{address}: {fault}")).await;
                    stop.run_until_cancelled(tokio::time::sleep(AGAIN_AFTER)).await;
                }
            }
        }
    }
    drop(tried);
    stop.cancelled().await;
    "web"
}

/// The port, and what is spoken there, if that is TLS; or what keeps the pages from being served.
async fn open(
    address: SocketAddr,
    files: Option<&TlsFiles>,
) -> Result<(TcpListener, Option<Arc<web::Tls>>), String> {
    let tls = files.cloned().map(web::Tls::new).transpose()?.map(Arc::new);
    let listener = TcpListener::bind(address).await.map_err(|fault| fault.to_string())?;
    Ok((listener, tls))
}

/// Serves the pages at an open port until the app stops.
async fn serve_at(
    (app, address): (&App, SocketAddr),
    (listener, tls): (TcpListener, Option<Arc<web::Tls>>),
    pages: (Router, Duration),
) {
    let stop = app.stop().clone();
    let Some(tls) = tls else { return web::serve(listener, pages, stop).await };
    tokio::select! {
        () = web::serve_tls(listener, pages, Arc::clone(&tls), stop) => {}
        () = watch_renewals(app, address, &tls) => {}
    }
}

/// Tells the administrators of a renewed certificate that cannot be used, and when one can. Its two files are not written
/// at once: what is wrong at one look only is nothing.
async fn watch_renewals(app: &App, address: SocketAddr, tls: &web::Tls) {
    let mut was_faulty = false;
    loop {
        tokio::time::sleep(AGAIN_AFTER).await;
        match tls.fault() {
            Some(fault) if was_faulty => {
                let detail = format!(
                    "{address}: the certificate of before is in use until it expires; {fault}"
                );
                app.web_is_down(&address.to_string(), detail).await;
            }
            Some(_) => was_faulty = true,
            None if was_faulty => {
                was_faulty = false;
                app.web_is_well().await;
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::SystemTime;

    use rcgen::{CertifiedKey, generate_simple_self_signed};

    use super::*;
    use crate::app::Live;
    use crate::app::alarms::WEB_DOWN;
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

    /// A certificate in these files, written at `time`, that is whole or not.
    fn certify(dir: &Path, time: u64, is_whole: bool) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = if is_whole { cert.pem() } else { "half a file".to_owned() };
        for (name, text) in [("chain.pem", certificate), ("key.pem", signing_key.serialize_pem())] {
            std::fs::write(dir.join(name), text).unwrap();
            let file = std::fs::File::options().append(true).open(dir.join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(time)).unwrap();
        }
    }

    /// What is said of the pages after so many looks.
    async fn said(app: &App, looks: u32) -> Option<String> {
        tokio::time::sleep(AGAIN_AFTER * looks + Duration::from_secs(1)).await;
        let alarms = app.store().active_alarms().await.unwrap();
        alarms.into_iter().find(|alarm| alarm.code == WEB_DOWN).map(|alarm| alarm.detail)
    }

    #[tokio::test(start_paused = true)]
    async fn a_certificate_that_cannot_be_read_is_an_alarm_and_is_tried_again() {
        let dir = tempfile::tempdir().unwrap();
        let files = "tls_certificate_file = \"chain.pem\"\ntls_key_file = \"key.pem\"";
        let app = app(dir.path(), &format!("listen = \"127.0.0.1:0\"\n{files}"));
        let (trying, tried) = oneshot::channel();
        let serving = tokio::spawn(serve(Arc::clone(&app), trying));
        assert!(tokio::time::timeout(AGAIN_AFTER, tried).await.is_ok(), "it keeps nothing back");
        let down = said(&app, 0).await.unwrap();
        assert!(down.contains("chain.pem holds no certificate"), "{down}");
        certify(dir.path(), 1, true);
        assert_eq!(said(&app, 1).await, None);
        certify(dir.path(), 2, false);
        assert_eq!(said(&app, 1).await, None, "it may be half written");
        let down = said(&app, 1).await.unwrap();
        assert!(down.contains("of before is in use") && down.contains("holds no"), "{down}");
        certify(dir.path(), 3, true);
        assert_eq!(said(&app, 1).await, None);
        certify(dir.path(), 4, false);
        let down = said(&app, 2).await.unwrap();
        assert!(down.contains("of before is in use"), "{down}");
        app.stop().cancel();
        assert_eq!(serving.await.unwrap(), "web");
        drop(app);
        // A start has none of before, and says so.
        let app = self::app(dir.path(), &format!("listen = \"127.0.0.1:0\"\n{files}"));
        let (trying, _tried) = oneshot::channel();
        let serving = tokio::spawn(serve(Arc::clone(&app), trying));
        let down = said(&app, 0).await.unwrap();
        assert!(!down.contains("of before") && down.contains("holds no"), "{down}");
        app.stop().cancel();
        assert_eq!(serving.await.unwrap(), "web");
    }
}
