//! Deadlines for calendar programs (RFC 5545): with a mail, and as a subscription.

use chrono::{DateTime, Utc};
use icalendar::{Calendar, Component, Event, EventLike, EventStatus, Property};

use super::{CalendarEntry, Envelope, Message, text};

/// The deadlines as all-day entries of whom the message is `from` (RFC 5546, section 3.2), and the method
/// that puts them there or takes them away: no message does both.
pub(super) fn of_message(
    envelope: &Envelope,
    message: &Message,
    from: &str,
) -> (&'static str, String) {
    let cancelled = message.entries.iter().all(|entry| entry.cancelled);
    let method = if cancelled { "CANCEL" } else { "PUBLISH" };
    let domain = from.rsplit('@').next().unwrap_or(from);
    let mut calendar = Calendar::new();
    calendar.append_property(Property::new("METHOD", method));
    for entry in &message.entries {
        // In seconds, which grow also after an older database was put back.
        let mut event = event(entry, (envelope.now.timestamp(), envelope.now), domain);
        event.append_property(Property::new("ORGANIZER", format!("mailto:{from}")));
        calendar.push(event.description(&text::plain(&message.request)).done());
    }
    (method, folded(&calendar.to_string()))
}

/// Where a calendar ends.
pub const END: &str = "END:VCALENDAR\r\n";

/// The begin of a calendar of this name, to subscribe to; then come the [`deadlines`], then its
/// [`END`].
pub fn begin(name: &str) -> String {
    let mut calendar = Calendar::new();
    calendar.name(&text::plain(name));
    calendar.append_property(Property::new("METHOD", "PUBLISH"));
    calendar.append_property(Property::new("REFRESH-INTERVAL;VALUE=DURATION", "PT1H"));
    let whole = folded(&calendar.to_string());
    whole.strip_suffix(END).map(str::to_owned).unwrap_or(whole)
}

/// Some deadlines of a calendar.
pub fn deadlines(entries: &[CalendarEntry], domain: &str, now: DateTime<Utc>) -> String {
    let event = |entry| event(entry, (0, now), domain).done().to_string();
    folded(&entries.iter().map(event).collect::<String>())
}

fn event(entry: &CalendarEntry, (sequence, now): (i64, DateTime<Utc>), domain: &str) -> Event {
    let mut event = Event::new();
    event
        .uid(&format!("{}@{domain}", entry.name))
        .sequence(u32::try_from(sequence).unwrap_or(u32::MAX))
        .timestamp(now)
        .starts(entry.due_on)
        .summary(&text::plain(&entry.summary))
        .status(if entry.cancelled { EventStatus::Cancelled } else { EventStatus::Confirmed });
    if let Some(url) = &entry.url {
        event.append_property(Property::new("URL", url));
    }
    // Of the day itself nobody is kept from other work.
    event.append_property(Property::new("TRANSP", "TRANSPARENT"));
    event
}

/// Lines of at most 75 octets: those of the library may be one longer where they end in a letter of
/// several.
fn folded(calendar: &str) -> String {
    const LONGEST: usize = 75;
    let mut out = String::with_capacity(calendar.len());
    for line in calendar.replace("\r\n ", "").split_terminator("\r\n") {
        let mut octets = 0;
        for c in line.chars() {
            if octets + c.len_utf8() > LONGEST {
                out.push_str("\r\n ");
                octets = 1;
            }
            out.push(c);
            octets += c.len_utf8();
        }
        out.push_str("\r\n");
    }
    out
}
