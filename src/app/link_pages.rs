//! What a link leads to: first a page that asks, then, when it is sent, the act. To look at it does
//! nothing: mail scanners follow links.

use anyhow::Context;

use super::acts::ActError;
use super::clicks::language;
use super::doors::{faults, has_case, holders};
use super::forms::with_own_line_ends;
use super::links::{Followed, Link, LinkFault};
use super::remind::brief;
use super::{App, Live};
use crate::clock::{today, wall};
use crate::domain::act::{Act, Actor, Refusal};
use crate::domain::case::{Case, CaseState};
use crate::domain::directory::{Language, Person};
use crate::domain::offer::{Answers, Field, Offer, Reason};
use crate::notify::door::{self, DoorWords, Notice, Plain, words};
use crate::notify::text::plain;
use crate::notify::{Tone, render};

/// What was filled in and sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// The name of the person who acts.
    pub person: String,
    /// As it was typed.
    pub workdays: String,
    /// The id of the unit.
    pub unit: String,
    /// Why.
    pub reason: String,
}

/// What a link leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkPage {
    /// A page that says one thing, and which.
    Plain(Plain, Notice),
    /// It is done: what holds now.
    Done(Notice, CaseFacts),
    /// It had been done before.
    DoneBefore(Notice, CaseFacts),
    /// A form.
    Form(Box<LinkForm>),
}

/// The case as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFacts {
    /// The citizen's title.
    pub title: String,
    /// Label and value.
    pub facts: Vec<(&'static str, String)>,
    /// Its page on the platform; empty where it has none.
    pub url: String,
}

/// The page that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkForm {
    /// What is offered.
    pub offer: Offer,
    /// The reader's language.
    pub language: Language,
    /// The case.
    pub case: CaseFacts,
    /// Who may act: one is known, of several one is chosen.
    pub people: Vec<String>,
    /// The units it can be given to: id and name.
    pub units: Vec<(String, String)>,
    /// The longest extension.
    pub longest: u32,
    /// What was filled in before.
    pub filled: Filled,
    /// What is wrong with it.
    pub faults: Vec<(Field, String)>,
}

/// A link that leads somewhere: its case, and those who may use it.
struct Scene<'a> {
    live: &'a Live,
    link: Link,
    ticket: String,
    case: Case,
    people: Vec<&'a Person>,
    language: Language,
}

impl App {
    /// The page to which the link with this token leads, in `language` where it leads nowhere. Nothing is done.
    pub async fn look_at_link(&self, token: &str, language: Language) -> anyhow::Result<LinkPage> {
        let live = self.live();
        match self.scene(&live, (token, language)).await? {
            Err(page) => Ok(page),
            Ok(scene) => match self.hindrance(&scene).await? {
                Some(page) => Ok(page),
                None => self.form(&scene, Filled::default(), Vec::new()),
            },
        }
    }

    /// Does what the link with this token offers, as it was filled in; the page is in `language` where it leads nowhere.
    pub async fn act_by_link(
        &self,
        (token, language): (&str, Language),
        filled: Filled,
    ) -> anyhow::Result<LinkPage> {
        let live = self.live();
        let scene = match self.scene(&live, (token, language)).await? {
            Err(page) => return Ok(page),
            Ok(scene) => scene,
        };
        let rules = &live.config.rules;
        let person = match scene.people.as_slice() {
            [only] => Some(*only),
            several => several.iter().copied().find(|person| person.name == filled.person),
        };
        let answers = Answers {
            workdays: filled.workdays.trim().parse().ok(),
            unit: Some(filled.unit.clone()).filter(|unit| !unit.is_empty()),
            reason: with_own_line_ends(&filled.reason).chars().take(door::REASON_CHARS).collect(),
        };
        let mut wrong = faults(rules, (scene.link.offer, &answers), scene.language);
        if person.is_none() {
            wrong.insert(0, (Field::Person, words(scene.language).person().missing.to_owned()));
        }
        let (Some(person), Some(act), true) =
            (person, scene.link.offer.act(answers), wrong.is_empty())
        else {
            return match self.hindrance(&scene).await? {
                Some(page) => Ok(page),
                None => self.form(&scene, filled, wrong),
            };
        };
        let actor = Actor::person(person);
        let ticket = Some(scene.ticket.clone());
        match self.act_once(&scene.link.case, act, &actor, ticket).await {
            Ok(acted) => {
                let language = scene.language;
                let at = door::moment(language, wall(self.now()));
                let notice = Notice {
                    headline: words(language).done(scene.link.offer).to_owned(),
                    paragraphs: vec![format!("{} {at}", person.name)],
                    tone: Tone::Good,
                    language,
                };
                Ok(LinkPage::Done(notice, self.facts(&live, &acted.case, language)?))
            }
            Err(ActError::AlreadyDone { by, at, .. }) => self.done_before(&scene, &by, wall(at)),
            Err(ActError::Failed(error)) => Err(error),
            Err(error) => Ok(impossible(scene.language, error.words(scene.language))),
        }
    }

