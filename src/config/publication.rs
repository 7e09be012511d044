//! Reads a published calendar file as the Directorate-General of Personnel Administration makes it.
//!
//! Met in the real files: UTF-8 with BOM, Big5 without; met elsewhere: UTF-8 without BOM, LF,
//! quotes, full-width digits and spaces, ROC dates. Nothing is guessed: a row that does not fit is
//! a fault with its number.

use chrono::{Datelike, NaiveDate};
use encoding_rs::BIG5;

use super::calendar::sha256;
use crate::clock::parse_date;
use crate::domain::calendar::YEARS;
use crate::domain::publication::{PublicationFault, PublishedDay, PublishedYear};

/// Why a file is not a published year: each with the row it concerns, as an editor counts lines, empty ones too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The row, or `None` for the whole file.
    pub row: Option<usize>,
    /// What is wrong and what to do.
    pub message: String,
}

impl FileFault {
    fn whole(message: impl Into<String>) -> Vec<Self> {
        vec![Self { row: None, message: message.into() }]
    }
}

/// The columns of `西元日期,星期,是否放假,備註`.
struct Columns {
    date: usize,
    weekday: usize,
    off: usize,
    note: Option<usize>,
    /// How many there are.
    count: usize,
}

/// A year's file has some 7,000 bytes: one that is larger than this is none.
pub const LONGEST: usize = 200_000;

/// What to do about a row that is wrong.
const REMEDY: &str = "take the file of the whole year as published";

/// Reads a whole published file; `name` is kept as the source of every day.
pub fn read(bytes: &[u8], name: &str) -> Result<PublishedYear, Vec<FileFault>> {
    let text = decode(bytes).ok_or_else(|| {
        FileFault::whole("neither UTF-8 nor Big5: take the file as published, unconverted")
    })?;
    let mut columns = None;
    let (mut numbers, mut rows, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (number, cells) in read_lines(text.trim_start_matches('\u{feff}'))? {
        match &columns {
            _ if cells.iter().all(String::is_empty) => {}
            None => columns = Some(header(&cells)?),
            Some(columns) => match read_row(columns, &cells) {
                Ok(row) => {
                    numbers.push((row.0, number));
                    rows.push(row);
                }
                Err(message) => {
                    let message = format!("{message}; {REMEDY}");
                    faults.push(FileFault { row: Some(number), message });
                }
            },
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let Some((first, _)) = rows.first() else {
        return Err(FileFault::whole("no days in it: take the file of a whole year"));
    };
    if !YEARS.contains(&first.year()) {
        let (year, from, to) = (first.year(), YEARS.start(), YEARS.end());
        let say = format!("{year} lies outside the years that are counted: {from} to {to}");
        return Err(FileFault::whole(say));
    }
    PublishedYear::new(rows, name).map_err(|faults| {
        let row = |day| numbers.iter().rfind(|(of, _)| *of == day).map(|(_, number)| *number);
        let fault = |fault: PublicationFault| FileFault {
            row: fault.day().and_then(row),
            message: format!("{fault}; {REMEDY}"),
        };
        faults.into_iter().map(fault).collect()
    })
}

/// The rows of a file, each with the number of the line on which it begins.
fn read_lines(text: &str) -> Result<Vec<(usize, Vec<String>)>, Vec<FileFault>> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n") + "\n";
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut record, mut rows) = (csv::StringRecord::new(), Vec::new());
    while reader.read_record(&mut record).map_err(|_| FileFault::whole("not a CSV file"))? {
        // Where it ends is known; it begins so many lines before as break within its cells.
        let within: usize = record.iter().map(|cell| cell.matches('\n').count()).sum();
        let next = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        rows.push((next.saturating_sub(1 + within), record.iter().map(normalise).collect()));
    }
    Ok(rows)
}

/// Publications known to be superseded: the SHA-256 of their days (in the form of
/// [`PublishedYear::canonical`], which does not depend on how a file was saved), and why.
const SUPERSEDED: [(&str, &str); 1] = [(
    "bba4d79395de9e01df3bfa7a3c73ee1f63cf54cf265b54f914e41f2f07b692d7",
    "it is the first publication for 114 (2025), superseded in May 2025 by the law on memorial \
     days and holidays (紀念日及節日實施條例): take the one marked 修正版 or 1141020更新",
)];

/// Why this publication is known to be superseded, if it is.
pub fn superseded(year: &PublishedYear) -> Option<&'static str> {
    let digest = sha256(year.canonical().as_bytes());
    SUPERSEDED.iter().find(|(known, _)| *known == digest).map(|(_, why)| *why)
}

