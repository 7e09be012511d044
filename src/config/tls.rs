//! The certificate and the key by which the pages are served over TLS.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::settings::TlsFiles;

/// Reads both files, and sees whether they belong together.
///
/// # Errors
///
/// Which file is wrong and what to do, without its content.
pub fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, String> {
    let certificates = read_certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| {
        let key = files.key.display();
        format!("{key} holds no private key ({error}): put the one there in PEM that belongs to the certificate")
    })?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|error| error.to_string())?;
    let config = versions.with_no_client_auth().with_single_cert(certificates, key);
    let mut config = config.map_err(|error| {
        let (certificate, key) = (files.certificate.display(), files.key.display());
        format!(
            "{certificate} and {key} do not belong together ({error}): put the key there that was made for this \
             certificate"
        )
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let refuse = |error: String| {
        format!(
            "{shown} holds no certificate ({error}): put the whole chain there in PEM, ours first"
        )
    };
    let found = CertificateDer::pem_file_iter(path).map_err(|error| refuse(error.to_string()))?;
    let found: Result<Vec<_>, _> = found.collect();
    let found = found.map_err(|error| refuse(error.to_string()))?;
    if found.is_empty() { Err(refuse("it is empty".to_owned())) } else { Ok(found) }
}
