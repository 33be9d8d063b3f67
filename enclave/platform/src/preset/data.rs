//! A preset as it runs.

use protocol::http::{Request, Response};

use super::field::FieldRule;
use super::host::Hosts;
use super::{AppUse, Expires, Sharing, Source};
use crate::diagnose::Means;
use crate::grant::{Bucket, Grant};
use crate::json::{Json, Pointer};
use crate::matching::{Case, text};
use crate::materials::Context;
use crate::rate::RateHeader;
use crate::request::Recipe;
use crate::request::condition::Condition;
use crate::template::{FieldRef, Template};

/// Everything that `auth.json` says.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) hosts: Hosts,
    pub(crate) app: AppUse,
    pub(crate) app_fields: Vec<FieldRule>,
    pub(crate) connection_fields: Vec<FieldRule>,
    pub(crate) connection_one_of: Vec<Vec<String>>,
    pub(crate) selector_fields: Vec<FieldRule>,
    pub(crate) selector_one_of: Vec<Vec<String>>,
    pub(crate) needs: Vec<Needs>,
    pub(crate) sharing: Sharing,
    pub(crate) recipe: Recipe,
    pub(crate) grants: Vec<Grant>,
    pub(crate) errors: Vec<(Means, Vec<Case>)>,
    pub(crate) probe: Probe,
    pub(crate) clock_window_s: Option<u64>,
    pub(crate) rate: Option<Bucket>,
    pub(crate) rate_headers: Vec<RateHeader>,
    pub(crate) expires: Vec<Expires>,
    pub(crate) notes: Vec<String>,
    pub(crate) sources: Vec<Source>,
}

/// Fields that are there whenever a condition holds.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    pub(crate) when: Condition,
    pub(crate) fields: Vec<FieldRef>,
}

/// The request whose answer tells whose credential it is.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) method: String,
    pub(crate) path: Template,
    pub(crate) body: String,
    pub(crate) absent: Vec<Pointer>,
    pub(crate) ok: Vec<Case>,
    pub(crate) account: Account,
    /// Whether the account is one of these.
    pub(crate) account_host: Option<Hosts>,
}

/// Where the account's name is.
#[derive(Debug)]
pub(crate) enum Account {
    /// In the answer.
    Pointer(Pointer),
    /// What the request was about: the platform answers to nobody else.
    Field(FieldRef),
    /// The host.
    Host,
}

impl Probe {
    pub(crate) fn request(&self, context: &Context<'_>) -> Option<Request> {
        let path = self.path.render(context).ok()?;
        let mut headers = vec![("accept".to_owned(), b"application/json".to_vec())];
        if !self.body.is_empty() {
            headers.push(("content-type".to_owned(), b"application/json".to_vec()));
        }
        Some(Request {
            method: self.method.clone(),
            scheme: "https".to_owned(),
            authority: context.materials.host.to_owned(),
            path: String::from_utf8(path.to_vec()).ok()?,
            headers,
            body: self.body.clone().into_bytes(),
        })
    }

    pub(crate) fn account(&self, response: &Response, context: &Context<'_>) -> Option<String> {
        const MOST: usize = 255;
        if response.status != 200 {
            return None;
        }
        let body = Json::parse(&response.body).ok()?;
        if self.absent.iter().any(|pointer| !pointer.of(&body).is_empty())
            || !self.ok.iter().all(|case| case.holds(response, Some(&body)))
        {
            return None;
        }
        let account = match &self.account {
            Account::Pointer(pointer) => text(pointer.of(&body).into_iter().next()?)?,
            Account::Field(field) => context.public(field)?.to_owned(),
            Account::Host => context.materials.host.to_owned(),
        };
        if self.account_host.as_ref().is_some_and(|hosts| !hosts.names(&account)) {
            return None;
        }
        (!account.is_empty() && account.len() <= MOST && !account.chars().any(char::is_control)).then_some(account)
    }
}
