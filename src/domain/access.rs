//! Who may read and do what in the pages and through the API: pure.
//!
//! What a person may do to a *case* is still decided by [`act::may`](super::act::may); here stands what
//! a viewer is to the unit that has it.

use chrono::{DateTime, TimeDelta, Utc};

use super::act::{Actor, Authority};
use super::directory::Directory;

/// What somebody is to the office: the later may do all that the earlier may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads titles and figures.
    Viewer,
    /// 承辦人: acts on the cases of one unit.
    Officer,
    /// 主管: decides on the cases of one unit.
    Supervisor,
    /// 資訊處: everything.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Officer, Self::Supervisor, Self::Administrator];

    /// The word used in JSON, in the store and at the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Officer => "officer",
            Self::Supervisor => "supervisor",
            Self::Administrator => "administrator",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether it is one within a unit.
    pub fn is_of_unit(self) -> bool {
        matches!(self, Self::Officer | Self::Supervisor)
    }
}

/// What somebody is given: a name, and what they are to the office.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The name the history keeps.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The ids of the units of which they are that.
    pub units: Vec<String>,
}

/// A grant that cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoGrant {
    /// A name that nobody can be called by.
    #[error("`{0}` cannot be a name: write 1 to 60 letters, no line break")]
    Name(String),
    /// One within a unit, without a unit.
    #[error("{} of which unit? name one with --unit", .0.as_str())]
    NoUnit(Role),
    /// One of no unit, with a unit.
    #[error("{} is of no unit: leave --unit out", .0.as_str())]
    OfNoUnit(Role),
    /// There is no such unit.
    #[error("no unit has the id {0}: see `jicui units`")]
    UnknownUnit(String),
}

impl Grant {
    /// A grant to `name`; where nothing else is said, an officer's within a unit, else a viewer's.
    pub fn new(name: String, role: Option<Role>, units: Vec<String>) -> Self {
        let by_default = if units.is_empty() { Role::Viewer } else { Role::Officer };
        Self { name, role: role.unwrap_or(by_default), units }
    }

    /// Refuses what cannot be given: a role within a unit needs one that is there, others have none.
    pub fn check(&self, directory: &Directory) -> Result<(), NoGrant> {
        if !is_name(&self.name) {
            return Err(NoGrant::Name(self.name.chars().take(60).collect()));
        }
        match (self.role.is_of_unit(), self.units.is_empty()) {
            (true, true) => return Err(NoGrant::NoUnit(self.role)),
            (false, false) => return Err(NoGrant::OfNoUnit(self.role)),
            _ => {}
        }
        let is_unknown = |unit: &&String| directory.unit(unit).is_none();
        match self.units.iter().find(is_unknown) {
            Some(unit) => Err(NoGrant::UnknownUnit(unit.clone())),
            None => Ok(()),
        }
    }
}

/// Whether the history says so of the sources, of edits of files or of jicui itself: nobody can be called so.
pub fn is_taken(name: &str) -> bool {
    ["platform", "folder", "jicui", "units.toml", "hand", "fetch", LOCAL_READER].contains(&name)
}

/// Whether somebody can be called so.
fn is_name(text: &str) -> bool {
    (1..=60).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control)
        && !is_taken(text)
}

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Their name, and what they are.
    pub grant: Grant,
    /// The mail address by which a proxy or a provider knows them.
    pub mail: Option<String>,
    /// Whether a password lets them in.
    pub has_password: bool,
    /// Since when.
    pub added_at: DateTime<Utc>,
    /// By whom.
    pub added_by: String,
}

/// What was done to somebody's access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// `added`, `password`, `regranted` or `removed`.
    pub event: String,
    /// Whose, and what they are after it, or were.
    pub grant: Grant,
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub name: String,
    /// When they signed in.
    pub begun_at: DateTime<Utc>,
    /// When they were last seen, to the minute.
    pub seen_at: DateTime<Utc>,
    /// When it ends, however busy they are.
    pub ends_at: DateTime<Utc>,
}

impl Session {
    /// Whether it still lets anybody in at `now`: not after its end, and not after `idle` of silence.
    pub fn is_good(&self, now: DateTime<Utc>, idle: TimeDelta) -> bool {
        now < self.ends_at && now - self.seen_at < idle
    }
}

/// A password that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// It could be guessed.
    #[error("a password has at least {0} characters: a few words are good")]
    Short(usize),
    /// It is longer than anybody types.
    #[error("a password has at most {0} characters")]
    Long(usize),
    /// It is the name.
    #[error("a password holds more than the name")]
    Name,
}

/// The shortest password and the longest, in characters.
const PASSWORD_CHARS: (usize, usize) = (12, 200);

