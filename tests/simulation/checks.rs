//! The promises, checked after every step.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use jicui::app::cases::CaseFilter;
use jicui::clock::{today, wall};
use jicui::demo::platform::Misbehaviour;
use jicui::domain::case::{Case, CaseNumber, Origin};
use jicui::domain::directory::ChannelKind;
use jicui::domain::message::{MessageState, Occasion, OutboxMessage};
use jicui::notify::render::roc_date;

use crate::count::{LIMIT, time};
use crate::deeds::{seat, seat_of_unit, unit};
use crate::month::Month;

/// A message that a provider took.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    at: DateTime<Utc>,
    row: i64,
    case: Option<(CaseNumber, u32)>,
    recipient: String,
    /// It says where the case stands: a stage, or that the unit has the case now (改分).
    tells: bool,
}

/// What arrived, before it is known which row it is.
struct Arrived {
    key: Option<String>,
    case: Option<String>,
    shown: String,
}

macro_rules! promise {
    ($holds:expr, $($words:tt)+) => {
        if !$holds {
            return Err(format!($($words)+));
        }
    };
}

impl Month {
    /// Takes what arrived since the last time, and checks each message at the moment it arrived.
    pub(crate) async fn collect(&mut self) -> Result<(), String> {
        let slack = self.world.slack.since(self.read.0);
        let teams = self.world.teams.since(self.read.1);
        self.read = (self.read.0 + slack.len(), self.read.1 + teams.len());
        if slack.is_empty() && teams.is_empty() {
            return Ok(());
        }
        let rows = self.outbox(&MessageState::ALL).await;
        for posted in slack {
            let key = posted.key().unwrap_or_default().to_owned();
            promise!(self.keys.insert(key.clone()), "twice in Slack: {key}");
            let row = rows.iter().find(|row| row.message.key == key);
            promise!(row.is_some(), "sent without a row: {key}");
            let case = None;
            self.arrive(row.unwrap(), &Arrived { key: Some(key), case, shown: posted.text })
                .await?;
        }
        for card in teams {
            let arrived =
                Arrived { key: None, case: number_in(&card.shown()), shown: card.shown() };
            let row = row_of(&rows, &arrived, self.world.now());
            promise!(row.is_some(), "sent without a row: {}", arrived.shown);
            self.arrive(row.unwrap(), &arrived).await?;
        }
        Ok(())
    }

    async fn arrive(&mut self, row: &OutboxMessage, arrived: &Arrived) -> Result<(), String> {
        let (now, message) = (self.world.now(), &row.message);
        let marked = arrived.shown.contains("重送");
        let again = self.delivered.iter().any(|known| known.row == row.id);
        promise!(!again || marked, "a repeat that does not say so: {}", message.key);
        self.sums.messages += 1;
        self.sums.marked += u64::from(marked);
        let name = arrived.key.clone().unwrap_or_else(|| format!("{} (Teams)", message.key));
        self.note(&format!("arrived: {name}{}", if marked { " 重送" } else { "" }));
        let mut region = None;
        if let Some((number, round)) = &message.case {
            let case = self.world.app.store().case(number).await.unwrap().unwrap();
            // Whoever reads it does so where they sit: also the unit that has the case no longer.
            let reader = message.recipient.unit_id().and_then(seat_of_unit);
            region = reader.or_else(|| seat(&case.agency));
            if message.occasion == Occasion::Stage {
                self.check_stage(row, &case, &arrived.shown)?;
            }
            let speaks_of_deadline =
                matches!(message.occasion, Occasion::Stage | Occasion::DeadlineMoved);
            promise!(
                !speaks_of_deadline || (case.state.is_open() && case.round == *round),
                "after the answer: {}",
                message.key
            );
        }
        promise!(self.days.open_at(wall(now), region), "outside office hours: {}", message.key);
        self.delivered.push(Delivered {
            at: now,
            row: row.id,
            case: message.case.clone(),
            recipient: message.recipient.to_string(),
            tells: matches!(message.occasion, Occasion::Stage | Occasion::Reassigned),
        });
        Ok(())
    }

