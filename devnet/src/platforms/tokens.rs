//! Tokens, and what becomes of a refresh token that was handed in.

use std::collections::{HashMap, HashSet};

use super::words::Fault;

/// What becomes of a refresh token that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// There is none: the credentials themselves are handed in.
    Credentials,
    /// It stays, and the answer brings no other.
    Never,
    /// It stays, and the answer brings another, which is good too.
    IfPresent,
    /// It works once.
    Always,
    /// It is taken until its successor is used for the first time.
    Graced,
    /// As [`Self::Always`], but a token that stands for several shops works once for each.
    Split,
}

/// A refresh token that was handed in.
pub(super) struct HandedIn {
    pub(super) token: String,
    /// The shop whose tokens are asked for; empty if tokens are nobody's in particular.
    pub(super) shop: String,
}

/// What was handed out.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    pub(super) now_ms: u64,
    pub(super) life_s: u64,
    pub(super) refresh_life_s: u64,
}

impl Issued {
    pub(super) const fn access_expires_ms(&self) -> u64 {
        self.now_ms + self.life_s * 1_000
    }

    pub(super) const fn refresh_expires_ms(&self) -> u64 {
        self.now_ms + self.refresh_life_s * 1_000
    }
}

/// One platform's tokens.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// When each runs out.
    access: HashMap<String, u64>,
    /// Good ones, and when each runs out. Of an empty shop: of any that did not have its turn.
    refresh: HashMap<(String, String), u64>,
    /// That were spent.
    dead: HashSet<(String, String)>,
    /// Good until the access token beside each is used.
    graced: HashMap<String, (String, String)>,
    made: u32,
    /// Instead of the platform's own life of access tokens.
    pub(super) life_s: Option<u64>,
}

/// Whether a spent token was handed in.
pub(super) type Spent = bool;

impl Tokens {
    pub(super) fn with(first: Option<&str>) -> Self {
        let mut tokens = Self::default();
        if let Some(first) = first {
            tokens.authorise(first);
        }
        tokens
    }

    /// New tokens for a refresh token, or for the credentials.
    pub(super) fn issue(
        &mut self,
        rotation: Rotation,
        handed_in: Option<&HandedIn>,
        lives: (u64, u64),
        now_ms: u64,
    ) -> Result<Issued, (Fault, Spent)> {
        let name = format!("{:06}-{now_ms}", self.made + 1);
        let mut issued = Issued {
            access: format!("access/{name}+{:016x}==", u64::from(self.made).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ now_ms),
            refresh: None,
            now_ms,
            life_s: self.life_s.unwrap_or(lives.0),
            refresh_life_s: lives.1,
        };
        if let Some(HandedIn { token, shop }) = handed_in {
            let own = (token.clone(), shop.clone());
            let key = if self.refresh.contains_key(&own) { own.clone() } else { (token.clone(), String::new()) };
            let good = self.refresh.get(&key).is_some_and(|until| *until > now_ms) && !self.dead.contains(&own);
            if !good {
                return Err((Fault::Grant, self.dead.contains(&own)));
            }
            let next = (format!("refresh/{name}"), shop.clone());
            match rotation {
                Rotation::Credentials | Rotation::Never => {}
                Rotation::IfPresent => issued.refresh = Some(next.0.clone()),
                Rotation::Always => {
                    self.refresh.remove(&key);
                    self.dead.insert(own);
                    issued.refresh = Some(next.0.clone());
                }
                Rotation::Graced => {
                    self.graced.insert(issued.access.clone(), key);
                    issued.refresh = Some(next.0.clone());
                }
                Rotation::Split => {
                    if !key.1.is_empty() {
                        self.refresh.remove(&key);
                    }
                    self.dead.insert(own);
                    issued.refresh = Some(next.0.clone());
                }
            }
            if issued.refresh.is_some() {
                self.refresh.insert(next, issued.refresh_expires_ms());
            }
        }
        self.made += 1;
        self.access.insert(issued.access.clone(), issued.access_expires_ms());
        Ok(issued)
    }

