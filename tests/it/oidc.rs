//! Signing in by OpenID Connect: the good way, and everything that must not let anybody in.

use jicui::config::SAMPLE_UNITS;
use jicui::domain::access::{Grant, Role};
use serde_json::{Value, json};

use super::people::said_by_the_program;
use super::sign_in::{cookie, looks, send, status};
use super::web::serve;
use super::world::World;
use super::world::provider::{CLIENT, FakeProvider, SECRET, Signs};

const NOW: &str = "2026-03-02 09:30";
const MAPPED: &str = "groups_claim = \"realm_access.roles\"\n\
    [[web.oidc.group]]\nname = \"readers\"\nrole = \"viewer\"\n\
    [[web.oidc.group]]\nname = \"bli\"\nrole = \"officer\"\nunits = [\"bli-planning\"]\n\
    [[web.oidc.group]]\nname = \"it\"\nrole = \"administrator\"\n";

/// A ministry and its provider; 王小明 is known.
struct Office {
    world: World,
    provider: FakeProvider,
    address: String,
}

impl Office {
    async fn open(more: &str) -> Self {
        let provider = FakeProvider::start().await;
        let world = world(&provider, more).await;
        let grant = Grant::new("王小明".to_owned(), Some(Role::Administrator), Vec::new());
        let mail = Some("wang@example.gov.tw".to_owned());
        world.app.add_user(grant, (mail, None), "root").await.unwrap();
        let address = serve(&world).await;
        Self { world, provider, address }
    }

    /// What a good token says of this person.
    fn claims(&self, name: &str) -> Value {
        let now = self.world.now().timestamp();
        json!({
            "iss": self.provider.issuer(), "aud": CLIENT, "sub": format!("subject of {name}"),
            "iat": now, "exp": now + 300, "preferred_username": name,
        })
    }

    /// A browser sets out: where to, and the cookie that it holds.
    async fn set_out(&self) -> (String, String) {
        let way = "GET /sign-in/provider?next=cases%3Fopen%3Dtrue&language=en";
        let answer = send(&self.address, way, "", "").await;
        assert_eq!(status(&answer), 303, "{answer}");
        let set =
            answer.lines().find(|line| line.starts_with("set-cookie: jicui_sign_in=")).unwrap();
        assert!(set.ends_with("; Path=/; Max-Age=900; HttpOnly; SameSite=Lax"), "{set}");
        (location(&answer), cookie(&answer))
    }

    async fn come_back(&self, query: &str, headers: &str) -> String {
        send(&self.address, &format!("GET /sign-in/provider/back?{query}"), headers, "").await
    }

    /// The whole way of a browser whose owner signs in with these claims.
    async fn sign_in_as(&self, claims: Value) -> String {
        let (address, cookie) = self.set_out().await;
        let query = self.provider.lets_in(&address, claims);
        self.come_back(&query, &cookie).await
    }

    async fn sign_in(&self, name: &str) -> String {
        self.sign_in_as(self.claims(name)).await
    }

    /// Whether 王小明 gets in now.
    async fn check_in(&self) {
        let answer = self.sign_in("王小明").await;
        assert_eq!(status(&answer), 303, "{answer}");
        assert_eq!(location(&answer), "./../../cases?open=true");
        assert!(answer.contains("set-cookie: jicui_sign_in=; Path=/; Max-Age=0"), "{answer}");
        assert_eq!(looks(&self.address, &session(&answer)).await, 200);
    }

    /// That nobody gets in so, and is told as much.
    async fn check_refused(&self, claims: Value, why: &str) {
        let answer = self.sign_in_as(claims).await;
        check_outside(&answer, 403, "You could not be signed in", why);
    }
}

async fn world(provider: &FakeProvider, more: &str) -> World {
    let config = format!(
        "[web]\npublic_url = \"http://127.0.0.1:8014\"\ncaller_requests_per_min = 10000\n\
         requests_per_min = 10000\n[web.oidc]\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\n\
         client_secret_file = \"oidc_secret\"\n{more}",
        provider.issuer()
    );
    World::with_files(NOW, SAMPLE_UNITS, (&config, &[("oidc_secret", SECRET)])).await
}

