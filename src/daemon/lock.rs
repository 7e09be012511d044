//! One jicui at a time on a database.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, bail};

use crate::config::owner::private_file;

/// Held while this process has the state directory; the kernel lets go when it ends, however.
#[derive(Debug)]
pub struct StateLock(#[expect(dead_code, reason = "held for its lock")] File);

/// Takes the state directory, or names the process that has it.
pub fn take(state_dir: &Path) -> anyhow::Result<StateLock> {
    let path = state_dir.join("jicui.lock");
    let mut file = private_file(&path).with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0)?;
            file.rewind()?;
            write!(file, "{}", std::process::id())?;
            Ok(StateLock(file))
        }
        Err(TryLockError::WouldBlock) => {
            let mut other = String::new();
            file.read_to_string(&mut other)?;
            bail!(
                "another jicui (process {other}) is at work on {}: stop it first \
                 (systemctl stop jicui), or use another state_dir",
                state_dir.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).context("locking the state directory"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_taker_is_told_of_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = take(dir.path()).unwrap();
        let refused = take(dir.path()).unwrap_err().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(first);
        take(dir.path()).unwrap();
    }
}
