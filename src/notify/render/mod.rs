//! The words people read: here and nowhere else. `zh.rs` and `en.rs` hold the sentences.
//!
//! Pure: what is due in, what is said out. One glance must tell which case, how many workdays are
//! left, by when, what to do and where; the subject first, no jargon, no blame.

mod alarms;
mod alarms_en;
pub mod door;
mod duties;
mod en;
mod in_place;
mod list;
mod people;
mod report;
mod words;
mod zh;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::text::cut;
use super::{CalendarEntry, Message, Tone};
use crate::domain::calendar::{Closure, CountedDay};
use crate::domain::case::{Case, Origin};
use crate::domain::deadline::Deadline;
use crate::domain::directory::{ChannelAddress, ChannelKind, Directory, Language, Person, Unit};
use crate::domain::escalation::{Audience, Moment, Stage, is_pressing};
use crate::domain::handling::ExtensionState;
use crate::domain::kind::Kind;
use crate::domain::offer::Offer;
use crate::domain::reminder::{Recipient, ToldDay};
pub use alarms::{alarm, alarm_over, alarm_words};
pub use duties::kind_name;
pub use in_place::{as_it_stands, with_deeds};
pub use list::{Gathered, burst, daily, listed, monthly, weekly};
pub use report::{Files, report};
pub use words::News;
use words::{Because, Label, Matter, Said, Standing, Words, whoever_is_next};

/// The small print of every message of the administrators.
const FOOTER: &str = "本訊息由稽催系統自動發送。";

/// A title longer than this is cut in the line, so that its end, the due day, stands in a mail's subject too.
const TITLE_CHARS: usize = 50;

/// The name under which mail is sent.
pub(in crate::notify) const MAIL_SENDER: &str = "稽催系統";

/// What the administrators are called in a message to them.
pub const ADMINISTRATORS: &str = "資訊處";

/// What the history of a case says of a message that a person had tried again.
pub fn message_retried(id: i64) -> String {
    format!("重新發送訊息 {id}")
}

/// What it says of one that a person took back.
pub fn message_cancelled(id: i64) -> String {
    format!("取消訊息 {id}")
}

/// Stands before a message that may have arrived already.
pub(in crate::notify) fn repeated(language: Language) -> &'static str {
    match language {
        Language::Chinese => "【重送】",
        Language::English => "[Sent again] ",
    }
}

/// Parts a label from its value in a line.
pub fn colon(language: Language) -> &'static str {
    match language {
        Language::Chinese => "：",
        Language::English => ": ",
    }
}

/// What a message about a case is made from.
#[derive(Clone, Debug)]
pub struct Brief<'a> {
    /// The case.
    pub case: &'a Case,
    /// What the config says of a duty; `None` for a citizen's question.
    pub duty: Option<&'a Kind>,
    /// Its deadline.
    pub deadline: Deadline,
    /// Its unit; `None` where the administrators have it.
    pub unit: Option<&'a Unit>,
    /// Workdays left today; negative when overdue.
    pub workdays_left: i64,
    /// Workdays gone today.
    pub workdays_gone: i64,
    /// The wall clock in Taipei: who is away today, and who is not to be disturbed.
    pub now: NaiveDateTime,
    /// The reader's language.
    pub language: Language,
}

impl<'a> Brief<'a> {
    /// The same for this reader: a unit reads its own language, though the case be another's by now, and the
    /// administrators read Chinese.
    #[must_use]
    pub fn read_by(self, recipient: &Recipient, directory: &Directory) -> Self {
        let unit = recipient.unit_id().and_then(|id| directory.unit(id));
        let language = match recipient {
            Recipient::Administrators => Language::Chinese,
            Recipient::Unit(_) | Recipient::Supervisor(_) => {
                unit.map_or(self.language, |unit| unit.language)
            }
        };
        Self { language, ..self }
    }

    /// Whether so little time is left that nobody is spared a mention, and no unit a message.
    fn is_pressing(&self) -> bool {
        is_pressing(self.workdays_left)
    }

    fn words(&self) -> &'static dyn Words {
        words::of(self.language)
    }

    /// What the unit is asked to do.
    fn action(&self) -> &'a str {
        let answer = self.words().answer(self.case.is_on_platform());
        self.duty.map_or(answer, |duty| &duty.action)
    }

    /// The due day, marked where it is only the earliest it can be.
    fn due(&self) -> String {
        let date = self.words().date(self.deadline.due_on);
        if self.deadline.provisional { self.words().provisional(&date) } else { date }
    }

    fn matter(&self) -> Matter<'a> {
        Matter {
            due: self.due(),
            left: self.workdays_left,
            workdays: self.deadline.workdays,
            action: self.action(),
            task: self.task(),
        }
    }
}

/// A day as `language` writes it.
pub fn date(language: Language, day: NaiveDate) -> String {
    words::of(language).date(day)
}

/// `115/03/11（三）`.
pub fn roc_date(date: NaiveDate) -> String {
    zh::Chinese.date(date)
}

/// How the start day is known, in words.
pub fn origin_name(origin: Origin) -> &'static str {
    zh::Chinese.origin(origin)
}