/// Refuses a password that could be guessed.
pub fn check_password(name: &str, password: &str) -> Result<(), BadPassword> {
    let (shortest, longest) = PASSWORD_CHARS;
    match password.chars().count() {
        chars if chars < shortest => Err(BadPassword::Short(shortest)),
        chars if chars > longest => Err(BadPassword::Long(longest)),
        _ if password.replace(name, "").trim().is_empty() => Err(BadPassword::Name),
        _ => Ok(()),
    }
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// To read.
    Read,
    /// To read, and to act as far as its role goes.
    Act,
    /// To subscribe to the deadlines, and nothing else: it stands in an address.
    Calendar,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Read, Self::Act, Self::Calendar];

    /// The word used in JSON, in the store and at the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Act => "act",
            Self::Calendar => "calendar",
        }
    }

    /// Reads the word that [`as_str`](Self::as_str) writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// A token, without its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// To whom it was given.
    pub grant: Grant,
    /// What for.
    pub scope: Scope,
    /// When it was made.
    pub added_at: DateTime<Utc>,
    /// By whom.
    pub added_by: String,
    /// From when on it is worth nothing.
    pub expires_at: DateTime<Utc>,
    /// When it was last used, to the hour.
    pub used_at: Option<DateTime<Utc>>,
}

impl Token {
    /// Who asks by it at `now`; `None` where it opens no page.
    pub fn viewer(&self, now: DateTime<Utc>) -> Option<Viewer> {
        let opens = self.scope != Scope::Calendar && now < self.expires_at;
        opens.then(|| Viewer::of(&self.grant, self.scope == Scope::Read))
    }

    /// Whether the deadlines may be subscribed to by it at `now`.
    pub fn opens_calendar(&self, now: DateTime<Utc>) -> bool {
        self.scope == Scope::Calendar && now < self.expires_at
    }
}

/// Somebody who looks at the pages or asks the API, and what they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The name the history keeps.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The ids of the units of which they are that; administrators and plain viewers have none.
    pub units: Vec<String>,
    /// Whether they may only look, whatever they are.
    pub only_reads: bool,
}

/// What the local reader is called.
pub const LOCAL_READER: &str = "local reader";

impl Viewer {
    /// Whoever was given this.
    pub fn of(grant: &Grant, only_reads: bool) -> Self {
        let Grant { name, role, units } = grant.clone();
        Self { name, role, units, only_reads }
    }

    /// Whoever sits at the machine itself while nobody can sign in: titles and figures.
    pub fn local_reader() -> Self {
        Self {
            name: LOCAL_READER.to_owned(),
            role: Role::Viewer,
            units: Vec::new(),
            only_reads: true,
        }
    }

    fn belongs_to(&self, unit: Option<&str>) -> bool {
        let is_own = |unit: &str| self.units.iter().any(|own| own == unit);
        self.role == Role::Administrator || (self.role.is_of_unit() && unit.is_some_and(is_own))
    }

    /// Whether they may read the words about the cases of this unit: messages, reasons, and where
    /// the unit is reached. Titles and figures everybody may read. `None` is what no unit has.
    pub fn may_read_words(&self, unit: Option<&str>) -> bool {
        self.belongs_to(unit)
    }

    /// Whether they may do anything at all to the cases of this unit; what exactly, and whether the
    /// case allows it, is decided when they do.
    pub fn may_act(&self, unit: Option<&str>) -> bool {
        !self.only_reads && self.belongs_to(unit)
    }

    /// Whether they may see how jicui is set up and what it does.
    pub fn may_see_system(&self) -> bool {
        self.role == Role::Administrator
    }

    /// Whether they may change what concerns everybody: the calendar, messages, silences.
    pub fn may_administer(&self) -> bool {
        !self.only_reads && self.role == Role::Administrator
    }

    /// The same as somebody who acts on cases; `None` where they may only look.
    pub fn actor(&self) -> Option<Actor> {
        let authority = Authority::Viewer { role: self.role, units: self.units.clone() };
        (!self.only_reads).then(|| Actor { name: self.name.clone(), authority })
    }
}

/// How a request came, as far as it matters to the local reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The connection begins on this machine.
    pub from_here: bool,
    /// It asks for this machine by a name that means it from within.
    pub to_here: bool,
    /// Some program on the way says that it handed it on.
    pub forwarded: bool,
}

