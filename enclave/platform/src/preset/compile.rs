//! From `auth.json` to what runs. Whatever a template could lack at run time is refused here.

mod grants;
mod signers;

use super::data::{Data, Needs};
use super::field::{FieldRule, Form, Kind};
use super::host::Hosts;
use super::raw::{self, File};
use super::{AppUse, Wrong};
use grants::cases;

use crate::request::condition::Condition;
use crate::request::place::{Name, Place};
use crate::request::put::{Put, Value};
use crate::request::selector::Selector;
use crate::request::{Recipe, fit_header, fit_returned};
use crate::template::{FieldRef, Scope, Template, Variable};

/// Reads one file.
pub(super) fn parse(text: &str) -> Result<Data, Wrong> {
    let file: File = serde_json::from_str(text).map_err(|_| Wrong::Format)?;
    Compiler::new(&file)?.data(&file)
}

/// Where a template stands, which decides what it may rest on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// A call: the token has been issued.
    Call,
    /// A token request: it has not.
    Grant,
}

struct Compiler<'a> {
    rules: Vec<(Scope, &'a FieldRule)>,
    app: AppUse,
    needs: Vec<Needs>,
}

impl<'a> Compiler<'a> {
    fn new(file: &'a File) -> Result<Self, Wrong> {
        let rules: Vec<(Scope, &FieldRule)> = file
            .app_fields
            .iter()
            .map(|rule| (Scope::App, rule))
            .chain(file.connection_fields.iter().map(|rule| (Scope::Connection, rule)))
            .chain(file.selectors.iter().map(|selector| (Scope::Selector, &selector.field)))
            .collect();
        for (at, (scope, rule)) in rules.iter().enumerate() {
            let later = rules.iter().skip(at.saturating_add(1));
            if later.into_iter().any(|(_, other)| other.name == rule.name) {
                return Err(Wrong::Twice);
            }
            let named = (1..=32).contains(&rule.name.len())
                && rule.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            let secret = rule.kind == Kind::Secret;
            // A secret is searched for in answers, which needs visible ASCII; a selector is in the clear in the binding.
            if !named
                || secret && !matches!(rule.form, Form::Visible | Form::Ed25519)
                || secret && *scope == Scope::Selector
                || (rule.form == Form::Choice) == rule.choices.is_empty()
                || rule.issued && (*scope != Scope::Connection || rule.required)
            {
                return Err(Wrong::Field);
            }
        }
        // T71: where the host is the connection's to say, there is no app whose secret could go to it.
        let any = matches!(file.hosts, Hosts::Any { .. });
        if any && file.app != AppUse::Never || (file.app == AppUse::Never) != file.app_fields.is_empty() {
            return Err(Wrong::App);
        }
        let mut compiler = Self { rules, app: file.app, needs: Vec::new() };
        for needs in &file.needs {
            let fields = compiler.fields(&needs.fields)?;
            if needs.when.is.is_empty() || fields.iter().any(|field| field.scope != Scope::Connection) {
                return Err(Wrong::Condition);
            }
            let needs = Needs { when: compiler.condition(&needs.when)?, fields };
            compiler.needs.push(needs);
        }
        Ok(compiler)
    }

    fn resolve(&self, name: &str) -> Option<FieldRef> {
        let (scope, rule) = self.rules.iter().find(|(_, rule)| rule.name == name)?;
        Some(FieldRef { scope: *scope, name: name.to_owned(), secret: rule.kind == Kind::Secret })
    }

    fn field(&self, name: &str) -> Result<FieldRef, Wrong> {
        self.resolve(name).ok_or(Wrong::Unknown)
    }

    fn fields(&self, names: &[String]) -> Result<Vec<FieldRef>, Wrong> {
        names.iter().map(|name| self.field(name)).collect()
    }

    fn rule(&self, field: &FieldRef) -> Option<&FieldRule> {
        self.rules.iter().find(|(_, rule)| rule.name == field.name).map(|(_, rule)| *rule)
    }

    fn form(&self, field: &FieldRef) -> Option<Form> {
        self.rule(field).map(|rule| rule.form)
    }

    fn template(&self, text: &str) -> Result<Template, Wrong> {
        Template::parse(text, |name| self.resolve(name)).map_err(|_| Wrong::Template)
    }

