//! Signing in: who may, by which door, and for how long.

use std::net::IpAddr;

use anyhow::{Context, anyhow};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use tracing::{info, warn};

use super::{App, password};
use crate::config::calendar::sha256;
use crate::config::seal;
use crate::domain::access::{Grant, Session, User, UserEvent, Viewer, check_password};
use crate::domain::directory::is_mail_address;

/// How often one caller may be wrong about one name, one caller about all, and all about one name,
/// before each waits.
const OFTEN: [u32; 3] = [5, 20, 100];
/// When somebody was last seen is noted to this, or to a quarter of the time after which they count as gone.
const NOTED_TO: TimeDelta = TimeDelta::minutes(1);
/// Longer than any name.
const LONGEST_NAME: usize = 300;

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum NoEntry {
    /// No such user, or another password: which of the two is not said.
    #[error("no such user, or another password")]
    Wrong,
    /// Too often wrong: wait.
    #[error("too often wrong")]
    Wait(TimeDelta),
    /// Something of ours is broken.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

impl App {
    /// Lets somebody sign in from now on.
    pub async fn add_user(
        &self,
        grant: Grant,
        (mail, password): (Option<String>, Option<SecretString>),
        by: &str,
    ) -> anyhow::Result<()> {
        grant.check(&self.live().config.rules.directory)?;
        if let Some(mail) = mail.as_ref().filter(|mail| !is_mail_address(mail)) {
            return Err(anyhow!("`{mail}` is no mail address"));
        }
        let hash = match password {
            Some(password) => Some(hashed(&grant.name, password).await?),
            None => None,
        };
        let (name, added_by) = (grant.name.clone(), by.to_owned());
        let mail = mail.map(|mail| mail.to_lowercase());
        let has_password = hash.is_some();
        let user = User { grant, mail, has_password, added_at: self.now(), added_by };
        if !self.store.add_user(user, hash).await.context("keeping the user")? {
            return Err(anyhow!("there is a user {name}, or one with that mail address, already"));
        }
        info!(name, by, "a user was added");
        Ok(())
    }

    /// Everybody who can sign in.
    pub async fn users(&self) -> anyhow::Result<Vec<User>> {
        self.store.users().await.context("loading users")
    }

    /// Whoever was let in, changed or removed, and by whom, the oldest first.
    pub async fn user_events(&self) -> anyhow::Result<Vec<UserEvent>> {
        self.store.user_events().await.context("loading who was let in")
    }

    /// Lets somebody in no more; whoever is signed in under the name is out.
    pub async fn remove_user(&self, name: &str, by: &str) -> anyhow::Result<()> {
        let removed = self.store.remove_user(name.to_owned(), by.to_owned(), self.now()).await;
        if !removed.context("removing the user")? {
            return Err(anyhow!("there is no user {name}: `jicui users list` names them"));
        }
        info!(name, by, "a user was removed");
        Ok(())
    }

    /// Another password; whoever is signed in under the name is out.
    pub async fn set_password(
        &self,
        name: &str,
        password: SecretString,
        by: &str,
    ) -> anyhow::Result<()> {
        let hash = hashed(name, password).await?;
        let set = (by.to_owned(), self.now());
        let set = self.store.set_password(name.to_owned(), Some(hash), set).await;
        if !set.context("keeping the password")? {
            return Err(anyhow!("there is no user {name}: `jicui users list` names them"));
        }
        info!(name, by, "a password was changed");
        Ok(())
    }

    /// Signs somebody in by name (or mail address) and password; returns the word of the session,
    /// which is kept nowhere.
    pub async fn sign_in(
        &self,
        called: &str,
        password: SecretString,
        caller: IpAddr,
    ) -> Result<String, NoEntry> {
        let now = self.now();
        let called: String = called.trim().chars().take(LONGEST_NAME).collect();
        let name = called.to_lowercase();
        let [of_pair, of_caller, of_name] = OFTEN;
        let who = vec![
            (format!("{caller} {name}"), of_pair),
            (format!("{caller}"), of_caller),
            (format!("name {name}"), of_name),
        ];
        let tried = self.throttle.begin(who, now).map_err(NoEntry::Wait)?;
        let found = self.find_by_password(&called, password).await;
        let Some(user) = found.inspect_err(|_| self.throttle.take_back(&tried))? else {
            warn!(%caller, "somebody was not let in: no such user, or another password");
            return Err(NoEntry::Wrong);
        };
        self.throttle.succeeded(&tried);
        Ok(self.begin_session(user.grant.name).await?)
    }

    /// Who is called so and has this password, if anybody.
    async fn find_by_password(
        &self,
        called: &str,
        password: SecretString,
    ) -> anyhow::Result<Option<User>> {
        let (user, hash) = self.store.user(called).await.context("looking for a user")?.unzip();
        let is_right = password::is_right(password, hash.flatten()).await?;
        Ok(user.filter(|_| is_right))
    }

    pub(super) async fn begin_session(&self, name: String) -> anyhow::Result<String> {
        let now = self.now();
        let lasts = self.live().config.web.session_lasts;
        let ends_at = now + TimeDelta::from_std(lasts).unwrap_or(TimeDelta::hours(1));
        let word = seal::random().context("making a session")?;
        info!(name, "signed in");
        let session = Session { name, begun_at: now, seen_at: now, ends_at };
        let begun = self.store.begin_session(session, sha256(word.as_bytes())).await;
        begun.context("keeping the session")?;
        Ok(word)
    }

    /// Who has the session of this word.
    pub async fn viewer_by_session(
        &self,
        word: &str,
        is_by_itself: bool,
    ) -> anyhow::Result<Option<Viewer>> {
        let (hash, now) = (sha256(word.as_bytes()), self.now());
        let idle = self.live().config.web.session_idle;
        let idle = TimeDelta::from_std(idle).unwrap_or(TimeDelta::hours(1));
        let session = self.store.session(&hash).await.context("looking for a session")?;
        let Some(session) = session.filter(|session| session.is_good(now, idle)) else {
            return Ok(None);
        };
        let grant = self.grant_of(&session.name).await?;
        if !is_by_itself && now - session.seen_at > NOTED_TO.min(idle / 4) {
            self.store.note_seen(&hash, now).await.context("noting a session")?;
        }
        Ok(grant.map(|grant| Viewer::of(&grant, false)))
    }

    /// Who is called so, by whoever vouches for them: by name or mail address.
    pub async fn viewer_by_name(&self, called: &str) -> anyhow::Result<Option<Viewer>> {
        Ok(self.grant_of(called).await?.map(|grant| Viewer::of(&grant, false)))
    }

    async fn grant_of(&self, called: &str) -> anyhow::Result<Option<Grant>> {
        let found = self.store.user(called).await.context("looking for a user")?;
        Ok(found.map(|(user, _)| user.grant))
    }

    /// Ends a session.
    pub async fn sign_out(&self, word: &str) -> anyhow::Result<()> {
        self.store.end_session(&sha256(word.as_bytes())).await.context("ending a session")
    }

    /// Ends every session of somebody.
    pub async fn sign_out_everywhere(&self, name: &str) -> anyhow::Result<()> {
        info!(name, "signed out everywhere");
        self.store.end_sessions(name).await.context("ending sessions")
    }
}

async fn hashed(name: &str, password: SecretString) -> anyhow::Result<String> {
    check_password(name, password.expose_secret())?;
    password::hash(password).await
}
