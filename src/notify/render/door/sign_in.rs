//! The words of the page where people sign in.

use crate::domain::directory::Language;

/// What the page says.
#[derive(Debug)]
pub struct SignInWords {
    /// The language's tag.
    pub tag: &'static str,
    /// What it is called, and what its button says.
    pub title: &'static str,
    /// Who gives an account.
    pub meaning: &'static str,
    /// The label of the name.
    pub name: &'static str,
    /// The label of the password.
    pub password: &'static str,
    /// What leads to the provider that signs people in.
    pub provider: &'static str,
    /// Who goes that way, and who does not.
    pub or_password: &'static str,
    /// What leads back here.
    pub again: &'static str,
    /// There is no such user, or the password is another.
    pub wrong: &'static str,
    /// What was filled in before the session was over is lost.
    pub unsent: &'static str,
    /// What leads to the other language.
    pub other: &'static str,
    /// What ends a session.
    pub sign_out: &'static str,
    /// When to end all of them.
    pub elsewhere: &'static str,
    /// What ends all of them.
    pub everywhere: &'static str,
}

static CHINESE: SignInWords = SignInWords {
    tag: "zh-TW",
    title: "登入",
    meaning: "帳號由系統管理者核發；忘記密碼時，請洽系統管理者重設。",
    name: "姓名或電子郵件",
    password: "密碼",
    provider: "以機關帳號登入",
    or_password: "或以本系統的帳號密碼登入：",
    again: "回登入頁",
    wrong: "帳號或密碼不正確，請再試一次。",
    unsent: "登入已逾時，剛才的內容尚未送出，請登入後重新填寫。",
    other: "English",
    sign_out: "登出",
    elsewhere: "曾於其他電腦或手機登入而忘記登出時，請登出所有裝置。",
    everywhere: "登出所有裝置",
};

static ENGLISH: SignInWords = SignInWords {
    tag: "en",
    title: "Sign in",
    meaning: "An administrator gives you an account, and another password if you forgot yours.",
    name: "Name or e-mail address",
    password: "Password",
    provider: "Sign in with your office account",
    or_password: "Or sign in with a password of this system:",
    again: "Back to the sign-in page",
    wrong: "There is no such user, or the password is another: try again.",
    unsent: "Your session was over: nothing was sent. Sign in, and fill it in again.",
    other: "中文",
    sign_out: "Sign out",
    elsewhere: "If you forgot to sign out at another computer or telephone, sign out everywhere.",
    everywhere: "Sign out everywhere",
};

/// What the page says in `language`.
pub fn sign_in(language: Language) -> &'static SignInWords {
    match language {
        Language::Chinese => &CHINESE,
        Language::English => &ENGLISH,
    }
}

/// Whoever was wrong too often waits.
pub fn wait(language: Language, minutes: i64) -> String {
    match language {
        Language::Chinese => format!("嘗試次數過多，請於 {minutes} 分鐘後再試。"),
        Language::English => format!("Too many attempts: try again in {minutes} minutes."),
    }
}
