use super::*;
use crate::domain::deadline::DeadlineRule;

/// A configuration directory with the sample units and this `config.toml`.
fn directory(config: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.toml"), config).unwrap();
    std::fs::write(dir.path().join("units.toml"), SAMPLE_UNITS).unwrap();
    dir
}

fn load_in(dir: &tempfile::TempDir) -> Result<Loaded, Vec<Fault>> {
    load(Some(&dir.path().join("config.toml")), &Environment::default())
}

/// The faults, each without its directory.
fn faults_in(dir: &tempfile::TempDir) -> Vec<String> {
    let prefix = format!("{}/", dir.path().display());
    let faults = load_in(dir).expect_err("the configuration is bad");
    faults
        .iter()
        .filter(|fault| fault.severity == Severity::Fault)
        .map(|fault| fault.to_string().replace(&prefix, ""))
        .collect()
}

#[test]
fn the_defaults_are_whole_and_the_sample_is_valid() {
    let config = load(None, &Environment::default()).unwrap().config;
    assert_eq!(config.state_dir, PathBuf::from("/var/lib/jicui"));
    assert_eq!(config.rules.policy.stages.len(), 9);
    assert_eq!(config.rules.deadlines, DeadlineRule::default());
    let loaded = load_in(&directory("")).unwrap();
    assert_eq!(loaded.config.rules.directory.units.len(), 8);
    assert!(loaded.warnings.iter().all(|w| w.message.contains("no Slack token")));
    assert!(!loaded.warnings.is_empty());
}

#[test]
fn every_fault_is_named_at_once_with_its_place_and_its_remedy() {
    let dir = directory(
        "stat_dir = \"x\"\n\
         [deadline]\ncomment_workdays = 0\nrequest_workdays = \"many\"\n\
         [office_hours]\nopens = \"8am\"\n\
         [platform]\nbase_url = \"data.gov.tw\"\n\
         [[stage]]\nname = \"a\"\nafter = 5\nbefore = 3\nat = \"23:00\"\nreaches = [\"boss\"]\n",
    );
    std::fs::write(
        dir.path().join("units.toml"),
        "[[unit]]\nid = \"x\"\nchannels = [\"line:1\"]\n",
    )
    .unwrap();
    insta::assert_snapshot!(faults_in(&dir).join("\n"), @r#"
    config.toml:1:1: unknown option `stat_dir`: did you mean `state_dir`?
    config.toml:3:20: deadline.comment_workdays = 0: it must lie in 1..250
    config.toml:4:20: `deadline.request_workdays` must be a whole number, not a text
    config.toml:6:9: office_hours.opens = "8am": write a time as "08:30"
    config.toml:8:12: base_url = "data.gov.tw": write the whole address, beginning with https://
    config.toml:9:1: a stage needs exactly one of on, after, before, overdue_every and dates
    config.toml:9:1: stage a: 23:00 lies outside office hours (08:30 to 17:30)
    config.toml:14:12: `boss`: write officer, unit, supervisor or administrators
    units.toml:1:1: `unit.agency` is missing
    units.toml:1:1: `unit.name` is missing
    units.toml:1:1: no [administrators] channels: cases that no unit answers for, and alarms, would reach nobody
    units.toml:1:1: unit x answers for nothing: give it datasets, dataset_names, agencies or kinds
    units.toml:1:1: unit x has no channels: its reminders would reach nobody
    units.toml:3:13: `line:1` names no channel: write slack:C0123456789, slack-webhook:NAME, teams:NAME, mail:somebody@example.gov.tw or print
    "#);
}

#[test]
fn mail_goes_only_where_it_stays_private() {
    let mail = |more: &str| directory(&format!("[mail]\nhost = \"mail.example.gov.tw\"\n{more}"));
    let from = "from = \"jicui@example.gov.tw\"\n";
    assert!(load_in(&mail(from)).unwrap().config.mail.is_some());
    for (more, expected) in [
        (String::new(), "mail.from: write the sender's address"),
        (format!("{from}encryption = \"none\"\n"), "only for a server on this machine"),
        (format!("{from}encryption = \"ssl\"\n"), "write \"starttls\", \"tls\" or \"none\""),
        (format!("{from}username = \"jicui\"\n"), "there is no password"),
        (format!("{from}port = 70000\n"), "mail.port"),
    ] {
        let faults = faults_in(&mail(&more));
        assert!(faults.iter().any(|fault| fault.contains(expected)), "{expected}: {faults:?}");
    }
    let loopback = format!("[mail]\nhost = \"127.0.0.1\"\nencryption = \"none\"\n{from}");
    assert!(load_in(&directory(&loopback)).is_ok());
    assert!(load_in(&directory("")).unwrap().config.mail.is_none());
}

#[test]
fn a_syntax_fault_has_its_place() {
    let dir = directory("[deadline\ncomment_workdays = 14\n");
    let faults = faults_in(&dir);
    assert!(faults[0].starts_with("config.toml:1:10: not valid TOML"), "{faults:?}");
}

#[test]
fn a_calendar_file_replaces_the_compiled_in_one_and_a_bad_one_is_a_fault() {
    let dir = directory("");
    let calendar = dir.path().join("calendar");
    std::fs::create_dir(&calendar).unwrap();
    let published = include_str!("../../config/calendar/2026.csv");
    let edited = published.replace("20260302,一,0,", "20260302,一,2,特別假");
    std::fs::write(calendar.join("2026.csv"), edited).unwrap();
    let config = load_in(&dir).unwrap().config;
    let day = config.rules.calendars.national().day("2026-03-02".parse().unwrap());
    assert_eq!((day.workday, day.note.as_str()), (false, "特別假"));

    let broken = published.replace("20260302,一,0,", "20260302,二,0,");
    std::fs::write(calendar.join("2026.csv"), broken).unwrap();
    let faults = faults_in(&dir);
    assert_eq!(
        faults,
        [
            "calendar/2026.csv:62:1: 2026-03-02 is a 一, not a 「二」; take the file of the whole year as published"
        ]
    );
}

#[test]
fn closures_are_read_with_their_place() {
    let dir = directory("");
    std::fs::create_dir(dir.path().join("calendar")).unwrap();
    let closures = dir.path().join("calendar/closures.toml");
    let text = "# 颱風\n[[closure]]\ndate = 2026-07-10\nregion = \"台北市\"\nreason = \"颱風\"\n";
    std::fs::write(&closures, text).unwrap();
    let config = load_in(&dir).unwrap().config;
    let day = config.rules.calendars.of(Some("臺北市")).day("2026-07-10".parse().unwrap());
    assert_eq!(day.source.as_deref(), Some("closures.toml:3"));
    assert!(!day.workday);

    std::fs::write(&closures, "[[closure]]\ndate = \"soon\"\npart = \"noon\"\n").unwrap();
    let faults = faults_in(&dir);
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.starts_with("calendar/closures.toml:")), "{faults:?}");
}