/// A reminder at a stage of the ladder, for one recipient.
pub fn reminder(brief: &Brief<'_>, stage: &Stage, recipient: &Recipient) -> Message {
    let (standing, tone) = standing(brief, stage, recipient);
    let said = brief.words().standing(&standing, &brief.matter());
    let mut message = about_case(brief, said);
    message.text.push_str(&people::absences(brief, stage, recipient));
    message.tone = tone;
    message.mentions = people::mentions(brief, stage, recipient);
    message
}

/// What a subscription to deadlines is called: all, or those of some units.
pub fn calendar_name(units: &[&str]) -> String {
    let of = if units.is_empty() { String::new() } else { format!("（{}）", units.join("、")) };
    format!("稽催辦理期限{of}")
}

/// The deadline for the reader's calendar; `cancelled` takes it away again.
pub fn entry(brief: &Brief<'_>, cancelled: bool) -> CalendarEntry {
    let case = brief.case;
    CalendarEntry {
        name: format!("{}-{}", case.number, case.round),
        due_on: brief.deadline.due_on,
        summary: brief.words().entry(&case.number, &case.title, brief.task()),
        cancelled,
        url: duties::link(brief).map(|link| link.url),
    }
}

/// Where a case stands in words, and how serious that is.
fn standing<'a>(brief: &Brief<'a>, stage: &Stage, recipient: &Recipient) -> (Standing<'a>, Tone) {
    let left = brief.workdays_left;
    let Some(unit) = brief.unit else {
        return (Standing::Nobodys, if left > 0 { Tone::Warning } else { Tone::Alert });
    };
    if left < 0 {
        // Whom neither a channel nor a call reaches was not told.
        let is_reached = |person: &&Person| {
            let called = |channel: &ChannelAddress| match channel.kind {
                ChannelKind::Slack => {
                    stage.mentions && (person.slack.is_some() || person.slack_mail().is_some())
                }
                ChannelKind::SlackWebhook => stage.mentions && person.slack.is_some(),
                ChannelKind::Teams => stage.mentions && person.teams.is_some(),
                // In a mail a name calls nobody; a mailbox of one's own is among the supervisor's channels.
                ChannelKind::Mail => false,
                ChannelKind::Print => true,
            };
            !unit.supervisor_channels.is_empty() || unit.channels.first().is_some_and(called)
        };
        let supervisor = unit.supervisor.as_ref().filter(is_reached);
        let supervisor = supervisor.map(|person| person.name.as_str());
        let copied = stage.reaches.contains(&Audience::Supervisor)
            && matches!(recipient, Recipient::Unit(_) | Recipient::Administrators);
        (Standing::Overdue(supervisor.filter(|_| copied)), Tone::Alert)
    } else if stage.moment == Moment::Assigned && brief.case.round > 1 {
        (Standing::AskedAgain, Tone::Warning)
    } else if stage.moment == Moment::Assigned {
        (duties::assigned(brief), Tone::Neutral)
    } else if left == 0 {
        (Standing::DueToday, Tone::Alert)
    } else if matches!(stage.moment, Moment::Before(_)) {
        (Standing::DueSoon, Tone::Warning)
    } else {
        (Standing::UnderWay, Tone::Neutral)
    }
}

/// 期限變更: to whoever was told another due day; `account` tells why.
pub fn deadline_moved(brief: &Brief<'_>, told: ToldDay, account: &[CountedDay]) -> Message {
    let words = brief.words();
    let said = words.moved(&words.date(told.due_on), &brief.matter());
    let reason = words.moved_by(&because(brief, told, account));
    let mut message = about_case(brief, said);
    message.facts.push(moved_fact(brief, told.due_on));
    message.facts.push((words.label(Label::Reason).to_owned(), reason));
    message.tone = Tone::Neutral;
    message.entries = vec![entry(brief, false)];
    message
}

/// What moved a due day since it was told.
fn because<'a>(brief: &Brief<'_>, told: ToldDay, account: &'a [CountedDay]) -> Because<'a> {
    let handling = &brief.case.handling;
    let is_new = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at > told.at);
    let confirmed = handling.extensions.iter().filter(|e| e.state == ExtensionState::Confirmed);
    let extension = confirmed.filter(|e| is_new(e.decided_at)).map(|e| e.workdays).sum();
    let ended = handling.holds.iter().filter(|hold| is_new(hold.end.as_ref().map(|end| end.at)));
    let held_after = ended.map(|hold| hold.from).min();
    let count = |which: &dyn Fn(&CountedDay) -> bool| {
        i64::try_from(account.iter().filter(|counted| which(counted)).count()).unwrap_or(i64::MAX)
    };
    let is_after = |counted: &CountedDay| counted.day.date > told.due_on;
    let held = count(&|day| day.held && held_after.is_some_and(|from| day.day.date > from));
    // What is left of the workdays by which it moved, days did that are closed by now and were not then.
    let by_closures = count(&|day| is_after(day) && day.day.workday) > i64::from(extension) + held;
    let shut = account.iter().filter(|counted| !counted.day.workday);
    let closures = shut.filter(|counted| by_closures || is_after(counted));
    let closures = closures.filter_map(|counted| counted.day.closure.as_ref());
    let named = |closure: &'a Closure| (brief.words().date(closure.date), closure.reason.as_str());
    Because {
        is_earlier: brief.deadline.due_on < told.due_on,
        closures: closures.map(named).collect(),
        extension,
        held,
    }
}

