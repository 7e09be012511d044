//! Whose a file is that jicui makes.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::Path;

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
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    of_its_directory(&File::open(path)?, path)
}

/// Writes a file anew that only its owner may read: whoever owns its directory. A citizen's words may stand
/// in it.
///
/// # Errors
///
/// It cannot be made, written to or given away.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let mut file = file?;
    of_its_directory(&file, path)?;
    file.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::chown;

    #[test]
    fn what_root_makes_belongs_to_the_owner_of_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let file = File::create(&path).unwrap();
        let me = file.metadata().unwrap().uid();
        // Only root can give a directory away; whoever else runs this keeps what is theirs.
        let owner = if chown(dir.path(), Some(65_534), Some(65_534)).is_ok() { 65_534 } else { me };
        of_its_directory(&file, &path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().uid(), owner);
    }
}
