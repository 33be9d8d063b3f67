//! Requests of an SDK as calls of its user.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use anyhow::{Context as _, Result, ensure};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use protocol::limits;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::proxy::{Door, USER};
use super::tidy;
use super::tls::Authority;
use crate::caller::{Answered, CallRequest, Signer};
use crate::connection::{Connection, printable};
use crate::verify::{Serving, random};

/// How long a verified document is gone by.
const FRESH: Duration = Duration::from_mins(10);

/// Whose calls, for which store.
pub struct Adapter<S> {
    /// The vault.
    pub connection: Connection,
    /// Who signs.
    pub signer: S,
    /// Portfolio that made the store.
    pub origin: u64,
    /// The store's salt.
    pub salt: B256,
    /// Role claimed; zero = none.
    pub role: B256,
    /// For the policy.
    pub evidence: Vec<u8>,
}

impl<S> std::fmt::Debug for Adapter<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Adapter(..)")
    }
}

/// An adapter that serves, until this is dropped.
#[derive(Debug)]
pub struct Served {
    /// For `HTTPS_PROXY`, with the password of this run.
    pub proxy: String,
    /// Certificate of this run's authority, for what the SDK trusts.
    pub ca_pem: String,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Running<S> {
    adapter: Adapter<S>,
    lend: fn(&S) -> Signer<'_>,
    verified: Mutex<Option<(Instant, Arc<Serving>)>>,
}

impl<S: Send + Sync + 'static> Adapter<S> {
    /// Verifies the vault, and listens. `listen` has to be an address of this machine alone.
    ///
    /// # Errors
    /// The vault does not verify or serve, or there is no such port.
    pub async fn serve(self, listen: SocketAddr, lend: fn(&S) -> Signer<'_>) -> Result<Served> {
        ensure!(listen.ip().is_loopback(), "an adapter listens on a loopback address: whoever reaches it calls in your name");
        let authority = Arc::new(Authority::new()?);
        let password = hex::encode(random::<16>()?);
        let listener = TcpListener::bind(listen).await.with_context(|| format!("can't listen at {listen}"))?;
        let proxy = format!("http://{USER}:{password}@{}", listener.local_addr()?);
        let door = Door::open(listener, authority.config()?, &password)?;
        let running = Arc::new(Running { adapter: self, lend, verified: Mutex::default() });
        running.serving().await?;
        let router = Router::new().fallback(call).layer(DefaultBodyLimit::max(limits::OHTTP_REQUEST)).with_state(running);
        let task = tokio::spawn(async move {
            let _ = axum::serve(door, router).await;
        });
        Ok(Served { proxy, ca_pem: authority.pem().to_owned(), task })
    }
}

impl<S: Send + Sync + 'static> Running<S> {
    /// The vault as it was verified lately.
    async fn serving(&self) -> Result<Arc<Serving>> {
        let mut verified = self.verified.lock().await;
        if let Some((since, serving)) = &*verified
            && since.elapsed() < FRESH
        {
            return Ok(Arc::clone(serving));
        }
        let serving = Arc::new(self.adapter.connection.verify_serving().await?);
        *verified = Some((Instant::now(), Arc::clone(&serving)));
        Ok(serving)
    }

    async fn call(&self, request: CallRequest) -> Result<Answered> {
        let serving = self.serving().await?;
        let answered = self.adapter.connection.call(&serving, (self.lend)(&self.adapter.signer), &request).await;
        if answered.is_err() {
            // The vault may have another key by now. Nothing is sent twice: the SDK asks again, if it is its way.
            *self.verified.lock().await = None;
        }
        answered
    }
}

async fn call<S: Send + Sync + 'static>(
    State(running): State<Arc<Running<S>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.strip_suffix(":443").unwrap_or(host).to_ascii_lowercase();
    // A program that was written for a platform has nothing to ask of the vault itself, whatever its user may.
    if host == protocol::provision::HOST {
        return problem(403, "not_permitted", "adapter.platforms_only");
    }
    let repeats = matches!(method, Method::GET | Method::HEAD);
    let Adapter { origin, salt, role, evidence, .. } = &running.adapter;
    let request = CallRequest {
        method: method.to_string(),
        url: format!("https://{host}{}", tidy::path_and_query(uri.path(), uri.query())),
        headers: tidy::headers(headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()))),
        body: body.to_vec(),
        origin: *origin,
        salt: *salt,
        role: *role,
        evidence: evidence.clone(),
        min_finalized_slot: 0,
    };
    match running.call(request).await {
        Ok(answered) => response(&answered, repeats),
        Err(error) => problem(unknown(502, repeats), "adapter", &printable(&format!("{error:#}"))),
    }
}

/// The status of what may have been carried out. SDKs ask again of themselves after a gateway's error, which would be another call: of what
/// is no read, they are told something else (424, as of what depends on another's failure).
const fn unknown(status: u16, repeats: bool) -> u16 {
    if repeats || status < 500 { status } else { 424 }
}

fn response(answered: &Answered, repeats: bool) -> Response {
    let Answered { outcome, response, .. } = answered;
    if !matches!(outcome.as_str(), "upstream" | "vault") {
        let problem: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let text = |name: &str| problem.get(name).and_then(Value::as_str).map(printable).unwrap_or_default();
        return self::problem(unknown(response.status, repeats), &text("title"), &text("rule"));
    }
    let built = Response::builder().status(response.status).header("pst-vault-outcome", outcome);
    let Ok(mut built) = built.body(Body::from(response.body.clone())) else {
        return problem(unknown(502, repeats), "adapter", "answer.status");
    };
    for (name, value) in &response.headers {
        // What this side's HTTP does not take is left out, and the rest stays an answer.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value)) {
            built.headers_mut().append(name, value);
        }
    }
    built
}

/// RFC 9457, and `errors` beside it, where SDKs look for what went wrong.
fn problem(status: u16, title: &str, rule: &str) -> Response {
    let errors = json!([{ "code": title, "message": format!("the vault: {title}"), "details": rule }]);
    let kind = format!("urn:pst-vault:{title}");
    let body = json!({ "type": kind, "title": title, "status": status, "rule": rule, "errors": errors });
    let mut built = Response::new(Body::from(body.to_string()));
    *built.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in [("content-type", "application/problem+json"), ("pst-vault-outcome", "refused")] {
        built.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(outcome: &str, status: u16, headers: &[(&str, &[u8])]) -> Answered {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
        let response = protocol::http::Response { status, headers, body: b"{}".to_vec() };
        Answered { outcome: outcome.to_owned(), response, receipt: None }
    }

    #[test]
    fn an_answer_that_can_t_be_built_is_no_success() {
        assert_eq!(response(&answered("upstream", 1_000, &[]), true).status(), 502);
        let odd: [(&str, &[u8]); 3] = [("not a name", b"x"), ("x-good", b"1"), ("x-bad", b"a\nb")];
        let built = response(&answered("upstream", 200, &odd), true);
        assert_eq!(built.status(), 200);
        assert!(built.headers().contains_key("x-good") && !built.headers().contains_key("x-bad"));
    }

    #[test]
    fn what_may_have_been_carried_out_is_not_asked_for_again() {
        assert_eq!(response(&answered("failed", 502, &[]), true).status(), 502);
        assert_eq!(response(&answered("failed", 502, &[]), false).status(), 424);
        assert_eq!(response(&answered("refused", 403, &[]), false).status(), 403);
        // What the platform itself says is handed on as it is.
        assert_eq!(response(&answered("upstream", 503, &[]), false).status(), 503);
    }
}
