use super::super::case::CaseKind;
use super::*;
use crate::domain::handling::Hold;

const AGENCY: &str = "勞動部勞工保險局";

fn today() -> NaiveDate {
    "2026-03-02".parse().unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-03-02T01:00:00Z".parse().unwrap()
}

fn seen(reply: ReplyStatus) -> SeenCase {
    SeenCase {
        number: CaseNumber::of_request(136_936),
        kind: CaseKind::Request,
        title: "希望開放".to_owned(),
        agency: AGENCY.to_owned(),
        dataset: None,
        url: "https://data.gov.tw/suggests/136936".to_owned(),
        posted_at: "2026-02-24T14:42:00".parse().ok(),
        assignment: Assignment::Made(None),
        reply,
        later_answers: Vec::new(),
    }
}

/// One agency of ours goes by two names.
fn ours(name: &str) -> Option<String> {
    let name = if name == "甲署" { "勞動部甲署" } else { name };
    name.starts_with("勞動部").then(|| name.to_owned())
}

/// Looks at one case, records what changed, and gives the words of it.
fn look(known: &mut Known, observed: SeenCase) -> Vec<&'static str> {
    let observation = Observation { seen: vec![observed], ..Observation::default() };
    record(known, &observation)
}

/// The same where the next look may go on from there.
fn look_once(known: &mut Known, observed: SeenCase) -> Vec<&'static str> {
    let observation = Observation { seen: vec![observed], ..Observation::default() };
    let events = compare(known, &observation, ours, today());
    record_events(known, &events)
}

fn record(known: &mut Known, observation: &Observation) -> Vec<&'static str> {
    let events = compare(known, observation, ours, today());
    let words = record_events(known, &events);
    let again = compare(known, observation, ours, today());
    assert_eq!(again, [], "the same look again says nothing");
    words
}

fn record_events(known: &mut Known, events: &[CaseEvent]) -> Vec<&'static str> {
    for event in events {
        match (&event.change, known.cases.get_mut(&event.number)) {
            (Change::AwaitingAssignment, _) => {
                known.awaiting.insert(event.number.clone());
            }
            (Change::New(seen, start), _) => {
                known.cases.insert(event.number.clone(), begin(seen, *start, now()));
            }
            (change, Some(case)) => {
                apply(case, change, now());
                if matches!(change, Change::Started(_) | Change::TakenAway(_)) {
                    known.awaiting.remove(&event.number);
                }
            }
            (_, None) => panic!("a change of an unknown case"),
        }
    }
    events.iter().map(|event| event.change.as_str()).collect()
}

fn only(known: &Known) -> &Case {
    known.cases.values().next().unwrap()
}

#[test]
fn a_case_is_new_answered_asked_again_and_answered_again() {
    let mut known = Known::default();
    assert_eq!(look(&mut known, seen(ReplyStatus::Unanswered)), ["new"]);
    let start = only(&known).start;
    assert_eq!((start.on.to_string().as_str(), start.origin), ("2026-02-24", Origin::Posted));
    let at = "2026-03-01T10:00:00".parse().ok();
    assert_eq!(look(&mut known, seen(ReplyStatus::Answered(at))), ["replied"]);
    assert_eq!(only(&known).replied_at.unwrap().to_string(), "2026-03-01 02:00:00 UTC");
    assert_eq!(look(&mut known, seen(ReplyStatus::AskedAgain)), ["new_round"]);
    assert_eq!((only(&known).round, only(&known).start.on), (2, today()));
    assert_eq!(look(&mut known, seen(ReplyStatus::Answered(None))), ["replied"]);
    assert_eq!(only(&known).replied_at, Some(now()));
}

#[test]
fn a_case_answered_and_asked_again_between_two_looks_has_its_second_round() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    assert_eq!(look(&mut known, seen(ReplyStatus::AskedAgain)), ["replied", "new_round"]);
    let case = only(&known);
    assert_eq!((case.round, case.state, case.start.on), (2, CaseState::Open, today()));
    assert_eq!(look(&mut known, seen(ReplyStatus::Answered(None))), ["replied"]);
}

