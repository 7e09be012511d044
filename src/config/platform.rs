//! `[platform]`: addresses, paths and the places of fields, all of them settings.

use std::time::Duration;

use super::reader::{Node, Section};
use super::settings::{Endpoint, Method, Platform, Pointers};

/// Reads the whole section.
pub(super) fn read(section: &Section<'_>) -> Platform {
    let millis = |key| Duration::from_millis(section.number(key, &(0..=3_600_000)).into());
    let platform = Platform {
        enabled: section.flag("enabled"),
        base_url: section.address("base_url"),
        user_agent: section.text("user_agent"),
        request_timeout: section.patience("request_timeout_secs", 600),
        body_limit_bytes: section.number("body_limit_bytes", &(1000..=1_000_000_000)) as usize,
        pause: millis("pause_ms"),
        retries: section.number("retries", &(0..=10)),
        retry_after: millis("retry_after_ms"),
        dataset_page_size: section.number("dataset_page_size", &(1..=1000)),
        request_page_size: section.number("request_page_size", &(1..=1000)),
        max_pages: section.number("max_pages", &(1..=10_000)),
        recent_request_pages: section.number("recent_request_pages", &(1..=10_000)),
        sweep_datasets: section.number("sweep_datasets", &(0..=10_000)) as usize,
        datasets: read_endpoint(&section.section("datasets")),
        comments: read_endpoint(&section.section("comments")),
        requests: read_endpoint(&section.section("requests")),
        publications: read_endpoint(&section.section("publications")),
        changed: read_endpoint(&section.section("changed")),
        unpublished: read_endpoint(&section.section("unpublished")),
        takedowns_every: minutes(section, "takedowns_every_mins"),
        deleted_words: words(section, "deleted_words"),
        changed_words: words(section, "changed_words"),
        comment_page: section.text("comment_page"),
        request_page: section.text("request_page"),
        answered_words: words(section, "answered_words"),
        unanswered_words: words(section, "unanswered_words"),
        asked_again_words: words(section, "asked_again_words"),
        assigned_words: words(section, "assigned_words"),
        unassigned_words: words(section, "unassigned_words"),
        citizen_words: words(section, "citizen_words"),
        agency_words: words(section, "agency_words"),
    };
    section.finish();
    platform
}

fn minutes(section: &Section<'_>, key: &str) -> Duration {
    Duration::from_secs(60 * u64::from(section.number(key, &(0..=10_080))))
}

fn words(section: &Section<'_>, key: &str) -> Vec<String> {
    section.texts(key).into_iter().map(|(word, _)| word).collect()
}

fn read_endpoint(section: &Section<'_>) -> Endpoint {
    let fields = section.section("fields");
    let endpoint = Endpoint {
        method: read_method(section),
        path: section.optional_text("path").map(|(path, _)| path).unwrap_or_default(),
        body: section.optional_text("body").map(|(body, _)| body).unwrap_or_default(),
        content_type: section.optional_text("content_type").map(|(t, _)| t).unwrap_or_default(),
        rows: pointers(section, "rows"),
        count: pointers(section, "count"),
        fields: fields
            .known_names()
            .into_iter()
            .map(|name| (name.clone(), pointers(&fields, &name)))
            .collect(),
    };
    fields.finish();
    for key in ["path", "body"] {
        if let Some((text, node)) = section.optional_text(key) {
            for blank in unknown_blanks(&text) {
                let known = BLANKS.join(", ");
                node.fault(section.faults(), format!("{key}: `{blank}` is not filled in: {known}"));
            }
        }
    }
    section.finish();
    endpoint
}

/// What is filled in, in the path and the body of a request.
const BLANKS: [&str; 5] = ["{page}", "{size}", "{agency}", "{nid}", "{day}"];

/// Words in braces that nothing fills in; braces of JSON hold more than a word.
fn unknown_blanks(text: &str) -> Vec<&str> {
    let starts = text.match_indices('{').filter_map(|(start, _)| text.get(start..));
    let words = starts.filter_map(|rest| rest.get(..=rest.find('}')?));
    let is_word = |blank: &&str| {
        let within = blank.trim_matches(['{', '}']);
        !within.is_empty() && within.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    words.filter(is_word).filter(|blank| !BLANKS.contains(blank)).collect()
}

fn read_method(section: &Section<'_>) -> Method {
    match section.optional_text("method") {
        Some((word, _)) if word == "GET" => Method::Get,
        Some((word, _)) if word == "POST" => Method::Post,
        Some((word, node)) => {
            node.fault(section.faults(), format!("method = \"{word}\": write GET or POST"));
            Method::Get
        }
        None => {
            section.missing("method");
            Method::Get
        }
    }
}

fn pointers(section: &Section<'_>, key: &str) -> Pointers {
    let read = |(text, node): (String, Node)| {
        if !text.is_empty() && !text.starts_with('/') {
            let say = format!("`{text}` is no JSON pointer: it begins with / (/payload/nid)");
            node.fault(section.faults(), say);
        }
        text
    };
    Pointers(section.texts(key).into_iter().map(read).collect())
}