#[test]
fn secrets_come_from_credentials_then_a_file_then_the_environment() {
    use secrecy::ExposeSecret;
    let dir = directory("[slack]\ntoken_file = \"token\"\n");
    std::fs::write(dir.path().join("token"), "from-file\n").unwrap();
    let path = dir.path().join("config.toml");
    let of_slack = |name: &str| (name == "JICUI_SLACK_TOKEN").then(|| "from-env".to_owned());
    let mut environment = Environment { variable: Some(of_slack), ..Environment::default() };
    let token = |environment: &Environment| {
        let secret = load(Some(&path), environment).unwrap().config.slack.token.unwrap();
        (secret.value.expose_secret().to_owned(), secret.origin)
    };
    assert_eq!(token(&environment).0, "from-file");
    std::fs::write(dir.path().join("slack_token"), "from-credential").unwrap();
    environment.credentials_directory = Some(dir.path().to_owned());
    assert_eq!(token(&environment), ("from-credential".into(), "credential slack_token".into()));
    std::fs::rename(dir.path().join("slack_token"), dir.path().join("jicui.slack_token")).unwrap();
    assert_eq!(token(&environment).1, "credential jicui.slack_token");
    std::fs::write(&path, "").unwrap();
    environment.credentials_directory = None;
    assert_eq!(token(&environment).1, "environment JICUI_SLACK_TOKEN");
}

#[test]
fn an_administrator_sees_what_the_service_would_be_given() {
    let dir = directory("");
    let path = dir.path().join("config.toml");
    let environment =
        Environment { credential_stores: Some(dir.path().to_owned()), ..Environment::default() };
    let store = |name: &str, content: &str| {
        let store = dir.path().join(name);
        std::fs::create_dir_all(&store).unwrap();
        std::fs::write(store.join("jicui.slack_token"), content).unwrap();
    };
    let token = || load(Some(&path), &environment).map(|loaded| loaded.config.slack.token);
    assert!(token().unwrap().is_none());
    // What no machine can decrypt is said, with the command that mends it.
    store("credstore.encrypted", "no credential");
    let faults: Vec<String> = token().unwrap_err().iter().map(ToString::to_string).collect();
    let fault = faults.iter().find(|fault| fault.contains("cannot be decrypted")).unwrap();
    assert!(fault.contains("systemd-creds encrypt - /"), "{faults:?}");
    store("credstore", "xoxb-plain");
    assert_eq!(token().unwrap().unwrap().origin, "credential jicui.slack_token");
    // Another configuration than the service's is not for its secrets.
    let other = Environment::default().as_the_service(Some(&path));
    assert!(other.credential_stores.is_none());
    let usual = Environment::default().as_the_service(Some(std::path::Path::new(USUAL_PATH)));
    assert!(usual.credential_stores.is_some() || usual.credentials_directory.is_some());
}

