//! The network fails in every way it knows: nothing is lost, nothing is doubled, and all goes on by
//! itself.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use super::world::{NID, World, moment};
use jicui::app::Step;
use jicui::clock::wall;
use jicui::domain::message::MessageState;

/// A server that answers badly, for as long as the test's process lives.
#[derive(Clone, Copy, Debug)]
enum Bad {
    /// Nobody listens.
    Refuses,
    /// The connection is reset in the middle of the answer.
    ResetsMidBody,
    /// The answer comes a byte at a time, and never ends.
    Dribbles,
    /// The connection stands, and nothing comes.
    Stalls,
    /// It speaks no TLS.
    Plain,
}

const ALL: [Bad; 5] = [Bad::Refuses, Bad::ResetsMidBody, Bad::Dribbles, Bad::Stalls, Bad::Plain];

impl Bad {
    /// Where such a server is.
    fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let scheme = if matches!(self, Self::Plain) { "https" } else { "http" };
        if !matches!(self, Self::Refuses) {
            std::thread::spawn(move || {
                for connection in listener.incoming().flatten() {
                    std::thread::spawn(move || self.serve(connection));
                }
            });
        }
        format!("{scheme}://{address}")
    }

    fn serve(self, mut connection: TcpStream) {
        let mut asked = [0; 16 * 1024];
        // Whatever was asked: the other side may be gone at any moment, which ends the thread.
        let _ = connection.read(&mut asked);
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n";
        let _ = match self {
            Self::ResetsMidBody => connection.write_all(format!("{head}{{\"ok\": tr").as_bytes()),
            Self::Dribbles => dribble(&mut connection, head),
            Self::Stalls => connection.read(&mut asked).map(|_| ()),
            Self::Refuses | Self::Plain => {
                connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            }
        };
    }
}

fn dribble(connection: &mut TcpStream, head: &str) -> std::io::Result<()> {
    connection.write_all(head.as_bytes())?;
    loop {
        connection.write_all(b" ")?;
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Puts another address where `of` stands in the configuration.
fn redirect(world: &World, of: &str, to: &str) {
    let path = world.path("config.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(of), "{of} is not in {text}");
    std::fs::write(&path, text.replace(of, to)).unwrap();
    world.reload();
}

async fn with_case() -> World {
    let world = World::at("2026-03-02 09:30").await;
    world.platform.post_comment(NID, 558_380, "題", wall(moment("2026-03-02 09:00")));
    world
}

#[tokio::test]
async fn whatever_the_way_to_slack_does_the_reminder_arrives_once() {
    for bad in ALL {
        let mut world = with_case().await;
        let (good, broken) = (world.slack.api_url(), format!("{}/api", bad.start()));
        redirect(&world, &good, &broken);
        world.pass().await;
        let waiting = vec![MessageState::Queued, MessageState::Sending];
        let waiting = world.app.store().outbox(waiting, 10).await.unwrap();
        assert_eq!(waiting.len(), 1, "{bad:?}: its row is there, and waits");
        assert!(waiting[0].reason.is_some(), "{bad:?}: it says why");
        redirect(&world, &broken, &good);
        world.sleep_until("2026-03-02 10:30");
        world.pass().await;
        let sent = world.sent();
        assert!(sent.contains("【新案分派】") && sent.lines().count() == 1, "{bad:?}: {sent}");
    }
}

#[tokio::test]
async fn whatever_the_way_to_the_platform_does_no_case_is_touched() {
    for bad in ALL {
        let mut world = with_case().await;
        world.pass().await;
        world.sent();
        let before = world.app.store().all_cases().await.unwrap();
        let (good, broken) = (world.platform.base_url(), bad.start());
        redirect(&world, &good, &broken);
        let report = world.app.run(Step::Poll).await;
        assert!(report.fault.is_some(), "{bad:?}: {report:?}");
        assert_eq!(world.app.store().all_cases().await.unwrap(), before, "{bad:?}");
        redirect(&world, &broken, &good);
        assert_eq!(world.app.run(Step::Poll).await.fault, None, "{bad:?}");
    }
}

#[tokio::test]
async fn a_storm_of_429_ends_with_each_message_once() {
    let mut world = World::with_config("2026-03-02 09:00", "burst_over = 0\n").await;
    for cid in 1..=10 {
        world.platform.post_comment(NID, cid, "題", wall(moment("2026-03-02 08:00")));
    }
    world.slack.rate_limit_next(20, 5);
    for minute in 0..40 {
        world.sleep_until(&format!("2026-03-02 09:{minute:02}"));
        world.pass().await;
    }
    let sent = world.sent();
    for cid in 1..=10 {
        assert_eq!(sent.matches(&format!("C-{cid}「")).count(), 1, "{sent}");
    }
    assert_eq!(sent.lines().count(), 10, "{sent}");
}
