//! Cases: the list, one, and what is done to one.

use anyhow::Context;
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::ask::{Asked, Named, Told, maybe_day};
use super::deed::Deed;
use super::problem::{NotDone, Problem, Refused};
use crate::app::App;
use crate::app::acts::ActError;
use crate::app::register::{self, Query};
use crate::documents::case::Case;
use crate::documents::file::CaseFile;
use crate::domain::access::Viewer;
use crate::domain::act::Refusal;
use crate::domain::case::{CaseKind, CaseNumber, CaseState};
use crate::web::Web;

/// How many cases are answered at once, at most.
const AT_ONCE: usize = 1000;
/// Cases read and written at a time.
const AT_A_TIME: usize = 100;
/// Nobody looks for more at once.
const TEXT_CHARS: usize = 100;
/// How many there are in all.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// Which cases.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Only those that owe an answer.
    #[serde(default)]
    #[param(required = false, default = false)]
    open: bool,
    /// Only those overdue.
    #[serde(default)]
    #[param(required = false, default = false)]
    overdue: bool,
    /// Only those of this unit, by its id or name.
    unit: Option<String>,
    /// Only those of this kind: `comment`, `request`, or a word of the config.
    #[param(pattern = "^[a-z][a-z0-9_]{0,23}$")]
    kind: Option<String>,
    /// Only those that stand so.
    #[param(inline)]
    state: Option<StateWord>,
    /// Only those assigned on this day or later.
    #[serde(default, deserialize_with = "maybe_day")]
    from: Option<NaiveDate>,
    /// Only those assigned on this day or earlier.
    #[serde(default, deserialize_with = "maybe_day")]
    to: Option<NaiveDate>,
    /// Only those with each of these words in their number, their title or the name of their dataset:
    /// large and small letters, wide and narrow ones, 臺 and 台 are the same.
    #[param(max_length = 100)]
    text: Option<String>,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<usize>,
    /// Without the first so many.
    #[param(minimum = 0, default = 0)]
    offset: Option<usize>,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateWord {
    Open,
    Acknowledged,
    OnHold,
    Replied,
    Closed,
    Withdrawn,
}

impl From<StateWord> for CaseState {
    fn from(word: StateWord) -> Self {
        match word {
            StateWord::Open => Self::Open,
            StateWord::Acknowledged => Self::Acknowledged,
            StateWord::OnHold => Self::OnHold,
            StateWord::Replied => Self::Replied,
            StateWord::Closed => Self::Closed,
            StateWord::Withdrawn => Self::Withdrawn,
        }
    }
}

impl Which {
    fn query(&self, app: &App) -> Result<Query, Problem> {
        let refuse = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
        let kind = self.kind.as_deref().map(|word| {
            let detail = format!("kind: `{word}` cannot be a kind: write comment or request");
            CaseKind::parse(word).ok_or_else(|| refuse(detail))
        });
        let text = self.text.clone().unwrap_or_default();
        if text.chars().count() > TEXT_CHARS {
            return Err(refuse(format!("text: write at most {TEXT_CHARS} characters")));
        }
        let which = match (self.overdue, self.open) {
            (true, _) => register::Which::Overdue,
            (false, true) => register::Which::Open,
            (false, false) => register::Which::All,
        };
        Ok(Query {
            which,
            state: self.state.map(Into::into),
            kind: kind.transpose()?,
            unit: self.unit.as_deref().map(|called| app.unit_called(called)),
            from: self.from,
            to: self.to,
            text,
            ..Query::default()
        })
    }

    fn limit(&self) -> Result<usize, Problem> {
        let limit = self.limit.unwrap_or(AT_ONCE);
        if (1..=AT_ONCE).contains(&limit) {
            return Ok(limit);
        }
        let detail = format!("limit: write 1 to {AT_ONCE}, and offset for those after them");
        Err(Problem::new(StatusCode::BAD_REQUEST, detail))
    }
}