/// Of a case asked again at 10:00 on 2026-03-02, the time that the platform shows for an answer to the second round.
#[track_caller]
fn check_second_answer(shown: &[&str], expected: &str) {
    let at = |text: &&str| format!("{text}:00").parse::<NaiveDateTime>().unwrap();
    let first = at(&"2026-02-26T10:00");
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    look(&mut known, seen(ReplyStatus::Answered(Some(first))));
    look(&mut known, seen(ReplyStatus::AskedAgain));
    known.cases.values_mut().for_each(|case| {
        case.first_seen_at = "2026-03-02T02:00:00Z".parse().unwrap();
    });
    let mut times = shown.iter().map(at);
    let answered = ReplyStatus::Answered(times.next());
    let again = SeenCase { later_answers: times.collect(), ..seen(answered) };
    let observation = Observation { seen: vec![again], ..Observation::default() };
    let later: DateTime<Utc> = "2026-03-09T01:00:00Z".parse().unwrap();
    for event in compare(&known, &observation, ours, day_in_taipei(later)) {
        let case = known.cases.get_mut(&event.number).unwrap();
        apply(case, &event.change, later);
    }
    let expected = taipei_to_utc(at(&expected));
    assert_eq!((only(&known).round, only(&known).replied_at), (2, Some(expected)), "{shown:?}");
    assert_eq!(only(&known).start.on, today());
}

#[test]
fn a_second_round_is_answered_by_an_answer_of_its_own() {
    let noticed = "2026-03-09T09:00";
    check_second_answer(&["2026-02-26T10:00", "2026-03-04T15:00"], "2026-03-04T15:00");
    check_second_answer(&["2026-03-02T09:00", "2026-03-02T11:00"], "2026-03-02T11:00");
    check_second_answer(&["2026-02-26T10:00"], noticed);
    check_second_answer(&["2026-03-02T09:00"], noticed);
    check_second_answer(&[], noticed);
}

#[test]
fn a_day_zero_that_was_only_observed_is_never_later_than_the_answer() {
    let awaited = || SeenCase {
        assignment: Assignment::Awaited,
        agency: String::new(),
        ..seen(ReplyStatus::Unanswered)
    };
    let answered = |day: &str| ReplyStatus::Answered(format!("{day}T15:00:00").parse().ok());
    for day in ["2026-02-27", "2026-03-02"] {
        // Given and answered in one look, or given in one and answered in the next.
        for shown in [vec![answered(day)], vec![ReplyStatus::Unanswered, answered(day)]] {
            let mut known = Known::default();
            look(&mut known, awaited());
            let in_two = shown.len() == 2;
            let mut last = Vec::new();
            for reply in shown {
                last = look(&mut known, seen(reply));
            }
            let case = only(&known);
            let day: NaiveDate = day.parse().unwrap();
            let moves = in_two && day < today();
            assert_eq!(
                last.contains(&"start_seen"),
                moves,
                "the history says what moved: {last:?}"
            );
            assert_eq!(case.start, StartDay { on: day, origin: Origin::Observed });
            assert_eq!(case.assigned_on, day);
            assert_eq!(case.replied_at.map(day_in_taipei), Some(day));
        }
    }
}

#[test]
fn an_answer_older_than_the_day_that_was_given_was_given_nobody_knows_when() {
    let given = SeenCase {
        assignment: Assignment::Made(today().pred_opt()),
        ..seen(ReplyStatus::Answered("2026-02-26T15:00:00".parse().ok()))
    };
    let mut known = Known::default();
    look(&mut known, given.clone());
    assert_eq!((only(&known).state, only(&known).replied_at), (CaseState::Replied, None));
    let mut known = Known::default();
    look(&mut known, SeenCase { reply: ReplyStatus::Unanswered, ..given.clone() });
    look(&mut known, given);
    assert_eq!(only(&known).replied_at, Some(now()), "when it was noticed");
}

