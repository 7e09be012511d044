//! The miniature platform: data.gov.tw's JSON at its own paths, stateful, on loopback.
//!
//! It answers as the real one does (dataset list, comments of a dataset, requests), remembers what
//! citizens and agencies do, and can be told to misbehave as the real one might.

mod datasets;
mod misbehaviour;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;

pub use misbehaviour::Misbehaviour;

use datasets::{Change, Dataset};
use misbehaviour::behave;

#[derive(Clone, Debug)]
struct Comment {
    nid: u64,
    title: String,
    created: NaiveDateTime,
    replied: Option<NaiveDateTime>,
}

#[derive(Clone, Debug)]
struct Request {
    title: String,
    created: NaiveDateTime,
    agency: Option<String>,
    status: &'static str,
    replied: Option<NaiveDateTime>,
}

#[derive(Clone, Debug)]
struct Publication {
    title: String,
    content: Vec<u8>,
}

#[derive(Debug, Default)]
struct World {
    datasets: BTreeMap<u64, Dataset>,
    comments: BTreeMap<u64, Comment>,
    requests: BTreeMap<u64, Request>,
    publications: Vec<Publication>,
    changes: Vec<Change>,
    misbehaviour: Option<Misbehaviour>,
    lists_misbehave: Option<Misbehaviour>,
    date: Option<HeaderValue>,
}

type Shared = Arc<Mutex<World>>;

/// A platform of one's own; it stops when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct MiniaturePlatform {
    world: Shared,
    address: SocketAddr,
    _server: Arc<AbortOnDropHandle<()>>,
}

impl MiniaturePlatform {
    /// Starts an empty platform on a free port of loopback.
    pub async fn start() -> std::io::Result<Self> {
        let world = Shared::default();
        let router = Router::new()
            .route("/api/front/dataset/list", post(list_datasets))
            .route("/api/front/comment/detail", post(list_comments))
            .route("/suggests", get(list_requests))
            .route("/api/front/dataset/changed/export", get(datasets::list_changed))
            .route("/datasets/unpublished", get(datasets::list_unpublished))
            .route("/api/v2/rest/dataset/14718", get(list_publications))
            .route("/files/{index}", get(publication))
            .route("/dataset/{nid}", get(page))
            .route("/suggests/{sid}", get(page))
            .with_state(Arc::clone(&world));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serve = async move {
            // It ends with the task that is aborted when the last handle goes.
            let _ = axum::serve(listener, router).await;
        };
        let server = Arc::new(AbortOnDropHandle::new(tokio::spawn(serve)));
        Ok(Self { world, address, _server: server })
    }

    /// What `platform.base_url` shall be.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A citizen comments on a dataset.
    pub fn post_comment(&self, nid: u64, cid: u64, title: &str, created: NaiveDateTime) {
        let comment = Comment { nid, title: title.to_owned(), created, replied: None };
        self.world().comments.insert(cid, comment);
    }

    /// The agency answers a comment.
    pub fn reply_to_comment(&self, cid: u64, at: NaiveDateTime) {
        if let Some(comment) = self.world().comments.get_mut(&cid) {
            comment.replied = Some(at);
        }
    }

    /// A citizen asks for data.
    pub fn post_request(
        &self,
        sid: u64,
        title: &str,
        created: NaiveDateTime,
        agency: Option<&str>,
    ) {
        let request = Request {
            title: title.to_owned(),
            created,
            agency: agency.map(ToOwned::to_owned),
            status: "未回復",
            replied: None,
        };
        self.world().requests.insert(sid, request);
    }

    /// The platform gives a request to an agency.
    pub fn assign_request(&self, sid: u64, agency: &str) {
        self.change_request(sid, |request| request.agency = Some(agency.to_owned()));
    }

    /// Takes a request back: it is to be assigned anew.
    pub fn take_back_request(&self, sid: u64) {
        self.change_request(sid, |request| request.agency = None);
    }

    /// The agency answers a request.
    pub fn reply_to_request(&self, sid: u64, at: NaiveDateTime) {
        self.change_request(sid, |request| {
            request.status = "已回復";
            request.replied = Some(at);
        });
    }

    /// The citizen rates the answer below three stars.
    pub fn ask_again(&self, sid: u64) {
        self.change_request(sid, |request| request.status = "再回復");
    }

    /// A file appears in the office calendar's dataset.
    pub fn publish(&self, title: &str, content: &[u8]) {
        let publication = Publication { title: title.to_owned(), content: content.to_vec() };
        self.world().publications.push(publication);
    }

    /// A comment is deleted.
    pub fn remove_comment(&self, cid: u64) {
        self.world().comments.remove(&cid);
    }

    /// A request is deleted.
    pub fn remove_request(&self, sid: u64) {
        self.world().requests.remove(&sid);
    }

    /// From now on it fails like this, or not at all.
    pub fn misbehave(&self, how: Option<Misbehaviour>) {
        self.world().misbehaviour = how;
    }

    /// What its clock says; without, the machine's.
    pub fn says_it_is(&self, now: DateTime<Utc>) {
        let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        self.world().date = HeaderValue::try_from(date).ok();
    }