    fn condition(&self, when: &raw::When) -> Result<Condition, Wrong> {
        let mut is = Vec::new();
        for (name, value) in &when.is {
            let field = self.field(name)?;
            let rule = self.rule(&field).ok_or(Wrong::Unknown)?;
            if rule.form != Form::Choice || rule.kind != Kind::Public || !rule.choices.contains(value) {
                return Err(Wrong::Condition);
            }
            is.push((field, value.clone()));
        }
        if when.paths.iter().any(|path| !path.starts_with('/')) {
            return Err(Wrong::Condition);
        }
        let (has, lacks) = (self.fields(&when.has)?, self.fields(&when.lacks)?);
        Ok(Condition { has, lacks, is, paths: when.paths.clone() })
    }

    /// Whether the field is there whenever the condition holds and the records were checked.
    fn is_sure(&self, field: &FieldRef, when: &Condition, of: For) -> bool {
        let Some(rule) = self.rule(field) else { return false };
        let always = match field.scope {
            // A grant that names the app's fields needs the app: see `Preset::needs_app`.
            Scope::App => rule.required && (self.app == AppUse::Always || of == For::Grant),
            Scope::Connection => rule.required || rule.issued && of == For::Call,
            Scope::Selector => rule.required,
        };
        let needed =
            self.needs.iter().any(|needs| needs.fields.contains(field) && needs.when.is.iter().all(|is| when.is.contains(is)));
        always || needed || when.has.contains(field)
    }

    /// Total: nothing that it names can be absent, unless it says what happens then.
    fn total(&self, template: &Template, when: &Condition, of: For) -> Result<(), Wrong> {
        let sure = template.fields().all(|(field, optional)| optional || self.is_sure(field, when, of));
        if sure { Ok(()) } else { Err(Wrong::MayBeAbsent) }
    }

    fn name(&self, name: &str, form: Form) -> Result<Name, Wrong> {
        let field = self.field(name)?;
        let rule = self.rule(&field).ok_or(Wrong::Unknown)?;
        let sound = rule.form == form && rule.kind == Kind::Public && field.scope == Scope::Connection;
        if sound { Ok(Name::Field(field)) } else { Err(Wrong::Place) }
    }

    fn place(&self, place: &raw::Place) -> Result<Place, Wrong> {
        let visible = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        Ok(match place {
            raw::Place::Header(name) if fit_header(name) => Place::Header(Name::Fixed(name.clone())),
            raw::Place::HeaderOf(name) => Place::Header(self.name(name, Form::HeaderName)?),
            raw::Place::Query(name) if visible(name) => Place::Query(Name::Fixed(name.clone())),
            raw::Place::QueryOf(name) => Place::Query(self.name(name, Form::QueryName)?),
            raw::Place::Form(name) if visible(name) => Place::Form(name.clone()),
            raw::Place::Json(pointer) => {
                let steps: Vec<String> = pointer.strip_prefix('/').ok_or(Wrong::Pointer)?.split('/').map(str::to_owned).collect();
                if steps.iter().any(|step| step.is_empty() || step.contains(['~', '*'])) {
                    return Err(Wrong::Pointer);
                }
                Place::Json(steps)
            }
            raw::Place::PathAfter(segment) if visible(segment) && !segment.contains('/') => Place::PathAfter(segment.clone()),
            _ => return Err(Wrong::Place),
        })
    }

    fn places(&self, places: &[raw::Place]) -> Result<Vec<Place>, Wrong> {
        places.iter().map(|place| self.place(place)).collect()
    }

    fn put(&self, put: &raw::Put, of: For) -> Result<Put, Wrong> {
        let when = self.condition(&put.when)?;
        let (place, value) = match (&put.at, &put.value, &put.basic) {
            (Some(at), Some(value), None) => (self.place(at)?, Value::Text(self.template(value)?)),
            (None, None, Some([user, password])) => {
                let (user, password) = (self.template(user)?, self.template(password)?);
                let colon = user.fields().any(|(field, _)| !self.form(field).is_some_and(Form::is_user));
                if colon || user.variables().any(|(variable, _)| !matches!(variable, Variable::Field(_))) {
                    return Err(Wrong::Basic);
                }
                (Place::Header(Name::Fixed("authorization".to_owned())), Value::Basic { user, password })
            }
            _ => return Err(Wrong::Put),
        };
        let put = Put { place, value, number: put.number, when: when.clone() }.checked(put.secret_in_url.is_some())?;
        for template in put.templates() {
            self.total(template, &when, of)?;
            let in_header = matches!(put.place, Place::Header(_));
            let hidden = template.fields().any(|(field, _)| !self.form(field).is_some_and(Form::is_visible));
            if in_header && hidden {
                return Err(Wrong::Place);
            }
            if put.number && !self.is_number(template) {
                return Err(Wrong::Number);
            }
        }
        if let Place::Header(Name::Field(field)) | Place::Query(Name::Field(field)) = &put.place
            && !self.is_sure(field, &when, of)
        {
            return Err(Wrong::MayBeAbsent);
        }
        Ok(put)
    }