    /// Where a link leads, or the page that says why it leads nowhere.
    async fn scene<'a>(
        &self,
        live: &'a Live,
        (token, reader): (&str, Language),
    ) -> anyhow::Result<Result<Scene<'a>, LinkPage>> {
        let say = |language, plain| Ok(Err(LinkPage::Plain(plain, door::notice(language, plain))));
        let now = self.now();
        let followed = live.links.as_ref().map(|links| links.follow(token, now));
        let Followed { link, ticket } = match followed {
            Some(Ok(followed)) => followed,
            Some(Err(LinkFault::Expired)) => return say(reader, Plain::ExpiredLink),
            Some(Err(LinkFault::Unknown)) | None => {
                return say(reader, Plain::UnknownLink);
            }
        };
        let Some(case) = self.store.case(&link.case).await.context("loading a case")? else {
            return say(reader, Plain::UnknownLink);
        };
        let rules = &live.config.rules;
        let language = language(rules, &case);
        if case.round != link.round {
            return say(language, Plain::EarlierRound);
        }
        let mut people =
            holders(rules, &link.recipient, (link.offer, today(now)), link.person.as_deref());
        if let Some(name) = &link.person {
            people.retain(|person| person.name == *name);
        }
        if people.is_empty() {
            return say(language, Plain::Nobody);
        }
        Ok(Ok(Scene { live, link, ticket, case, people, language }))
    }

    /// Why the act of a link cannot be done now, whoever acts and whatever is filled in.
    async fn hindrance(&self, scene: &Scene<'_>) -> anyhow::Result<Option<LinkPage>> {
        let used = self.store.ticket(&scene.ticket).await.context("loading a ticket")?;
        if let Some((by, at)) = used {
            return self.done_before(scene, &by, wall(at)).map(Some);
        }
        let Some(act) = tried(scene.link.offer) else { return Ok(None) };
        let Some(person) = scene.people.first() else { return Ok(None) };
        match self.would_refuse(&scene.case, &act, &Actor::person(person)) {
            None | Some(Refusal::BadLength { .. } | Refusal::UnknownUnit(_)) => Ok(None),
            Some(Refusal::AlreadyDone(events)) => {
                let done = self.deeds(&scene.case).await?;
                let last = done.iter().rev().find(|deed| events.contains(&deed.event.as_str()));
                match last {
                    Some(deed) => self.done_before(scene, &deed.by, deed.at).map(Some),
                    None => Ok(Some(impossible(scene.language, String::new()))),
                }
            }
            Some(refusal) => {
                let reason = words(scene.language).refusal(&refusal);
                Ok(Some(impossible(scene.language, reason)))
            }
        }
    }

    fn form(
        &self,
        scene: &Scene<'_>,
        filled: Filled,
        faults: Vec<(Field, String)>,
    ) -> anyhow::Result<LinkPage> {
        let rules = &scene.live.config.rules;
        let own = rules.unit(&scene.case).map(|unit| unit.id.as_str());
        let others = rules.directory.units.iter().filter(|unit| Some(unit.id.as_str()) != own);
        let units = others.map(|unit| (unit.id.clone(), unit.name.clone())).collect();
        Ok(LinkPage::Form(Box::new(LinkForm {
            offer: scene.link.offer,
            language: scene.language,
            case: self.facts(scene.live, &scene.case, scene.language)?,
            people: scene.people.iter().map(|person| person.name.clone()).collect(),
            units,
            longest: rules.acts.longest_extension_workdays,
            filled,
            faults,
        })))
    }

    fn done_before(
        &self,
        scene: &Scene<'_>,
        by: &str,
        at: chrono::NaiveDateTime,
    ) -> anyhow::Result<LinkPage> {
        let language = scene.language;
        let who = format!("{} {}", door::who(language, by), door::moment(language, at));
        let notice = door::notice_with(language, Plain::DoneBefore, who);
        // Of a case that others have by now nothing more is shown.
        if !has_case(&scene.live.config.rules, &scene.case, &scene.link.recipient) {
            return Ok(LinkPage::Plain(Plain::DoneBefore, notice));
        }
        Ok(LinkPage::DoneBefore(notice, self.facts(scene.live, &scene.case, language)?))
    }

    fn facts(&self, live: &Live, case: &Case, language: Language) -> anyhow::Result<CaseFacts> {
        let (rules, words) = (&live.config.rules, words(language));
        let brief = brief(rules, case, self.now())?;
        let [number, unit, due, left, extension] = words.facts();
        let unit_name = brief.unit.map_or(case.agency.as_str(), |unit| unit.name.as_str());
        let mut facts = vec![
            (number, case.number.to_string()),
            (unit, plain(unit_name)),
            (due, render::date(language, brief.deadline.due_on)),
        ];
        facts.extend(left_in_words(words, case, brief.workdays_left).map(|words| (left, words)));
        if let Some(asked) = case.handling.asked_extension() {
            let asked = words.asked(asked.workdays, &asked.asked_by, &asked.reason);
            facts.push((extension, plain(&asked)));
        }
        Ok(CaseFacts { title: plain(&case.title), facts, url: case.url.clone() })
    }
}

/// How much time is left, while an answer is owed and the clock runs.
fn left_in_words(words: &dyn DoorWords, case: &Case, left: i64) -> Option<String> {
    match case.state {
        CaseState::Open | CaseState::Acknowledged => Some(words.left(left)),
        _ => None,
    }
}

/// The act of `offer` with whatever must be filled in, to see whether it could be done at all.
fn tried(offer: Offer) -> Option<Act> {
    let reason = if offer.form().reason == Reason::None { "" } else { "…" };
    let unit = Some(String::new());
    offer.act(Answers { workdays: Some(u32::MAX), unit, reason: reason.to_owned() })
}

fn impossible(language: Language, why: String) -> LinkPage {
    let notice = if why.is_empty() {
        door::notice(language, Plain::Impossible)
    } else {
        door::notice_with(language, Plain::Impossible, why)
    };
    LinkPage::Plain(Plain::Impossible, notice)
}
