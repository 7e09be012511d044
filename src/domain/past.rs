//! Past cases, from before jicui watched: whether one is the case that is known already.

use chrono::NaiveDate;

use super::case::{Case, Origin};
use super::observation::day_in_taipei;

/// In what a past case and the known one of its number contradict each other; `None` if they are
/// the same case, as far as both know it.
///
/// `same_agency` knows the agencies' other spellings. A day of assignment counts only where both
/// know it for certain.
pub fn contradiction(
    known: &Case,
    past: &Case,
    same_agency: impl Fn(&str, &str) -> bool,
) -> Option<&'static str> {
    let plain = |title: &str| title.split_whitespace().collect::<String>();
    let is_certain = |case: &Case| matches!(case.start.origin, Origin::Given | Origin::ByHand);
    let both_certain = is_certain(known) && is_certain(past) && known.round == past.round;
    let replied = |case: &Case| -> Option<NaiveDate> { case.replied_at.map(day_in_taipei) };
    let (before, after) = (replied(known), replied(past));
    if known.kind != past.kind {
        Some("kind")
    } else if plain(&known.title) != plain(&past.title) {
        Some("title")
    } else if !same_agency(&known.agency, &past.agency) {
        Some("agency")
    } else if both_certain && known.start.on != past.start.on {
        Some("day of assignment")
    } else if known.state.is_open() != past.state.is_open() {
        Some("state: one is open, the other is not")
    } else if known.round == past.round && before.is_some() && after.is_some() && before != after {
        Some("day of the answer")
    } else {
        None
    }
}
