//! Persons: where each is reached, when each is away, and who stands in (代理人).

use chrono::{NaiveDate, NaiveTime};

use super::{ChannelAddress, ChannelKind, Directory, Unit};

/// A person, and how each channel calls them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The name people know.
    pub name: String,
    /// Slack's user id (`U012AB3CD`), for a mention.
    pub slack: Option<String>,
    /// The mail address by which Slack knows them, where that is not `mail`.
    pub slack_account: Option<String>,
    /// The Teams user principal name (`ming.wang@example.gov.tw`), for a mention.
    pub teams: Option<String>,
    /// The mail address: a channel of one's own, if the unit writes to it.
    pub mail: Option<String>,
    /// 請假: when somebody else must be asked.
    pub leave: Vec<Leave>,
    /// 勿擾: hours of the day without a mention, and without a message of one's own.
    pub quiet: Vec<QuietHours>,
}

/// Days on which a person is away, both included; days off may lie among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
}

/// Hours of every day, from the first minute to just before the last; they may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    /// The first minute.
    pub from: NaiveTime,
    /// The first minute after.
    pub until: NaiveTime,
}

impl QuietHours {
    /// Whether `time` lies within.
    pub fn cover(&self, time: NaiveTime) -> bool {
        if self.from <= self.until {
            self.from <= time && time < self.until
        } else {
            self.from <= time || time < self.until
        }
    }
}

impl Person {
    /// The last day of the leave that covers `day`, or `None` if the person is there.
    pub fn away_until(&self, day: NaiveDate) -> Option<NaiveDate> {
        let covering = self.leave.iter().filter(|leave| leave.first <= day && day <= leave.last);
        covering.map(|leave| leave.last).max()
    }

    /// Whether the person wants no mention at this time of day.
    pub fn is_quiet_at(&self, time: NaiveTime) -> bool {
        self.quiet.iter().any(|hours| hours.cover(time))
    }

    /// The mail address by which Slack can be asked for the member id.
    pub fn slack_mail(&self) -> Option<&str> {
        self.slack_account.as_deref().or(self.mail.as_deref())
    }

    /// Whether `other` is the same person: known by the same account, or, where no account can tell, by
    /// the same name. Of a mailbox several may be the readers: it tells nobody from another.
    pub fn is_same(&self, other: &Self) -> bool {
        let accounts = |person: &Self| {
            let Self { slack, slack_account, teams, .. } = person.clone();
            [slack, slack_account, teams]
        };
        let (ours, theirs) = (accounts(self), accounts(other));
        let both = ours.iter().zip(&theirs).filter_map(|(a, b)| a.as_ref().zip(b.as_ref()));
        let mut both = both.peekable();
        match both.peek() {
            None => self.name == other.name && !self.has_another_mailbox(other),
            Some(_) => both.any(|(a, b)| a.eq_ignore_ascii_case(b)),
        }
    }

    fn has_another_mailbox(&self, other: &Self) -> bool {
        let both = self.mail.as_ref().zip(other.mail.as_ref());
        both.is_some_and(|(ours, theirs)| !ours.eq_ignore_ascii_case(theirs))
    }

    /// Whether `channel` is this person's own: their mailbox, their direct messages in Slack.
    pub fn owns(&self, channel: &ChannelAddress) -> bool {
        let own = match channel.kind {
            ChannelKind::Mail => &self.mail,
            ChannelKind::Slack => &self.slack,
            ChannelKind::SlackWebhook | ChannelKind::Teams | ChannelKind::Print => return false,
        };
        own.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(&channel.address))
    }

    /// This person's own channel: of this kind if there is one, else any.
    fn own_channel(&self, kind: ChannelKind) -> Option<ChannelAddress> {
        let own = |kind, address: &Option<String>| {
            address.clone().map(|address| ChannelAddress { kind, address })
        };
        let mail = own(ChannelKind::Mail, &self.mail);
        let slack = own(ChannelKind::Slack, &self.slack);
        if kind == ChannelKind::Slack { slack.or(mail) } else { mail.or(slack) }
    }
}

/// Somebody who is there, and for whom they stand in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnDuty<'a> {
    /// The person.
    pub person: &'a Person,
    /// Those who are away, whose work this person has.
    pub instead_of: Vec<&'a Person>,
}

/// Who is there of several people on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duty<'a> {
    /// Those who are there, each once.
    pub there: Vec<OnDuty<'a>>,
    /// Those who are away, and for whom nobody stands in.
    pub uncovered: Vec<&'a Person>,
}

