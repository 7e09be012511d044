//! Clicks in Slack, for as long as the daemon runs: one loop hears them, one works them off.
//!
//! A click is written down before Slack is told that it was heard, within its three seconds; what
//! takes longer, such as asking Slack who that was, comes after.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tracing::{debug, info, warn};

use super::schedule::Bells;
use crate::app::clicks::Taken;
use crate::app::{App, Step};
use crate::notify::NotifyError;
use crate::notify::slack::click;
use crate::notify::slack::socket::{Heard, Session};

/// Waits between attempts to connect; the last one repeats.
const AGAIN_AFTER: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
];
/// A sign of life comes each half minute, and after the longest wait.
pub(super) const SILENT_AT_MOST: Duration = Duration::from_mins(10);
/// How often it is looked whether there is a workspace to listen to, and what is left undone.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Hears clicks until the app stops.
pub(super) async fn listen(app: Arc<App>, bells: Arc<Bells>) -> &'static str {
    let kept = Notify::new();
    let stop = app.stop().clone();
    let hearing = hear(&app, &kept);
    let working = work(&app, &kept, &bells);
    let both = async { tokio::join!(hearing, working) };
    Box::pin(stop.run_until_cancelled(both)).await;
    "socket"
}

async fn hear(app: &App, kept: &Notify) {
    let mut failed = 0;
    loop {
        app.beats().beat_clicks();
        let live = app.live();
        let Some(slack) = live.channels.clicks() else {
            tokio::time::sleep(LOOK_EVERY).await;
            continue;
        };
        let fault = match slack.connect().await {
            Err(fault) => fault,
            Ok(mut session) => {
                info!("clicks in Slack are heard");
                app.clicks_are_heard().await;
                failed = 0;
                match hear_session(app, &mut session, kept).await {
                    // Slack asked for another connection: at once.
                    Ok(()) => continue,
                    Err(fault) => fault,
                }
            }
        };
        warn!(%fault, "clicks in Slack are not heard; will connect again");
        failed += 1;
        app.clicks_are_lost(&fault, failed).await;
        let wait = AGAIN_AFTER.get(failed - 1).or(AGAIN_AFTER.last());
        tokio::time::sleep(wait.copied().unwrap_or(LOOK_EVERY)).await;
    }
}

/// Hears one connection to its end; well if Slack wants another.
async fn hear_session(app: &App, session: &mut Session, kept: &Notify) -> Result<(), NotifyError> {
    loop {
        let heard = session.next().await?;
        app.beats().beat_clicks();
        let (id, payload) = match heard {
            Heard::Alive => continue,
            Heard::Goodbye => return Ok(()),
            Heard::Envelope { id, payload } => (id, payload),
        };
        match app.take_click(click::read(&payload)).await {
            Ok(taken) => {
                if taken == Taken::Kept {
                    kept.notify_one();
                }
                let answer = match &taken {
                    Taken::Incomplete(answer) => Some(answer.clone()),
                    _ => None,
                };
                session.acknowledge(&id, answer).await?;
                if let Taken::Ask { click, trigger } = taken {
                    ask(app, &click, &trigger).await;
                }
            }
            // Not acknowledged: the person is told by Slack that it did not work.
            Err(fault) => warn!(fault = format!("{fault:#}"), "a click could not be kept"),
        }
    }
}

async fn ask(app: &App, click: &click::Click, trigger: &str) {
    if let Err(fault) = app.ask_by_modal(click, trigger).await {
        warn!(fault = format!("{fault:#}"), "a modal could not be opened");
    }
}

/// Works off what was kept: when something was, and now and then what is left undone.
async fn work(app: &App, kept: &Notify, bells: &Bells) {
    loop {
        match app.work_off_clicks().await {
            Ok(0) => debug!("no click waits"),
            Ok(_) => {
                bells.ring(Step::Remind);
                bells.ring(Step::Deliver);
            }
            Err(fault) => warn!(fault = format!("{fault:#}"), "clicks wait to be worked off"),
        }
        // Either outcome means: look again.
        let _ = tokio::time::timeout(LOOK_EVERY, kept.notified()).await;
    }
}