#[test]
fn what_is_first_seen_as_asked_again_was_assigned_when_it_was_posted() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::AskedAgain));
    let case = only(&known);
    assert_eq!((case.round, case.start.on, case.start.origin), (2, today(), Origin::Observed));
    assert_eq!(case.assigned_on.to_string(), "2026-02-24");
}

#[test]
fn an_answer_taken_back_opens_the_same_round() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    look(&mut known, seen(ReplyStatus::Answered(None)));
    assert_eq!(look(&mut known, seen(ReplyStatus::Unanswered)), ["reply_withdrawn"]);
    assert_eq!((only(&known).round, only(&known).state), (1, CaseState::Open));
}

#[test]
fn an_answer_older_than_its_round_that_an_earlier_build_kept_has_no_day() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Answered("2026-02-26T10:00:00".parse().ok())));
    let mut case = only(&known).clone();
    assert_eq!(case.answered_on(), "2026-02-26".parse().ok());
    case.start.on = "2026-02-27".parse().unwrap();
    assert_eq!(case.answered_on(), None);
}

#[test]
fn of_several_rows_of_one_request_ours_counts() {
    let mut known = Known::default();
    let other = SeenCase { agency: "內政部".to_owned(), ..seen(ReplyStatus::Unanswered) };
    let rows = vec![other, seen(ReplyStatus::Unanswered)];
    let observation = Observation { seen: rows, ..Observation::default() };
    assert_eq!(record(&mut known, &observation), ["new"]);
    assert_eq!(only(&known).agency, AGENCY);
}

#[test]
fn a_comment_that_stands_under_another_dataset_is_looked_for_there() {
    let under = |nid| SeenCase {
        number: CaseNumber::of_comment(1),
        kind: CaseKind::Comment,
        dataset: Some(Dataset { nid, title: "題".to_owned() }),
        ..seen(ReplyStatus::Unanswered)
    };
    let mut known = Known::default();
    look(&mut known, under(6100));
    assert_eq!(look(&mut known, under(6200)), ["dataset_known"]);
    assert_eq!(only(&known).dataset.as_ref().unwrap().nid, 6200);
}

#[test]
fn one_answer_that_is_gone_is_in_doubt_where_no_request_of_many_has_one() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Answered(None)));
    let lost = |others: &[SeenCase]| {
        let rows = vec![seen(ReplyStatus::Unanswered)];
        let mut observation = Observation { seen: rows, ..Observation::default() };
        observation.requests.count(others);
        contradictions(&known, &observation).len()
    };
    let unanswered = vec![seen(ReplyStatus::Unanswered); 10];
    assert_eq!(lost(&unanswered), 1);
    assert_eq!(lost(&unanswered[..9]), 0, "so few need not have any");
    let with_one = [&unanswered[..], &[seen(ReplyStatus::Answered(None))]].concat();
    assert_eq!(lost(&with_one), 0);
}

#[test]
fn the_day_of_assignment_is_given_observed_or_posted() {
    let given = "2026-02-26".parse().ok();
    let mut known = Known::default();
    let row = SeenCase { assignment: Assignment::Made(given), ..seen(ReplyStatus::Unanswered) };
    look(&mut known, row.clone());
    assert_eq!((only(&known).start.on, only(&known).start.origin), (given.unwrap(), Origin::Given));

    let mut known = Known::default();
    let awaited = SeenCase {
        assignment: Assignment::Awaited,
        agency: String::new(),
        ..seen(ReplyStatus::Unanswered)
    };
    assert_eq!(look(&mut known, awaited), ["awaiting_assignment"]);
    assert_eq!(look(&mut known, seen(ReplyStatus::Unanswered)), ["new"]);
    assert_eq!((only(&known).start.on, only(&known).start.origin), (today(), Origin::Observed));
    assert_eq!(look(&mut known, row), ["start_given"]);
    assert_eq!(only(&known).start.origin, Origin::Given);
}

