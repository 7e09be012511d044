//! Clicks in Slack. Each is written down before Slack is told that it was heard, and worked off
//! after: a crash or a lost connection loses none, and a click that is told of twice acts once.

use anyhow::Context;
use serde_json::Value;
use tracing::{info, warn};

use super::acts::ActError;
use super::doors::faults;
use super::{App, Live, alarms};
use crate::clock::today;
use crate::domain::act::{Act, Actor};
use crate::domain::case::Case;
use crate::domain::directory::{ChannelAddress, ChannelKind, Language, Person};
use crate::domain::offer::Field;
use crate::domain::reminder::{Recipient, Rules};
use crate::notify::door::{self, Plain};
use crate::notify::slack::SlackBot;
use crate::notify::slack::click::{Click, Interaction};
use crate::notify::slack::modal::{self, Asked};
use crate::notify::{NotifyError, Receipt, render};
use crate::store::HeardClick;

/// What hearing clicks is called in alarms.
pub const CLICKS: &str = "slack (Socket Mode)";

/// A connection that cannot be had so often is an outage: some two minutes.
const LOST_AFTER: usize = 6;

/// What is to be done about an interaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing.
    Nothing,
    /// It is written down, and can be worked off.
    Kept,
    /// The modal stays open: this is the answer to Slack.
    Incomplete(Value),
    /// A modal is to be opened before the person, at once: [`App::ask_by_modal`].
    Ask {
        /// What was clicked.
        click: Click,
        /// By which it can be opened.
        trigger: String,
    },
}

impl App {
    /// Takes what somebody did. When this returns well, Slack may be told so.
    pub async fn take_click(&self, interaction: Interaction) -> anyhow::Result<Taken> {
        let click = match interaction {
            Interaction::Other => return Ok(Taken::Nothing),
            Interaction::Pressed { click, trigger } if !click.offer.form().is_empty() => {
                return Ok(Taken::Ask { click, trigger });
            }
            Interaction::Pressed { click, .. } => click,
            Interaction::Sent(click) => {
                let faults = self.faults_of(&click).await?;
                if !faults.is_empty() {
                    return Ok(Taken::Incomplete(modal::faults(&faults)));
                }
                click
            }
        };
        let heard = HeardClick {
            id: click.id,
            heard_at: self.now(),
            user: click.user,
            offer: click.offer,
            case: (click.case, click.round),
            message: (click.message.channel, click.message.ts),
            answers: click.answers,
        };
        self.store.hear(heard).await.context("keeping a click")?;
        Ok(Taken::Kept)
    }

    /// What is not filled in as it must be, by the modal's fields.
    async fn faults_of(&self, click: &Click) -> anyhow::Result<Vec<(Field, String)>> {
        let live = self.live();
        let rules = &live.config.rules;
        let case = self.store.case(&click.case).await.context("loading a case")?;
        let language = case.map(|case| language(rules, &case)).unwrap_or_default();
        Ok(faults(rules, (click.offer, &click.answers), language))
    }

    /// Opens the modal that `click` needs, if the person may act at all.
    pub async fn ask_by_modal(&self, click: &Click, trigger: &str) -> anyhow::Result<()> {
        let live = self.live();
        let Some(slack) = live.channels.clicks() else { return Ok(()) };
        let Some(case) = self.store.case(&click.case).await.context("loading a case")? else {
            return Ok(());
        };
        let language = language(&live.config.rules, &case);
        let actor = self.actor_of(&live, slack, (&case, &click.user)).await;
        let refusal = match (actor, case.round == click.round) {
            (Ok(Some(_)), true) => None,
            (Ok(Some(_)), false) => Some(say(language, Plain::EarlierRound)),
            (Ok(None), _) => Some(say(language, Plain::Stranger)),
            (Err(error), _) => {
                warn!(%error, "who clicked could not be looked up");
                Some(say(language, Plain::Broken))
            }
        };
        if let Some(words) = refusal {
            whisper(slack, (&click.user, &click.message), &words).await;
            return Ok(());
        }
        let directory = &live.config.rules.directory;
        let own = live.config.rules.unit(&case).map(|unit| unit.id.as_str());
        let units: Vec<_> =
            directory.units.iter().filter(|unit| Some(unit.id.as_str()) != own).collect();
        let asked = Asked {
            click,
            case: &format!("{} {}", case.number, case.title),
            units: &units,
            longest: live.config.rules.acts.longest_extension_workdays,
            language,
        };
        if let Err(error) = slack.open_modal(trigger, &modal::modal(&asked)).await {
            warn!(%error, "a modal could not be opened");
            whisper(slack, (&click.user, &click.message), &say(language, Plain::Broken)).await;
        }
        Ok(())
    }

    /// Does what every click that was written down asks for. Returns how many. One that must wait
    /// holds up no other.
    pub async fn work_off_clicks(&self) -> anyhow::Result<usize> {
        let live = self.live();
        let Some(slack) = live.channels.clicks() else { return Ok(0) };
        let clicks = self.store.heard_clicks().await.context("loading clicks")?;
        let mut count = 0;
        for click in clicks {
            let id = click.id.clone();
            match self.work_off(&live, slack, click).await {
                Ok(()) => {
                    self.store.click_is_done(id, self.now()).await.context("settling a click")?;
                    count += 1;
                }
                Err(fault) => warn!(fault = format!("{fault:#}"), "a click waits to be worked off"),
            }
        }
        Ok(count)
    }

    /// Clicks are heard: whatever was said of that is over.
    pub async fn clicks_are_heard(&self) {
        let (live, now) = (self.live(), self.now());
        for code in [alarms::CHANNEL_UNREACHABLE, alarms::CHANNEL_MISCONFIGURED] {
            if let Err(fault) = self.end_alarm(&live, (code, CLICKS), now).await {
                warn!(%fault, "the administrators could not be told");
            }
        }
    }

