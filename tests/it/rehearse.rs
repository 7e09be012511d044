//! A rehearsal: what would be said in days to come, on a copy.

use super::world::program::Program;

#[test]
fn what_would_be_said_is_printed_and_nothing_is_changed() {
    let program = Program::install();
    let add = ["cases", "add", "A-1", "--title", "來函", "--agency", "勞動部"];
    let more = ["--kind", "request", "--assigned-on", "2026-03-02"];
    program.command(&[&add[..], &more[..]].concat()).assert().success();
    let before = std::fs::read(program.path("state/jicui.db")).unwrap();
    let rehearse = ["rehearse", "--from", "115-03-19", "--until", "2026-03-23", "--speed", "1000"];
    let output = program.run(&rehearse);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = said.lines().collect();
    let headlines = lines.windows(2).filter_map(|pair| match pair {
        [day, _] if day.starts_with("━━") => Some(*day),
        [to, headline] if to.starts_with("── ") => Some(*headline),
        _ => None,
    });
    insta::assert_snapshot!(headlines.collect::<Vec<_>>().join("\n"), @r"
    ━━ 115/03/19（四） ━━
    ⏰ 將屆期：尚餘 1 個工作天
    ━━ 115/03/20（五） ━━
    🔔 今日到期：請於下班前回復
    🔔 今日到期：請於下班前回復
    ━━ 115/03/21（六） day off ━━
    ━━ 115/03/22（日） day off ━━
    ━━ 115/03/23（一） ━━
    🚨 逾期 1 個工作天
    ");
    assert!(!said.contains("主機時鐘異動"), "{said}");
    assert_eq!(program.json(&["outbox"]).as_array().unwrap().len(), 0);
    assert_eq!(std::fs::read(program.path("state/jicui.db")).unwrap(), before);
}

#[test]
fn it_cannot_end_before_it_begins() {
    let program = Program::install();
    let output = program.run(&["rehearse", "--from", "2026-03-19", "--until", "2026-03-18"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_report_that_falls_due_leaves_no_file_behind() {
    let program = Program::install();
    let rehearse = ["rehearse", "--from", "115-10-30", "--until", "115-11-02", "--speed", "1000"];
    let output = program.run(&rehearse);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("民眾意見回復情形統計"), "{said}");
    assert!(!program.path("state").exists(), "the rehearsal wrote beside the real database");
}