fn location(answer: &str) -> String {
    let place = answer.lines().find_map(|line| line.strip_prefix("location: "));
    place.unwrap_or_else(|| panic!("{answer}")).to_owned()
}

/// The cookie of the session that began.
fn session(answer: &str) -> String {
    let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: jicui=")).unwrap();
    format!("Cookie: jicui={}\r\n", set.split(';').next().unwrap())
}

#[track_caller]
fn check_outside(answer: &str, expected: u16, words: &str, why: &str) {
    assert_eq!(status(answer), expected, "{why}: {answer}");
    assert!(answer.contains(words), "{why}: {answer}");
    assert!(!answer.contains("set-cookie: jicui="), "{why}: {answer}");
    assert!(!answer.contains("location: "), "{why}: {answer}");
}

#[tokio::test]
async fn without_a_provider_nothing_of_it_is_there() {
    let world = World::at(NOW).await;
    let address = serve(&world).await;
    let page = send(&address, "GET /sign-in", "", "").await;
    assert!(!page.contains("sign-in/provider"), "{page}");
    for way in ["GET /sign-in/provider", "GET /sign-in/provider/back?code=1&state=2"] {
        assert_eq!(status(&send(&address, way, "", "").await), 404, "{way}");
    }
}

#[tokio::test]
async fn whoever_the_provider_names_is_let_in_as_who_they_are_here() {
    let office = Office::open("button = \"以 <部內> 帳號登入\"\n").await;
    let page = send(&office.address, "GET /sign-in?next=cases", "", "").await;
    assert!(page.contains("href=\"./sign-in/provider?language=zh-TW&amp;next=cases\""), "{page}");
    assert!(page.contains("以 &#60;部內&#62; 帳號登入"), "{page}");
    assert!(page.contains("<label for=\"password\">"), "local accounts stay: {page}");
    assert_eq!(looks(&office.address, "").await, 401, "the local reader is gone");
    for signs in [Signs::Rs256, Signs::Es256] {
        office.provider.signs(signs);
        office.check_in().await;
    }
    assert_eq!(office.provider.asked("discovery"), 1, "what it publishes is kept for an hour");
    assert_eq!(office.provider.asked("keys"), 1);
    assert_eq!(office.provider.asked("userinfo"), 0, "the token says it all");
    let by_mail = office.sign_in("WANG@example.gov.tw").await;
    let me = send(&office.address, "GET /sign-out", &session(&by_mail), "").await;
    assert!(me.contains("王小明"), "{me}");
    office.provider.changes(json!({ "aud": [CLIENT, "another"], "azp": CLIENT, "exp": 1e10 }));
    office.check_in().await;
}

#[tokio::test]
async fn a_provider_may_take_the_secret_in_the_form() {
    let office = Office::open("").await;
    office.provider.takes_posts_only();
    office.check_in().await;
}

#[tokio::test]
async fn a_browser_that_did_not_set_out_does_not_arrive() {
    let office = Office::open("").await;
    let (address, cookie) = office.set_out().await;
    let query = office.provider.lets_in(&address, office.claims("王小明"));
    let (other, other_cookie) = office.set_out().await;
    let others = office.provider.lets_in(&other, office.claims("王小明"));
    let code = query.split('&').next().unwrap();
    let state = others.split('&').nth(1).unwrap();
    for (query, headers, why) in [
        (query.clone(), "", "no cookie"),
        (query.clone(), &*other_cookie, "another browser's cookie"),
        (format!("{code}&{state}"), &*cookie, "another browser's state"),
        (code.to_owned(), &*cookie, "no state"),
        (format!("{code}&state=x"), &*cookie, "a state of one's own"),
        (query.clone(), "Cookie: jicui_sign_in=a.99999999999.en.\r\n", "a cookie of one's own"),
    ] {
        let answer = office.come_back(&query, headers).await;
        check_outside(&answer, 403, "請重新登入", why);
    }
    let twice = office.come_back(&format!("{query}&state=x"), &cookie).await;
    check_outside(&twice, 400, "", "two states");
    assert_eq!(office.provider.asked("token"), 0, "nothing was redeemed");
    office.world.sleep_until("2026-03-02 09:41");
    let late = office.come_back(&query, &cookie).await;
    check_outside(&late, 403, "請重新登入", "after ten minutes");
}

