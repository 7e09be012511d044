//! Whether a list of several pages was read to its end: by what it says itself, not by its silence.

use std::collections::BTreeSet;

use crate::intake::SourceError;

/// How far a list has been read.
pub(super) struct Paging<K> {
    size: u32,
    page: u32,
    /// Rows of the page before.
    before: usize,
    rows: u64,
    faulty: u64,
    /// The most rows that the list said it has.
    most: Option<u64>,
    met: BTreeSet<K>,
}

/// The list was read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Every row was met: what was not is not there.
    pub(super) is_whole: bool,
}

impl<K: Ord> Paging<K> {
    /// A list of which nothing was read yet, `size` rows a page.
    pub(super) fn new(size: u32) -> Self {
        Self { size, page: 0, before: 0, rows: 0, faulty: 0, most: None, met: BTreeSet::new() }
    }

    /// Takes a page: the keys that were read, how many rows were not, and how many rows the list
    /// says it has in all. Returns whether it was the last, and if so, whether every row was met.
    ///
    /// # Errors
    ///
    /// The list breaks off, repeats itself, or shows more than it says it has: nothing follows
    /// from what it does not show. A row that slips to another page while it is read is no error.
    pub(super) fn turn(
        &mut self,
        read: impl IntoIterator<Item = K>,
        faulty: usize,
        count: Option<u64>,
    ) -> Result<Option<End>, SourceError> {
        self.page += 1;
        let (keys, fresh) = read.into_iter().fold((0, 0), |(keys, fresh), key| {
            (keys + 1, fresh + usize::from(self.met.insert(key)))
        });
        let rows = keys + faulty;
        let is_full = rows >= self.size as usize;
        let is_shorter = rows < std::mem::replace(&mut self.before, rows);
        self.rows += rows as u64;
        self.faulty += faulty as u64;
        self.most = self.most.max(count);
        let is_short = self.most.is_some_and(|most| self.rows < most);
        // What an empty page does not say, those before it said.
        let said = count.or(self.most).unwrap_or_default();
        let met = self.met.len() as u64 + self.faulty;
        let changed = |say: String| Err(SourceError::Changed(say));
        match count {
            Some(count) if rows as u64 > count => {
                changed(format!("the list says it has {count} rows and shows {rows}"))
            }
            // Of rows that changed places while they were read, the last page may hold none but old
            // ones, and fewer than the page before.
            _ if keys > 0 && fresh == 0 && (!is_shorter || is_short) => {
                changed(format!("page {} shows again what was shown before", self.page))
            }
            _ if rows == 0 && said > self.rows => {
                changed(format!("the list breaks off after {} of {said} rows", self.rows))
            }
            Some(count) => {
                Ok((self.rows >= count).then_some(End { is_whole: Some(met) >= self.most }))
            }
            None => Ok((!is_full).then_some(End { is_whole: met == self.rows })),
        }
    }

    /// Whatever was met on any page.
    pub(super) fn into_met(self) -> BTreeSet<K> {
        self.met
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: Result<Option<End>, &str> = Ok(Some(End { is_whole: true }));
    const NOT_WHOLE: Result<Option<End>, &str> = Ok(Some(End { is_whole: false }));

    /// Pages of keys, each with what the list says it has; the last with what becomes of it.
    #[track_caller]
    fn check(pages: &[(&[u32], Option<u64>)], expected: Result<Option<End>, &str>) {
        let mut paging = Paging::new(2);
        let (last, before) = pages.split_last().unwrap();
        for (keys, count) in before {
            assert_eq!(paging.turn(keys.to_vec(), 0, *count), Ok(None), "{keys:?}");
        }
        let turned = paging.turn(last.0.to_vec(), 0, last.1);
        let expected = expected.map_err(|say| SourceError::Changed(say.to_owned()));
        assert_eq!(turned, expected, "{pages:?}");
    }

    #[test]
    fn a_list_is_read_to_its_end_or_is_a_trouble() {
        check(&[(&[], Some(0))], WHOLE);
        check(&[(&[], None)], WHOLE);
        check(&[(&[1, 2], Some(2))], WHOLE);
        check(&[(&[1, 2], Some(3)), (&[3], Some(3))], WHOLE);
        check(&[(&[1, 2], None), (&[3], None)], WHOLE);
        check(&[(&[1, 2], None), (&[], None)], WHOLE);
        // The server's pages are smaller than what was asked for.
        check(&[(&[1], Some(2)), (&[2], Some(2))], WHOLE);
        check(&[(&[1, 2], Some(4)), (&[], Some(4))], Err("the list breaks off after 2 of 4 rows"));
        check(&[(&[], Some(4))], Err("the list breaks off after 0 of 4 rows"));
        check(&[(&[1, 2], Some(4)), (&[], None)], Err("the list breaks off after 2 of 4 rows"));
        let again = "page 2 shows again what was shown before";
        check(&[(&[1, 2], Some(3)), (&[1, 2], Some(3))], Err(again));
        check(&[(&[1], Some(3)), (&[1], Some(3))], Err(again));
        check(&[(&[1], Some(2)), (&[1], Some(2))], Err(again));
        check(&[(&[1, 2], None), (&[1, 2], None)], Err(again));
        check(&[(&[1, 2], Some(0))], Err("the list says it has 0 rows and shows 2"));
    }

    #[test]
    fn rows_that_change_places_while_they_are_read_are_no_trouble_and_prove_nothing() {
        // One more is listed at the top: the second slips to the next page.
        check(&[(&[1, 2], Some(3)), (&[2, 3], Some(4))], NOT_WHOLE);
        // The third overtakes the second between the two pages.
        check(&[(&[1, 2], Some(3)), (&[2], Some(3))], NOT_WHOLE);
        check(&[(&[1, 2], None), (&[2], None)], NOT_WHOLE);
        // The first is gone before the second page, and the third slips to the first.
        check(&[(&[1, 2], Some(4)), (&[4], Some(3))], NOT_WHOLE);
    }

    #[test]
    fn a_row_that_cannot_be_read_is_there() {
        let mut paging = Paging::new(2);
        assert_eq!(paging.turn([1], 1, Some(3)), Ok(None));
        assert_eq!(paging.turn([3], 0, Some(3)), Ok(Some(End { is_whole: true })));
        assert_eq!(paging.into_met(), BTreeSet::from([1, 3]));
    }
}