    /// Whether an access token is good. Its use ends the refresh token before its own.
    pub(super) fn used(&mut self, access: &str, now_ms: u64) -> Result<(), Fault> {
        match self.access.get(access) {
            None => Err(Fault::Unknown),
            Some(until) if *until <= now_ms => Err(Fault::Expired),
            Some(_) => {
                if let Some(before) = self.graced.remove(access) {
                    self.refresh.remove(&before);
                    self.dead.insert(before);
                }
                Ok(())
            }
        }
    }

    /// A first refresh token, which is nobody's in particular.
    pub(super) fn authorise(&mut self, token: &str) {
        self.refresh.insert((token.to_owned(), String::new()), u64::MAX);
    }

    /// A token that is good for good.
    pub(super) fn keep(&mut self, access: &str) {
        self.access.insert(access.to_owned(), u64::MAX);
    }

    /// Ends all access tokens.
    pub(super) fn expire(&mut self) {
        for until in self.access.values_mut() {
            *until = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hand(tokens: &mut Tokens, rotation: Rotation, token: &str, shop: &str) -> Result<Issued, (Fault, Spent)> {
        let handed_in = HandedIn { token: token.to_owned(), shop: shop.to_owned() };
        tokens.issue(rotation, Some(&handed_in), (60, 600), 1_000)
    }

    #[test]
    fn a_token_that_works_once_works_once() {
        let mut tokens = Tokens::with(Some("first"));
        let next = hand(&mut tokens, Rotation::Always, "first", "").unwrap().refresh.unwrap();
        assert_eq!(hand(&mut tokens, Rotation::Always, "first", "").unwrap_err(), (Fault::Grant, true));
        assert_eq!(hand(&mut tokens, Rotation::Always, "other", "").unwrap_err(), (Fault::Grant, false));
        assert!(hand(&mut tokens, Rotation::Always, &next, "").is_ok());
    }

    #[test]
    fn a_graced_token_works_until_its_successor_is_used() {
        let mut tokens = Tokens::with(Some("first"));
        hand(&mut tokens, Rotation::Graced, "first", "").unwrap();
        let again = hand(&mut tokens, Rotation::Graced, "first", "").unwrap();
        tokens.used(&again.access, 2_000).unwrap();
        assert_eq!(hand(&mut tokens, Rotation::Graced, "first", "").unwrap_err(), (Fault::Grant, true));
        assert!(hand(&mut tokens, Rotation::Graced, &again.refresh.unwrap(), "").is_ok());
    }

    #[test]
    fn a_token_of_several_shops_works_once_for_each() {
        let mut tokens = Tokens::with(Some("first"));
        let one = hand(&mut tokens, Rotation::Split, "first", "1").unwrap().refresh.unwrap();
        assert!(hand(&mut tokens, Rotation::Split, "first", "2").is_ok());
        assert_eq!(hand(&mut tokens, Rotation::Split, "first", "1").unwrap_err(), (Fault::Grant, true));
        assert_eq!(hand(&mut tokens, Rotation::Split, &one, "2").unwrap_err(), (Fault::Grant, false));
        assert!(hand(&mut tokens, Rotation::Split, &one, "1").is_ok());
    }

    #[test]
    fn tokens_run_out() {
        let mut tokens = Tokens::with(Some("first"));
        let issued = hand(&mut tokens, Rotation::Always, "first", "").unwrap();
        assert_eq!(tokens.used(&issued.access, 60_999), Ok(()));
        assert_eq!(tokens.used(&issued.access, 61_000), Err(Fault::Expired));
        assert_eq!(tokens.used("none", 0), Err(Fault::Unknown));
        let late = HandedIn { token: issued.refresh.unwrap(), shop: String::new() };
        assert!(matches!(tokens.issue(Rotation::Always, Some(&late), (60, 600), 601_000), Err((Fault::Grant, false))));
    }
}