impl<'a> Duty<'a> {
    /// `people` on `day`; for each who is away the first of `stand_ins` who is there.
    fn of(people: &'a [Person], stand_ins: &[&'a Person], day: NaiveDate) -> Self {
        let is_there = |person: &&&Person| person.away_until(day).is_none();
        let mut duty = Self::default();
        for person in people {
            if person.away_until(day).is_none() {
                duty.add(person, None);
            }
        }
        for person in people.iter().filter(|person| person.away_until(day).is_some()) {
            if let Some(stand_in) = stand_ins.iter().find(is_there) {
                duty.add(stand_in, Some(person));
            } else {
                duty.uncovered.push(person);
            }
        }
        duty
    }

    fn add(&mut self, person: &'a Person, instead_of: Option<&'a Person>) {
        if let Some(known) = self.there.iter_mut().find(|known| known.person == person) {
            known.instead_of.extend(instead_of);
        } else {
            self.there.push(OnDuty { person, instead_of: instead_of.into_iter().collect() });
        }
    }

    /// Who stands in for `person`.
    fn stand_in(&self, person: &Person) -> Option<&'a Person> {
        let stands_in = |on: &&OnDuty<'_>| on.instead_of.contains(&person);
        self.there.iter().find(stands_in).map(|on| on.person)
    }
}

impl Unit {
    /// The officers on `day`. For one who is away stands in the first who is there of the deputies,
    /// the other officers, and the supervisor.
    pub fn officers_on(&self, day: NaiveDate) -> Duty<'_> {
        let supervisor = self.supervisor_on(day);
        let mut stand_ins: Vec<&Person> = self.deputies.iter().chain(&self.officers).collect();
        stand_ins.extend(supervisor.there.iter().map(|on| on.person));
        Duty::of(&self.officers, &stand_ins, day)
    }

    /// The supervisor on `day`, or the supervisor's own deputy.
    pub fn supervisor_on(&self, day: NaiveDate) -> Duty<'_> {
        let deputy: Vec<&Person> = self.supervisor_deputy.iter().collect();
        Duty::of(self.supervisor.as_slice(), &deputy, day)
    }

    /// Where the unit reads on `day`: what is an absent officer's own channel is the stand-in's.
    pub fn channels_on(&self, day: NaiveDate) -> Vec<ChannelAddress> {
        redirected(&self.channels, &self.officers, &self.officers_on(day), day)
    }

    /// Where the supervisor reads on `day`.
    pub fn supervisor_channels_on(&self, day: NaiveDate) -> Vec<ChannelAddress> {
        let supervisor = self.supervisor.as_slice();
        redirected(&self.supervisor_channels, supervisor, &self.supervisor_on(day), day)
    }

    /// Everywhere people of the unit read on `day`.
    pub fn all_channels_on(&self, day: NaiveDate) -> Vec<ChannelAddress> {
        [self.channels_on(day), self.supervisor_channels_on(day)].concat()
    }

    /// Every person of the unit.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        let officers = self.officers.iter().chain(&self.deputies);
        officers.chain(&self.supervisor).chain(&self.supervisor_deputy)
    }

    /// The person whose own channel this is, among all of the unit.
    pub fn owner(&self, channel: &ChannelAddress) -> Option<&Person> {
        self.people().find(|person| person.owns(channel))
    }
}

/// Rather the channel of somebody who is away than none.
fn redirected(
    channels: &[ChannelAddress],
    people: &[Person],
    duty: &Duty<'_>,
    day: NaiveDate,
) -> Vec<ChannelAddress> {
    let mut reached: Vec<ChannelAddress> = Vec::with_capacity(channels.len());
    for channel in channels {
        let away = people.iter().find(|p| p.owns(channel) && p.away_until(day).is_some());
        let channel = match away {
            None => Some(channel.clone()),
            Some(away) => duty.stand_in(away).and_then(|person| person.own_channel(channel.kind)),
        };
        reached.extend(channel.filter(|channel| !reached.contains(channel)));
    }
    if reached.is_empty() { channels.to_vec() } else { reached }
}

/// What a person is for a unit: the later may do all that the earlier may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 承辦人, or their deputy.
    Officer,
    /// 主管, or their deputy while they are away.
    Supervisor,
    /// 資訊處.
    Administrator,
}

/// A person who may act, and as what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor<'a> {
    /// The person.
    pub person: &'a Person,
    /// As what.
    pub role: Role,
}

impl Directory {
    /// Every person; somebody of two units twice.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.administrators.people.iter().chain(self.units.iter().flat_map(Unit::people))
    }

    /// Who may act on a case of `unit` on `day`, the highest role first; without a unit, only the
    /// administrators.
    ///
    /// Officers and deputies may act whether or not somebody is away: an illness is not in any
    /// file. What takes a supervisor, the supervisor's deputy may do only in their absence.
    pub fn may_act<'a>(&'a self, unit: Option<&'a Unit>, day: NaiveDate) -> Vec<Actor<'a>> {
        let actor = |role| move |person| Actor { person, role };
        let mut actors: Vec<Actor<'_>> =
            self.administrators.people.iter().map(actor(Role::Administrator)).collect();
        let Some(unit) = unit else { return actors };
        let supervisor_is_there =
            unit.supervisor.as_ref().is_some_and(|person| person.away_until(day).is_none());
        let deputy = unit.supervisor_deputy.iter().filter(|_| !supervisor_is_there);
        let supervisors = unit.supervisor.iter().chain(deputy);
        actors.extend(supervisors.map(actor(Role::Supervisor)));
        actors.extend(unit.officers.iter().chain(&unit.deputies).map(actor(Role::Officer)));
        actors
    }
}
