//! Whether a list of several pages was read to its end: by what it says itself, not by its silence.

use std::collections::BTreeSet;

use crate::intake::SourceError;

/// How far a list has been read.
pub(super) struct Paging<K> {
    size: u32,
    page: u32,
    rows: u64,
    met: BTreeSet<K>,
}

impl<K: Ord> Paging<K> {
    /// A list of which nothing was read yet, `size` rows a page.
    pub(super) fn new(size: u32) -> Self {
        Self { size, page: 0, rows: 0, met: BTreeSet::new() }
    }

    /// Takes a page: the keys that were read, how many rows were not, and how many rows the list
    /// says it has in all. Returns whether it was the last.
    ///
    /// # Errors
    ///
    /// The list breaks off, repeats itself, or shows more than it says it has: nothing follows
    /// from what it does not show. A row that slips to the next page while it is read is none of it.
    pub(super) fn turn(
        &mut self,
        read: impl IntoIterator<Item = K>,
        faulty: usize,
        count: Option<u64>,
    ) -> Result<bool, SourceError> {
        self.page += 1;
        let (keys, fresh) = read.into_iter().fold((0, 0), |(keys, fresh), key| {
            (keys + 1, fresh + usize::from(self.met.insert(key)))
        });
        let rows = keys + faulty;
        self.rows += rows as u64;
        let changed = |say: String| Err(SourceError::Changed(say));
        match count {
            Some(count) if rows as u64 > count => {
                changed(format!("the list says it has {count} rows and shows {rows}"))
            }
            _ if keys > 0 && fresh == 0 => {
                changed(format!("page {} shows again what was shown before", self.page))
            }
            Some(count) if rows == 0 && self.rows < count => {
                changed(format!("the list breaks off after {} of {count} rows", self.rows))
            }
            Some(count) => Ok(self.rows >= count),
            None => Ok(rows < self.size as usize),
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

    /// Pages of keys, each with what the list says it has; the last with what becomes of it.
    #[track_caller]
    fn check(pages: &[(&[u32], Option<u64>)], expected: Result<bool, &str>) {
        let mut paging = Paging::new(2);
        let (last, before) = pages.split_last().unwrap();
        for (keys, count) in before {
            assert_eq!(paging.turn(keys.to_vec(), 0, *count), Ok(false), "{keys:?}");
        }
        let turned = paging.turn(last.0.to_vec(), 0, last.1);
        let expected = expected.map_err(|say| SourceError::Changed(say.to_owned()));
        assert_eq!(turned, expected, "{pages:?}");
    }

    #[test]
    fn a_list_is_read_whole_or_is_a_trouble() {
        check(&[(&[], Some(0))], Ok(true));
        check(&[(&[], None)], Ok(true));
        check(&[(&[1, 2], Some(2))], Ok(true));
        check(&[(&[1, 2], Some(3)), (&[3], Some(3))], Ok(true));
        check(&[(&[1, 2], None), (&[3], None)], Ok(true));
        check(&[(&[1, 2], None), (&[], None)], Ok(true));
        // The server's pages are smaller than what was asked for.
        check(&[(&[1], Some(2)), (&[2], Some(2))], Ok(true));
        // One more is listed while the pages are turned: the second slips to the next page.
        check(&[(&[1, 2], Some(3)), (&[2, 3], Some(4))], Ok(true));
        check(&[(&[1, 2], Some(4)), (&[], Some(4))], Err("the list breaks off after 2 of 4 rows"));
        check(&[(&[], Some(4))], Err("the list breaks off after 0 of 4 rows"));
        let again = "page 2 shows again what was shown before";
        check(&[(&[1, 2], Some(3)), (&[1, 2], Some(3))], Err(again));
        check(&[(&[1, 2], None), (&[1, 2], None)], Err(again));
        check(&[(&[1, 2], Some(0))], Err("the list says it has 0 rows and shows 2"));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_there() {
        let mut paging = Paging::new(2);
        assert_eq!(paging.turn([1], 1, Some(3)), Ok(false));
        assert_eq!(paging.turn([3], 0, Some(3)), Ok(true));
        assert_eq!(paging.into_met(), BTreeSet::from([1, 3]));
    }
}