#[tokio::test]
async fn a_code_is_worth_something_once() {
    let office = Office::open("").await;
    let (address, cookie) = office.set_out().await;
    let query = office.provider.lets_in(&address, office.claims("王小明"));
    assert_eq!(status(&office.come_back(&query, &cookie).await), 303);
    let again = office.come_back(&query, &cookie).await;
    check_outside(&again, 403, "You could not be signed in", "replayed");
    // Another's code does not fit to what this browser asked for.
    let (address, _) = office.set_out().await;
    let theirs = office.provider.lets_in(&address, office.claims("王小明"));
    let (address, cookie) = office.set_out().await;
    let own = office.provider.lets_in(&address, office.claims("王小明"));
    let mixed = [theirs.split('&').next().unwrap(), own.split('&').nth(1).unwrap()].join("&");
    let answer = office.come_back(&mixed, &cookie).await;
    check_outside(&answer, 403, "You could not be signed in", "another's code");
}

#[tokio::test]
async fn a_token_that_does_not_prove_itself_is_not_believed() {
    let office = Office::open("").await;
    for signs in [Signs::None, Signs::Hs256WithPublicKey, Signs::WithAnotherKey, Signs::OtherWords]
    {
        office.provider.signs(signs);
        office.check_refused(office.claims("王小明"), &format!("{signs:?}")).await;
    }
    office.provider.signs(Signs::Rs256);
    let now = office.world.now().timestamp();
    for changed in [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "aud": "another" }),
        json!({ "aud": [] }),
        json!({ "aud": null }),
        json!({ "aud": [CLIENT, "another"] }),
        json!({ "azp": "another" }),
        json!({ "aud": [CLIENT, "another"], "azp": "another" }),
        json!({ "iss": "https://evil.example" }),
        json!({ "iss": format!("{}/", office.provider.issuer()) }),
        json!({ "exp": now - 61 }),
        json!({ "exp": null }),
        json!({ "exp": "tomorrow" }),
        json!({ "iat": now + 120 }),
        json!({ "iat": now - 3600 }),
        json!({ "iat": null }),
        json!({ "nbf": now + 120 }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "preferred_username": null }),
        json!({ "preferred_username": ["王小明"] }),
        json!({ "preferred_username": " " }),
    ] {
        office.provider.says_when_asked(json!({ "sub": "subject of 王小明" }));
        office.provider.changes(changed.clone());
        office.check_refused(office.claims("王小明"), &changed.to_string()).await;
    }
    office.provider.changes(json!({ "exp": now - 59, "iat": now + 59 }));
    office.check_in().await;
}

#[tokio::test]
async fn a_new_key_is_fetched_but_not_for_every_token() {
    let office = Office::open("").await;
    office.provider.signs(Signs::Es256);
    office.check_in().await;
    office.provider.rotates("ec-2");
    office.check_refused(office.claims("王小明"), "too soon to ask again").await;
    assert_eq!(office.provider.asked("keys"), 1);
    office.world.set(office.world.now() + chrono::TimeDelta::seconds(30));
    office.check_in().await;
    assert_eq!(office.provider.asked("keys"), 2);
    office.provider.signs(Signs::WithAnotherKey);
    office.world.set(office.world.now() + chrono::TimeDelta::seconds(60));
    office.check_refused(office.claims("王小明"), "a known name, another key").await;
    assert_eq!(office.provider.asked("keys"), 2, "a wrong signature is no reason to ask");
}

#[tokio::test]
async fn an_answer_without_a_code_lets_nobody_in() {
    let office = Office::open("").await;
    for what in [
        "error=access_denied",
        "error=%3Cscript%3E&error_description=%3Cb%3E",
        "",
        "code=1&error=x",
        "code=1&iss=https%3A%2F%2Fevil.example",
    ] {
        let (address, cookie) = office.set_out().await;
        let query = office.provider.lets_in(&address, office.claims("王小明"));
        let state = query.split('&').nth(1).unwrap();
        let answer = office.come_back(&format!("{what}&{state}"), &cookie).await;
        check_outside(&answer, 403, "You could not be signed in", what);
        assert!(!answer.contains("script>") && !answer.contains("<b>"), "{answer}");
    }
    assert_eq!(office.provider.asked("token"), 0);
}