#[test]
fn answers_that_are_all_gone_at_once_are_the_platform_s_doing() {
    let of = |cid: u64, reply| SeenCase {
        number: CaseNumber::of_comment(cid),
        kind: CaseKind::Comment,
        ..seen(reply)
    };
    let look = |replies: &[ReplyStatus]| {
        let seen = (1..).zip(replies).map(|(cid, reply)| of(cid, *reply)).collect();
        Observation { seen, ..Observation::default() }
    };
    let (answered, none) = (ReplyStatus::Answered(None), ReplyStatus::Unanswered);
    let mut known = Known::default();
    record(&mut known, &look(&[answered, answered, answered]));
    let all_gone = look(&[none, none, none]);
    assert_eq!(contradictions(&known, &all_gone).len(), 3);
    // Requests are listed elsewhere: that theirs are shown says nothing of comments.
    let request = SeenCase { kind: CaseKind::Request, ..seen(answered) };
    record(&mut known, &Observation { seen: vec![request.clone()], ..Observation::default() });
    let mixed = Observation { seen: [all_gone.seen.clone(), vec![request]].concat(), ..all_gone };
    assert_eq!(contradictions(&known, &mixed).len(), 3);
    assert_eq!(contradictions(&known, &look(&[none])).len(), 0, "one may be taken back");
    let one_left = look(&[none, none, answered]);
    assert_eq!(contradictions(&known, &one_left).len(), 0);
    assert_eq!(record(&mut known, &one_left), ["reply_withdrawn", "reply_withdrawn"]);
}

#[test]
fn of_several_agencies_that_are_named_the_one_that_had_it_has_it() {
    let to = |agency: &str| SeenCase { agency: agency.to_owned(), ..seen(ReplyStatus::Unanswered) };
    let mut known = Known::default();
    assert_eq!(look(&mut known, to("衛生福利部、勞動部甲署；勞動部")), ["new"]);
    assert_eq!(only(&known).agency, "勞動部甲署");
    assert_eq!(look(&mut known, to("衛生福利部，勞動部，甲署")), [""; 0], "it is among them still");
    assert_eq!(look(&mut known, to("內政部、勞動部")), ["reassigned"]);
    assert_eq!(look(&mut known, to("衛生福利部、內政部")), ["taken_away"]);
}

#[test]
fn a_case_goes_from_agency_to_agency() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    let to = |agency: &str| SeenCase { agency: agency.to_owned(), ..seen(ReplyStatus::Unanswered) };
    assert_eq!(look(&mut known, to("勞動部")), ["reassigned"]);
    assert_eq!(look(&mut known, to("內政部")), ["taken_away"]);
    assert_eq!(only(&known).state, CaseState::Withdrawn);
    assert_eq!(look(&mut known, to(AGENCY)), ["reassigned"]);
    assert_eq!(only(&known).state, CaseState::Open);
    known.cases.values_mut().next().unwrap().state = CaseState::Acknowledged;
    assert_eq!(look(&mut known, to("勞動部")), ["reassigned"]);
    assert_eq!(
        only(&known).state,
        CaseState::Open,
        "who has it now did not say that it is in hand"
    );
    look(&mut known, to(AGENCY));
    let titled = SeenCase { title: "新題".to_owned(), ..seen(ReplyStatus::Unanswered) };
    assert_eq!(look(&mut known, titled), ["retitled"]);
}