#[test]
fn a_calendar_that_is_replaced_may_be_read_by_whom_it_could_before() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("2028.csv");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let replace = |bytes| calendar::Replacement::lay(dir.path(), "2028.csv", bytes)?.put();
    replace(b"one").unwrap();
    assert_eq!(mode(), 0o640);
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o664)).unwrap();
    replace(b"two").unwrap();
    assert_eq!((mode(), std::fs::read(&path).unwrap()), (0o664, b"two".to_vec()));
}

#[test]
fn a_secret_file_that_cannot_be_read_is_a_fault() {
    let dir = directory("[slack]\ntoken_file = \"nowhere\"\n");
    let faults = faults_in(&dir);
    assert!(faults[0].starts_with("config.toml:2:14: the secret in"), "{faults:?}");
}

#[test]
fn a_secret_in_the_place_of_its_file_s_name_is_not_repeated() {
    for (section, key, pasted) in [
        ("slack", "token_file", "xoxb-1-SECRET"),
        ("slack", "token_file", "xoxp-1-SECRET"),
        ("slack", "app_token_file", "xapp-1-SECRET"),
        ("heartbeat", "poll_url_file", "https://hc.example/SECRET"),
        ("teams.webhooks.flow", "url_file", "http://flow.example/SECRET"),
    ] {
        let faults = faults_in(&directory(&format!("[{section}]\n{key} = \"{pasted}\"\n")));
        let [fault] = &faults[..] else { panic!("{pasted}: {faults:?}") };
        assert!(fault.starts_with("config.toml:2:"), "{fault}");
        assert!(fault.contains("looks like the secret itself"), "{fault}");
        assert!(!fault.contains("SECRET"), "{fault}");
    }
    // A file may be called so all the same.
    let dir = directory("[slack]\ntoken_file = \"xoxb-token\"\n");
    std::fs::write(dir.path().join("xoxb-token"), "from-file").unwrap();
    assert!(load_in(&dir).unwrap().config.slack.token.is_some());
}

#[test]
fn a_usual_file_that_cannot_be_looked_at_is_not_taken_for_none() {
    let dir = directory("");
    let file = dir.path().join("config.toml");
    assert_eq!(unless_absent(&file), Some(file.clone()));
    assert_eq!(unless_absent(&dir.path().join("nowhere.toml")), None);
    // Below a file nobody can look, whoever runs this.
    let below = file.join("config.toml");
    assert_eq!(unless_absent(&below), Some(below.clone()));
    let faults = load(Some(&below), &Environment::default()).unwrap_err();
    assert!(faults[0].message.starts_with("cannot be read"), "{faults:?}");
    assert_eq!(find(Some(file.clone())), Some(file));
}

#[test]
fn a_state_directory_without_a_name_is_a_fault_of_its_line() {
    let dir = directory("# mine\nstate_dir = \" \"\n");
    let faults = faults_in(&dir);
    assert!(
        faults.len() == 1 && faults[0].starts_with("config.toml:2:13: state_dir is empty"),
        "{faults:?}"
    );
}

#[test]
fn systemd_s_state_directory_is_the_default_and_no_more() {
    let environment =
        Environment { state_directory: Some("/run/state".into()), ..Environment::default() };
    let dir = directory("");
    let path = dir.path().join("config.toml");
    assert_eq!(load(Some(&path), &environment).unwrap().config.state_dir, Path::new("/run/state"));
    std::fs::write(&path, "state_dir = \"\"\n").unwrap();
    assert_eq!(load(Some(&path), &environment).unwrap().config.state_dir, Path::new("/run/state"));
    std::fs::write(&path, "state_dir = \"mine\"\n").unwrap();
    let state_dir = load(Some(&path), &environment).unwrap().config.state_dir;
    assert_eq!(state_dir, dir.path().join("mine"));
}