    /// Clicks have not been heard for so many attempts: said once, when it lasts.
    pub async fn clicks_are_lost(&self, fault: &NotifyError, attempts: usize) {
        let (live, now) = (self.live(), self.now());
        let code = match fault {
            NotifyError::Misconfigured { .. } | NotifyError::Never { .. } => {
                alarms::CHANNEL_MISCONFIGURED
            }
            _ if attempts >= LOST_AFTER => alarms::CHANNEL_UNREACHABLE,
            _ => return,
        };
        if let Err(fault) = self.raise(&live, (code, CLICKS), fault.to_string(), now).await {
            warn!(%fault, "the administrators could not be told");
        }
    }

    async fn work_off(
        &self,
        live: &Live,
        slack: &SlackBot,
        click: HeardClick,
    ) -> anyhow::Result<()> {
        let (number, round) = &click.case;
        let message = Receipt { channel: click.message.0.clone(), ts: click.message.1.clone() };
        let Some(case) = self.store.case(number).await.context("loading a case")? else {
            return Ok(());
        };
        let ticket = format!("slack/{}", click.id);
        if self.store.ticket(&ticket).await.context("loading a ticket")?.is_some() {
            // It acted before a crash: to say "done before" of one's own click would be odd.
            return self.show(live, slack, (&case, &message)).await;
        }
        let language = language(&live.config.rules, &case);
        let whisper = |words: String| {
            let (user, message) = (click.user.clone(), message.clone());
            async move { whisper(slack, (&user, &message), &words).await }
        };
        let actor = match self.actor_of(live, slack, (&case, &click.user)).await {
            Ok(Some(actor)) => actor,
            Ok(None) => {
                info!(case_number = %number, offer = click.offer.as_str(), "a stranger clicked");
                whisper(say(language, Plain::Stranger)).await;
                return Ok(());
            }
            // It waits until Slack can say who that was.
            Err(error @ (NotifyError::Later { .. } | NotifyError::Unknown { .. })) => {
                return Err(error).context("looking up who clicked");
            }
            Err(error) => {
                warn!(%error, "who clicked could not be looked up");
                whisper(say(language, Plain::Broken)).await;
                return Ok(());
            }
        };
        if case.round != *round {
            whisper(say(language, Plain::EarlierRound)).await;
            return Ok(());
        }
        let Some(act) = click.offer.act(click.answers.clone()) else { return Ok(()) };
        let act = match act {
            // It was answered when that was said, not when there was time for it.
            Act::Reply { at: None } if today(click.heard_at) >= case.start.on => {
                Act::Reply { at: Some(click.heard_at.min(self.now())) }
            }
            act => act,
        };
        match self.act_once(number, act, &actor, Some(ticket)).await {
            Ok(acted) => self.show(live, slack, (&acted.case, &message)).await?,
            Err(ActError::Failed(error)) => return Err(error),
            Err(error) => {
                let case = self.store.case(number).await.context("loading a case")?;
                if let (ActError::AlreadyDone { .. }, Some(case)) = (&error, case) {
                    self.show(live, slack, (&case, &message)).await?;
                }
                whisper(error.words(language)).await;
            }
        }
        Ok(())
    }

    /// Shows in the message that was clicked how its case stands now.
    async fn show(
        &self,
        live: &Live,
        slack: &SlackBot,
        (case, message): (&Case, &Receipt),
    ) -> anyhow::Result<()> {
        let channel = ChannelAddress { kind: ChannelKind::Slack, address: message.channel.clone() };
        let reader = self.store.recipient_of(&message.channel, &message.ts).await;
        let reader = reader.context("loading whose message that was")?;
        let (recipient, now) = (reader.unwrap_or(Recipient::Administrators), self.now());
        let shown = self.standing_message(live, case, (&channel, &recipient), now).await?;
        if let Err(error) = slack.update(message, &shown).await {
            warn!(case_number = %case.number, %error, "a message could not be brought up to date");
        }
        Ok(())
    }

    /// The person of the directory who is this member of Slack: by id, or by mail address where no
    /// id is given. `None` for a stranger to `case`.
    async fn actor_of(
        &self,
        live: &Live,
        slack: &SlackBot,
        (case, user): (&Case, &str),
    ) -> Result<Option<Actor>, NotifyError> {
        let rules = &live.config.rules;
        let mut people = rules.directory.may_act(rules.unit(case), today(self.now()));
        people.sort_by_key(|actor| std::cmp::Reverse(actor.role));
        let known = |person: &&Person| person.slack.as_deref() == Some(user);
        let people: Vec<&Person> = people.into_iter().map(|actor| actor.person).collect();
        if let Some(person) = people.iter().copied().find(known) {
            return Ok(Some(Actor::person(person)));
        }
        for person in people.into_iter().filter(|person| person.slack.is_none()) {
            let Some(mail) = person.slack_mail() else { continue };
            if slack.member_of(mail).await?.as_deref() == Some(user) {
                return Ok(Some(Actor::person(person)));
            }
        }
        Ok(None)
    }
}

/// The language of those who answer for `case`.
pub(super) fn language(rules: &Rules, case: &Case) -> Language {
    rules.unit(case).map(|unit| unit.language).unwrap_or_default()
}

fn say(language: Language, plain: Plain) -> String {
    let notice = door::notice(language, plain);
    format!("{}{}{}", notice.headline, render::colon(language), notice.paragraphs.join(" "))
}

async fn whisper(slack: &SlackBot, (user, message): (&str, &Receipt), words: &str) {
    if let Err(error) = slack.whisper(user, message, words).await {
        warn!(%error, "a private answer could not be given");
    }
}
