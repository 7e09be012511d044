//! TLS: the certificate in use, and the one that takes its place when it is renewed.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tracing::{error, info};

use crate::config::settings::TlsFiles;
use crate::config::tls;

/// The files are looked at no more often.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// When each of the two files was written.
type Written = [Option<SystemTime>; 2];

/// Speaks TLS with a certificate from files.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    used: Mutex<Used>,
}

#[derive(Debug)]
struct Used {
    config: Arc<ServerConfig>,
    written: Written,
    looked_at: Instant,
    /// Why the files as they are now are not in use.
    fault: Option<String>,
}

impl Tls {
    /// Speaks with the certificate in these files.
    ///
    /// # Errors
    ///
    /// Which file is wrong, and what to do.
    pub fn new(files: TlsFiles) -> Result<Self, String> {
        let (written, config) = (written(&files), tls::read(&files)?);
        let used = Mutex::new(Used { config, written, looked_at: Instant::now(), fault: None });
        Ok(Self { files, used })
    }

    /// Begins to speak.
    pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> std::io::Result<TlsStream<S>> {
        TlsAcceptor::from(self.config(Instant::now())).accept(stream).await
    }

    /// Why a renewed certificate is not in use, and what to do, if one is not.
    pub fn fault(&self) -> Option<String> {
        self.look(Instant::now()).fault.clone()
    }

    /// What is spoken at `now`: with the files as they are, if they are whole; else as before.
    fn config(&self, now: Instant) -> Arc<ServerConfig> {
        Arc::clone(&self.look(now).config)
    }

    /// Looks at the files, if that is due. What could not be used may be usable though nothing was written since: who may
    /// read it was.
    fn look(&self, now: Instant) -> MutexGuard<'_, Used> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(used.looked_at) < LOOK_EVERY {
            return used;
        }
        used.looked_at = now;
        let written = written(&self.files);
        if written == used.written && used.fault.is_none() {
            return used;
        }
        used.written = written;
        match tls::read(&self.files) {
            Ok(config) => {
                info!("the renewed certificate is in use");
                (used.config, used.fault) = (config, None);
            }
            Err(fault) => {
                if used.fault.as_ref() != Some(&fault) {
                    error!(fault, "the renewed certificate is not in use");
                }
                used.fault = Some(fault);
            }
        }
        used
    }
}

fn written(files: &TlsFiles) -> Written {
    let of = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified()).ok();
    [of(&files.certificate), of(&files.key)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    /// A new certificate in these files.
    fn renew(files: &TlsFiles) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&files.certificate, cert.pem()).unwrap();
        std::fs::write(&files.key, signing_key.serialize_pem()).unwrap();
    }

    #[test]
    fn a_renewed_certificate_is_used_once_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let files =
            TlsFiles { certificate: dir.path().join("chain.pem"), key: dir.path().join("key.pem") };
        assert!(Tls::new(files.clone()).unwrap_err().contains("holds no certificate"));
        renew(&files);
        let tls = Tls::new(files.clone()).unwrap();
        let (first, now) = (tls.config(Instant::now()), Instant::now());
        let later = |seconds| now + Duration::from_secs(seconds);
        assert!(Arc::ptr_eq(&first, &tls.config(later(20))), "nothing was renewed");
        let set = |time: u64| {
            let file = std::fs::File::options().append(true).open(&files.certificate).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(time)).unwrap();
        };
        std::fs::write(&files.certificate, "half a file").unwrap();
        set(1);
        assert!(Arc::ptr_eq(&first, &tls.config(later(40))), "what is not whole is not used");
        assert!(tls.look(later(40)).fault.as_ref().unwrap().contains("holds no certificate"));
        renew(&files);
        set(2);
        assert!(Arc::ptr_eq(&first, &tls.config(later(45))), "not looked at yet");
        assert!(!Arc::ptr_eq(&first, &tls.config(later(60))));
        assert_eq!(tls.look(later(60)).fault, None);
    }
}
