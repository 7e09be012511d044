//! The persons of `units.toml`: how each is reached, when each is away, when each is left alone.

use chrono::{NaiveDate, NaiveTime};

use super::reader::{Node, Section};
use crate::clock::parse_date;
use crate::domain::directory::{Leave, Person, QuietHours, is_mail_address, is_slack_member};

/// What parts the first day of a leave from its last.
const PARTINGS: [&str; 4] = ["~", "～", "至", ".."];

/// Reads the list of persons `key`.
pub(super) fn read_people(section: &Section<'_>, key: &str) -> Vec<Person> {
    section.sections(key).iter().map(read_person).collect()
}

/// Reads the person `key`, if one is named.
pub(super) fn read_optional_person(section: &Section<'_>, key: &str) -> Option<Person> {
    section.get(key)?;
    Some(read_person(&section.section(key)))
}

fn read_person(section: &Section<'_>) -> Person {
    let slack = read_address(section, "slack", |text| {
        let known = is_slack_member(text) || is_mail_address(text);
        (!known).then_some("a member id of Slack (U012AB3CD), or the mail address of the account")
    });
    let (slack, slack_account) = match slack {
        Some(mail) if is_mail_address(&mail) => (None, Some(mail)),
        id => (id, None),
    };
    let person = Person {
        name: section.text("name"),
        slack,
        slack_account,
        teams: section.optional_text("teams").map(|(upn, _)| upn),
        mail: read_address(section, "mail", |text| {
            (!is_mail_address(text)).then_some("a mail address (somebody@example.gov.tw)")
        }),
        leave: read_list(section, "leave", read_leave),
        quiet: read_list(section, "quiet", read_quiet),
    };
    section.finish();
    person
}

fn read_address(
    section: &Section<'_>,
    key: &str,
    lacks: impl Fn(&str) -> Option<&'static str>,
) -> Option<String> {
    let (text, node) = section.optional_text(key)?;
    if let Some(wanted) = lacks(&text) {
        node.fault(section.faults(), format!("{key} = \"{text}\": write {wanted}"));
    }
    Some(text)
}

fn read_list<T>(
    section: &Section<'_>,
    key: &str,
    read: impl Fn(&str) -> Result<T, &'static str>,
) -> Vec<T> {
    let read = |(text, node): (String, Node)| match read(&text) {
        Ok(value) => Some(value),
        Err(wanted) => {
            node.fault(section.faults(), format!("{key} = \"{text}\": {wanted}"));
            None
        }
    };
    section.texts(key).into_iter().filter_map(read).collect()
}

/// `115/03/02 ~ 115/03/06`, or one day.
fn read_leave(text: &str) -> Result<Leave, &'static str> {
    let parting = PARTINGS.iter().find_map(|parting| text.split_once(parting));
    let (first, last) = parting.unwrap_or((text, text));
    let day = |text: &str| -> Result<NaiveDate, _> {
        parse_date(text)
            .map_err(|_| "write the first and the last day: \"115/03/02 ~ 115/03/06\", or one day")
    };
    let leave = Leave { first: day(first)?, last: day(last)? };
    if leave.last < leave.first {
        return Err("the last day lies before the first");
    }
    Ok(leave)
}

/// `12:00-13:30`.
fn read_quiet(text: &str) -> Result<QuietHours, &'static str> {
    let time = |text: &str| NaiveTime::parse_from_str(text.trim(), "%H:%M").ok();
    let times = text.split_once(['-', '~', '～']);
    let hours = times.and_then(|(from, until)| Some((time(from)?, time(until)?)));
    match hours {
        Some((from, until)) if from != until => Ok(QuietHours { from, until }),
        _ => Err("write when it begins and when it ends: \"12:00-13:30\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_leave(text: &str, expected: Result<(&str, &str), &str>) {
        let read = read_leave(text).map(|leave| (leave.first.to_string(), leave.last.to_string()));
        let expected = expected.map(|(first, last)| (first.to_owned(), last.to_owned()));
        match (&read, &expected) {
            (Err(read), Err(expected)) => assert!(read.contains(expected), "{text}: {read}"),
            _ => assert_eq!(read.map_err(drop), expected.map_err(drop), "{text}"),
        }
    }

    #[test]
    fn a_leave_is_read_in_roc_and_western_years() {
        let week = Ok(("2026-03-02", "2026-03-06"));
        check_leave("115/03/02 ~ 115/03/06", week);
        check_leave("1150302～1150306", week);
        check_leave("2026-03-02至115-03-06", week);
        check_leave("2026-03-02..2026-03-06", week);
        check_leave("115-03-02", Ok(("2026-03-02", "2026-03-02")));
        check_leave("115/03/06 ~ 115/03/02", Err("before the first"));
        check_leave("next week", Err("write the first"));
        check_leave("115/02/30", Err("write the first"));
        check_leave("", Err("write the first"));
    }

    #[test]
    fn quiet_hours_may_pass_midnight() {
        let time = |text: &str| text.parse().unwrap();
        let night = read_quiet("17:00-09:30").unwrap();
        assert!(night.cover(time("23:00:00")) && night.cover(time("09:29:00")));
        assert!(!night.cover(time("09:30:00")) && !night.cover(time("16:59:00")));
        let noon = read_quiet("12:00 - 13:30").unwrap();
        assert!(noon.cover(time("12:00:00")) && !noon.cover(time("13:30:00")));
        for text in ["12:00", "12:00-12:00", "noon-one", "25:00-26:00"] {
            assert!(read_quiet(text).is_err(), "{text}");
        }
    }
}