/// The line that says that the due day is no longer the one that was told.
pub fn moved_fact(brief: &Brief<'_>, told: NaiveDate) -> (String, String) {
    let words = brief.words();
    let (before, after) = (words.date(told), words.date(brief.deadline.due_on));
    (words.label(Label::Moved).to_owned(), words.moved_fact(&before, &after))
}

/// What people did to a case, and what became of its answer.
pub fn news(brief: &Brief<'_>, news: &News<'_>) -> Message {
    let news = &match *news {
        News::GivenAway { to: "" } => News::GivenAway { to: whoever_is_next(brief.language) },
        news => news,
    };
    let mut message = about_case(brief, brief.words().news(news, &brief.matter()));
    message.tone = match news {
        News::ExtensionAsked { .. } | News::NotShown { .. } => Tone::Warning,
        News::FollowUp => Tone::Good,
        News::Reassigned { .. } | News::ExtensionRefused { .. } if brief.workdays_left < 0 => {
            Tone::Alert
        }
        _ => Tone::Neutral,
    };
    let supervisor = brief.unit.map(|unit| unit.supervisor_on(brief.now.date()));
    if let (News::ExtensionAsked { .. }, Some(duty)) = (news, supervisor) {
        let there = duty.there.iter().map(|on| on.person);
        let awake = there.filter(|p| brief.is_pressing() || !p.is_quiet_at(brief.now.time()));
        message.mentions = awake.cloned().collect();
    }
    let words = door::words(brief.language);
    match *news {
        News::ExtensionAsked { by, workdays, reason } => {
            let [.., label] = words.facts();
            message.facts.push((label.to_owned(), words.asked(workdays, by, reason)));
        }
        News::ExtensionRefused { reason, .. }
        | News::Reassigned { reason }
        | News::Withdrawn { reason }
            if !reason.is_empty() =>
        {
            message.facts.push((words.reason(Offer::Extend).label.to_owned(), reason.to_owned()));
        }
        _ => {}
    }
    let gone = matches!(news, News::GivenAway { .. } | News::Withdrawn { .. });
    if gone {
        duties::only_look(brief, &mut message);
    }
    if gone || matches!(news, News::Reassigned { .. }) {
        message.entries = vec![entry(brief, gone)];
    }
    message
}

/// Thanks, with the days saved; `None` where the answer came on a day off right after the due day.
pub fn answered(brief: &Brief<'_>, workdays_taken: i64, days_early: Option<i64>) -> Message {
    let said = brief.words().answered(workdays_taken, days_early, brief.task());
    let mut message = about_case(brief, said);
    message.entries = vec![entry(brief, true)];
    message.tone = Tone::Good;
    message
}

/// A test message, marked as one.
pub fn test(unit_name: &str, language: Language) -> Message {
    let words = words::of(language);
    let said = words.test(unit_name);
    Message {
        text: format!("{}{}", said.label, said.sentence),
        headline: said.headline,
        facts: vec![(words.label(Label::Unit).to_owned(), unit_name.to_owned())],
        request: said.request,
        footer: words.footer().to_owned(),
        language,
        ..Message::default()
    }
}

/// What every message about a case shows.
fn about_case(brief: &Brief<'_>, said: Said) -> Message {
    let (case, words) = (brief.case, brief.words());
    let fact = |label, value| (words.label(label).to_owned(), value);
    let unit = brief.unit.map_or_else(|| case.agency.clone(), |unit| unit.name.clone());
    let mut facts = vec![
        fact(Label::CaseNumber, words.number(&case.number, brief.kind_name())),
        fact(duties::due_label(brief), words.by_end_of(&brief.due())),
        fact(Label::Unit, unit),
    ];
    facts.extend(people::officers(brief).map(|names| fact(Label::Officer, names)));
    if let Some(dataset) = &case.dataset {
        facts.push(fact(Label::Dataset, dataset.title.clone()));
    }
    facts.extend(duties::progress(brief).map(|words| fact(Label::Progress, words)));
    facts.extend(duties::missing(brief).map(|names| fact(Label::Missing, names)));
    let line = words.case(&case.number, &cut(&case.title, TITLE_CHARS));
    Message {
        text: format!("{}{line}{}", said.label, said.sentence),
        headline: said.headline,
        title: Some(case.title.clone()),
        facts,
        request: said.request,
        link: duties::link(brief),
        footer: count_line(brief),
        language: brief.language,
        ..Message::default()
    }
}

fn count_line(brief: &Brief<'_>) -> String {
    let (start, words) = (brief.deadline.start, brief.words());
    let (day, origin) = (words.date(start.on), words.origin(start.origin));
    let count = words.count(&day, origin, brief.workdays_gone, brief.deadline.workdays);
    format!("{count}{}", words.footer())
}
