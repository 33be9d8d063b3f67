//! How a preset's tokens are had, and whose a credential is.

use super::super::Wrong;
use super::super::data::{Account, Probe};
use super::super::field::Form;
use super::super::host::{Hosts, is_host};
use super::super::raw;
use super::{Compiler, For};
use crate::grant::{Answer, Endpoint, Expiry, Grant, GrantKind};
use crate::json::{Json, Pointer};
use crate::matching::Case;
use crate::request::Recipe;
use crate::request::condition::Condition;
use crate::template::Variable;

impl Compiler<'_> {
    pub(super) fn grant(&self, grant: &raw::Grant, hosts: &Hosts) -> Result<Grant, Wrong> {
        let when = self.condition(&grant.when)?;
        // What is picked by the connection alone can't depend on the request.
        if !when.paths.is_empty() || !grant.path.starts_with('/') || grant.path.contains('?') {
            return Err(Wrong::Grant);
        }
        let endpoint = match grant.host.as_str() {
            "{host}" if !matches!(hosts, Hosts::Any { .. }) => Endpoint::Store,
            host if is_host(host) => Endpoint::Host(host.to_owned()),
            _ => return Err(Wrong::Host),
        };
        if !matches!(grant.method.as_str(), "GET" | "POST") {
            return Err(Wrong::Grant);
        }
        // Puts and signers of a grant hold under the grant's own condition too.
        let with = |part: &raw::When| raw::When {
            has: grant.when.has.iter().chain(&part.has).cloned().collect(),
            lacks: grant.when.lacks.iter().chain(&part.lacks).cloned().collect(),
            is: grant.when.is.iter().chain(&part.is).map(|(name, value)| (name.clone(), value.clone())).collect(),
            paths: part.paths.clone(),
        };
        let mut recipe = Recipe::default();
        for put in &grant.put {
            let when = with(&put.when);
            let put = raw::Put {
                at: put.at.clone(),
                value: put.value.clone(),
                basic: put.basic.clone(),
                number: put.number,
                when,
                secret_in_url: put.secret_in_url.clone(),
            };
            recipe.put.extend(self.puts(&[put], For::Grant)?);
        }
        for sign in &grant.sign {
            let mut sign = sign.clone();
            sign.when = with(&sign.when);
            if let Some(template) = &mut sign.template {
                template.put.when = with(&template.put.when);
            }
            recipe.sign.push(self.signer(&sign, For::Grant)?);
        }
        if grant.kind == GrantKind::RefreshToken {
            let refresh = self.field("refresh_token")?;
            if !self.is_sure(&refresh, &when, For::Grant) || grant.answer.refresh.is_none() {
                return Err(Wrong::Grant);
            }
        }
        Ok(Grant {
            kind: grant.kind,
            when,
            method: grant.method.clone(),
            endpoint,
            path: grant.path.clone(),
            recipe,
            answer: answer(&grant.answer)?,
            rotation: grant.rotation,
            grace: grant.grace,
            early_s: grant.early_s,
            bucket: grant.bucket,
        })
    }

    pub(super) fn probe(&self, probe: &raw::Probe, hosts: &Hosts) -> Result<Probe, Wrong> {
        let path = self.template(&probe.path)?;
        let shown = path.variables().all(|(variable, optional)| match variable {
            Variable::Field(field) => {
                let url = matches!(self.form(field), Some(Form::Digits | Form::Label | Form::Choice | Form::Word | Form::Path));
                !field.secret && !optional && url && self.is_sure(field, &Condition::default(), For::Call)
            }
            Variable::Host => true,
            _ => false,
        });
        let body = probe.body.clone().unwrap_or_default();
        let whole = path.is_single() && path.fields().all(|(field, _)| self.form(field) == Some(Form::Path));
        if !shown || !whole && !probe.path.starts_with('/') || !body.is_empty() && Json::parse(body.as_bytes()).is_err() {
            return Err(Wrong::Probe);
        }
        let account = match &probe.account {
            raw::Account::Pointer(text) => Account::Pointer(pointer(text)?),
            raw::Account::Field(name) => {
                let field = self.field(name)?;
                if field.secret || probe.ok.is_empty() {
                    return Err(Wrong::Probe);
                }
                Account::Field(field)
            }
            raw::Account::Host {} if !probe.ok.is_empty() => Account::Host,
            raw::Account::Host {} => return Err(Wrong::Probe),
        };
        Ok(Probe {
            method: probe.method.clone(),
            path,
            body,
            absent: probe.absent.iter().map(|text| pointer(text)).collect::<Result<_, _>>()?,
            ok: cases(&probe.ok)?,
            account,
            account_host: probe.account_is_host.then(|| hosts.clone()),
        })
    }
}

fn pointer(text: &str) -> Result<Pointer, Wrong> {
    Pointer::parse(text).filter(Pointer::is_single).ok_or(Wrong::Pointer)
}

pub(super) fn cases(cases: &[raw::Case]) -> Result<Vec<Case>, Wrong> {
    let mut out = Vec::new();
    for case in cases {
        let lower = case.contains.iter().all(|part| !part.is_empty() && !part.bytes().any(|byte| byte.is_ascii_uppercase()));
        let values = !case.is.is_empty() || !case.contains.is_empty();
        if case.status.is_empty() && case.pointer.is_none() || values && case.pointer.is_none() || !lower {
            return Err(Wrong::Case);
        }
        let pointer = case.pointer.as_ref().map(|text| Pointer::parse(text).ok_or(Wrong::Pointer)).transpose()?;
        out.push(Case { status: case.status.clone(), pointer, is: case.is.clone(), contains: case.contains.clone() });
    }
    Ok(out)
}

fn answer(answer: &raw::Answer) -> Result<Answer, Wrong> {
    let expiry = |expiry: &Option<raw::Expiry>| -> Result<Option<Expiry>, Wrong> {
        expiry.as_ref().map(|expiry| Ok(Expiry { pointer: pointer(&expiry.pointer)?, form: expiry.form })).transpose()
    };
    if answer.invalid_grant.is_empty() || answer.access_lifetime_s == 0 {
        return Err(Wrong::Grant);
    }
    Ok(Answer {
        ok: cases(&answer.ok)?,
        access: pointer(&answer.access)?,
        refresh: answer.refresh.as_deref().map(pointer).transpose()?,
        access_expiry: expiry(&answer.access_expiry)?,
        refresh_expiry: expiry(&answer.refresh_expiry)?,
        access_lifetime_s: answer.access_lifetime_s,
        refresh_lifetime_s: answer.refresh_lifetime_s,
        invalid_grant: cases(&answer.invalid_grant)?,
        invalid_client: cases(&answer.invalid_client)?,
        rate_limited: cases(&answer.rate_limited)?,
    })
}