/// UTF-8 if it is that, else Big5 (CP950).
pub fn decode(bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => BIG5
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(std::borrow::Cow::into_owned),
    }
}

/// Trims, and turns full-width digits, signs and spaces into plain ones.
fn normalise(cell: &str) -> String {
    let plain = |c: char| match c {
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    cell.chars().map(plain).collect::<String>().trim().to_owned()
}

fn header(cells: &[String]) -> Result<Columns, Vec<FileFault>> {
    if cells.iter().any(|cell| cell.eq_ignore_ascii_case("subject")) {
        return Err(FileFault::whole(
            "this is the variant for Google Calendar, which lists only days off: \
             take 「中華民國政府行政機關辦公日曆表」 of the same year instead",
        ));
    }
    let find =
        |words: &[&str]| cells.iter().position(|cell| words.iter().any(|word| cell.contains(word)));
    match (find(&["日期"]), find(&["星期"]), find(&["是否放假", "放假"])) {
        (Some(date), Some(weekday), Some(off)) => {
            let note = find(&["備註", "備注", "說明"]);
            Ok(Columns { date, weekday, off, note, count: cells.len() })
        }
        _ => Err(FileFault::whole(
            "the first row is not 西元日期,星期,是否放假,備註: take the file as published",
        )),
    }
}

fn read_row(columns: &Columns, cells: &[String]) -> Result<(NaiveDate, PublishedDay), String> {
    let (count, beyond) = (columns.count, cells.get(columns.count..).unwrap_or_default());
    // A note that is not quoted may have commas.
    let note_is_last = columns.note == count.checked_sub(1);
    if !note_is_last && beyond.iter().any(|cell| !cell.is_empty()) {
        return Err(format!("more cells than the {count} that the first row names"));
    }
    let cell = |index: usize| cells.get(index).map(String::as_str).unwrap_or_default();
    let date = parse_date(cell(columns.date)).map_err(|error| error.to_string())?;
    let weekday = cell(columns.weekday).trim_start_matches("星期").trim_start_matches('週');
    let expected = weekday_name(date);
    if weekday != expected {
        return Err(format!("{date} is a {expected}, not a 「{weekday}」"));
    }
    let off = match cell(columns.off) {
        "0" => false,
        "2" => true,
        other => {
            return Err(format!("是否放假 is 「{other}」: only 0 (work) and 2 (off) are known"));
        }
    };
    let mut note = columns.note.map(cell).unwrap_or_default().to_owned();
    for cell in beyond.iter().filter(|cell| !cell.is_empty()) {
        note.push(',');
        note.push_str(cell);
    }
    Ok((date, PublishedDay { off, note }))
}

/// 一 to 日.
fn weekday_name(date: NaiveDate) -> &'static str {
    let names = ["一", "二", "三", "四", "五", "六", "日"];
    names.get(date.weekday().num_days_from_monday() as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEAR_2026: &[u8] = include_bytes!("../../config/calendar/2026.csv");

    fn text_2026() -> String {
        decode(YEAR_2026).unwrap()
    }

    #[track_caller]
    fn check_fault(text: &str, expected: &str) {
        let faults = read(text.as_bytes(), "x.csv").unwrap_err();
        let all: Vec<_> = faults.iter().map(|f| format!("{:?} {}", f.row, f.message)).collect();
        assert!(all.join("\n").contains(expected), "{all:?}");
    }

    #[test]
    fn line_ends_quotes_widths_and_roc_dates_do_not_matter() {
        let plain = read(YEAR_2026, "x.csv").unwrap();
        let variants = [
            text_2026().replace("\r\n", "\n"),
            text_2026().trim_start_matches('\u{feff}').to_owned(),
            text_2026().replace("開國紀念日", "\"開國紀念日\""),
            text_2026().replace("20260102,五,0,", "２０２６０１０２,五　,０,"),
            text_2026().replace("20260102,五", "115/01/02,星期五"),
        ];
        for text in variants {
            assert_eq!(read(text.as_bytes(), "x.csv").unwrap(), plain);
        }
    }

    #[test]
    fn what_is_not_a_published_year_is_refused_with_the_place() {
        check_fault(&text_2026().replace("20260105,一", "20260105,二"), "Some(6) 2026-01-05");
        check_fault(&text_2026().replace("20260105,一,0", "20260105,一,1"), "Some(6) 是否放假");
        check_fault(&text_2026().replace("20260105,一,0,\r\n", ""), "2026-01-05 is missing");
        let twice = text_2026().replace("20260105,一", "20260104,日");
        check_fault(&twice, "Some(6) 2026-01-04 stands twice");
        // Lines with nothing in them count, and a note may turn a line.
        let spaced = text_2026().replace("20260103,六", "\r\n\r\n20260103,六");
        check_fault(&spaced.replace("20260105,一", "20260105,二"), "Some(8) 2026-01-05");
        let turned = spaced.replace("開國紀念日", "\"開國\r\n紀念日\"");
        check_fault(&turned.replace("20260105,一", "20260105,二"), "Some(9) 2026-01-05");
        check_fault(&turned.replace("20260101,四", "20260101,五"), "Some(2) 2026-01-01");
        let weekend = text_2026().replace("20260103,六,2,", "20260103,六,0,");
        check_fault(&weekend, "Some(4) 2026-01-03 is a day of work on a weekend");
        check_fault(&text_2026().replace(",備註", ""), "Some(2) more cells than the 3");
        check_fault("西元日期,星期,是否放假,備註\r\n20610103,一,0,\r\n", "outside the years");
        check_fault("Subject,Start Date\r\n春節,2026/2/17\r\n", "Google");
        check_fault("", "no days");
        check_fault("西元日期,星期,是否放假,備註\r\n", "no days");
        check_fault("a,b\r\n1,2\r\n", "the first row");
    }

    #[test]
    fn the_first_publication_for_2025_is_known_however_it_was_saved() {
        let first = include_bytes!("../../tests/data/calendar/2025-first.csv");
        let plain = decode(first).unwrap().trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let (big5, _, lost) = BIG5.encode(&plain);
        assert!(!lost);
        for bytes in [&first[..], plain.as_bytes(), &big5] {
            assert!(superseded(&read(bytes, "x.csv").unwrap()).is_some());
        }
        let corrected = include_bytes!("../../tests/data/calendar/2025-corrected.csv");
        assert_eq!(superseded(&read(corrected, "x.csv").unwrap()), None);
    }

    /// One thing that may happen to a file on its way.
    #[derive(Clone, Debug)]
    enum Mishap {
        Flip(usize, u8),
        Cut(usize),
        Double(usize, usize),
        Insert(usize, Vec<u8>),
        Append(usize),
    }

    fn mishap() -> impl Strategy<Value = Mishap> {
        let place = 0usize..8000;
        prop_oneof![
            (place.clone(), any::<u8>()).prop_map(|(at, byte)| Mishap::Flip(at, byte)),
            place.clone().prop_map(Mishap::Cut),
            (place.clone(), 1usize..400).prop_map(|(at, length)| Mishap::Double(at, length)),
            (place, proptest::collection::vec(any::<u8>(), 1..20))
                .prop_map(|(at, bytes)| Mishap::Insert(at, bytes)),
            (0usize..FILES.len()).prop_map(Mishap::Append),
        ]
    }

    const FILES: [&[u8]; 4] = [
        YEAR_2026,
        include_bytes!("../../config/calendar/2025.csv"),
        include_bytes!("../../config/calendar/2017.csv"),
        include_bytes!("../../tests/data/calendar/2025-first.csv"),
    ];

    fn suffer(bytes: &mut Vec<u8>, mishap: Mishap) {
        let within = |at: usize, bytes: &[u8]| at % (bytes.len() + 1);
        match mishap {
            Mishap::Flip(at, byte) => {
                let at = within(at, bytes);
                if let Some(known) = bytes.get_mut(at) {
                    *known ^= byte;
                }
            }
            Mishap::Cut(at) => bytes.truncate(within(at, bytes)),
            Mishap::Double(at, length) => {
                let at = within(at, bytes);
                let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            Mishap::Insert(at, more) => {
                let at = within(at, bytes);
                bytes.splice(at..at, more);
            }
            Mishap::Append(file) => bytes.extend_from_slice(FILES[file]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Whatever happens to a file: it is refused, or it is a whole and plausible year.
        #[test]
        fn no_mishap_makes_a_panic_or_half_a_year(
            file in 0..FILES.len(),
            mishaps in proptest::collection::vec(mishap(), 1..4),
        ) {
            let mut bytes = FILES[file].to_vec();
            for mishap in mishaps {
                suffer(&mut bytes, mishap);
            }
            match read(&bytes, "x.csv") {
                Ok(year) => prop_assert!((240..=255).contains(&year.workdays())),
                Err(faults) => prop_assert!(!faults.is_empty()),
            }
        }
    }

    #[test]
    fn other_encodings_are_refused() {
        let utf16: Vec<u8> = text_2026().encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(read(&utf16, "x.csv").is_err());
    }
}
