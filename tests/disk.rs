//! A disk that loses its power, is full, fails, is read-only, locked or damaged, under the real
//! program: what was promised holds, and all goes on by itself where it can.
//!
//! SIGKILL leaves what was written in the kernel's hands and so says nothing about `fsync`. Here a
//! shim (`support/disk.c`, preloaded) logs every write, truncation and sync of the database's files,
//! and ends the process at the N-th. The files are then rebuilt from the log: what a sync had
//! covered is there; of what came after, any part may be there, in sectors of 512 bytes, in any
//! combination. What is not modelled: a disk that lies about a sync, or rots.
//!
//! `cargo test --profile quick --test disk -- --cuts 200 --seed 7` is the long form.
#![cfg(test)]

#[path = "support/arguments.rs"]
mod arguments;
#[path = "support/office.rs"]
mod office;
#[path = "it/world/mod.rs"]
#[expect(dead_code, reason = "the other test binaries use the rest of it")]
mod world;

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use jicui::domain::message::MessageState;
use jicui::store::Store;
use libtest_mimic::Trial;

use office::{Office, UNITS, end};
use world::program::build_shim;

/// Power cuts in the short form.
const CUTS: u64 = 12;
/// The sector that a disk writes whole or not at all.
const SECTOR: usize = 512;
/// The files of the database, as the shim numbers them from 1.
const FILES: [&str; 2] = ["state/jicui.db", "state/jicui.db-wal"];
const ENOSPC: i32 = 28;
const EIO: i32 = 5;

