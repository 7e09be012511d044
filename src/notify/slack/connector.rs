//! slack-morphism's calls by the house client: with its time limits, its name and the machine's proxies
//! (`HTTPS_PROXY`), none of which the connector that comes with slack-morphism has; and no answer is
//! read beyond a size.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use slack_morphism::errors::{
    SlackClientApiError, SlackClientError, SlackClientHttpError, SlackClientHttpProtocolError,
    SlackClientSystemError, SlackRateLimitError, map_serde_error,
};
use slack_morphism::multipart_form::FileMultipartData;
use slack_morphism::{
    ClientResult, SlackClientApiCallContext, SlackClientHttpConnector, SlackClientId,
    SlackClientSecret,
};

use crate::http::{self, BodyError};

/// No answer is larger: a page of 200 messages with all that is in them has some 2 MB.
const ANSWER_LIMIT: usize = 16 * 1024 * 1024;

/// The house client, as slack-morphism wants it.
pub(super) struct HouseConnector {
    client: reqwest::Client,
    api_url: String,
}

/// What every answer of Slack's says of itself. What a proxy answers in its place does not.
#[derive(Deserialize)]
struct Verdict {
    ok: bool,
    #[serde(default)]
    error: Option<String>,
}

impl HouseConnector {
    /// Calls the methods below `api_url`, without a slash at its end.
    pub(super) fn new(client: reqwest::Client, api_url: String) -> Self {
        Self { client, api_url }
    }

    fn call<'a, A: DeserializeOwned + Send + 'a>(
        request: RequestBuilder,
        context: &SlackClientApiCallContext<'_>,
    ) -> BoxFuture<'a, ClientResult<A>> {
        let request = match context.token {
            Some(token) => request.bearer_auth(&token.token_value.0),
            None => request,
        };
        answer(request).boxed()
    }
}

/// Sends a request, and reads what Slack says to it.
async fn answer<A: DeserializeOwned>(request: RequestBuilder) -> ClientResult<A> {
    let response = request.send().await.map_err(in_transport)?;
    let (status, retry_after) = (response.status(), http::retry_after(response.headers()));
    if status == StatusCode::TOO_MANY_REQUESTS {
        let error = SlackRateLimitError::new().opt_retry_after(retry_after);
        return Err(SlackClientError::RateLimitError(error));
    }
    if !status.is_success() {
        return Err(SlackClientError::HttpError(SlackClientHttpError::new(status)));
    }
    let body = match http::read_body(response, ANSWER_LIMIT).await {
        Ok(body) => body,
        Err(BodyError::BrokenOff(error)) => return Err(in_transport(error)),
        Err(error @ BodyError::TooLarge(_)) => return Err(unreadable(&error)),
    };
    read(&body)
}

/// What is told of a call that went well, by its whole body.
fn read<A: DeserializeOwned>(body: &[u8]) -> ClientResult<A> {
    let Verdict { ok, error } = json(body)?;
    match error {
        Some(code) => {
            let body = String::from_utf8_lossy(body).into_owned();
            let error = SlackClientApiError::new(code).with_http_response_body(body);
            Err(SlackClientError::ApiError(error))
        }
        None if ok => json(body),
        None => Err(unreadable(&"`ok` is false, and no error is named")),
    }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> ClientResult<T> {
    serde_json::from_slice(body).map_err(|error| map_serde_error(error, None))
}

fn unreadable(why: &dyn std::fmt::Display) -> SlackClientError {
    map_serde_error(serde_json::Error::custom(why), None)
}

fn in_transport(error: reqwest::Error) -> SlackClientError {
    let cause = Box::new(error.without_url());
    SlackClientError::HttpProtocolError(SlackClientHttpProtocolError::new().with_cause(cause))
}

/// No file is ever posted: whoever means to needs more than this connector has.
fn posts_no_files<'a, A: Send + 'a>() -> BoxFuture<'a, ClientResult<A>> {
    let error = SlackClientSystemError::new().with_message("no files are posted".to_owned());
    ready(Err(SlackClientError::SystemError(error))).boxed()
}

impl SlackClientHttpConnector for HouseConnector {
    fn create_method_uri_path(&self, method: &str) -> ClientResult<Url> {
        Ok(format!("{}/{method}", self.api_url).parse()?)
    }

    fn http_get_uri<'a, A>(
        &'a self,
        url: Url,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<A>>
    where
        A: DeserializeOwned + Send + 'a,
    {
        Self::call(self.client.get(url), &context)
    }

    fn http_get_with_client_secret<'a, A>(
        &'a self,
        url: Url,
        SlackClientId(id): &'a SlackClientId,
        SlackClientSecret(secret): &'a SlackClientSecret,
    ) -> BoxFuture<'a, ClientResult<A>>
    where
        A: DeserializeOwned + Send + 'a,
    {
        answer(self.client.get(url).basic_auth(id, Some(secret))).boxed()
    }

    fn http_post_uri<'a, Q, A>(
        &'a self,
        url: Url,
        body: &'a Q,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<A>>
    where
        Q: Serialize + Send + Sync,
        A: DeserializeOwned + Send + 'a,
    {
        let request = self.client.post(url).json(body);
        Self::call(request.header(CONTENT_TYPE, "application/json; charset=utf-8"), &context)
    }

    fn http_post_uri_multipart_form<'a, 'p, A, P, S>(
        &'a self,
        _url: Url,
        _file: Option<FileMultipartData<'p>>,
        _parameters: &'p P,
        _context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<A>>
    where
        A: DeserializeOwned + Send + 'a,
        P: IntoIterator<Item = (&'p str, Option<S>)> + Clone,
        S: AsRef<str> + 'p + Send,
    {
        posts_no_files()
    }

    fn http_post_uri_binary<'a, 'p, A>(
        &'a self,
        _url: Url,
        _content_type: String,
        _bytes: &'a [u8],
        _context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<A>>
    where
        A: DeserializeOwned + Send + 'a,
    {
        posts_no_files()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn only_what_says_ok_is_well() {
        let read = |body: &str| read::<Value>(body.as_bytes());
        read(r#"{"ok":true,"ts":"1772758800.000000","errors":7,"warnings":{}}"#).unwrap();
        for body in ["{}", r#"{"ok":false}"#, r#"{"ok":"true"}"#, r#"{"ok":null}"#, "[]", "<html>"]
        {
            assert!(matches!(read(body), Err(SlackClientError::ProtocolError(_))), "{body}");
        }
        let refused = read(r#"{"ok":false,"error":"is_archived"}"#);
        let Err(SlackClientError::ApiError(error)) = refused else { panic!("{refused:?}") };
        assert_eq!(error.code, "is_archived");
    }
}
