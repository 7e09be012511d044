//! Clicks in Slack, for as long as the daemon runs: one loop hears them, one works them off.
//!
//! A click is written down before Slack is told that it was heard, within its three seconds; what
//! takes longer, such as asking Slack who that was, comes after.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tracing::{debug, info, warn};

use super::schedule::Bells;
use crate::app::clicks::Taken;
use crate::app::{App, Step};
use crate::notify::NotifyError;
use crate::notify::slack::click::{self, Click};
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
/// How long a connection is heard after Slack asked for another; it closes it sooner.
const REST_AT_MOST: Duration = Duration::from_secs(30);
/// How often it is looked whether there is a workspace to listen to, and what is left undone.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Hears clicks until the app stops.
pub(super) async fn listen(app: Arc<App>, bells: Arc<Bells>) -> &'static str {
    let ear = Ear { app: Arc::clone(&app), kept: Arc::default() };
    let both = async { tokio::join!(ear.hear(), work(&app, &ear.kept, &bells)) };
    Box::pin(app.stop().run_until_cancelled(both)).await;
    "socket"
}

/// What hears clicks, over whichever connection.
#[derive(Clone)]
struct Ear {
    app: Arc<App>,
    /// Told whenever a click was written down.
    kept: Arc<Notify>,
}

impl Ear {
    async fn hear(&self) {
        let mut failed = 0;
        loop {
            self.app.beats().beat_clicks();
            let live = self.app.live();
            let Some(slack) = live.channels.clicks() else {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            };
            let (ended, lasted) = match slack.connect().await {
                Err(fault) => (Err(fault), false),
                Ok(mut session) => {
                    info!("clicks in Slack are heard");
                    let ended = self.hear_session(&mut session).await;
                    let lasted = session.has_lasted();
                    (ended.map(|()| session), lasted)
                }
            };
            if lasted {
                failed = 0;
            }
            match ended {
                // Another connection first: until Slack closes this one, clicks come over it.
                Ok(session) => {
                    self.clone().hear_the_rest(session);
                    if lasted {
                        continue;
                    }
                }
                Err(fault) => {
                    warn!(%fault, "clicks in Slack are not heard; will connect again");
                    self.app.clicks_are_lost(&fault, failed + 1).await;
                }
            }
            let wait = AGAIN_AFTER.get(failed).or(AGAIN_AFTER.last());
            tokio::time::sleep(wait.copied().unwrap_or(LOOK_EVERY)).await;
            failed += 1;
        }
    }

    /// Hears one connection to its end; well if Slack wants another.
    async fn hear_session(&self, session: &mut Session) -> Result<(), NotifyError> {
        let mut is_settled = false;
        loop {
            let heard = session.next().await?;
            self.app.beats().beat_clicks();
            if !is_settled && session.has_lasted() {
                is_settled = true;
                self.app.clicks_are_heard().await;
            }
            match heard {
                Heard::Alive => {}
                Heard::Goodbye => return Ok(()),
                Heard::Envelope { id, payload } => self.take(session, &id, &payload).await?,
            }
        }
    }

    /// Hears a connection that Slack is about to close, beside the one that takes its place.
    fn hear_the_rest(self, mut session: Session) {
        let stop = self.app.stop().clone();
        let rest = async move { while self.hear_session(&mut session).await.is_ok() {} };
        let rest = tokio::time::timeout(REST_AT_MOST, rest);
        tokio::spawn(async move { stop.run_until_cancelled(rest).await });
    }

    async fn take(
        &self,
        session: &mut Session,
        id: &str,
        payload: &Value,
    ) -> Result<(), NotifyError> {
        match self.app.take_click(click::read(payload)).await {
            Ok(taken) => {
                if taken == Taken::Kept {
                    self.kept.notify_one();
                }
                let answer = match &taken {
                    Taken::Incomplete(answer) => Some(answer.clone()),
                    _ => None,
                };
                session.acknowledge(id, answer).await?;
                if let Taken::Ask { click, trigger } = taken {
                    self.ask(click, trigger);
                }
            }
            // Not acknowledged: the person is told by Slack that it did not work.
            Err(fault) => warn!(fault = format!("{fault:#}"), "a click could not be kept"),
        }
        Ok(())
    }

    /// Opens a modal; meanwhile the next click is heard within its three seconds.
    fn ask(&self, click: Click, trigger: String) {
        let app = Arc::clone(&self.app);
        tokio::spawn(async move {
            let asked = app.ask_by_modal(&click, &trigger);
            if let Some(Err(fault)) = app.stop().run_until_cancelled(asked).await {
                warn!(fault = format!("{fault:#}"), "a modal could not be opened");
            }
        });
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
