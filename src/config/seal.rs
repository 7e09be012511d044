//! The seal under links: HMAC-SHA256 with a secret that never leaves this file.

use std::fmt;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::Config;
use super::owner::write_private;
use super::settings::Secret;

/// What the secret is called: the credential, the file in `state_dir`, and `JICUI_LINK_SECRET`.
pub const LINK_SECRET: &str = "link_secret";

/// A secret shorter than this can be guessed.
const SHORTEST: usize = 32;

/// Signs, and knows its own signature again.
#[derive(Clone)]
pub struct Seal(Arc<Hmac<Sha256>>);

/// Without the secret.
impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// A secret that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret of {0} is shorter than 32 characters and could be guessed: put random ones there \
     (`openssl rand -hex 32`)"
)]
pub struct TooShort(String);

impl Seal {
    /// A seal with this secret.
    pub fn new(secret: &Secret) -> Result<Self, TooShort> {
        let refuse = || TooShort(secret.origin.clone());
        let value = secret.value.expose_secret().as_bytes();
        if value.len() < SHORTEST {
            return Err(refuse());
        }
        let mac = Hmac::new_from_slice(value).map_err(|_| refuse())?;
        Ok(Self(Arc::new(mac)))
    }

    /// A seal that nobody else has, for as long as the program runs.
    ///
    /// # Errors
    ///
    /// A system that gives no random numbers.
    pub fn random() -> std::io::Result<Self> {
        let secret = Secret { value: random()?.into(), origin: "this run".to_owned() };
        Self::new(&secret).map_err(std::io::Error::other)
    }

    /// The signature under `text`.
    pub fn sign(&self, text: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::clone(&self.0);
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    /// Whether `signature` stands under `text`; takes as long whether or not.
    pub fn knows(&self, text: &[u8], signature: &[u8]) -> bool {
        let mut mac = Hmac::clone(&self.0);
        mac.update(text);
        mac.verify_slice(signature).is_ok()
    }
}

impl Config {
    /// Sees to it that links can be signed, where there are any: without a secret of the operator's,
    /// one is made in `state_dir`.
    ///
    /// # Errors
    ///
    /// The file that cannot be read or written, and the secret that is too short.
    pub fn seal_links(&mut self) -> std::io::Result<()> {
        if self.web.public_url.is_some() && self.web.seal.is_none() {
            let seal = Seal::new(&of_state_dir(&self.state_dir)?);
            self.web.seal = Some(seal.map_err(std::io::Error::other)?);
        }
        Ok(())
    }
}

/// Reads the secret of `state_dir`, or makes one there that only its owner can read.
///
/// # Errors
///
/// The file that cannot be read or written, without its content.
fn of_state_dir(state_dir: &Path) -> std::io::Result<Secret> {
    let path = state_dir.join(LINK_SECRET);
    match std::fs::metadata(&path) {
        Ok(file) if file.len() > 0 => {}
        Ok(_) => {
            // An earlier build left it so where the disk was full.
            std::fs::remove_file(&path)?;
            make(state_dir, &path)?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make(state_dir, &path)?,
        Err(error) => return Err(error),
    }
    let value = std::fs::read_to_string(&path)?;
    let origin = format!("file {}", path.display());
    Ok(Secret { value: SecretString::from(value.trim().to_owned()), origin })
}

/// Makes a secret at `path`, whole or not at all; one that is there by then stays.
fn make(state_dir: &Path, path: &Path) -> std::io::Result<()> {
    let unfinished = state_dir.join(format!("{LINK_SECRET}.{}.new", std::process::id()));
    let placed = place(&unfinished, path);
    // What went wrong first says why.
    let removed = std::fs::remove_file(&unfinished);
    placed.and(removed)?;
    File::open(state_dir)?.sync_all()
}

fn place(unfinished: &Path, path: &Path) -> std::io::Result<()> {
    write_private(unfinished, random()?.as_bytes())?;
    File::open(unfinished)?.sync_all()?;
    match std::fs::hard_link(unfinished, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        placed => placed,
    }
}

/// 32 random bytes, in letters.
///
/// # Errors
///
/// A system that gives no random numbers.
pub fn random() -> std::io::Result<String> {
    let mut bytes = [0; 32];
    let provider = rustls::crypto::ring::default_provider();
    let filled = provider.secure_random.fill(&mut bytes);
    filled.map_err(|_| std::io::Error::other("the system gives no random numbers"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn secret(value: &str) -> Secret {
        Secret { value: value.to_owned().into(), origin: "credential link_secret".to_owned() }
    }

    #[test]
    fn a_seal_knows_its_own_signature_and_no_other() {
        let seal = Seal::new(&secret(&"k".repeat(32))).unwrap();
        let other = Seal::new(&secret(&"l".repeat(32))).unwrap();
        let signature = seal.sign(b"C-1");
        assert!(seal.knows(b"C-1", &signature));
        assert!(!seal.knows(b"C-2", &signature));
        assert!(!other.knows(b"C-1", &signature));
        assert!(!seal.knows(b"C-1", &signature[..31]));
        assert!(!seal.knows(b"C-1", b""));
        assert_eq!(format!("{seal:?}"), "Seal");
    }

    /// As openssl computes it: `printf '…' | openssl dgst -sha256 -hmac 0123…`.
    #[test]
    fn it_is_hmac_sha256() {
        let key = "0123456789abcdef0123456789abcdef";
        let signature = Seal::new(&secret(key)).unwrap().sign(b"what do ya want for nothing?");
        let expected = 0x137e_6557_c3c1_3a1c_a5dc_7e52_a389_a0f8_u128.to_be_bytes();
        assert_eq!(signature[..16], expected);
    }

    #[test]
    fn a_short_secret_is_refused_without_being_named() {
        let refused = Seal::new(&secret("hunter2")).unwrap_err().to_string();
        assert!(refused.contains("credential link_secret"), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn one_is_made_once_and_only_its_owner_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = of_state_dir(dir.path()).unwrap();
        let mode = std::fs::metadata(dir.path().join(LINK_SECRET)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(first.value.expose_secret().len(), 43);
        let again = of_state_dir(dir.path()).unwrap();
        assert_eq!(first.value.expose_secret(), again.value.expose_secret());
        let elsewhere = of_state_dir(tempfile::tempdir().unwrap().path()).unwrap();
        assert_ne!(first.value.expose_secret(), elsewhere.value.expose_secret());
    }

    #[test]
    fn an_empty_one_is_replaced_and_one_that_is_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(LINK_SECRET);
        std::fs::write(&path, "").unwrap();
        let secret = of_state_dir(dir.path()).unwrap();
        assert_eq!(secret.value.expose_secret().len(), 43);
        // Two programs start at once: both saw none.
        make(dir.path(), &path).unwrap();
        let again = of_state_dir(dir.path()).unwrap();
        assert_eq!(secret.value.expose_secret(), again.value.expose_secret());
        let files = std::fs::read_dir(dir.path()).unwrap();
        let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, [LINK_SECRET], "nothing is left beside it");
    }

    #[test]
    fn one_that_cannot_be_put_in_its_place_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path(), &dir.path().join("gone").join(LINK_SECRET)).unwrap_err();
        assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none());
    }
}