/// The cases, the most urgent first.
#[utoipa::path(
    get,
    path = "/api/v1/cases",
    params(Which),
    responses(
        (status = 200, body = Vec<Case>,
            headers(("x-total-count" = usize, description = "How many there are in all"))),
        Refused,
    )
)]
pub(super) async fn list(
    State(web): State<Web>,
    _: Viewer,
    Asked(which): Asked<Which>,
) -> Result<impl IntoResponse, Problem> {
    let (query, limit) = (which.query(&web.app)?, which.limit()?);
    let span = (which.offset.unwrap_or(0), limit);
    let (total, numbers) = web.app.find_numbers(&query, span).await?;
    let headers = [(TOTAL, total.to_string()), (CONTENT_TYPE, "application/json".to_owned())];
    Ok((headers, documents(&web.app, &numbers).await?))
}

/// The cases of these numbers as one JSON list, each written as it is read: as text they take less room
/// than as cases.
async fn documents(app: &App, numbers: &[CaseNumber]) -> anyhow::Result<Vec<u8>> {
    let mut list = vec![b'['];
    for part in numbers.chunks(AT_A_TIME) {
        for view in app.cases_of(part.to_vec()).await? {
            if list.len() > 1 {
                list.push(b',');
            }
            serde_json::to_writer(&mut list, &Case::from(&view)).context("writing a case")?;
        }
    }
    list.push(b']');
    Ok(list)
}

/// One case with its history, its messages and its count, day by day.
#[utoipa::path(
    get,
    path = "/api/v1/cases/{number}",
    params(("number" = String, Path, pattern = "^[A-Za-z0-9_-]{1,40}$", description = "案號",
        example = "C-558380")),
    responses(
        (status = 200, body = CaseFile),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "No case has this number"),
        Refused,
    )
)]
pub(super) async fn one(
    State(web): State<Web>,
    viewer: Viewer,
    Named(number): Named<String>,
) -> Result<Json<CaseFile>, Problem> {
    let number = read_number(&number)?;
    let Some(file) = web.app.case_file(&number).await? else { return Err(no_case(&number)) };
    let unit = file.view.unit.as_ref().map(|(id, _)| id.as_str());
    let mut document = CaseFile::from(&file);
    if !viewer.may_read_words(unit) {
        document = document.without_words();
    }
    // Messages are for whom they were meant, whoever has the case by now.
    for (message, shown) in file.messages.iter().zip(&mut document.messages) {
        if !viewer.may_read_words(message.message.recipient.unit_id()) {
            shown.without_words();
        }
    }
    Ok(Json(document))
}

/// Acts on a case, in the name of whoever asks; answers with the case as it is then.
#[utoipa::path(
    post,
    path = "/api/v1/cases/{number}/acts",
    params(("number" = String, Path, pattern = "^[A-Za-z0-9_-]{1,40}$", description = "案號",
        example = "C-558380")),
    request_body = Deed,
    responses(
        (status = 200, body = Case),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "No case has this number"),
        Refused,
        NotDone,
    )
)]
pub(super) async fn act(
    State(web): State<Web>,
    viewer: Viewer,
    Named(number): Named<String>,
    Told(deed): Told<Deed>,
) -> Result<Json<Case>, Problem> {
    let number = read_number(&number)?;
    let Some(actor) = viewer.actor() else {
        return Err(Problem::not_allowed("somebody with a token of the scope `act`"));
    };
    web.app.act(&number, deed.into(), &actor).await.map_err(not_done)?;
    let Some(file) = web.app.case_file(&number).await? else { return Err(no_case(&number)) };
    Ok(Json(Case::from(&file.view)))
}

fn not_done(error: ActError) -> Problem {
    let status = match &error {
        ActError::UnknownCase(_) => StatusCode::NOT_FOUND,
        ActError::Refused(Refusal::NotAllowed { .. }) => StatusCode::FORBIDDEN,
        ActError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::CONFLICT,
    };
    match error {
        ActError::Failed(fault) => fault.into(),
        error => Problem::new(status, error.to_string()),
    }
}

fn read_number(text: &str) -> Result<CaseNumber, Problem> {
    CaseNumber::parse(text)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string()))
}

fn no_case(number: &CaseNumber) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, format!("there is no case {number}"))
}