#[test]
fn a_request_taken_back_for_dispatch_is_nobody_s_and_its_clock_begins_anew() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    let awaited = |agency: &str| SeenCase {
        assignment: Assignment::Awaited,
        agency: agency.to_owned(),
        ..seen(ReplyStatus::Unanswered)
    };
    for agency in ["", AGENCY] {
        assert_eq!(look(&mut known, awaited(agency)), ["taken_back", "awaiting_assignment"]);
        assert_eq!((only(&known).state, only(&known).agency.as_str()), (CaseState::Withdrawn, ""));
        assert_eq!(look(&mut known, seen(ReplyStatus::Unanswered)), ["reassigned", "start_seen"]);
        let start = StartDay { on: today(), origin: Origin::Observed };
        assert_eq!((only(&known).state, only(&known).start), (CaseState::Open, start));
    }
    // What another ministry had begins anew, too, when it comes back from nobody.
    let theirs = |assignment| SeenCase {
        agency: "內政部".to_owned(),
        assignment,
        ..seen(ReplyStatus::Unanswered)
    };
    assert_eq!(look(&mut known, theirs(Assignment::Made(None))), ["taken_away"]);
    assert_eq!(look(&mut known, awaited("")), ["awaiting_assignment"]);
    assert_eq!(look(&mut known, seen(ReplyStatus::Unanswered)), ["reassigned", "start_seen"]);
    // An answer that is not shown any more is said first.
    look(&mut known, seen(ReplyStatus::Answered("2026-03-02T09:00:00".parse().ok())));
    assert_eq!(only(&known).state, CaseState::Replied);
    assert_eq!(look_once(&mut known, awaited("")), ["reply_withdrawn"]);
    assert_eq!(look(&mut known, awaited("")), ["taken_back", "awaiting_assignment"]);
    let theirs = SeenCase { agency: "內政部".to_owned(), ..seen(ReplyStatus::Unanswered) };
    assert_eq!(look(&mut known, theirs), ["taken_away"]);
    assert_eq!(only(&known).state, CaseState::Withdrawn);
}

#[test]
fn whoever_has_what_was_taken_back_next_has_its_time_anew() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    let hold = Hold {
        from: today(),
        reason: String::new(),
        by: "吳保險".to_owned(),
        at: now(),
        was_acknowledged: false,
        end: None,
    };
    let case = known.cases.values_mut().next().unwrap();
    case.handling.holds.push(hold);
    case.state = CaseState::OnHold;
    let awaited = SeenCase { assignment: Assignment::Awaited, ..seen(ReplyStatus::Unanswered) };
    look(&mut known, awaited);
    look(&mut known, seen(ReplyStatus::Unanswered));
    assert!(!only(&known).handling.moves_clock());
}

#[test]
fn what_a_person_brought_in_was_not_given_to_anybody_that_could_be_taken_back() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    known.cases.values_mut().next().unwrap().start.origin = Origin::ByHand;
    let awaited = SeenCase {
        assignment: Assignment::Awaited,
        agency: String::new(),
        ..seen(ReplyStatus::Unanswered)
    };
    assert_eq!(look(&mut known, awaited), [""; 0]);
    assert_eq!(only(&known).state, CaseState::Open);
}

#[test]
fn a_list_that_names_no_agency_takes_back_and_gives_back() {
    let (mut known, by_folder) =
        (
            Known::default(),
            |name: &str| {
                if name.is_empty() { Some(String::new()) } else { ours(name) }
            },
        );
    let row = |assignment| SeenCase {
        assignment,
        agency: String::new(),
        ..seen(ReplyStatus::Unanswered)
    };
    let mut words = Vec::new();
    let (made, awaited) = (Assignment::Made(None), Assignment::Awaited);
    for assignment in [made, awaited, awaited, made, made] {
        let observation = Observation { seen: vec![row(assignment)], ..Observation::default() };
        let events = compare(&known, &observation, by_folder, today());
        words.push(record_events(&mut known, &events).join(" "));
    }
    let expected = ["new", "taken_back awaiting_assignment", "", "reassigned start_seen", ""];
    assert_eq!(words, expected);
}

#[test]
fn a_case_vanishes_once_and_returns() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    let missing = vec![CaseNumber::of_request(136_936), CaseNumber::of_request(1)];
    let gone = Observation { missing, ..Observation::default() };
    assert_eq!(record(&mut known, &gone), ["vanished"]);
    assert_eq!(look(&mut known, seen(ReplyStatus::Unanswered)), ["returned"]);
}

#[test]
fn what_is_not_ours_is_not_ours() {
    let mut known = Known::default();
    let other = SeenCase { agency: "內政部".to_owned(), ..seen(ReplyStatus::Unanswered) };
    assert!(look(&mut known, other).is_empty());
}

