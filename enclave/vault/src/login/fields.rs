//! What a login is made of.

use credential::Fields;
use platform::Totp;
use protocol::call::check_host;

/// Where it is used, `https://` and a host, divided by spaces. Public.
const ORIGINS: &str = "origins";
/// Public.
pub(super) const USERNAME: &str = "username";
/// Secret.
pub(super) const PASSWORD: &str = "password";
/// Seed or `otpauth` address. Secret.
pub(super) const TOTP: &str = "totp";
/// Divided by white space. Secret.
pub(super) const RECOVERY_CODES: &str = "recovery_codes";
const MOST_ORIGINS: usize = 16;
const MOST_CODES: usize = 32;

/// Whether these are a login's, the first of whose origins is at `host` and whose user is `account`. The error is a rule.
pub(crate) fn check(fields: &Fields, host: &str, account: &str) -> Result<(), &'static str> {
    let known = [ORIGINS, USERNAME, PASSWORD, TOTP, RECOVERY_CODES];
    if fields.names().any(|name| !known.contains(&name)) {
        return Err("login.fields");
    }
    let origins = origins(fields).ok_or("login.origins")?;
    if origins.first().and_then(|origin| origin.strip_prefix("https://")) != Some(host) {
        return Err("login.origins");
    }
    if fields.public(USERNAME) != Some(account) {
        return Err("login.username");
    }
    let text = |bytes: &[u8]| core::str::from_utf8(bytes).is_ok_and(|text| !text.chars().any(char::is_control));
    if !fields.secret(PASSWORD).is_some_and(|password| password.with_secret(text)) {
        return Err("login.password");
    }
    let named = |name| fields.names().any(|other| other == name);
    if named(TOTP) && totp(fields).is_none() {
        return Err("login.totp");
    }
    if named(RECOVERY_CODES) && !with_codes(fields, are_codes).unwrap_or(false) {
        return Err("login.recovery_codes");
    }
    Ok(())
}

/// Where it is used.
pub(super) fn origins(fields: &Fields) -> Option<Vec<&str>> {
    let origins: Vec<&str> = fields.public(ORIGINS)?.split(' ').collect();
    let sound = |origin: &&str| origin.strip_prefix("https://").is_some_and(|host| check_host(host).is_ok());
    (origins.len() <= MOST_ORIGINS && origins.iter().all(sound)).then_some(origins)
}

/// What makes its codes by the time.
pub(super) fn totp(fields: &Fields) -> Option<Totp> {
    fields.secret(TOTP)?.with_secret(|seed| Totp::parse(core::str::from_utf8(seed).ok()?).ok())
}

/// Lends the codes that are good once each.
pub(super) fn with_codes<R>(fields: &Fields, use_them: impl FnOnce(&[&str]) -> R) -> Option<R> {
    fields.secret(RECOVERY_CODES)?.with_secret(|codes| {
        let codes: Vec<&str> = core::str::from_utf8(codes).ok()?.split_ascii_whitespace().collect();
        Some(use_them(&codes))
    })
}

fn are_codes(codes: &[&str]) -> bool {
    let sound = |code: &&str| (4..=64).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic());
    let mut distinct = codes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    (1..=MOST_CODES).contains(&codes.len()) && distinct.len() == codes.len() && codes.iter().all(sound)
}

#[cfg(test)]
mod tests {
    use credential::{Field, Secret};

    use super::*;

    const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn fields(changes: &[(&str, Option<Field>)]) -> Fields {
        let secret = |text: &str| Field::Secret(Secret::new(text.as_bytes()).unwrap());
        let mut values = vec![
            (ORIGINS.to_owned(), Field::Public("https://seller.example https://login.example".to_owned())),
            (USERNAME.to_owned(), Field::Public("ann".to_owned())),
            (PASSWORD.to_owned(), secret("correct horse")),
            (TOTP.to_owned(), secret(SEED)),
        ];
        for (name, field) in changes {
            values.retain(|(other, _)| other != name);
            values.extend(field.as_ref().map(|field| {
                let field = match field {
                    Field::Public(text) => Field::Public(text.clone()),
                    Field::Secret(held) => Field::Secret(held.with_secret(|held| Secret::new(held).unwrap())),
                };
                ((*name).to_owned(), field)
            }));
        }
        Fields::new(values).unwrap()
    }

    #[test]
    fn a_login_has_origins_a_user_a_password_and_what_makes_codes() {
        let public = |text: &str| Some(Field::Public(text.to_owned()));
        let secret = |text: &str| Some(Field::Secret(Secret::new(text.as_bytes()).unwrap()));
        let checked = |changes: &[(&str, Option<Field>)]| check(&fields(changes), "seller.example", "ann");
        assert_eq!(checked(&[]), Ok(()));
        assert_eq!(checked(&[(TOTP, None)]), Ok(()));
        assert_eq!(checked(&[(TOTP, None), (RECOVERY_CODES, secret("aaaa-1111 bbbb-2222\ncccc-3333"))]), Ok(()));
        for (name, field, rule) in [
            ("cookie", public("a"), "login.fields"),
            (ORIGINS, None, "login.origins"),
            (ORIGINS, public("https://login.example https://seller.example"), "login.origins"),
            (ORIGINS, public("http://seller.example"), "login.origins"),
            (ORIGINS, public("https://seller.example/x"), "login.origins"),
            (ORIGINS, public("https://seller.example https://127.0.0.1"), "login.origins"),
            (USERNAME, public("bob"), "login.username"),
            (USERNAME, secret("annannann"), "login.username"),
            (PASSWORD, None, "login.password"),
            (PASSWORD, public("correct horse"), "login.password"),
            (PASSWORD, secret("correct\nhorse"), "login.password"),
            (TOTP, secret("not base 32 1"), "login.totp"),
            (TOTP, public(SEED), "login.totp"),
            (RECOVERY_CODES, secret("aaaa aaaa bbbb"), "login.recovery_codes"),
            (RECOVERY_CODES, secret("aaaa bbb cccc"), "login.recovery_codes"),
        ] {
            assert_eq!(checked(&[(name, field)]), Err(rule), "{name}");
        }
    }
}
