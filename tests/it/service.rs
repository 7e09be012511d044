//! What the service manager is told, and the units that it is told to run.

use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::world::program::Program;

/// A daemon under something that hears it as systemd would.
struct Service {
    program: Program,
    ear: UnixDatagram,
    daemon: Child,
}

impl Service {
    fn start() -> Self {
        let program = Program::install();
        let config = "state_dir = \"state\"\n[platform]\nenabled = false\n[web]\nlisten = \"\"\n";
        std::fs::write(program.path("config.toml"), config).unwrap();
        let ear = UnixDatagram::bind(program.path("notify")).unwrap();
        ear.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let daemon = Command::new(env!("CARGO_BIN_EXE_jicui"))
            .args(["run", "--config"])
            .arg(program.path("config.toml"))
            .env_clear()
            .env("NOTIFY_SOCKET", program.path("notify"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { program, ear, daemon }
    }

    fn hear(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.ear.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.daemon), signal).unwrap();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended as it should.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

#[test]
fn a_reload_is_said_when_it_begins_and_when_it_is_over() {
    let mut service = Service::start();
    assert_eq!(service.hear(), "READY=1\n");
    for (units, expected) in [
        (None, "STATUS=\n"),
        (Some("[[unit]]\n"), "STATUS=the last edit is not in force: see `jicui check`\n"),
        (Some(jicui::config::SAMPLE_UNITS), "STATUS=\n"),
    ] {
        if let Some(units) = units {
            std::fs::write(service.program.path("units.toml"), units).unwrap();
        }
        // Asked for at once: an edit is seen by itself only when the file is quiet.
        service.signal(Signal::HUP);
        let mut said = service.hear();
        while !said.starts_with("RELOADING=1\n") {
            said = service.hear();
        }
        let at: u64 =
            said.trim().strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().parse().unwrap();
        assert!(at > 0);
        assert_eq!(service.hear(), expected);
        assert_eq!(service.hear(), "READY=1\n");
    }
    service.signal(Signal::TERM);
    while service.hear() != "STOPPING=1\n" {}
    assert!(service.daemon.wait().unwrap().success());
}

/// The settings of a section that say what a process may do: all but how it is started.
fn sandbox(unit: &str) -> Vec<&str> {
    const OF_ITS_OWN: [&str; 10] = [
        "Type=",
        "NotifyAccess=",
        "Exec",
        "Restart",
        "Timeout",
        "Watchdog",
        "#",
        "[",
        "On",
        "Accuracy",
    ];
    let service = unit.split("[Service]").nth(1).unwrap().split("\n[").next().unwrap();
    let is_own =
        |line: &&str| !line.is_empty() && !OF_ITS_OWN.iter().any(|own| line.starts_with(own));
    service.lines().filter(is_own).collect()
}

#[test]
fn one_pass_has_the_sandbox_and_the_secrets_of_the_daemon() {
    let daemon = sandbox(include_str!("../../systemd/jicui.service"));
    assert!(daemon.contains(&"NoNewPrivileges=yes") && daemon.len() > 40, "{daemon:?}");
    assert_eq!(daemon, sandbox(include_str!("../../systemd/jicui-once.service")));
}

/// Every secret that README names has its credential in the units.
#[test]
fn no_secret_is_forgotten_in_the_units() {
    let readme = include_str!("../../README.md");
    let (table, unit) = (
        readme.split("| secret | credential |").nth(1).unwrap().split("\n\n").next().unwrap(),
        include_str!("../../systemd/jicui.service"),
    );
    let names: Vec<&str> = table
        .lines()
        .filter_map(|line| line.split('|').nth(2))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter(|name| !name.ends_with("_NAME"))
        .collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        assert!(unit.contains(&format!("\nLoadCredentialEncrypted=jicui.{name}\n")), "{name}");
    }
}
