//! Puts the secret into a request, and decides every header that goes upstream.

use credential::Secret;
use protocol::call::UPSTREAM_HEADERS;
use protocol::http::{Request, VAULT_PREFIX};

/// Why a secret was not put into a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InjectError {
    /// Not https, another host than the binding's, or one that the preset does not know.
    #[error("request is not to the binding's host")]
    Host,
    /// A header that a caller may not set, in particular the one that carries the secret, or one set twice.
    #[error("header not allowed")]
    Header,
    /// A secret that is no header value: visible ASCII only.
    #[error("secret is not visible ascii")]
    Secret,
}

/// The request with `host`, the caller's headers that are sent on, and the secret in `auth`. `content-length` is the sender's.
pub(crate) fn inject(request: &Request, host: &str, auth: &str, secret: &Secret) -> Result<Request, InjectError> {
    if request.scheme != "https" || request.authority != host {
        return Err(InjectError::Host);
    }
    let sent = sent_headers(request).ok_or(InjectError::Header)?;
    let mut headers = vec![
        ("host".to_owned(), host.as_bytes().to_vec()),
        // The answer is searched as it comes, so it must come as it is.
        ("accept-encoding".to_owned(), b"identity".to_vec()),
    ];
    headers.extend(sent.into_iter().map(|(name, value)| (name.to_owned(), value.to_vec())));
    let mut outgoing = Request {
        method: request.method.clone(),
        scheme: request.scheme.clone(),
        authority: host.to_owned(),
        path: request.path.clone(),
        headers,
        body: request.body.clone(),
    };
    // From here on in a request, which erases it.
    outgoing.headers.push((auth.to_owned(), header_value(secret).ok_or(InjectError::Secret)?));
    Ok(outgoing)
}

fn header_value(secret: &Secret) -> Option<Vec<u8>> {
    secret.with_secret(|secret| secret.iter().all(u8::is_ascii_graphic).then(|| secret.to_vec()))
}

/// The caller's headers that are sent on; `None` if one may not be there, stands twice, or has a value that could end it.
pub(crate) fn sent_headers(request: &Request) -> Option<Vec<(&str, &[u8])>> {
    let mut sent: Vec<(&str, &[u8])> = Vec::new();
    for (name, value) in &request.headers {
        if name.starts_with(VAULT_PREFIX) {
            continue;
        }
        let fit = UPSTREAM_HEADERS.contains(&name.as_str())
            && sent.iter().all(|(other, _)| other != name)
            && value.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        if !fit {
            return None;
        }
        sent.push((name, value));
    }
    Some(sent)
}
