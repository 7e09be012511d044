//! The miniature platform's datasets: they come, are updated and judged, and go; and the lists that
//! show what went.

use axum::extract::{Query, State};
use axum::response::Response;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{MiniaturePlatform, Misbehaviour, Paging, Shared, answer_as, index, lock, page_of};

/// A dataset as it is published.
#[derive(Clone, Debug)]
pub(super) struct Dataset {
    pub(super) title: String,
    pub(super) agency: String,
    pub(super) badge: Option<String>,
    pub(super) frequency: Option<String>,
    pub(super) updated_on: Option<NaiveDate>,
}

/// What the list of a day's changes says of a dataset.
#[derive(Clone, Debug)]
pub(super) struct Change {
    on: NaiveDate,
    nid: u64,
    dataset: Dataset,
    word: &'static str,
}

impl MiniaturePlatform {
    /// Publishes a dataset.
    pub fn add_dataset(&self, nid: u64, title: &str, agency: &str) {
        let (title, agency) = (title.to_owned(), agency.to_owned());
        let dataset = Dataset { title, agency, badge: None, frequency: None, updated_on: None };
        self.world().datasets.insert(nid, dataset);
    }

    /// A dataset is taken down: the day's changes and the list of unpublished ones say so.
    pub fn take_down(&self, nid: u64, on: NaiveDate) {
        let mut world = self.world();
        if let Some(dataset) = world.datasets.remove(&nid) {
            world.changes.push(Change { on, nid, dataset, word: "刪除" });
        }
    }

    /// A dataset that was taken down is published again.
    pub fn publish_again(&self, nid: u64, on: NaiveDate) {
        let mut world = self.world();
        let last = world.changes.iter().rev().find(|change| change.nid == nid).cloned();
        if let Some(Change { dataset, .. }) = last {
            world.datasets.insert(nid, dataset.clone());
            world.changes.push(Change { on, nid, dataset, word: "新增" });
        }
    }

    /// A dataset gets a badge (標章).
    pub fn award(&self, nid: u64, badge: &str) {
        self.change_dataset(nid, |dataset| dataset.badge = Some(badge.to_owned()));
    }

    /// A dataset says how often it is updated, and was on this day.
    pub fn update(&self, nid: u64, frequency: &str, on: NaiveDate) {
        self.change_dataset(nid, |dataset| {
            dataset.frequency = Some(frequency.to_owned());
            dataset.updated_on = Some(on);
        });
    }

    /// From now on the lists of what went fail like this, or not at all.
    pub fn misbehave_in_lists(&self, how: Option<Misbehaviour>) {
        self.world().lists_misbehave = how;
    }

    fn change_dataset(&self, nid: u64, change: impl FnOnce(&mut Dataset)) {
        if let Some(dataset) = self.world().datasets.get_mut(&nid) {
            change(dataset);
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Day {
    report_date: NaiveDate,
}

/// What changed on a day, of the whole country.
pub(super) async fn list_changed(State(world): State<Shared>, Query(day): Query<Day>) -> Response {
    let (document, how) = {
        let world = lock(&world);
        let of_day = world.changes.iter().filter(|change| change.on == day.report_date);
        let row = |change: &Change| {
            json!({
                "資料集識別碼": change.nid,
                "資料集名稱": change.dataset.title,
                "提供機關": change.dataset.agency,
                "更新頻率": change.dataset.frequency,
                "資料集變動狀態": change.word,
            })
        };
        (Value::Array(of_day.map(row).collect()), world.lists_misbehave.clone())
    };
    answer_as(&world, document, how).await
}

/// What was taken down, newest first: of other agencies too, for years.
pub(super) async fn list_unpublished(
    State(world): State<Shared>,
    Query(paging): Query<Paging>,
) -> Response {
    let (document, how) = {
        let world = lock(&world);
        let row = |on: NaiveDate, title: &str, agency: &str| json!({ "下架日期": on.to_string(), "資料集名稱": title, "提供機關": agency });
        let gone = world.changes.iter().rev().filter(|change| change.word == "刪除");
        let mut rows: Vec<Value> = gone
            .map(|change| row(change.on, &change.dataset.title, &change.dataset.agency))
            .collect();
        let long_ago = NaiveDate::from_ymd_opt(2019, 7, 1).unwrap_or_default();
        rows.push(row(long_ago, "各鄉鎮市區人口統計", "內政部"));
        (page_of(rows, index(paging.p), index(paging.size)), world.lists_misbehave.clone())
    };
    answer_as(&world, document, how).await
}

/// A document in which a field goes by another name.
pub(super) fn renamed(document: &Value, field: &str) -> String {
    document.to_string().replace(&format!("\"{field}\":"), &format!("\"{field}_v2\":"))
}
