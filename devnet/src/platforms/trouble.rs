//! What goes wrong at a platform, on request.

/// Where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the token endpoint.
    Token,
    /// Everywhere else.
    Api,
}

/// What.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The request was carried out, and the connection ends before the answer.
    HangUp,
    /// The request was carried out, and the connection ends in the middle of the answer.
    Torn,
    /// The request is carried out, and answered after a while.
    Late {
        /// How long.
        millis: u64,
    },
    /// 429, with `Retry-After` and what else the platform says.
    Limited {
        /// Seconds.
        retry_after: u64,
    },
    /// Nothing is carried out, and this status is answered, as by a gateway.
    Status(u16),
    /// The answer is no JSON.
    Malformed,
    /// The answer is about another account.
    OtherAccount(&'static str),
    /// The answer shows the request, with all that is secret in it.
    Echo,
}
