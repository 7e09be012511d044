//! Passwords: argon2id, one at a time, off the async threads; never kept, logged or said.

use anyhow::{Context, anyhow};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, oneshot};

/// Each takes 19 MB and a while: whoever asks for many waits.
static ONE: Semaphore = Semaphore::const_new(1);

/// What is compared with where there is no such user, so that it takes as long.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5$\
                      gKvTvZkLwvqvUkXlZyqjXkXnQyRk0m6bq7o3QYzq8mE";

/// The hash under which a password is kept.
pub(super) async fn hash(password: SecretString) -> anyhow::Result<String> {
    let work = move || {
        let hashed = Argon2::default().hash_password(password.expose_secret().as_bytes());
        hashed.map(|hash| hash.to_string()).map_err(|error| anyhow!("hashing a password: {error}"))
    };
    run(work).await?
}

/// Whether `password` is the one with this hash; without one it is not, and that takes as long.
pub(super) async fn is_right(password: SecretString, hash: Option<String>) -> anyhow::Result<bool> {
    let work = move || {
        let known = hash.as_deref().unwrap_or(NOBODY);
        let Ok(known) = PasswordHash::new(known) else { return false };
        let verified =
            Argon2::default().verify_password(password.expose_secret().as_bytes(), &known);
        verified.is_ok() && hash.is_some()
    };
    run(work).await
}

/// On a thread that ends with it: the 19 MB are the next one's, while of the threads for what blocks each would
/// keep its own.
async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
    let turn = ONE.acquire().await.context("waiting for a password's turn")?;
    let (done, result) = oneshot::channel();
    let thread = std::thread::Builder::new().name("password".to_owned());
    let begun = thread.spawn(move || {
        let _ = done.send(work());
        drop(turn);
    });
    begun.context("starting a thread for a password")?;
    result.await.context("a password could not be looked at")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_by_its_hash_alone() {
        let right = || SecretString::from("公文 準時 回復 民眾");
        let hashed = hash(right()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert_ne!(hashed, hash(right()).await.unwrap(), "salted");
        assert!(is_right(right(), Some(hashed.clone())).await.unwrap());
        assert!(!is_right("公文 準時 回復 民".into(), Some(hashed)).await.unwrap());
        assert!(!is_right(right(), None).await.unwrap());
        assert!(PasswordHash::new(NOBODY).is_ok(), "else it takes no time");
    }
}
