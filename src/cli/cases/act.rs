//! `jicui cases acknowledge | reply | extend | hold | resume | reassign | withdraw | note | …`.

use chrono::{NaiveDate, NaiveDateTime};
use clap::{Args, Subcommand};

use super::super::{By, Failure, Setup, date_argument, moment_argument, number_argument, out};
use crate::clock::instant;
use crate::documents::case::Case;
use crate::domain::act::{Act, Actor, Outcome};
use crate::domain::case::CaseNumber;
use crate::notify::render::roc_date;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// It is in hand: the early stages fall silent
    Acknowledge(Plain),
    /// It is answered: the stages stop, and the platform must show the reply in time
    Reply {
        #[command(flatten)]
        plain: Plain,
        /// When, in Taipei, if not now
        #[arg(long, value_name = "YYYY-MM-DD HH:MM", value_parser = moment_argument)]
        at: Option<NaiveDateTime>,
    },
    /// More time (展延), once in a round; or a decision on what an officer asked for
    Extend(Extend),
    /// Stop the clock from the next workday on (暫停計時): the citizen is asked
    Hold(Because),
    /// Let the clock go on; or open again what was withdrawn or reported as answered by mistake
    Resume(Plain),
    /// Give it to another unit (改分)
    Reassign {
        #[command(flatten)]
        because: Because,
        /// The id of the unit
        #[arg(long, visible_alias = "to", value_name = "U")]
        unit: String,
    },
    /// It owes no answer any more
    Withdraw(Because),
    /// An item of its checklist is done; the case is, once all are
    Tick {
        #[command(flatten)]
        plain: Plain,
        /// The item's short name, or its whole name
        item: String,
        /// The day it was done [default: today]
        #[arg(long, value_name = "DATE", value_parser = date_argument)]
        on: Option<NaiveDate>,
        /// The number of the document that proves it (文號)
        #[arg(long, value_name = "NO", default_value = "")]
        document: String,
    },
    /// An item was ticked by mistake
    Untick {
        #[command(flatten)]
        because: Because,
        /// The item's short name, or its whole name
        item: String,
    },
    /// A remark for its history; of a resolution, how it goes
    Note {
        #[command(flatten)]
        which: Which,
        /// What to remember
        #[arg(required_unless_present = "reason")]
        text: Option<String>,
        /// The same as TEXT
        #[arg(long, conflicts_with = "text")]
        reason: Option<String>,
    },
    /// Correct the day on which its clock started; the history keeps both
    Start {
        #[command(flatten)]
        because: Because,
        /// Day zero
        #[arg(long, value_name = "DATE", value_parser = date_argument)]
        on: NaiveDate,
    },
    /// What became of the question after its answer (延伸精進)
    FollowUp {
        #[command(flatten)]
        which: Which,
        /// One of adjusted, added, planned, `not_needed`
        #[arg(long, value_parser = outcome_argument)]
        outcome: Outcome,
        /// Which dataset, by when, or why it is not needed
        #[arg(long, default_value = "")]
        reason: String,
    },
}

/// A case, and who acts.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// The case number: C-558380
    #[arg(value_parser = number_argument)]
    number: CaseNumber,
    #[command(flatten)]
    by: By,
}

/// The same, and why, if anything need be said.
#[derive(Debug, Args)]
pub(super) struct Plain {
    #[command(flatten)]
    which: Which,
    /// A remark for its history
    #[arg(long, default_value = "")]
    reason: String,
}

/// The same, and why.
#[derive(Debug, Args)]
pub(super) struct Because {
    #[command(flatten)]
    which: Which,
    /// Why
    #[arg(long)]
    reason: String,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["workdays", "confirm", "refuse"]))]
pub(super) struct Extend {
    #[command(flatten)]
    which: Which,
    /// How many workdays
    #[arg(long, visible_alias = "days", value_name = "N", requires = "reason",
        value_parser = clap::value_parser!(u32).range(1..=250))]
    workdays: Option<u32>,
    /// Only ask: a supervisor confirms or refuses it
    #[arg(long, requires = "workdays")]
    ask: bool,
    /// Grant what was asked for
    #[arg(long)]
    confirm: bool,
    /// Do not grant it
    #[arg(long, requires = "reason")]
    refuse: bool,
    /// Why
    #[arg(long)]
    reason: Option<String>,
}

