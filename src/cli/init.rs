//! `jicui init [DIR]`: a configuration to fill in. What is there already is left as it is.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Failure, Setup, out};
use crate::config::{SAMPLE_CLOSURES, USUAL_PATH, template, template_units};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The directory of the configuration; it is made if it is not there
    #[arg(value_name = "DIR", default_value = "/etc/jicui")]
    dir: PathBuf,
}

/// The group that the daemon runs as.
const GROUP: &str = "jicui";

/// Who may read what is written.
struct Access {
    group: Option<u32>,
    directory: u32,
    calendar: u32,
    file: u32,
}

impl Access {
    /// For root the daemon's group, if the machine has it; else whoever writes, alone.
    fn of_this_machine() -> Self {
        let groups = std::fs::read_to_string("/etc/group").unwrap_or_default();
        let group = rustix::process::geteuid().is_root().then(|| group_in(&groups, GROUP));
        match group.flatten() {
            None => Self { group: None, directory: 0o700, calendar: 0o700, file: 0o600 },
            // The daemon puts new calendars beside the old ones; whoever makes a file there, it is
            // the group's too.
            group => Self { group, directory: 0o750, calendar: 0o2770, file: 0o640 },
        }
    }

    fn give(&self, path: &Path, mode: u32) -> std::io::Result<()> {
        if self.group.is_some() {
            chown(path, None, self.group)?;
        }
        std::fs::set_permissions(path, Permissions::from_mode(mode))
    }

    fn make_directory(&self, path: &Path, mode: u32) -> std::io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        self.give(path, mode)
    }

    /// Writes a file, unless there is one. Returns whether it wrote.
    fn write_new(&self, path: &Path, text: &str) -> std::io::Result<bool> {
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match made {
            Ok(mut file) => {
                let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
                let given = written.and_then(|()| self.give(path, self.file));
                // A file that is there is left as it is by the next try: half of one would stay so.
                given.inspect_err(|_| _ = std::fs::remove_file(path))?;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The number of a group, by the lines of `/etc/group`.
fn group_in(groups: &str, name: &str) -> Option<u32> {
    let fields = |line: &str| -> Option<u32> {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
    };
    groups.lines().find_map(fields)
}

/// Writes what is missing, and says what comes next.
pub(super) fn run(setup: &Setup, arguments: &Arguments) -> Result<(), Failure> {
    let (dir, access) = (&arguments.dir, Access::of_this_machine());
    let config = dir.join("config.toml");
    let is_usual = config == Path::new(USUAL_PATH);
    let files = [
        (config, template(is_usual)),
        (dir.join("units.toml"), template_units()),
        (dir.join("calendar/closures.toml"), SAMPLE_CLOSURES.to_owned()),
    ];
    let made = access
        .make_directory(dir, access.directory)
        .and_then(|()| access.make_directory(&dir.join("calendar"), access.calendar));
    made.map_err(|error| refused(dir, error))?;
    let (mut written, mut left) = (Vec::new(), Vec::new());
    for (path, text) in files {
        let is_new = access.write_new(&path, &text).map_err(|error| refused(&path, error))?;
        let list = if is_new { &mut written } else { &mut left };
        list.push(path.display().to_string());
    }
    if setup.json {
        return Ok(out::print_json(&json!({ "written": written, "left": left }))?);
    }
    for path in &written {
        out::complain(&format!("{path}: written"));
    }
    for path in &left {
        out::complain(&format!("{path}: is there already, and was left as it is"));
    }
    out::complain(&next_steps(dir, !is_usual));
    Ok(())
}

/// What went wrong, and what to do about it.
fn refused(path: &Path, error: io::Error) -> anyhow::Error {
    let remedy = match error.kind() {
        ErrorKind::PermissionDenied => "as root: sudo jicui init; or name another directory",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room, and type it again: what was written whole is left as it is"
        }
        _ => "name another directory, or mend this one, and type it again",
    };
    anyhow::Error::new(error).context(format!("writing {} ({remedy})", path.display()))
}

/// What an administrator does now, in this order.
fn next_steps(dir: &Path, elsewhere: bool) -> String {
    let dir = dir.display();
    let option = if elsewhere { format!(" --config {dir}/config.toml") } else { String::new() };
    let secrets = if elsewhere {
        "give the secrets of the channels you use: token_file and url_file in config.toml"
            .to_owned()
    } else {
        "give the secrets of the channels you use, for example\n   \
         systemd-creds encrypt - /etc/credstore.encrypted/jicui.slack_token"
            .to_owned()
    };
    let start = if elsewhere {
        format!("jicui{option} run")
    } else {
        "systemctl enable --now jicui".to_owned()
    };
    format!(
        "\nnext:\n\
         1. fill in {dir}/units.toml: each <…>\n\
         2. {secrets}\n\
         3. jicui{option} check             names what is still to fill in, with file and line\n\
         4. jicui{option} check --online    tries the platform and each channel; posts nothing\n\
         5. {start}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_found_by_its_whole_name() {
        let groups = "root:x:0:\njicuis:x:5:\njicui:x:997:wang,li\nbroken\n";
        assert_eq!(group_in(groups, "jicui"), Some(997));
        assert_eq!(group_in(groups, "root"), Some(0));
        assert_eq!(group_in(groups, "jic"), None);
        assert_eq!(group_in("jicui:x\n", "jicui"), None);
    }
}