#[tokio::test]
async fn a_provider_that_is_down_or_talks_nonsense_is_said_and_local_accounts_go_on() {
    let huge = format!("{{\"issuer\":\"{}\"}}", "x".repeat(300_000));
    let office = Office::open("").await;
    let foreign = json!({ "issuer": "https://evil.example", "authorization_endpoint": "https://evil.example",
        "token_endpoint": "https://evil.example", "jwks_uri": "https://evil.example" });
    let mut in_the_clear = foreign.clone();
    in_the_clear["issuer"] = office.provider.issuer().into();
    in_the_clear["authorization_endpoint"] = "http://evil.example".into();
    let cases = [
        (500, "{}".to_owned()),
        (200, "{}".to_owned()),
        (200, "nonsense".to_owned()),
        (404, "<html>".to_owned()),
        (302, String::new()),
        (200, huge.clone()),
        (200, foreign.to_string()),
        (200, in_the_clear.to_string()),
    ];
    for (status, body) in &cases {
        office.provider.answers("discovery", Some((*status, body)));
        let answer = send(&office.address, "GET /sign-in/provider", "", "").await;
        let shown = body.chars().take(90).collect::<String>();
        check_outside(&answer, 503, "機關帳號登入服務目前無法使用", &format!("{status} {shown}"));
        assert!(answer.contains("href=\"../sign-in\""), "{answer}");
    }
    office.provider.answers("discovery", None);
    for way in ["token", "keys"] {
        for (status, body) in [(500, "{}"), (200, "nonsense"), (200, "{}"), (200, &*huge)] {
            office.provider.answers(way, Some((status, body)));
            let answer = office.sign_in("王小明").await;
            check_outside(
                &answer,
                503,
                "sign-in service cannot be used now",
                &format!("{way} {status}"),
            );
            assert!(answer.contains("href=\"../../sign-in\""), "{answer}");
        }
        office.provider.answers(way, None);
    }
    office.provider.answers("token", Some((401, "{\"error\":\"invalid_client\"}")));
    office.check_refused(office.claims("王小明"), "it does not know us").await;
    office.provider.answers("token", None);
    office.check_in().await;
    let (address, cookie) = office.set_out().await;
    let query = office.provider.lets_in(&address, office.claims("王小明"));
    office.provider.stop();
    let answer = office.come_back(&query, &cookie).await;
    check_outside(&answer, 503, "sign-in service cannot be used now", "it went down");
    let page = send(&office.address, "GET /sign-in", "", "").await;
    assert!(status(&page) == 200 && page.contains("name=\"password\""), "{page}");
}

#[tokio::test]
async fn what_the_token_leaves_out_is_asked_for_of_the_same_person() {
    let office = Office::open("").await;
    office.provider.changes(json!({ "preferred_username": null }));
    let subject = "subject of 王小明";
    office.provider.says_when_asked(json!({ "sub": subject, "preferred_username": "王小明" }));
    office.check_in().await;
    assert_eq!(office.provider.asked("userinfo"), 1);
    for said in [
        json!({ "sub": "subject of another", "preferred_username": "王小明" }),
        json!({ "preferred_username": "王小明" }),
    ] {
        office.provider.says_when_asked(said.clone());
        office.check_refused(office.claims("王小明"), &said.to_string()).await;
    }
}

#[tokio::test]
async fn whoever_is_not_known_is_told_what_to_ask_for() {
    let office = Office::open("").await;
    let mut claims = office.claims("<王大明>");
    claims["realm_access"] = json!({ "roles": ["it"] });
    let answer = office.sign_in_as(claims).await;
    check_outside(&answer, 403, "You have no access yet", "a stranger");
    assert!(answer.contains("add the user “&#60;王大明&#62;”"), "{answer}");
    assert_eq!(office.world.app.users().await.unwrap().len(), 1, "nobody was added");
}