    /// It is the stage on which the case stands, and what it says is so.
    fn check_stage(&mut self, row: &OutboxMessage, case: &Case, shown: &str) -> Result<(), String> {
        let (now, region) = (wall(self.world.now()), seat(&case.agency));
        let (start, key) = (case.start.on, &row.message.key);
        let standing = self.days.fallen((start, region), now).pop();
        let label = standing.map(|(label, _)| label).unwrap_or_default();
        promise!(label == row.message.stage, "{key} was sent, but {label} is the stage");
        let due = self.days.after(start, LIMIT, region);
        let told = roc_date(due);
        let tells_day = shown.contains("期限 1");
        self.sums.due_days += u64::from(tells_day);
        promise!(
            !tells_day || shown.contains(&told),
            "{key} tells another day than {told}: {shown}"
        );
        if let Some(left) = number_before(shown, "尚餘 ") {
            let days = now.date().iter_days().skip(1).take_while(|day| *day <= due);
            let counted = days.filter(|day| self.days.counts(*day, region)).count();
            self.sums.days_left += 1;
            promise!(left == counted, "{key} says {left} days are left, not {counted}");
        }
        Ok(())
    }

    /// What must hold after every round of steps, a poll among them or not; `strictly` when nothing
    /// can be in the way.
    pub(crate) async fn check_all(&mut self, polled: bool, strictly: bool) -> Result<(), String> {
        let views = self.world.app.cases(&CaseFilter::default()).await.unwrap();
        for view in &views {
            let (case, due) = (&view.case, view.deadline.due_on);
            let counted = self.days.after(case.start.on, LIMIT, seat(&case.agency));
            promise!(due == counted, "{} is due on {counted}, not on {due}", case.number);
            self.check_start(case)?;
            if polled {
                self.check_history(&case.number).await?;
            }
        }
        if !self.heaven.is_fair() {
            return Ok(());
        }
        let states = [MessageState::Queued, MessageState::Sending, MessageState::Failed];
        let unsent = self.outbox(&states).await;
        for view in views.iter().filter(|view| view.case.state.is_open()) {
            self.check_told(&view.case, &unsent, strictly)?;
        }
        Ok(())
    }

    fn check_start(&self, case: &Case) -> Result<(), String> {
        let Some(asked) = self.asked.iter().find(|asked| asked.number == case.number) else {
            return Err(format!("{} was never asked", case.number));
        };
        let (created, on) = (asked.created.date(), case.start.on);
        let right = match case.start.origin {
            Origin::Posted => on == created,
            _ => !asked.is_comment && created <= on && on <= today(self.world.now()),
        };
        promise!(right, "{} begins on {on}, though it was posted on {created}", case.number);
        Ok(())
    }

    async fn check_history(&mut self, number: &CaseNumber) -> Result<(), String> {
        let history = self.world.app.store().history(number).await.unwrap();
        let known = self.history.entry(number.clone()).or_default();
        promise!(history.starts_with(known), "the history of {number} was rewritten");
        *known = history;
        Ok(())
    }

    /// The unit has heard of the stage on which its case stands, since that stage fell.
    fn check_told(
        &mut self,
        case: &Case,
        unsent: &[OutboxMessage],
        strictly: bool,
    ) -> Result<(), String> {
        let (now, region) = (wall(self.world.now()), seat(&case.agency));
        let fallen = |at| self.days.fallen((case.start.on, region), at).pop();
        let Some((label, falls_at)) = fallen(now) else { return Ok(()) };
        let tonight = fallen(now.date().and_time(time(17, 30)));
        let later = label != "assigned"
            && falls_at.date() < now.date()
            && tonight.is_some_and(|(_, at)| at > now);
        let recipient = format!("unit:{}", unit(&case.agency).unwrap_or_default());
        let mut of_case = unsent.iter().filter(|row| {
            let about = row.message.case.as_ref();
            about.is_some_and(|(number, round)| *number == case.number && *round == case.round)
        });
        let failed_lately = |row: &OutboxMessage| {
            let ended = row.ended_at.map_or(NaiveDateTime::MIN, wall);
            row.state == MessageState::Failed && now - ended <= TimeDelta::minutes(61)
        };
        let excused = of_case.any(|row| is_waiting(row) || (!strictly && failed_lately(row)));
        if later || excused || !self.days.open_at(now, region) {
            return Ok(());
        }
        let told = self.delivered.iter().any(|known| {
            let about = known.case.as_ref();
            known.tells
                && known.recipient == recipient
                && wall(known.at) >= falls_at
                && about
                    .is_some_and(|(number, round)| (number, *round) == (&case.number, case.round))
        });
        promise!(
            told,
            "{} stands on {label} since {falls_at}, and nobody told {recipient}",
            case.number
        );
        self.sums.told_checks += 1;
        Ok(())
    }