fn outcome_argument(text: &str) -> Result<Outcome, String> {
    let words = Outcome::ALL.map(Outcome::as_str).join(", ");
    Outcome::parse(text).ok_or_else(|| format!("`{text}`: write one of {words}"))
}

/// What a command asks for.
struct Bidding {
    which: Which,
    act: Act,
    /// What is said to an act that needs no reason.
    remark: String,
    /// A supervisor shall decide.
    ask: bool,
}

impl Bidding {
    fn of(which: Which, act: Act) -> Self {
        Self { which, act, remark: String::new(), ask: false }
    }
}

impl Plain {
    fn bid(self, act: Act) -> Bidding {
        Bidding { remark: self.reason, ..Bidding::of(self.which, act) }
    }
}

impl Because {
    fn bid(self, act: impl FnOnce(String) -> Act) -> Bidding {
        Bidding::of(self.which, act(self.reason))
    }
}

impl Command {
    fn bid(self) -> Bidding {
        match self {
            Self::Acknowledge(plain) => plain.bid(Act::Acknowledge),
            Self::Reply { plain, at } => plain.bid(Act::Reply { at: at.map(instant) }),
            Self::Extend(extend) => extend.bid(),
            Self::Hold(because) => because.bid(|reason| Act::Hold { reason }),
            Self::Resume(plain) => plain.bid(Act::Resume),
            Self::Reassign { because, unit } => {
                because.bid(|reason| Act::Reassign { unit, reason })
            }
            Self::Withdraw(because) => because.bid(|reason| Act::Withdraw { reason }),
            Self::Note { which, text, reason } => {
                Bidding::of(which, Act::Note { text: text.or(reason).unwrap_or_default() })
            }
            Self::Tick { plain, item, on, document } => plain.bid(Act::Tick { item, on, document }),
            Self::Untick { because, item } => because.bid(|reason| Act::Untick { item, reason }),
            Self::Start { because, on } => because.bid(|reason| Act::CorrectStart { on, reason }),
            Self::FollowUp { which, outcome, reason } => {
                Bidding::of(which, Act::FollowUp { outcome, reason })
            }
        }
    }
}

impl Extend {
    fn bid(self) -> Bidding {
        let (ask, reason) = (self.ask, self.reason.unwrap_or_default());
        match self.workdays {
            Some(workdays) => {
                Bidding { ask, ..Bidding::of(self.which, Act::Extend { workdays, reason }) }
            }
            None if self.confirm => {
                Bidding { remark: reason, ..Bidding::of(self.which, Act::ConfirmExtension) }
            }
            None => Bidding::of(self.which, Act::RefuseExtension { reason }),
        }
    }
}

/// Acts. A running daemon says what is to be said within the half minute.
pub(super) async fn run(setup: &Setup, command: Command) -> Result<(), Failure> {
    let Bidding { which: Which { number, by }, act, remark, ask } = command.bid();
    let by = by.name();
    let actor = if ask { Actor::on_behalf(&by) } else { Actor::at_console(&by) };
    let app = setup.open()?;
    let acted = app.act_with_remark(&number, act, &actor, remark).await?;
    let Some(file) = app.case_file(&number).await? else { return Ok(()) };
    if setup.json {
        return Ok(out::print_json(&Case::from(&file.view))?);
    }
    for entry in &acted.entries {
        let moved = match (entry.account.before.as_str(), entry.account.after.as_str()) {
            ("", "") => String::new(),
            ("", after) => format!(": {after}"),
            (before, "") => format!(": {before}"),
            (before, after) => format!(": {before} → {after}"),
        };
        out::complain(&format!("{number} {}{moved}", entry.event.replace('_', " ")));
    }
    for line in file.checklist.iter().filter(|line| line.tick.is_none()) {
        out::complain(&format!("{number} still lacks {} ({})", line.word, line.name));
    }
    if let Some(left) = file.view.workdays_left {
        let due = roc_date(file.view.deadline.due_on);
        out::complain(&format!("due {due}, {}", out::workdays_left(left)));
    }
    Ok(())
}