#[tokio::test]
async fn a_mail_address_must_be_verified_where_it_says_who_it_is() {
    let office = Office::open("user_claim = \"email\"\nscopes = [\"openid\", \"email\"]\n").await;
    for (verified, expected) in [(json!(false), 403), (json!("false"), 403), (json!(true), 303)] {
        let mut claims = office.claims("x");
        claims["email"] = "wang@example.gov.tw".into();
        claims["email_verified"] = verified.clone();
        assert_eq!(status(&office.sign_in_as(claims).await), expected, "{verified}");
    }
}

#[tokio::test]
async fn groups_let_people_in_as_what_they_say_and_out_again() {
    let office = Office::open(MAPPED).await;
    let claims = |name: &str, groups: Value| {
        let mut claims = office.claims(name);
        claims["realm_access"] = json!({ "roles": groups });
        claims
    };
    let user = async |name: &str| {
        let users = office.world.app.users().await.unwrap();
        users.into_iter().find(|user| user.grant.name == name)
    };
    let chen = office.sign_in_as(claims("chen", json!(["readers", "bli", "else"]))).await;
    assert_eq!(status(&chen), 303, "{chen}");
    let known = user("chen").await.unwrap();
    assert_eq!(
        (known.grant.role, known.grant.units),
        (Role::Officer, vec!["bli-planning".to_owned()])
    );
    assert_eq!((known.added_by.as_str(), known.has_password), ("OpenID Connect", false));
    let page = send(&office.address, "GET /sign-out", &session(&chen), "").await;
    assert!(page.contains("chen"), "{page}");
    let up = office.sign_in_as(claims("chen", json!("it"))).await;
    assert_eq!(status(&up), 303, "{up}");
    assert_eq!(user("chen").await.unwrap().grant.role, Role::Administrator);
    assert!(user("chen").await.unwrap().grant.units.is_empty());
    let out = office.sign_in_as(claims("chen", json!(["else"]))).await;
    check_outside(&out, 403, "You have no access yet", "no group any more");
    assert_eq!(user("chen").await, None);
    assert_eq!(looks(&office.address, &session(&chen)).await, 401, "and out at once");
    // Whom an administrator added is what the administrator said.
    let wang = office.sign_in_as(claims("王小明", json!(["readers"]))).await;
    assert_eq!(status(&wang), 303, "{wang}");
    assert_eq!(user("王小明").await.unwrap().grant.role, Role::Administrator);
    // Nobody is let in under the name of what is no person.
    let jicui = office.sign_in_as(claims("jicui", json!(["it"]))).await;
    check_outside(&jicui, 403, "You have no access yet", "a name of ours");
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_what_is_set_and_online_what_is_wrong_with_it() {
    let provider = FakeProvider::start().await;
    let world = world(&provider, MAPPED).await;
    let (_, said) = said_by_the_program(&world, &["check"]).await;
    let origin = world.path("oidc_secret");
    assert!(
        said.contains(&format!("oidc_client_secret: from file {}", origin.display())),
        "{said}"
    );
    let set = format!(
        "people sign in by {}, which sends them back to http://127.0.0.1:8014/",
        provider.issuer()
    );
    assert!(said.contains(&set) && said.contains("3 groups give a role"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    let (_, said) = said_by_the_program(&world, &["check", "--online"]).await;
    assert!(said.contains("well: OpenID Connect provider: "), "{said}");
    assert!(said.contains("well: OpenID Connect keys: 2 that can be used"), "{said}");
    provider.answers("keys", Some((200, "{\"keys\":[]}")));
    let (_, said) = said_by_the_program(&world, &["check", "--online"]).await;
    assert!(
        said.contains("FAULT: OpenID Connect keys: it has no key for RS256 or ES256"),
        "{said}"
    );
    provider.answers("discovery", Some((404, "")));
    let (_, said) = said_by_the_program(&world, &["check", "--online"]).await;
    assert!(
        said.contains("FAULT: OpenID Connect provider: ") && said.contains("it answers 404"),
        "{said}"
    );
    assert!(said.contains("mend [web.oidc] issuer"), "{said}");
    provider.stop();
    tokio::task::yield_now().await;
    let (_, said) = said_by_the_program(&world, &["check", "--online"]).await;
    assert!(said.contains("let this machine reach it, and trust its certificate"), "{said}");
}