    fn change_request(&self, sid: u64, change: impl FnOnce(&mut Request)) {
        if let Some(request) = self.world().requests.get_mut(&sid) {
            change(request);
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }
}

fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One page of `rows`, counted from 1.
fn page_of(rows: Vec<Value>, page: usize, size: usize) -> Value {
    let count = rows.len();
    let skipped = page.saturating_sub(1).saturating_mul(size);
    let rows: Vec<Value> = rows.into_iter().skip(skipped).take(size).collect();
    json!({ "success": true, "payload": { "search_result": rows, "search_count": count } })
}

async fn list_datasets(State(world): State<Shared>, body: String) -> Response {
    let asked: Value = serde_json::from_str(&body).unwrap_or_default();
    let wanted = asked.pointer("/bool/0/fulltext/value").and_then(Value::as_str);
    let number = |key: &str| asked.get(key).and_then(Value::as_u64).unwrap_or(1);
    let (page, size) = (number("page_num"), number("page_limit"));
    let document = {
        let world = lock(&world);
        let strangers = world.misbehaviour == Some(Misbehaviour::FiltersIgnored);
        let matches = |dataset: &&Dataset| {
            wanted.is_none_or(|w| dataset.agency.contains(w) || dataset.title.contains(w))
        };
        let rows =
            world.datasets.iter().filter(|(_, d)| strangers || matches(d)).map(|(nid, d)| {
                let comments =
                    world.comments.values().filter(|comment| comment.nid == *nid).count();
                json!({
                    "nid": nid,
                    "title": d.title,
                    "agency_name": if strangers { "內政部" } else { &d.agency },
                    "category_name": "求職及就業",
                    "comment_quantity": comments,
                    "content": "",
                    "quality_badge": d.badge,
                    "update_frequency": d.frequency,
                    "update_date": d.updated_on,
                })
            });
        page_of(rows.collect(), index(page), index(size))
    };
    answer(&world, document).await
}

#[derive(Deserialize)]
struct Thread {
    nid: u64,
}

async fn list_comments(State(world): State<Shared>, Form(thread): Form<Thread>) -> Response {
    let nid = thread.nid;
    let misbehaviour = lock(&world).misbehaviour.clone();
    if misbehaviour == Some(Misbehaviour::SilentAbout(nid)) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if misbehaviour == Some(Misbehaviour::OddAbout(nid)) {
        return behave(Some(Misbehaviour::WrongTypes), json!({})).await;
    }
    let document = {
        let world = lock(&world);
        let comments = world.comments.iter().filter(|(_, comment)| comment.nid == nid);
        let row = |(cid, comment): (&u64, &Comment)| {
            let shown = comment.replied.filter(|_| misbehaviour != Some(Misbehaviour::NoReplies));
            let reply = shown.map(|at| {
                json!({
                    "nid": nid, "pid": cid, "title": "回復", "body": "…", "label": "機關回復",
                    "created": at.format("%Y-%m-%d %H:%M").to_string(),
                })
            });
            json!({
                "nid": nid,
                "cid": cid,
                "pid": 0,
                "title": comment.title,
                "body": "…",
                "created": comment.created.format("%Y-%m-%d %H:%M").to_string(),
                "reply": reply.into_iter().collect::<Vec<_>>(),
            })
        };
        json!({ "success": true, "payload": { "results": comments.map(row).collect::<Vec<_>>() } })
    };
    answer(&world, document).await
}

#[derive(Deserialize)]
struct Paging {
    p: u64,
    size: u64,
}

async fn list_requests(State(world): State<Shared>, Query(paging): Query<Paging>) -> Response {
    let document = {
        let world = lock(&world);
        let rows = world.requests.iter().rev().map(|(sid, request)| {
            json!({
                "sid": sid,
                "title": request.title,
                "created": request.created.format("%Y-%m-%d").to_string(),
                "agency_name": request.agency.clone().unwrap_or_default(),
                "assign_status": if request.agency.is_some() { "已分派" } else { "未分派" },
                "reply_status": request.status,
                "reply_date": request.replied.map(|at| at.format("%Y-%m-%d %H:%M").to_string()),
            })
        });
        page_of(rows.collect(), index(paging.p), index(paging.size))
    };
    answer(&world, document).await
}

/// The office calendar's dataset, with an address for each file.
async fn list_publications(State(world): State<Shared>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let document = {
        let world = lock(&world);
        let rows = world.publications.iter().enumerate().map(|(index, publication)| {
            json!({
                "resourceDescription": publication.title,
                "resourceFormat": "CSV",
                "resourceDownloadUrl": format!("http://{host}/files/{index}"),
            })
        });
        json!({ "success": true, "result": { "distribution": rows.collect::<Vec<_>>() } })
    };
    answer(&world, document).await
}

async fn publication(State(world): State<Shared>, Path(index): Path<usize>) -> Response {
    let found = lock(&world).publications.get(index).map(|file| file.content.clone());
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A page for people: enough that a link leads somewhere.
async fn page(Path(id): Path<u64>) -> Html<String> {
    Html(format!("<!doctype html><title>{id}</title><h1>{id}</h1>"))
}

/// The answer as it leaves: true, or as the platform misbehaves.
async fn answer(world: &Shared, document: Value) -> Response {
    answer_as(world, document, None).await
}

/// The same, misbehaving in its own way where the whole platform does not.
async fn answer_as(world: &Shared, document: Value, own: Option<Misbehaviour>) -> Response {
    let misbehaviour = {
        let world = lock(world);
        world.misbehaviour.clone().or(own)
    };
    let date = lock(world).date.clone();
    let mut response = behave(misbehaviour, document).await;
    if let Some(date) = date {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}