    /// A poll that failed changed nothing; one that did not brought the whole truth.
    pub(crate) async fn check_poll(
        &self,
        before: &[Case],
        misbehaviour: Option<&Misbehaviour>,
        clean: bool,
    ) -> Result<(), String> {
        let after = self.world.app.store().all_cases().await.unwrap();
        match misbehaviour {
            Some(Misbehaviour::FiltersIgnored) => {
                let vanished =
                    |cases: &[Case]| cases.iter().filter(|case| case.vanished_at.is_some()).count();
                promise!(vanished(before) == vanished(&after), "a case vanished in a broken list");
            }
            Some(how) => {
                promise!(before == after, "a case changed though the platform was {how:?}");
            }
            None if clean => {
                for asked in self.asked.iter().filter(|a| a.agency.is_some() && !a.gone) {
                    let Some(case) = after.iter().find(|case| case.number == asked.number) else {
                        return Err(format!("{} was asked and is not known", asked.number));
                    };
                    let open = case.state.is_open();
                    promise!(open != asked.answered, "{} is {:?}", asked.number, case.state);
                }
            }
            None => {}
        }
        Ok(())
    }

    /// The month is over, and all has been well for two days.
    pub(crate) async fn check_end(&mut self) -> Result<(), String> {
        let rows = self.outbox(&MessageState::ALL).await;
        let mut arrived = BTreeMap::<i64, usize>::new();
        for known in &self.delivered {
            *arrived.entry(known.row).or_default() += 1;
        }
        for row in &rows {
            let (key, times) = (&row.message.key, arrived.get(&row.id).copied().unwrap_or(0));
            let posts = !row.message.occasion.is_edit();
            let may_have = row.reason.as_ref().is_some_and(|why| why.contains("may have arrived"));
            match row.state {
                MessageState::Sent => promise!(times > 0 || !posts, "{key} is sent, not arrived"),
                MessageState::Overtaken => {
                    promise!(times == 0 || may_have, "{key} is overtaken and arrived");
                }
                // Refused in the end; an earlier attempt may have broken off after it arrived.
                MessageState::Failed => {}
                MessageState::Queued | MessageState::Sending => {
                    return Err(format!("{key} still waits"));
                }
            }
            self.sums.overtaken += u64::from(row.state == MessageState::Overtaken);
        }
        let none_is_left = self.asked.iter().all(|asked| asked.is_comment || asked.gone);
        for alarm in self.world.app.store().active_alarms().await.unwrap() {
            // Every request there was is deleted: nobody but a person can tell that from a list
            // that fails to come, so it stays said.
            let is_right = none_is_left && alarm.detail.ends_with("are open and none is listed");
            let is_over = !alarm.code.starts_with("platform") || is_right;
            promise!(is_over, "{} is not over: {}", alarm.code, alarm.detail);
        }
        Ok(())
    }

    /// Every row that is in one of these states.
    async fn outbox(&self, states: &[MessageState]) -> Vec<OutboxMessage> {
        self.world.app.store().outbox(states.to_vec(), u32::MAX).await.unwrap()
    }
}

fn is_waiting(row: &OutboxMessage) -> bool {
    matches!(row.state, MessageState::Queued | MessageState::Sending)
}

/// By what a card is told from a reminder of the same case at the same moment.
const SAID: [(&str, Occasion); 3] = [
    ("已回復", Occasion::Answered),
    ("改分承辦", Occasion::Reassigned),
    ("已改分", Occasion::GivenAway),
];

/// A card carries no key: of the rows about the same case there, it is the one tried at this very
/// moment, or else the one of unknown outcome, or else the newest.
fn row_of<'r>(
    rows: &'r [OutboxMessage],
    arrived: &Arrived,
    now: DateTime<Utc>,
) -> Option<&'r OutboxMessage> {
    let says = SAID.iter().find(|(words, _)| arrived.shown.contains(words));
    let fits = |row: &&OutboxMessage| {
        let message = &row.message;
        let number = message.case.as_ref().map(|(number, _)| number.to_string());
        message.channel.kind == ChannelKind::Teams
            && number == arrived.case
            && SAID.iter().find(|(_, occasion)| *occasion == message.occasion) == says
    };
    let likely = |row: &&OutboxMessage| {
        let tried_now = row.last_attempt_at == Some(now) || row.sent_at == Some(now);
        (tried_now, row.state == MessageState::Sending, row.id)
    };
    rows.iter().filter(fits).max_by_key(likely)
}

fn number_in(shown: &str) -> Option<String> {
    let at = shown.find("C-").or_else(|| shown.find("S-"))?;
    let digits = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    Some(shown[at..].chars().take_while(digits).collect())
}

fn number_before(shown: &str, words: &str) -> Option<usize> {
    let digits = shown.split(words).nth(1)?;
    digits.chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}
