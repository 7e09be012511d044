//! What an alarm is called in English, and its remedy: for the pages.

/// The code of an alarm, its name and its remedy.
const ALARMS: [(&str, &str, &str); 23] = [
    (
        "platform_changed",
        "The platform's format changed",
        "All known cases are kept. Compare the platform's pages and mend the paths or fields \
             under [platform]; until then look at the platform yourself.",
    ),
    (
        "platform_unreachable",
        "The platform cannot be read",
        "jicui goes on trying. See to the network and base_url; until then look at the platform \
             yourself.",
    ),
    (
        "rows_unreadable",
        "Some rows cannot be read",
        "The others are not affected. Look at the cases that are named on the platform.",
    ),
    (
        "folder_file_failed",
        "A file could not be imported",
        "It lies in failed/: mend it as the note beside it says, and put it in again.",
    ),
    (
        "folder_unreadable",
        "The folder of lists cannot be read",
        "Make it, let the user jicui own it, or mend [folder] path; what lies in it is read after that.",
    ),
    (
        "case_vanished",
        "A case vanished from the platform",
        "It is kept and reminded of. See whether the platform deleted it or gave it away.",
    ),
    (
        "case_withdrawn",
        "A case went to another agency, or is to be assigned anew",
        "It is the ministry's no longer, and nobody is reminded. Ask the platform if that is wrong.",
    ),
    (
        "message_undelivered",
        "A reminder reaches nobody",
        "Telephone the unit and mend its channel; jicui outbox --failed shows the message.",
    ),
    (
        "channel_misconfigured",
        "A channel's settings do not work",
        "Mend the token, the address or the channel, then try jicui send-test.",
    ),
    (
        "channel_unreachable",
        "A channel is down",
        "jicui goes on trying, and sends what is still needed once it is back. Should it last, \
             telephone the units.",
    ),
    (
        "remind_failing",
        "Reminders cannot be planned",
        "Mend the day from which the case named is counted (jicui cases start), or see \
             jicui status; until then telephone the units of what is due today.",
    ),
    (
        "calendar_missing",
        "A year's office calendar is missing",
        "Download the published file, and import it on the calendar page, or with \
             jicui calendar import.",
    ),
    (
        "calendar_proposed",
        "A newly published office calendar was found",
        "Compare it, then run jicui calendar import --proposed.",
    ),
    (
        "clock_jumped",
        "The machine's clock was set",
        "See to its time and time service (timedatectl). Reminders go by the time as it is now; \
             none is sent twice.",
    ),
    (
        "store_failing",
        "The database cannot be written, and reminders pause",
        "See to the room on the disk, its rights and its health; jicui check looks into it. All \
             goes on by itself; telephone about what is due today.",
    ),
    (
        "restored",
        "The database was put back from a backup",
        "Enter again what people did since (also cases added by hand, ticks, targets, silences), and copy \
             what was put into the folder since back out of done/. Due reminders are looked up in Slack \
             first; where nobody can be asked, they are marked as sent again.",
    ),
    (
        "config_invalid",
        "The configuration is not valid; the last one holds",
        "Mend the file and line that are named.",
    ),
    (
        "web_down",
        "The pages are not served as they should be",
        "Reminders go out, but links in them may not open. Where the port is taken, change [web] listen, or end the \
             program that holds it; where it is the certificate, mend the files that are named: they are tried again.",
    ),
    (
        "outbox_stale",
        "Messages wait for too long",
        "See jicui outbox for why; telephone about what is due today.",
    ),
    (
        "disk_low",
        "The disk is nearly full",
        "Make room, or move state_dir or the copies to a larger disk: reminders stop once it is full.",
    ),
    (
        "clock_off",
        "The machine's clock is off",
        "See with timedatectl that its time service is on: due days and sending times go by it.",
    ),
    (
        "erasure_failed",
        "Old words could not be erased",
        "What citizens wrote is kept for longer than was set: look at the database with jicui check. jicui \
         tries again each minute.",
    ),
    (
        "backup_failed",
        "The copy of the database failed",
        "See to the room and the rights of the folder of the copies. jicui tries again each hour, and \
         the last copy is kept.",
    ),
];

/// The name of an alarm and its remedy.
pub(super) fn said_of_alarm(code: &str) -> (&'static str, &'static str) {
    let known = ALARMS.iter().find(|(known, ..)| *known == code);
    known.map_or(("Something is wrong", "See jicui status."), |(_, name, remedy)| (name, remedy))
}
