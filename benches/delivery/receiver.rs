//! The other side: takes messages in one of several manners, and counts them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

/// How it takes a message.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Manner {
    /// At once.
    #[default]
    Fast,
    /// After a while.
    Slow(Duration),
    /// So many in a second; more are told to come back in a second.
    Limited(usize),
}

/// What it counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) taken: usize,
    pub(crate) refused: usize,
}

#[derive(Debug, Default)]
struct Book {
    manner: Manner,
    counted: Counted,
    /// Since when the present second is counted, and what it has seen.
    second: Option<(Instant, usize)>,
    body: Bytes,
}

impl Book {
    /// How long this message takes, or that it is one too many.
    fn take(&mut self, body: Bytes) -> Option<Duration> {
        if let Manner::Limited(most) = self.manner {
            let now = Instant::now();
            let second = self.second.filter(|(since, _)| now - *since < Duration::from_secs(1));
            let (since, seen) = second.unwrap_or((now, 0));
            if seen == most {
                self.counted.refused += 1;
                return None;
            }
            self.second = Some((since, seen + 1));
        }
        self.counted.taken += 1;
        self.body = body;
        match self.manner {
            Manner::Slow(pause) => Some(pause),
            Manner::Fast | Manner::Limited(_) => Some(Duration::ZERO),
        }
    }
}

/// A receiver on loopback.
pub(crate) struct Receiver {
    base: String,
    book: Arc<Mutex<Book>>,
}

impl Receiver {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let book = Arc::new(Mutex::new(Book::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let router = axum::Router::new().fallback(take).with_state(Arc::clone(&book));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { base, book })
    }

    /// Where to post.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.base)
    }

    pub(crate) fn behave(&self, manner: Manner) {
        self.with(|book| book.manner = manner);
    }

    /// Counts anew.
    pub(crate) fn forget(&self) {
        self.with(|book| (book.counted, book.second) = (Counted::default(), None));
    }

    pub(crate) fn counted(&self) -> Counted {
        self.with(|book| book.counted)
    }

    /// The last message.
    pub(crate) fn body(&self) -> Bytes {
        self.with(|book| book.body.clone())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Book) -> T) -> T {
        work(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn take(State(book): State<Arc<Mutex<Book>>>, body: Bytes) -> Response {
    let takes = book.lock().unwrap_or_else(PoisonError::into_inner).take(body);
    let Some(takes) = takes else {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response();
    };
    if !takes.is_zero() {
        tokio::time::sleep(takes).await;
    }
    StatusCode::ACCEPTED.into_response()
}
