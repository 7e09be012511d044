//! Reads a file that people keep: whole, or not at all.

use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Read, Result};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Reads a file of at most `limit` bytes. What is larger would fill the memory: no more than that is read of it.
/// A pipe would keep whoever reads it waiting.
pub(super) fn read_at_most(path: &Path, limit: usize) -> Result<Vec<u8>> {
    // Else even whoever opens a pipe waits for somebody who writes to it.
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if file.metadata()?.file_type().is_fifo() {
        return Err(Error::new(ErrorKind::InvalidInput, "it is a pipe, and no file"));
    }
    let mut bytes = Vec::new();
    file.take(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn what_is_too_large_or_a_pipe_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let (file, pipe) = (dir.path().join("file"), dir.path().join("pipe"));
        std::fs::write(&file, b"12345").unwrap();
        assert_eq!(read_at_most(&file, 5).unwrap(), b"12345");
        assert_eq!(read_at_most(Path::new("/dev/null"), 5).unwrap(), b"");
        for path in [file.as_path(), Path::new("/dev/zero")] {
            let error = read_at_most(path, 4).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::FileTooLarge, "{}", path.display());
        }
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert_eq!(read_at_most(&pipe, 5).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