#[test]
fn one_look_that_shows_a_case_twice_says_it_once() {
    let mut known = Known::default();
    let twice = vec![seen(ReplyStatus::Unanswered), seen(ReplyStatus::Answered(None))];
    let observation = Observation { seen: twice, ..Observation::default() };
    let events = compare(&known, &observation, ours, today());
    assert_eq!(events.len(), 1);
    look(&mut known, seen(ReplyStatus::Answered(None)));
    assert_eq!(only(&known).state, CaseState::Replied);
}

#[test]
fn what_was_erased_comes_back_only_with_a_question_asked_anew() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    look(&mut known, seen(ReplyStatus::Answered(None)));
    for case in known.cases.values_mut() {
        ERASED.clone_into(&mut case.title);
    }
    assert_eq!(look(&mut known, seen(ReplyStatus::Answered(None))), [""; 0]);
    assert_eq!(only(&known).title, ERASED);
    assert_eq!(look(&mut known, seen(ReplyStatus::AskedAgain)), ["retitled", "new_round"]);
    assert_eq!(only(&known).title, "希望開放");
}

#[test]
fn nothing_shown_of_a_reply_opens_a_case_and_never_takes_an_answer_back() {
    let mut known = Known::default();
    assert_eq!(look(&mut known, seen(ReplyStatus::NotShown)), ["new"]);
    assert_eq!((only(&known).state, only(&known).round), (CaseState::Open, 1));
    let silent = Observation { seen: vec![seen(ReplyStatus::NotShown)], ..Observation::default() };
    assert_eq!(contradictions(&known, &silent), BTreeSet::new());
    look(&mut known, seen(ReplyStatus::Answered(None)));
    assert_eq!(record(&mut known, &silent), [""; 0]);
    assert_eq!(only(&known).state, CaseState::Replied);
    assert_eq!(contradictions(&known, &silent), BTreeSet::from([only(&known).number.clone()]));
    known.cases.values_mut().for_each(|case| case.handling.reply_unconfirmed = true);
    assert_eq!(contradictions(&known, &silent), BTreeSet::new(), "the platform never showed it");
}

#[test]
fn the_same_agency_by_another_of_its_names_is_no_news() {
    let mut known = Known::default();
    let by = |name: &str| SeenCase { agency: name.to_owned(), ..seen(ReplyStatus::Unanswered) };
    look(&mut known, by("勞動部甲署"));
    let case = known.cases.values_mut().next().unwrap();
    case.handling.unit = Some("yi".to_owned());
    case.state = CaseState::Withdrawn;
    assert!(look(&mut known, by("甲署")).is_empty());
    assert_eq!(only(&known).state, CaseState::Withdrawn);
    assert_eq!(look(&mut known, by("勞動部乙局")), ["reassigned"]);
    assert_eq!(only(&known).state, CaseState::Open);
}

#[test]
fn an_answered_case_that_is_taken_away_and_comes_back_keeps_its_answer() {
    let mut known = Known::default();
    let by = |name: &str| SeenCase { agency: name.to_owned(), ..seen(ReplyStatus::Answered(None)) };
    look(&mut known, by("勞動部"));
    let case = known.cases.values_mut().next().unwrap();
    let answered_at = now() - chrono::TimeDelta::days(3);
    case.replied_at = Some(answered_at);
    assert_eq!(look(&mut known, by("內政部")), ["taken_away"]);
    assert_eq!(look(&mut known, by("勞動部")), ["reassigned"]);
    assert!(look(&mut known, by("勞動部")).is_empty());
    assert_eq!(only(&known).state, CaseState::Replied);
    assert_eq!(only(&known).replied_at, Some(answered_at));
}

#[test]
fn what_becomes_of_a_case_that_was_taken_away_is_another_s() {
    for reply in [ReplyStatus::Answered(None), ReplyStatus::AskedAgain] {
        let mut known = Known::default();
        look(&mut known, seen(ReplyStatus::Unanswered));
        let theirs = SeenCase { agency: "內政部".to_owned(), ..seen(reply) };
        assert_eq!(look(&mut known, theirs), ["taken_away"], "{reply:?}");
        let case = only(&known);
        assert_eq!((case.state, case.round), (CaseState::Withdrawn, 1), "{reply:?}");
        assert_eq!(case.replied_at, None, "{reply:?}");
    }
}

