//! `[report]`: reports that go out by themselves.

use std::path::Path;

use super::reader::Section;
use super::settings::Reports;
use crate::domain::directory::ChannelAddress;
use crate::domain::escalation::OfficeHours;
use crate::domain::statistics::{Format, ReportRules};

/// Reads the section.
pub(super) fn read(file: &Section<'_>, hours: OfficeHours, base: &Path) -> Reports {
    let section = &file.section("report");
    let rules = ReportRules {
        monthly: section.flag("monthly"),
        half_yearly: section.flag("half_yearly"),
        periods_begin: read_months(section),
        at: section.time("at"),
    };
    if rules.at < hours.opens || rules.at > hours.closes {
        section.fault("report.at: nothing is sent outside [office_hours]".to_owned());
    }
    let mut recipients = Vec::new();
    for (text, node) in section.texts("recipients") {
        match ChannelAddress::parse(&text) {
            Ok(address) if recipients.contains(&address) => {
                node.fault(
                    section.faults(),
                    format!("report.recipients: {address} stands there twice"),
                );
            }
            Ok(address) => recipients.push(address),
            Err(error) => node.fault(section.faults(), format!("report.recipients: {error}")),
        }
    }
    let reports = Reports {
        rules,
        recipients,
        formats: read_formats(section),
        attachment_limit_bytes: section.number("attachment_limit_bytes", &(10_000..=100_000_000)),
        directory: section.optional_text("directory").map(|(text, _)| base.join(text)),
    };
    section.finish();
    reports
}

fn read_months(section: &Section<'_>) -> Vec<u32> {
    let mut months: Vec<u32> = Vec::new();
    for month in section.numbers("periods_begin") {
        match u32::try_from(month) {
            Ok(month @ 1..=12) if !months.contains(&month) => months.push(month),
            _ => section.fault(format!(
                "report.periods_begin: {month} is no month, or stands there twice: write months \
                 from 1 to 12, such as [6, 11]"
            )),
        }
    }
    if months.is_empty() {
        section.fault("report.periods_begin: name a month with which a period begins".to_owned());
    }
    months
}

fn read_formats(section: &Section<'_>) -> Vec<Format> {
    let mut formats = Vec::new();
    for (text, node) in section.texts("formats") {
        if let Some(format) = Format::parse(&text) {
            formats.push(format);
        } else {
            let words = Format::ALL.map(Format::as_str).join(", ");
            node.fault(
                section.faults(),
                format!("report.formats: no format `{text}`: write {words}"),
            );
        }
    }
    if formats.is_empty() {
        section.fault("report.formats: name a format, such as [\"odt\", \"ods\"]".to_owned());
    }
    formats.sort_unstable();
    formats.dedup();
    formats
}
