//! Who may read and do what in the pages and through the API: pure.
//!
//! What a person may do to a *case* is still decided by [`act::may`](super::act::may); here stands what
//! a viewer is to the unit that has it.

use super::act::{Actor, Authority};

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

/// Somebody who looks at the pages or asks the API, and what they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The name the history keeps.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// The id of the unit of which they are that; administrators and plain viewers have none.
    pub unit: Option<String>,
    /// Whether they may only look, whatever they are.
    pub only_reads: bool,
}

/// What the local reader is called.
pub const LOCAL_READER: &str = "local reader";

impl Viewer {
    /// Whoever sits at the machine itself while nobody can sign in: titles and figures.
    pub fn local_reader() -> Self {
        Self { name: LOCAL_READER.to_owned(), role: Role::Viewer, unit: None, only_reads: true }
    }

    fn belongs_to(&self, unit: Option<&str>) -> bool {
        self.role == Role::Administrator
            || (self.role.is_of_unit() && unit.is_some() && self.unit.as_deref() == unit)
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

    /// Whether they may change what concerns everybody: the calendar, messages, silences.
    pub fn may_administer(&self) -> bool {
        !self.only_reads && self.role == Role::Administrator
    }

    /// The same as somebody who acts on cases; `None` where they may only look.
    pub fn actor(&self) -> Option<Actor> {
        let authority = Authority::Viewer { role: self.role, unit: self.unit.clone() };
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

    fn viewer(role: Role, unit: Option<&str>) -> Viewer {
        Viewer {
            name: "王小明".to_owned(), role, unit: unit.map(str::to_owned), only_reads: false
        }
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
    fn only_what_is_local_in_every_respect_is_local() {
        let local = Arrival { from_here: true, to_here: true, forwarded: false };
        assert!(local.is_local());
        assert!(!Arrival { from_here: false, ..local }.is_local());
        assert!(!Arrival { to_here: false, ..local }.is_local());
        assert!(!Arrival { forwarded: true, ..local }.is_local());
    }
}
