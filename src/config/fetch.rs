//! `[calendar.fetch]`: whether the platform is asked for calendars.

use std::time::Duration;

use super::reader::Section;
use super::settings::Fetch;

/// Reads the section.
pub(super) fn read(section: &Section<'_>) -> Fetch {
    let days = section.number("every_days", &(1..=366));
    let enabled = section.flag("enabled");
    let applies_new_years = match section.optional_text("auto_apply") {
        None => false,
        Some((word, _)) if word == "never" || word == "new-years" => word == "new-years",
        Some((word, node)) => {
            let say = format!("auto_apply = \"{word}\": write \"never\" or \"new-years\"");
            node.fault(section.faults(), say);
            false
        }
    };
    section.finish();
    Fetch { enabled, every: Duration::from_secs(u64::from(days) * 86_400), applies_new_years }
}