#[test]
fn kinds_are_named_by_the_config_and_their_faults_have_places() {
    let kinds = load(None, &Environment::default()).unwrap().config.rules.kinds;
    assert_eq!(
        kinds.words(),
        [
            "comment",
            "request",
            "badge",
            "competition",
            "resolution",
            "takedown",
            "target",
            "update"
        ]
    );
    let takedown = &kinds.0[3];
    assert_eq!((takedown.name.as_str(), takedown.checklist.len()), ("資料集下架", 4));
    let own = "[kind.inspection]\nname = \"稽核\"\nprefix = \"I\"\naction = \"備妥文件\"\n\
               dates = [\"06-30\", \"2026-12-31\"]\n[kind.takedown]\nworkdays = 20\n";
    let kinds = load_in(&directory(own)).unwrap().config.rules.kinds;
    assert_eq!(kinds.0.len(), 7);
    assert_eq!(kinds.0[2].limit.dates.len(), 2);
    assert_eq!(kinds.0[4].limit.workdays, 20, "merged over the default");
    let bad = "[kind.Loud]\n[kind.x]\nprefix = \"T\"\naction = \"a\"\nopened_by = \"magic\"\n\
               dates = [\"02-29\", \"2070-06-30\"]\n[[kind.x.checklist]]\nitem = \"a\"\nname = \"b\"\n\
               [kind.y]\nname = \"y\"\nprefix = \"y1\"\naction = \"a\"\n";
    insta::assert_snapshot!(faults_in(&directory(bad)).join("\n"), @r#"
    config.toml:1:1: [kind.Loud]: a kind is named by lower-case letters, digits and _, at most 24, and not comment or request, whose limits stand in [deadline]
    config.toml:2:1: `kind.x.name` is missing
    config.toml:3:10: another kind has the prefix "T"
    config.toml:5:13: opened_by = "magic": write one of hand, dataset_gone, dataset_stale, target_short, badge_low, dates
    config.toml:6:10: `02-29` is no day from 2000 to 2059: write "2026-06-30", or "06-30" for every year
    config.toml:6:19: `2070-06-30` is no day from 2000 to 2059: write "2026-06-30", or "06-30" for every year
    config.toml:7:1: `kind.x.checklist.signer` is missing
    config.toml:12:10: prefix = "y1": at most eight capital letters, as in "T"
    "#);
}

#[test]
fn what_an_opener_goes_by_is_checked() {
    let bad = "[kind.a]\nname = \"甲\"\nprefix = \"A\"\naction = \"a\"\nopened_by = \"dates\"\n\
               [kind.b]\nname = \"乙\"\nprefix = \"B2\"\naction = \"b\"\nopened_by = \"dataset_stale\"\n\
               [kind.target]\n[[kind.target.goal]]\nagency = \"無此機關\"\nyear = 12\n\
               name = \"數\"\nnumber = 0\nmeasure = \"guess\"\nunit = \"nobody\"\nlimit = 3\n\
               [kind.update.update_days]\n\"每月\" = 0\n[[kind.takedown.checklist]]\nitem = \"a\"\n\
               name = \"甲\"\nsigner = \"乙\"\n[[kind.takedown.checklist]]\nitem = \"a\"\n\
               name = \"甲\"\nsigner = \"乙\"\n";
    insta::assert_snapshot!(faults_in(&directory(bad)).join("\n"), @r#"
    config.toml:5:13: opened_by = "dates" needs `dates`: nothing would ever be opened
    config.toml:8:10: prefix = "B2": at most eight capital letters, as in "T"
    config.toml:10:13: opened_by = "dataset_stale" needs `update_days`: nothing would ever be opened
    config.toml:13:10: no [[agency]] is called 「無此機關」: see units.toml
    config.toml:14:8: kind.target.goal.year = 12: it must lie in 90..2200
    config.toml:16:10: kind.target.goal.number = 0: it must lie in 1..1000000
    config.toml:17:11: measure = "guess": write datasets or hand
    config.toml:18:8: no unit has the id nobody: see units.toml
    config.toml:19:1: unknown option `kind.target.goal.limit`: take it out; there are agency, measure, name, number, unit, year
    config.toml:21:8: kind.update.update_days.每月 = 0: it must lie in 1..3660
    config.toml:26:1: two items are called a: give each its own name
    "#);
    let goal =
        "[[kind.target.goal]]\nagency = \"勞工保險局\"\nyear = 115\nname = \"數\"\nnumber = 3\n";
    let kinds = load_in(&directory(goal)).unwrap().config.rules.kinds;
    let target = &kinds.0[4].terms.targets[0];
    assert_eq!((target.year, target.number), (2026, 3));
}

#[test]
fn a_unit_answers_for_kinds_that_the_config_knows() {
    let dir = directory("");
    let units = SAMPLE_UNITS.replacen("\n[[unit]]\n", "\n[[unit]]\nkinds = [\"takedown\"]\n", 1);
    std::fs::write(dir.path().join("units.toml"), &units).unwrap();
    load_in(&dir).unwrap();
    std::fs::write(dir.path().join("units.toml"), units.replace("takedown", "taken")).unwrap();
    let faults = faults_in(&dir).join("\n");
    assert!(faults.contains("no kind `taken`: write one of comment, request, badge"), "{faults}");
}

/// Everything found in these units, each without its directory.
fn found_in_units(units: &str) -> Vec<String> {
    let dir = directory("");
    std::fs::write(dir.path().join("units.toml"), units).unwrap();
    let prefix = format!("{}/", dir.path().display());
    let found = match load_in(&dir) {
        Ok(loaded) => loaded.warnings,
        Err(faults) => faults,
    };
    let all = found.iter().map(|fault| fault.to_string().replace(&prefix, ""));
    let of_units =
        |fault: &String| fault.starts_with("units.toml") && !fault.contains("Slack token");
    all.filter(of_units).collect()
}

#[test]
fn two_agencies_of_one_name_are_a_fault() {
    let units = "[administrators]\nchannels = [\"print\"]\n\
        [[agency]]\nname = \"甲\"\nseat = \"臺北市\"\n[[agency]]\nname = \"乙\"\naliases = [\"甲\"]\n\
        [[unit]]\nid = \"a\"\nname = \"a\"\nagency = \"甲\"\nagencies = [\"甲\", \"乙\"]\n\
        channels = [\"print\"]\n";
    let expected = "units.toml:6:1: an [[agency]] before is called 「甲」, too: name each once";
    assert_eq!(found_in_units(units), [expected]);
}

#[test]
fn ties_and_gaps_are_shown_with_their_place() {
    let units = "[administrators]\nchannels = [\"print\"]\n\
        [[agency]]\nname = \"甲\"\naliases = [\"甲署\"]\n[[agency]]\nname = \"乙\"\n\
        [[unit]]\nid = \"a\"\nname = \"a\"\nagency = \"甲\"\nagencies = [\"甲\"]\n\
        datasets = [1]\nkinds = [\"comment\"]\nchannels = [\"print\"]\n\
        [[unit]]\nid = \"b\"\nname = \"b\"\nagency = \"甲\"\nagencies = [\"甲署\"]\n\
        datasets = [1]\nkinds = [\"comment\", \"request\"]\nchannels = [\"print\"]\n\
        [[unit]]\nid = \"c\"\nname = \"c\"\nagency = \"甲\"\ndatasets = [1]\n\
        channels = [\"print\"]\n";
    insta::assert_snapshot!(found_in_units(units).join("\n"), @"
    units.toml:6:1: warning: no unit answers for every comment and request of 「乙」: what is not named by its dataset goes to the administrators; add the agency to the `agencies` of a unit
    units.toml:16:1: unit b answers for agency 「甲署」 as a does: its cases go to the administrators; let one of them go, or narrow both by `kinds`
    units.toml:16:1: unit b answers for dataset 1 as a does: its cases go to the administrators; let one of them go, or narrow both by `kinds`
    ");
}

#[test]
fn people_are_read_with_their_absences_and_faults_have_their_place() {
    let person = |more: &str| {
        SAMPLE_UNITS.replacen("{ name = \"林資訊\"", &format!("{{ name = \"林資訊\", {more}"), 1)
    };
    assert!(
        found_in_units(&person("leave = [\"115/03/02 ~ 115/03/06\"], quiet = \"12:00-13:30\""))
            .is_empty()
    );
    for (more, expected) in [
        ("leave = [\"115/03/06 ~ 115/03/02\"]", "the last day lies before the first"),
        ("quiet = \"noon\"", "write when it begins and when it ends"),
        ("mail = \"lin\"", "a mail address"),
        ("leav = []", "did you mean `leave`?"),
    ] {
        let found = found_in_units(&person(more));
        assert!(matches!(&found[..], [one] if one.contains(expected)), "{more}: {found:?}");
    }
    let slack = SAMPLE_UNITS.replacen("U00OFF0001", "<!here>", 1);
    assert!(found_in_units(&slack)[0].contains("a member id of Slack"));
    let english = SAMPLE_UNITS.replacen(
        "id = \"mol-information\"",
        "id = \"mol-information\"\nlanguage = \"fr\"",
        1,
    );
    assert!(found_in_units(&english)[0].contains("write \"zh-TW\" or \"en\""));
}