fn main() -> ExitCode {
    let (own, arguments) = arguments::parse(&[("--cuts", CUTS), ("--seed", 0)]);
    let (cuts, seed) = (own[0], own[1]);
    let trials = vec![
        trial("a_power_cut_loses_nothing_and_doubles_nothing", move || {
            cut_again_and_again(cuts, seed)
        }),
        trial("a_full_disk_is_said_and_waited_for", || {
            fails_for_a_while(ENOSPC, "the disk is full")
        }),
        trial("a_failing_disk_is_said_and_waited_for", || fails_for_a_while(EIO, "disk I/O error")),
        trial("a_locked_database_is_waited_for", locked),
        trial("a_read_only_disk_stops_it_with_the_reason", read_only),
        trial("a_damaged_file_stops_it_is_told_of_once_and_left_as_it_is", damaged),
        trial("a_damaged_file_is_left_as_it_is_beside_its_log", damaged_beside_its_log),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial<F: Future<Output = ()>>(name: &str, work: impl FnOnce() -> F + Send + 'static) -> Trial {
    Trial::test(name, move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(work());
        Ok(())
    })
}

async fn cut_again_and_again(cuts: u64, seed: u64) {
    let mut office = Office::open(Duration::from_millis(1)).await;
    let shim = build_shim("disk", &office.path(""));
    let mut random = fastrand::Rng::with_seed(seed);
    office.post_cases();
    office.finish(office.start()).await;
    // What a whole run with nothing in its way changes in a database that is there.
    office.post_cases();
    let log = office.path("changes");
    office.finish(on_the_shim(&office, &shim, &[("DISK_LOG", &log.display().to_string())])).await;
    let whole = read_log(&log).len() as u64;
    let (mut known, mut lost) = (BTreeSet::new(), 0);
    for cut in 0..cuts {
        office.post_cases();
        let mut files = FILES.map(|name| std::fs::read(office.path(name)).ok());
        // A process that ended before its first change has left no log.
        let _ = std::fs::remove_file(&log);
        let at = random.u64(1..=whole).to_string();
        let settings = [("DISK_LOG", log.display().to_string()), ("DISK_CUT", at)];
        let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut child = on_the_shim(&office, &shim, &settings);
        let status = wait(&mut child, Duration::from_secs(10)).await;
        assert!(status.is_none_or(|status| status.code().is_none()), "{}", office.last_of_log());
        lost += u64::from(power_cut(&mut files, &read_log(&log), &mut random));
        put_back(&office, &files);
        let sent = sent_rows(&office).await;
        assert!(known.is_subset(&sent), "cut {cut}: what was settled is settled no more");
        known = sent;
    }
    office.finish(office.start()).await;
    let repeats = office.check();
    println!(
        "{cuts} power cuts over {} cases, {lost} of them lost something that was not synced; Slack \
         has each message once; Teams has {repeats} repeats, all marked",
        office.cases()
    );
    assert!(repeats <= cuts * UNITS, "{repeats} repeats after {cuts} cuts, {UNITS} webhooks");
    assert!(cuts < 10 || lost > 0, "no cut lost anything: nothing is shown");
}

/// Opens the database as the cut left it, finds it sound, and reads what was sent.
async fn sent_rows(office: &Office) -> BTreeSet<i64> {
    let store = Store::open(&office.path(FILES[0])).unwrap();
    store.check().await.unwrap();
    let sent = store.outbox(vec![MessageState::Sent], u32::MAX).await.unwrap();
    sent.iter().map(|row| row.id).collect()
}

/// The disk refuses some changes in the middle of the work.
async fn fails_for_a_while(error: i32, words: &str) {
    let mut office = Office::open(Duration::from_millis(1)).await;
    let shim = build_shim("disk", &office.path(""));
    office.post_cases();
    office.finish(office.start()).await;
    // A start changes little; from its twentieth change on it records cases, plans and sends.
    for from in [20_u32, 60, 120] {
        office.post_cases();
        let settings = [error.to_string(), from.to_string(), (from + 25).to_string()];
        let names = ["DISK_FAULT", "DISK_FROM", "DISK_TO"];
        let settings: Vec<_> = names.into_iter().zip(settings.iter().map(String::as_str)).collect();
        office.finish(on_the_shim(&office, &shim, &settings)).await;
    }
    office.check();
    assert!(office.log().contains(words), "{}", office.last_of_log());
}

/// Somebody else holds the database for longer than the program waits for it.
async fn locked() {
    let mut office = Office::open(Duration::from_millis(1)).await;
    office.post_cases();
    office.finish(office.start()).await;
    office.post_cases();
    let child = {
        let other = rusqlite::Connection::open(office.path(FILES[0])).unwrap();
        let child = office.start();
        tokio::time::sleep(Duration::from_millis(300)).await;
        other.busy_timeout(Duration::from_secs(5)).unwrap();
        other.execute_batch("begin immediate").unwrap();
        let began = Instant::now();
        while !office.log().contains("database is locked") {
            assert!(began.elapsed() < Duration::from_secs(40), "{}", office.last_of_log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        child
    };
    office.finish(child).await;
    office.check();
}

async fn read_only() {
    let mut office = Office::open(Duration::ZERO).await;
    let shim = build_shim("disk", &office.path(""));
    office.post_cases();
    office.finish(office.start()).await;
    let mut child = on_the_shim(&office, &shim, &[("DISK_READ_ONLY", "1")]);
    let status = wait(&mut child, Duration::from_secs(20)).await;
    assert_eq!(status.and_then(|status| status.code()), Some(1), "{}", office.last_of_log());
    let said = office.last_of_log();
    assert!(said.contains("Read-only file system") && said.contains("/state/"), "{said}");
}

async fn damaged() {
    let mut office = Office::open(Duration::ZERO).await;
    office.post_cases();
    office.finish(office.start()).await;
    // Whatever is in the log goes into the file first.
    drop(rusqlite::Connection::open(office.path(FILES[0])).unwrap().execute_batch("vacuum"));
    let path = office.path(FILES[0]);
    let length = std::fs::metadata(&path).unwrap().len();
    for (from, whole) in [(0, false), (4096 * 3, false), (0, true)] {
        let sound = std::fs::read(&path).unwrap();
        let mut file = std::fs::File::options().write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(from)).unwrap();
        file.write_all(&vec![0xA5; if whole { usize::try_from(length).unwrap() } else { 4096 }])
            .unwrap();
        drop(file);
        let before = std::fs::read(&path).unwrap();
        let mut child = office.start();
        let status = wait(&mut child, Duration::from_secs(20)).await;
        let said = office.last_of_log();
        assert_eq!(status.and_then(|status| status.code()), Some(1), "{said}");
        let command = "jicui restore BACKUP --config ";
        assert!(said.contains("damaged") && said.contains(command), "{said}");
        assert_eq!(std::fs::read(&path).unwrap(), before, "it was written to");
        std::fs::write(&path, sound).unwrap();
        assert_eq!(told_of_store(&office).len(), 1, "told once, however often it starts: {said}");
        let mark = std::fs::metadata(office.path("state/store-failing")).unwrap();
        assert_eq!(mark.permissions().mode() & 0o777, 0o600);
    }
    let mut child = office.start();
    let began = Instant::now();
    while told_of_store(&office).len() < 2 {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", office.last_of_log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    end(&mut child);
    let told = told_of_store(&office);
    assert!(told[0].contains("damaged") && told[1].contains("解除"), "{told:#?}");
}

/// What the administrators were told of the database.
fn told_of_store(office: &Office) -> Vec<String> {
    let told = office.slack.messages("C00ADMIN001").into_iter().map(|posted| posted.shown());
    told.filter(|shown| shown.contains("資料庫無法寫入")).collect()
}

/// A process that was killed leaves a log beside the file: it is not brought into a damaged one.
async fn damaged_beside_its_log() {
    let mut office = Office::open(Duration::ZERO).await;
    office.post_cases();
    office.finish(office.start()).await;
    drop(rusqlite::Connection::open(office.path(FILES[0])).unwrap().execute_batch("vacuum"));
    office.post_cases();
    office.finish(office.start()).await;
    let [path, log] = FILES.map(|name| office.path(name));
    let length = usize::try_from(std::fs::metadata(&path).unwrap().len()).unwrap();
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4096)).unwrap();
    file.write_all(&vec![0xA5; length - 4096]).unwrap();
    drop(file);
    let read = || [&path, &log].map(|path| std::fs::read(path).unwrap());
    let before = read();
    assert!(!before[1].is_empty());
    let status = wait(&mut office.start(), Duration::from_secs(20)).await;
    let said = office.last_of_log();
    assert_eq!(status.and_then(|status| status.code()), Some(1), "{said}");
    assert!(said.contains("damaged"), "{said}");
    assert!(read() == before, "it was written to");
}

fn on_the_shim(office: &Office, shim: &Path, settings: &[(&str, &str)]) -> Child {
    let mut program = office.program("run");
    program.env("LD_PRELOAD", shim).envs(settings.iter().copied());
    program.spawn().unwrap()
}

/// How the program ended by itself, or `None` if it was still running then and was killed.
async fn wait(child: &mut Child, at_most: Duration) -> Option<ExitStatus> {
    let began = Instant::now();
    while began.elapsed() < at_most {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    end(child);
    None
}

/// A change of a file, as the shim logs it.
struct Change {
    what: What,
    file: usize,
}

enum What {
    Write(usize, Vec<u8>),
    Truncate(usize),
    Sync,
    Unlink,
}

fn read_log(log: &Path) -> Vec<Change> {
    let Ok(mut file) = std::fs::File::open(log) else { return Vec::new() };
    let mut changes = Vec::new();
    let mut header = [0; 32];
    while file.read_exact(&mut header).is_ok() {
        let field = |index: usize| {
            let bytes = header[index * 8..index * 8 + 8].try_into().unwrap();
            usize::try_from(u64::from_ne_bytes(bytes)).unwrap()
        };
        let what = match field(0) {
            1 => {
                let mut written = vec![0; field(3)];
                file.read_exact(&mut written).unwrap();
                What::Write(field(2), written)
            }
            2 => What::Truncate(field(2)),
            3 => What::Sync,
            _ => What::Unlink,
        };
        changes.push(Change { what, file: field(1) - 1 });
    }
    changes
}

/// The files as the cut leaves them; whether anything was lost.
fn power_cut(
    files: &mut [Option<Vec<u8>>; 2],
    changes: &[Change],
    random: &mut fastrand::Rng,
) -> bool {
    let mut pending: [Vec<&Change>; 2] = Default::default();
    for change in changes {
        if matches!(change.what, What::Sync) {
            for change in pending[change.file].drain(..) {
                apply(&mut files[change.file], &change.what, |_| true);
            }
        } else {
            pending[change.file].push(change);
        }
    }
    // Nothing of it, all of it, or any of it.
    let kept = random.choice([0.0, 1.0, 0.5, 0.9]).unwrap();
    for change in pending.iter().flatten() {
        let arrives = random.f64() < kept;
        apply(&mut files[change.file], &change.what, |_| arrives && random.f64() < kept);
    }
    kept < 1.0 && pending.iter().any(|pending| !pending.is_empty())
}

/// Does a change, as far as `arrives` says of each of its sectors.
fn apply(file: &mut Option<Vec<u8>>, what: &What, mut arrives: impl FnMut(usize) -> bool) {
    match what {
        What::Write(offset, written) => {
            for (index, sector) in written.chunks(SECTOR).enumerate() {
                if arrives(index) {
                    let content = file.get_or_insert_default();
                    let at = offset + index * SECTOR;
                    content.resize(content.len().max(at + sector.len()), 0);
                    content[at..at + sector.len()].copy_from_slice(sector);
                }
            }
        }
        What::Truncate(length) if arrives(0) => file.get_or_insert_default().resize(*length, 0),
        What::Unlink if arrives(0) => *file = None,
        What::Truncate(_) | What::Unlink | What::Sync => {}
    }
}

/// The machine is on again, with what its disk had.
fn put_back(office: &Office, files: &[Option<Vec<u8>>; 2]) {
    // The wal-index lives in memory only.
    let _ = std::fs::remove_file(office.path("state/jicui.db-shm"));
    for (name, content) in FILES.iter().zip(files) {
        let path = office.path(name);
        match content {
            Some(content) => std::fs::write(path, content).unwrap(),
            None if path.exists() => std::fs::remove_file(path).unwrap(),
            None => {}
        }
    }
}