    fn is_number(&self, template: &Template) -> bool {
        let variables: Vec<&Variable> = template.variables().map(|(variable, _)| variable).collect();
        template.is_single()
            && variables.iter().all(|variable| match variable {
                Variable::Field(field) => self.form(field) == Some(Form::Digits),
                Variable::Seconds | Variable::Millis => true,
                _ => false,
            })
    }

    fn puts(&self, puts: &[raw::Put], of: For) -> Result<Vec<Put>, Wrong> {
        let puts: Vec<Put> = puts.iter().map(|put| self.put(put, of)).collect::<Result<_, _>>()?;
        // What is put before the signature is made can't have it.
        if puts.iter().any(Put::names_signature) { Err(Wrong::Put) } else { Ok(puts) }
    }

    fn data(&self, file: &File) -> Result<Data, Wrong> {
        if !file.hosts.is_sound() {
            return Err(Wrong::Host);
        }
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if file.id.is_empty() || !file.id.bytes().all(fits) || file.sources.is_empty() {
            return Err(Wrong::Format);
        }
        let mut selectors = Vec::new();
        for selector in &file.selectors {
            let (put, guards) = (self.places(&selector.put)?, self.places(&selector.guards)?);
            let number = selector.number && selector.field.form != Form::Digits;
            // A list is a fence, not a value to put.
            let list = selector.compare == crate::request::selector::Match::Within;
            if number || put.iter().any(|place| matches!(place, Place::PathAfter(_))) || list && !put.is_empty() {
                return Err(Wrong::Selector);
            }
            if list != (selector.field.form == Form::List) || put.is_empty() && guards.is_empty() {
                return Err(Wrong::Selector);
            }
            let name = selector.field.name.clone();
            selectors.push(Selector {
                name,
                compare: selector.compare,
                put,
                guards,
                aliases: selector.aliases.clone(),
                number: selector.number,
            });
        }
        let returned: Vec<String> = file.rate_headers.iter().map(|header| &header.name).chain(&file.returned).cloned().collect();
        if !returned.iter().all(|name| fit_returned(name)) {
            return Err(Wrong::Place);
        }
        let recipe = Recipe {
            returned,
            selectors,
            reserved: self.places(&file.reserved)?,
            put: self.puts(&file.put, For::Call)?,
            sign: self.signers(&file.sign, For::Call)?,
        };
        let grants = file.grants.iter().map(|grant| self.grant(grant, &file.hosts)).collect::<Result<_, _>>()?;
        let mut errors = Vec::new();
        for error in &file.errors {
            errors.push((error.means, cases(&error.any)?));
        }
        for group in file.connection_one_of.iter().chain(&file.selector_one_of) {
            self.fields(group)?;
        }
        Ok(Data {
            id: file.id.clone(),
            name: file.name.clone(),
            hosts: file.hosts.clone(),
            app: file.app,
            app_fields: file.app_fields.clone(),
            connection_fields: file.connection_fields.clone(),
            connection_one_of: file.connection_one_of.clone(),
            selector_fields: file.selectors.iter().map(|selector| selector.field.clone()).collect(),
            selector_one_of: file.selector_one_of.clone(),
            needs: self.needs.clone(),
            sharing: file.sharing,
            recipe,
            grants,
            errors,
            probe: self.probe(&file.probe, &file.hosts)?,
            clock_window_s: file.clock_window_s,
            rate: file.rate,
            rate_headers: file.rate_headers.clone(),
            expires: file.expires.clone(),
            notes: file.notes.clone(),
            sources: file.sources.clone(),
        })
    }
}

impl Put {
    /// Refuses a secret in a URL that the platform does not demand there, and any value where none can be put.
    fn checked(self, in_url: bool) -> Result<Self, Wrong> {
        let url = matches!(self.place, Place::Query(_));
        if url && self.names_secret() != in_url || !url && in_url {
            return Err(Wrong::SecretInUrl);
        }
        if matches!(self.place, Place::PathAfter(_)) || self.number && !matches!(self.place, Place::Json(_)) {
            return Err(Wrong::Place);
        }
        Ok(self)
    }
}
