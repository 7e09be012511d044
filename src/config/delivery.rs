//! `[delivery]`: how messages go out, and how often they are tried.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::reader::Section;
use super::settings::Delivery;

/// No message waits for longer than a day until it is tried again.
const LONGEST_WAIT_SECS: u64 = 86_400;

/// Reads the section.
pub(super) fn read(section: &Section<'_>) -> Delivery {
    let waits = section.numbers("retry_secs");
    if let Some(longest) = waits.iter().find(|wait| **wait > LONGEST_WAIT_SECS) {
        section.fault(format!("delivery.retry_secs holds {longest}: no wait is longer than a day"));
    }
    let waits = waits.into_iter().map(|wait| Duration::from_secs(wait.min(LONGEST_WAIT_SECS)));
    let waits = waits.collect();
    let delivery = Delivery {
        lease: section.seconds("lease_secs", 3600),
        retry: waits,
        max_attempts: section.number("max_attempts", &(1..=1000)),
        jitter_percent: section.number("jitter_percent", &(0..=100)),
        max_age: Duration::from_mins(section.number("max_age_mins", &(1..=10_000)).into()),
        under_way_per_provider: count(section, "under_way_per_provider", &(1..=64)),
        burst_over: count(section, "burst_over", &(0..=50)),
        slack_per_second: section.number("slack_per_second", &(0..=10_000)),
        teams_per_second: section.number("teams_per_second", &(0..=10_000)),
        mail_per_second: section.number("mail_per_second", &(0..=10_000)),
    };
    if delivery.retry.is_empty() {
        section.fault("delivery.retry_secs is empty: give at least one wait".to_owned());
    }
    section.finish();
    delivery
}

/// How many of something.
fn count(section: &Section<'_>, key: &str, allowed: &RangeInclusive<u32>) -> usize {
    usize::try_from(section.number(key, allowed)).unwrap_or(usize::MAX)
}