impl Arrival {
    /// Whether it was made by somebody at this machine, for all that can be known.
    pub fn is_local(self) -> bool {
        self.from_here && self.to_here && !self.forwarded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory::Unit;

    fn grant(role: Role, unit: Option<&str>) -> Grant {
        Grant::new("王小明".to_owned(), Some(role), unit.map(str::to_owned).into_iter().collect())
    }

    fn viewer(role: Role, unit: Option<&str>) -> Viewer {
        Viewer::of(&grant(role, unit), false)
    }

    /// Words, acts and administration, for the own unit, another unit, and no unit.
    #[track_caller]
    fn check(viewer: &Viewer, expected: [&str; 3]) {
        let of = |unit: Option<&str>| {
            let mut may = String::new();
            may.push_str(if viewer.may_read_words(unit) { "r" } else { "-" });
            may.push_str(if viewer.may_act(unit) { "a" } else { "-" });
            may.push_str(if viewer.may_administer() { "A" } else { "-" });
            may
        };
        let found = [of(Some("own")), of(Some("other")), of(None)];
        assert_eq!(found, expected.map(str::to_owned), "{viewer:?}");
    }

    #[test]
    fn a_unit_is_seen_by_its_own_people_and_the_administrators() {
        check(&viewer(Role::Administrator, None), ["raA", "raA", "raA"]);
        check(&viewer(Role::Supervisor, Some("own")), ["ra-", "---", "---"]);
        check(&viewer(Role::Officer, Some("own")), ["ra-", "---", "---"]);
        check(&viewer(Role::Officer, None), ["---", "---", "---"]);
        check(&viewer(Role::Viewer, None), ["---", "---", "---"]);
        check(&viewer(Role::Viewer, Some("own")), ["---", "---", "---"]);
        check(&Viewer::local_reader(), ["---", "---", "---"]);
    }

    #[test]
    fn who_only_reads_changes_nothing_whatever_they_are() {
        let reads = Viewer { only_reads: true, ..viewer(Role::Administrator, None) };
        check(&reads, ["r--", "r--", "r--"]);
        assert_eq!(reads.actor(), None);
        assert_eq!(Viewer::local_reader().actor(), None);
        assert!(viewer(Role::Viewer, None).actor().is_some(), "refused by what they are");
    }

    #[test]
    fn roles_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn a_role_within_a_unit_needs_one_that_is_there() {
        let unit = Unit { id: "own".to_owned(), ..Unit::default() };
        let directory = Directory { units: vec![unit], ..Directory::default() };
        let check = |name: &str, role, unit: Option<&str>| {
            Grant { name: name.to_owned(), ..grant(role, unit) }.check(&directory).is_ok()
        };
        assert!(check("王小明", Role::Officer, Some("own")));
        assert!(check("王小明", Role::Viewer, None));
        assert!(!check("王小明", Role::Officer, None));
        assert!(!check("王小明", Role::Supervisor, Some("other")));
        assert!(!check("王小明", Role::Administrator, Some("own")));
        for name in ["", " ", "王\n小明", "jicui", "platform", &"長".repeat(61)] {
            assert!(!check(name, Role::Viewer, None), "{name}");
        }
    }

    #[test]
    fn a_token_is_good_for_its_scope_and_its_time() {
        let now: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        let token = |scope| Token {
            grant: grant(Role::Administrator, None),
            scope,
            added_at: now,
            added_by: "王小明".to_owned(),
            expires_at: now + TimeDelta::hours(1),
            used_at: None,
        };
        assert!(!token(Scope::Read).viewer(now).unwrap().may_administer());
        assert!(token(Scope::Act).viewer(now).unwrap().may_administer());
        assert_eq!(token(Scope::Calendar).viewer(now), None);
        assert!(token(Scope::Calendar).opens_calendar(now));
        assert!(!token(Scope::Act).opens_calendar(now));
        let late = now + TimeDelta::hours(1);
        assert_eq!(token(Scope::Act).viewer(late), None);
        assert!(!token(Scope::Calendar).opens_calendar(late));
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.as_str()), Some(scope));
        }
    }

    #[test]
    fn a_session_ends_by_its_age_or_by_silence() {
        let begun_at: DateTime<Utc> = "2026-03-02T01:30:00Z".parse().unwrap();
        let ends_at = begun_at + TimeDelta::hours(10);
        let name = "王小明".to_owned();
        let session = Session { name, begun_at, seen_at: begun_at, ends_at };
        let idle = TimeDelta::hours(1);
        let seen = |seen_at| Session { seen_at, ..session.clone() };
        assert!(session.is_good(begun_at + TimeDelta::minutes(59), idle));
        assert!(!session.is_good(begun_at + TimeDelta::hours(1), idle));
        assert!(seen(ends_at).is_good(ends_at - TimeDelta::seconds(1), idle));
        assert!(!seen(ends_at).is_good(ends_at, idle));
    }

    #[test]
    fn a_password_that_could_be_guessed_is_refused() {
        let check = |password: &str| check_password("王小明王小明", password);
        assert_eq!(check("short"), Err(BadPassword::Short(12)));
        assert_eq!(check(&"x".repeat(201)), Err(BadPassword::Long(200)));
        assert_eq!(check("王小明王小明王小明王小明"), Err(BadPassword::Name));
        assert_eq!(check("公文 準時 回復 民眾 提問"), Ok(()));
    }

    #[test]
    fn only_what_is_local_in_every_respect_is_local() {
        let local = Arrival { from_here: true, to_here: true, forwarded: false };
        assert!(local.is_local());
        assert!(!Arrival { from_here: false, ..local }.is_local());
        assert!(!Arrival { to_here: false, ..local }.is_local());
        assert!(!Arrival { forwarded: true, ..local }.is_local());
    }
}
