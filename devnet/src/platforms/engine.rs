//! One request, from the host that it names to the reply.

use super::answer::{Answer, Reply};
use super::asked::Asked;
use super::data::{Endpoint, Platform};
use super::tokens::{Rotation, Tokens};
use super::trouble::{Place, Trouble};
use super::words::Fault;

/// What a platform saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Requests that proved themselves, in order; none of the token endpoint's.
    pub calls: Vec<Asked>,
    /// Requests that came to the token endpoint.
    pub token_requests: usize,
    /// How many of them brought tokens.
    pub issued: usize,
    /// How many handed in a token that was spent.
    pub double_uses: usize,
    /// What was refused, and why.
    pub refused: Vec<(String, Fault)>,
}

/// One platform under way.
#[derive(Debug)]
pub(super) struct Running {
    of: &'static Platform,
    pub(super) tokens: Tokens,
    pub(super) seen: Seen,
    pub(super) troubles: Vec<(Place, Trouble)>,
    pub(super) revoked: bool,
    /// Last digits of the account that the money goes to.
    pub(super) bank: String,
    /// Instead of the platform's own.
    pub(super) rotation: Option<Rotation>,
}

/// All of them.
#[derive(Debug)]
pub(super) struct State {
    running: Vec<Running>,
    /// Seconds that their clock is ahead.
    pub(super) ahead_s: i64,
}

impl State {
    pub(super) fn new(platforms: &[&'static Platform]) -> Self {
        let running = platforms.iter().map(|of| {
            let mut tokens = Tokens::with(of.first_refresh());
            if of.grant.is_none()
                && let Some(token) = of.fixed_token()
            {
                tokens.keep(token);
            }
            let bank = "0001".to_owned();
            Running { of, tokens, seen: Seen::default(), troubles: Vec::new(), revoked: false, bank, rotation: None }
        });
        Self { running: running.collect(), ahead_s: 0 }
    }

    pub(super) fn hosts(&self) -> Vec<&'static str> {
        let mut hosts: Vec<_> = self.running.iter().flat_map(|running| running.of.all_hosts()).collect();
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    pub(super) fn seen(&self, name: &str) -> Seen {
        self.running.iter().find(|running| running.of.name == name).map(|running| running.seen.clone()).unwrap_or_default()
    }

    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut Running)) {
        if let Some(running) = self.running.iter_mut().find(|running| running.of.name == name) {
            change(running);
        }
    }

    pub(super) fn reply(&mut self, asked: &Asked) -> Reply {
        match self.running.iter_mut().find(|running| running.of.all_hosts().any(|host| host == asked.host)) {
            Some(running) => running.reply(asked),
            None => Reply::HangUp,
        }
    }
}

impl Running {
    fn reply(&mut self, asked: &Asked) -> Reply {
        let endpoint = self.of.grant.as_ref().filter(|endpoint| endpoint.is(asked, self.of));
        let place = if endpoint.is_some() { Place::Token } else { Place::Api };
        let trouble = self.troubles.iter().position(|(at, _)| *at == place).map(|index| self.troubles.remove(index).1);
        if place == Place::Token {
            self.seen.token_requests += 1;
        }
        let refuse = endpoint.map_or(self.of.refuse, |endpoint| endpoint.refuse);
        match &trouble {
            Some(Trouble::Limited { retry_after }) => {
                self.seen.refused.push((asked.text(), Fault::Limited));
                return Reply::Answer(self.dressed(refuse(Fault::Limited)).with("retry-after", &retry_after.to_string()));
            }
            Some(Trouble::Status(status)) => {
                let headers = vec![("content-type".to_owned(), "text/html".to_owned())];
                return Reply::Answer(Answer { status: *status, headers, body: b"<html>gateway</html>".to_vec() });
            }
            _ => {}
        }
        let done = match endpoint {
            Some(endpoint) => self.token(asked, endpoint),
            None => self.call(asked, trouble.as_ref()),
        };
        let mut answer = match done {
            Ok(answer) => answer,
            Err(fault) => {
                self.seen.refused.push((asked.text(), fault));
                refuse(fault)
            }
        };
        answer = self.dressed(answer);
        match trouble {
            Some(Trouble::HangUp) => Reply::HangUp,
            Some(Trouble::Torn) => Reply::Torn(answer),
            Some(Trouble::Late { millis }) => Reply::Late { millis, answer },
            Some(Trouble::Malformed) => Reply::Answer(Answer { body: b"{\"payload\":[".to_vec(), ..answer }),
            Some(Trouble::Echo) => {
                Reply::Answer(Answer { body: serde_json::json!({"asked": asked.text()}).to_string().into_bytes(), ..answer })
            }
            _ => Reply::Answer(answer),
        }
    }

    fn dressed(&self, answer: Answer) -> Answer {
        self.of.headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value))
    }

    fn token(&mut self, asked: &Asked, endpoint: &Endpoint) -> Result<Answer, Fault> {
        let handed_in = (endpoint.read)(asked, self.of)?;
        if self.revoked {
            // Whose credentials are handed in themselves is told that they are not known.
            return Err(if handed_in.is_some() { Fault::Grant } else { Fault::Client });
        }
        let rotation = self.rotation.unwrap_or(endpoint.rotation);
        let issued = self.tokens.issue(rotation, handed_in.as_ref(), (endpoint.life_s, endpoint.refresh_life_s), asked.at_ms);
        let issued = issued.map_err(|(fault, spent)| {
            self.seen.double_uses += usize::from(spent);
            fault
        })?;
        self.seen.issued += 1;
        Ok(Answer::json(200, &(endpoint.answer)(&issued)))
    }

    fn call(&mut self, asked: &Asked, trouble: Option<&Trouble>) -> Result<Answer, Fault> {
        let token = (self.of.proof)(asked, self.of)?;
        if self.revoked {
            return Err(Fault::Revoked);
        }
        if let Some(token) = token {
            self.tokens.used(&token, asked.at_ms)?;
        }
        self.seen.calls.push(asked.clone());
        let body = self.of.route((self.of.named)(asked).as_str()).ok_or(Fault::NotFound)?;
        let tenant = (self.of.tenant)(asked).unwrap_or_else(|| self.of.account.to_owned());
        let tenant = match trouble {
            Some(Trouble::OtherAccount(other)) => (*other).to_owned(),
            _ => tenant,
        };
        Ok(Answer::text(200, &body.replace("{tenant}", &tenant).replace("{bank}", &self.bank)))
    }
}
