//! The pages over TLS, on the wire.

use std::sync::Arc;
use std::time::Duration;

use jicui::config::settings::TlsFiles;
use jicui::web::{self, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpListener;

use super::web::raw;
use super::world::World;
use super::world::program::Program;

/// A certificate for this machine in these files, and a client that trusts it.
pub(super) fn certify(files: &TlsFiles) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    std::fs::write(&files.certificate, cert.pem()).unwrap();
    std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    let root = reqwest::Certificate::from_pem(cert.pem().as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([root]).build().unwrap()
}

#[tokio::test]
async fn the_pages_speak_tls_and_nothing_else() {
    let files = |world: &World| TlsFiles {
        certificate: world.path("chain.pem"),
        key: world.path("key.pem"),
    };
    let world = World::at("2026-03-02 09:30").await;
    let files = files(&world);
    let client = certify(&files);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let pages = (web::router(world.app.clone()).unwrap(), Duration::from_secs(2));
    let tls = Arc::new(Tls::new(files).unwrap());
    tokio::spawn(web::serve_tls(listener, pages, tls, world.app.stop().clone()));
    let answer = client.get(format!("https://{address}/healthz")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["x-frame-options"], "DENY");
    let plain = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
    let answer = raw(&address, plain.as_bytes()).await;
    assert!(!answer.contains("alive"), "nothing in the clear: {answer}");
    assert_eq!(raw(&address, b"").await, "", "whoever says nothing is hung up on");
    world.app.stop().cancel();
}

#[test]
fn a_certificate_that_is_none_is_a_fault_with_its_place() {
    let program = Program::install();
    let config = |more: &str| {
        let text = format!("state_dir = \"state\"\n[platform]\nenabled = false\n[web]\n{more}");
        std::fs::write(program.path("config.toml"), text).unwrap();
        let output = program.run(&["check"]);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let both = "tls_certificate_file = \"chain.pem\"\ntls_key_file = \"key.pem\"\n";
    let (code, said) = config(both);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("config.toml:5:24: web.tls") && said.contains("holds no certificate"));
    let output = program.run(&["once"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "reminders do not depend on the pages: {said}");
    let (code, said) = config("tls_key_file = \"key.pem\"\n");
    assert_eq!(code, Some(64), "{said}");
    assert!(said.contains("belong together"), "{said}");
    let (code, said) = config("listen = \"0.0.0.0:8014\"\n");
    assert_eq!(code, Some(64), "{said}");
    assert!(said.contains("web.tls_certificate_file"), "{said}");
    let files = TlsFiles { certificate: program.path("chain.pem"), key: program.path("key.pem") };
    certify(&files);
    let (code, said) = config(&format!("listen = \"0.0.0.0:8014\"\n{both}"));
    assert_eq!(code, Some(0), "with TLS it may be reached from elsewhere: {said}");
}
