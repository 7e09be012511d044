//! The words for whom a provider did not let in.

use super::Notice;
use crate::domain::directory::Language;
use crate::notify::Tone;

/// Why somebody stands outside who came by a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotLetIn<'a> {
    /// The provider does not answer.
    Outage,
    /// The provider vouches for nobody, or not so that it can be believed.
    Refused,
    /// It took too long, or was begun in another browser.
    Lost,
    /// The provider vouches for somebody of this name, whom nobody gave anything.
    Stranger(&'a str),
}

/// The page that says so, and what to do.
pub fn not_let_in(language: Language, what: NotLetIn<'_>) -> Notice {
    let (headline, paragraphs) = match language {
        Language::Chinese => chinese(what),
        Language::English => english(what),
    };
    let tone = if what == NotLetIn::Outage { Tone::Alert } else { Tone::Warning };
    Notice { headline: headline.to_owned(), paragraphs, tone, language }
}

fn chinese(what: NotLetIn<'_>) -> (&'static str, Vec<String>) {
    match what {
        NotLetIn::Outage => (
            "機關帳號登入服務目前無法使用",
            vec![
                "稽催系統連不上機關帳號登入服務，請稍後再試；催辦通知不受影響。".to_owned(),
                "有本系統帳號密碼者，仍可於登入頁登入。持續發生時，請洽系統管理者。".to_owned(),
            ],
        ),
        NotLetIn::Refused => (
            "未能登入",
            vec![
                "機關帳號登入服務未能確認您的身分，或您取消了登入。請再試一次。".to_owned(),
                "仍無法登入時，請告知系統管理者登入的時間；原因記在系統紀錄中。".to_owned(),
            ],
        ),
        NotLetIn::Lost => (
            "請重新登入",
            vec!["登入逾十分鐘未完成，或不是從這個瀏覽器開始的。請回登入頁再試一次。".to_owned()],
        ),
        NotLetIn::Stranger(called) => (
            "您尚未獲准使用本系統",
            vec![
                format!("機關帳號登入服務已確認您是「{called}」，但本系統尚未授予您任何權限。"),
                format!(
                    "請洽系統管理者新增使用者「{called}」，並告知您的單位與職務（承辦人、主管或僅供檢視）。"
                ),
            ],
        ),
    }
}

fn english(what: NotLetIn<'_>) -> (&'static str, Vec<String>) {
    match what {
        NotLetIn::Outage => (
            "The office's sign-in service cannot be used now",
            vec![
                "jicui cannot reach the office's sign-in service: try again later. Reminders go on.".to_owned(),
                "Whoever has a password of this system can still sign in with it. If it lasts, tell an \
                 administrator."
                    .to_owned(),
            ],
        ),
        NotLetIn::Refused => (
            "You could not be signed in",
            vec![
                "The office's sign-in service did not confirm who you are, or you cancelled. Try again."
                    .to_owned(),
                "If it fails again, tell an administrator when you tried: the reason stands in the log."
                    .to_owned(),
            ],
        ),
        NotLetIn::Lost => (
            "Please sign in again",
            vec![
                "Signing in took more than ten minutes, or was begun in another browser. Begin again from \
                 the sign-in page."
                    .to_owned(),
            ],
        ),
        NotLetIn::Stranger(called) => (
            "You have no access yet",
            vec![
                format!("The sign-in service confirms that you are “{called}”, but you have no role here."),
                format!(
                    "Ask an administrator to add the user “{called}”, and say which unit you are in and \
                     what you do there (officer, supervisor, or only reading)."
                ),
            ],
        ),
    }
}
