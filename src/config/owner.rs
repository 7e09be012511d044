//! Whose a file is that jicui makes.
//!
//! Root may be at work in directories of another user: it follows no link there that it did not make, and
//! gives away only what it made.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

use rustix::fs::OFlags;

/// Gives a file that root made to the owner of its directory: what an administrator does at the
/// command line must leave nothing that the daemon, another user, may not open.
///
/// # Errors
///
/// The directory cannot be looked at, or the file not be given away.
pub fn of_its_directory(file: &File, path: &Path) -> std::io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = std::fs::metadata(parent.unwrap_or(Path::new(".")))?;
    let made = file.metadata()?;
    let is_root = rustix::process::geteuid().is_root();
    if is_root && made.uid() == 0 && directory.uid() != 0 {
        fchown(file, Some(directory.uid()), Some(directory.gid()))?;
    }
    Ok(())
}

/// Makes a directory, if it is not there, that only its owner may enter: whoever owns the one above it.
///
/// # Errors
///
/// It cannot be made, or not be given away.
pub fn private_directory(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let made = OpenOptions::new().read(true).custom_flags(flags(OFlags::DIRECTORY)).open(path)?;
    of_its_directory(&made, path)
}

/// Opens a file to read and to write it, and makes it if it is not there: only its owner may read it,
/// whoever owns its directory.
///
/// # Errors
///
/// It cannot be made or opened, is a link, or cannot be given away.
pub fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600).custom_flags(flags(OFlags::empty()));
    match options.clone().create_new(true).open(path) {
        Ok(made) => {
            of_its_directory(&made, path)?;
            Ok(made)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}

/// Writes a file anew that only its owner may read: whoever owns its directory. A citizen's words may stand
/// in it.
///
/// # Errors
///
/// It cannot be made, written to or given away.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = private_file(path)?;
    file.set_len(0)?;
    file.write_all(bytes)
}

/// Puts such a file in its place in one step: whoever reads sees the old one or the new one, whole.
///
/// # Errors
///
/// It cannot be made, written to, given away or put there.
pub fn replace_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    // One that a crash left may be read by others.
    let _ = std::fs::remove_file(&part);
    let put = write_private(Path::new(&part), bytes).and_then(|()| std::fs::rename(&part, path));
    // Half of it helps nobody.
    put.inspect_err(|_| _ = std::fs::remove_file(&part))
}

/// For opening what is no link, or not at all.
fn flags(more: OFlags) -> i32 {
    (OFlags::NOFOLLOW | more).bits().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{chown, symlink};

    /// Whom a directory belongs to now: only root can give it away; whoever else runs this keeps what is theirs.
    fn given_away(directory: &Path) -> u32 {
        let _ = chown(directory, Some(65_534), Some(65_534));
        std::fs::metadata(directory).unwrap().uid()
    }

    #[test]
    fn what_root_makes_belongs_to_the_owner_of_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let owner = given_away(dir.path());
        private_directory(&dir.path().join("made")).unwrap();
        for name in ["file", "made/file"] {
            write_private(&dir.path().join(name), b"words").unwrap();
        }
        for name in ["file", "made", "made/file"] {
            assert_eq!(std::fs::metadata(dir.path().join(name)).unwrap().uid(), owner, "{name}");
        }
    }

    #[test]
    fn no_link_is_followed_and_nothing_that_was_there_is_given_away() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = elsewhere.path().join("target");
        std::fs::write(&target, "theirs").unwrap();
        let owner = std::fs::metadata(&target).unwrap().uid();
        given_away(dir.path());
        symlink(&target, dir.path().join("file")).unwrap();
        symlink(elsewhere.path(), dir.path().join("made")).unwrap();
        assert!(write_private(&dir.path().join("file"), b"ours").is_err());
        private_directory(&dir.path().join("made")).unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "theirs");
        for path in [target.as_path(), elsewhere.path()] {
            assert_eq!(std::fs::metadata(path).unwrap().uid(), owner, "{}", path.display());
        }
    }

    #[test]
    fn what_cannot_be_put_in_its_place_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::create_dir(&path).unwrap();
        replace_private(&path, b"words").unwrap_err();
        let left = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["file"]);
    }

    #[test]
    fn a_file_is_written_anew_and_not_on_top() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        write_private(&path, b"a long word").unwrap();
        write_private(&path, b"short").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "short");
    }
}
