//! The words of all lines in one text: they take the room of their letters, and are sought through as
//! fast as memory is read.

use std::cmp::Reverse;

use memchr::memmem::Finder;

/// What stands between the number and the title, so that no word is found across them: no word has
/// white space.
const BETWEEN: char = '\n';

/// Where the words of a line stand: the number, what is sought in, and the title where it is written
/// otherwise than it is sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    at: u32,
    number: u32,
    sought: u32,
    title: u32,
}

/// The words of all lines.
#[derive(Debug, Default)]
pub(super) struct Words {
    text: String,
    /// Bytes that no line needs any more.
    waste: usize,
}

impl Words {
    /// Makes room for the words of so many lines: a text that grows is copied, and twice in memory.
    pub(super) fn of(lines: usize) -> Self {
        const OF_A_LINE: usize = 160;
        Self { text: String::with_capacity(lines * OF_A_LINE), waste: 0 }
    }

    pub(super) fn put(&mut self, number: &str, title: &str) -> Place {
        let at = self.text.len();
        self.text.push_str(number);
        let begin = self.text.len();
        self.text.extend(number.chars().flat_map(folded));
        self.text.push(BETWEEN);
        let begin_of_title = self.text.len();
        self.text.extend(title.chars().flat_map(folded));
        let end = self.text.len();
        let is_other = self.text.get(begin_of_title..) != Some(title);
        if is_other {
            self.text.push_str(title);
        }
        let small = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let title = if is_other { title.len() } else { 0 };
        let (number, sought) = (small(number.len()), small(end - begin));
        Place { at: small(at), number, sought, title: small(title) }
    }

    /// Puts down other words of the same line.
    pub(super) fn replace(&mut self, old: Place, number: &str, title: &str) -> Place {
        if self.title(old) == title {
            return old;
        }
        self.waste +=
            [old.number, old.sought, old.title].map(|part| part as usize).iter().sum::<usize>();
        self.put(number, title)
    }

    /// Whether more than half of the text is of no use.
    pub(super) fn is_wasted(&self) -> bool {
        self.waste > self.text.len() / 2
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.text.shrink_to_fit();
    }

    pub(super) fn number(&self, place: Place) -> &str {
        self.part(place.at as usize, place.number)
    }

    pub(super) fn title(&self, place: Place) -> &str {
        let sought = place.at as usize + place.number as usize;
        if place.title > 0 {
            return self.part(sought + place.sought as usize, place.title);
        }
        // A number has letters of one byte only, large or small.
        let before = place.number as usize + BETWEEN.len_utf8();
        self.part(sought, place.sought).get(before..).unwrap_or("")
    }

    fn sought(&self, place: Place) -> &[u8] {
        self.part(place.at as usize + place.number as usize, place.sought).as_bytes()
    }

    fn part(&self, at: usize, length: u32) -> &str {
        self.text.get(at..at + length as usize).unwrap_or("")
    }
}

/// A word to be found, whatever its letters look like.
#[derive(Debug)]
pub(super) struct Sought(Finder<'static>);

impl Sought {
    /// Each word of `text`, the longest first: fewest lines have it.
    pub(super) fn of(text: &str) -> Vec<Self> {
        let text = fold(text);
        let mut words: Vec<&str> = text.split_whitespace().collect();
        words.sort_by_key(|word| Reverse(word.chars().count()));
        words.into_iter().map(|word| Self(Finder::new(word).into_owned())).collect()
    }

    /// Whether the line's number or title has it.
    pub(super) fn is_in(&self, words: &Words, place: Place) -> bool {
        self.0.find(words.sought(place)).is_some()
    }

    /// Whether a [folded](fold) name has it.
    pub(super) fn is_in_name(&self, name: &str) -> bool {
        self.0.find(name.as_bytes()).is_some()
    }
}

/// `text` as it is sought: large and small letters, wide ones and narrow ones, 臺 and 台 are the same.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(folded).collect()
}

fn folded(letter: char) -> impl Iterator<Item = char> {
    /// From a wide letter or digit to the narrow one.
    const WIDE: u32 = 'Ａ' as u32 - 'A' as u32;
    let plain = match letter {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            char::from_u32(u32::from(letter) - WIDE).unwrap_or(letter)
        }
        '臺' => '台',
        other => other,
    };
    plain.to_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(title: &str, text: &str, expected: bool) {
        let mut words = Words::default();
        let place = words.put("C-558380", title);
        let found = Sought::of(text).iter().all(|word| word.is_in(&words, place));
        assert_eq!(found, expected, "{text} in {title}");
        assert_eq!((words.number(place), words.title(place)), ("C-558380", title));
    }

    #[test]
    fn a_word_is_found_whatever_its_letters_look_like() {
        check("OPEN Data 勞保", "open", true);
        check("OPEN Data 勞保", "勞保", true);
        check("OPEN Data", "opens", false);
        check("", "a", false);
        check("", "c-5583", true);
        check("ＡＰＩ介接", "api", true);
        check("api介接", "ＡＰＩ", true);
        check("第１２期", "12", true);
        check("臺北市的資料", "台北", true);
        check("台北市的資料", "臺北", true);
        check("ÉCOLE", "école", true);
        check("請提供CSV檔", "csv檔", true);
    }

    #[test]
    fn each_word_must_be_there_and_none_reaches_into_another_field() {
        check("欄位說明與內容不符", "不符 欄位", true);
        check("欄位說明與內容不符", "不符　欄位", true);
        check("欄位說明與內容不符", "欄位 遺漏", false);
        check("380元", "558380380", false);
        check("380元", "8380 380元", true);
        check("欄位", "", true);
    }

    #[test]
    fn what_no_line_needs_is_known_as_waste() {
        let mut words = Words::default();
        let first = words.put("C-1", "OPEN");
        let same = words.replace(first, "C-1", "OPEN");
        assert_eq!(first, same);
        let other = words.replace(first, "C-1", "open");
        assert_eq!(words.title(other), "open");
        assert!(words.is_wasted());
    }

    proptest! {
        #[test]
        fn every_title_reads_back_and_is_found_by_each_of_its_words(titles in prop::collection::vec(".{0,40}", 1..9)) {
            let mut words = Words::default();
            let places: Vec<Place> = titles.iter().map(|title| words.put("S-1", title)).collect();
            for (title, place) in titles.iter().zip(places) {
                prop_assert_eq!(words.title(place), title);
                for word in Sought::of(title) {
                    prop_assert!(word.is_in(&words, place));
                }
            }
        }
    }
}