#[test]
fn a_case_that_comes_back_answered_is_answered() {
    for (reply, expected) in [
        (ReplyStatus::Answered(None), vec!["reassigned", "replied"]),
        (ReplyStatus::AskedAgain, vec!["reassigned", "replied", "new_round"]),
        (ReplyStatus::Unanswered, vec!["reassigned"]),
    ] {
        let mut known = Known::default();
        look(&mut known, seen(ReplyStatus::Unanswered));
        let theirs = SeenCase { agency: "內政部".to_owned(), ..seen(ReplyStatus::Unanswered) };
        look(&mut known, theirs);
        assert_eq!(look(&mut known, seen(reply)), expected);
    }
}

#[test]
fn what_a_person_withdrew_is_open_again_once_it_is_asked_again() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    known.cases.values_mut().for_each(|case| case.state = CaseState::Withdrawn);
    assert_eq!(look(&mut known, seen(ReplyStatus::Answered(None))), [""; 0]);
    assert_eq!(look(&mut known, seen(ReplyStatus::AskedAgain)), ["new_round"]);
    assert_eq!((only(&known).round, only(&known).state), (2, CaseState::Open));
    known.cases.values_mut().for_each(|case| case.state = CaseState::Withdrawn);
    assert_eq!(look(&mut known, seen(ReplyStatus::AskedAgain)), [""; 0], "the same as before");
}

#[test]
fn the_dataset_of_a_case_that_was_known_without_one_is_taken_up_and_never_lost() {
    let mut known = Known::default();
    look(&mut known, seen(ReplyStatus::Unanswered));
    let dataset = Dataset { nid: 6100, title: "勞保統計".to_owned() };
    let under = SeenCase { dataset: Some(dataset.clone()), ..seen(ReplyStatus::Unanswered) };
    assert_eq!(look(&mut known, under), ["dataset_known"]);
    assert_eq!(look(&mut known, seen(ReplyStatus::Unanswered)), [""; 0]);
    assert_eq!(only(&known).dataset, Some(dataset));
}

#[test]
fn what_is_dated_after_tomorrow_is_a_fault_and_no_answer_is_older_than_its_question() {
    let posted = |day: &str, reply| SeenCase {
        posted_at: format!("{day}T14:42:00").parse().ok(),
        ..seen(reply)
    };
    let answered = |at: &str| ReplyStatus::Answered(format!("{at}T00:00:00").parse().ok());
    let tomorrow = today().succ_opt().unwrap();
    let later = tomorrow.succ_opt().unwrap();
    for (seen, reply) in [
        (posted(&later.to_string(), ReplyStatus::Unanswered), None),
        (posted(&tomorrow.to_string(), ReplyStatus::Unanswered), Some(ReplyStatus::Unanswered)),
        (
            SeenCase { assignment: Assignment::Made(Some(later)), ..seen(ReplyStatus::Unanswered) },
            None,
        ),
        (posted("2026-03-02", answered("2026-03-02")), Some(answered("2026-03-02"))),
        (posted("2026-03-02", answered("2026-03-01")), Some(ReplyStatus::Answered(None))),
    ] {
        let mut observation = Observation { seen: vec![seen], ..Observation::default() };
        observation.refuse_days_to_come(today());
        assert_eq!(observation.seen.first().map(|seen| seen.reply), reply);
        assert_eq!(observation.faults.is_empty(), reply.is_some());
    }
}

#[test]
fn what_was_read_by_a_clock_that_was_ahead_has_its_turn() {
    let ahead = now() + chrono::TimeDelta::days(365);
    assert_eq!(Reading::had(true, now()).known_by(now()), Reading::had(true, now()));
    assert_eq!(Reading::had(true, ahead).known_by(now()), Reading::default());
    let failing = Reading::default().failed(ahead).known_by(now());
    assert_eq!((failing.tried_at, failing.failing_since), (None, Some(now())));
}
