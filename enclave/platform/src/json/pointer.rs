//! JSON pointers (RFC 6901) with two additions: `*` is every element of an array or member of an object, and `**` at the end is
//! everything below.

use core::fmt;

use super::Json;

/// A parsed pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    steps: Vec<Step>,
    /// Whether it ends in `/**`.
    deep: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Every,
}

impl Pointer {
    /// `/a/*/b`, or `/a/**`. The root alone is no pointer here: it would be everything.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (text, deep) = text.strip_suffix("/**").map_or((text, false), |text| (text, true));
        let mut steps = Vec::new();
        for step in text.strip_prefix('/')?.split('/') {
            steps.push(match step {
                "" | "**" => return None,
                "*" => Step::Every,
                name if name.replace("~0", "").replace("~1", "").contains('~') => return None,
                name => Step::Name(name.replace("~1", "/").replace("~0", "~")),
            });
        }
        Some(Self { steps, deep })
    }

    /// Whether it names one place at most.
    pub(crate) fn is_single(&self) -> bool {
        !self.deep && !self.steps.contains(&Step::Every)
    }

    /// Every value that it names.
    pub(crate) fn of<'a>(&self, value: &'a Json) -> Vec<&'a Json> {
        let mut here = vec![value];
        for step in &self.steps {
            here = here.into_iter().flat_map(|value| step.of(value)).collect();
        }
        here
    }

    /// What of `value` the pointers name, in its own shape: objects with fewer members, arrays as long as they were. A pointer that
    /// does not end in `/**` keeps a scalar and nothing else, so a field that becomes an object is not shown.
    pub(crate) fn keep(pointers: &[Self], value: &Json) -> Json {
        let tails: Vec<Tail<'_>> = pointers.iter().map(|pointer| (pointer.steps.as_slice(), pointer.deep)).collect();
        kept(&tails, value).unwrap_or_else(|| match value {
            Json::Array(_) => Json::Array(Vec::new()),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => Json::Object(Vec::new()),
        })
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            match step {
                Step::Every => f.write_str("/*")?,
                Step::Name(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))?,
            }
        }
        if self.deep { f.write_str("/**") } else { Ok(()) }
    }
}

/// What is left of a pointer, and whether it is deep.
type Tail<'a> = (&'a [Step], bool);

impl Step {
    fn of<'a>(&self, value: &'a Json) -> Vec<&'a Json> {
        match (self, value) {
            (Self::Every, Json::Array(items)) => items.iter().collect(),
            (Self::Every, Json::Object(members)) => members.iter().map(|(_, value)| value).collect(),
            (Self::Name(name), Json::Object(_)) => value.member(name).into_iter().collect(),
            (Self::Name(index), Json::Array(items)) => {
                let canonical = index == "0" || !index.starts_with('0');
                let index = canonical.then(|| index.parse::<usize>().ok()).flatten();
                index.and_then(|index| items.get(index)).into_iter().collect()
            }
            (_, Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => Vec::new(),
        }
    }

    fn is(&self, name: &str) -> bool {
        match self {
            Self::Every => true,
            Self::Name(own) => own == name,
        }
    }
}

/// `None` if nothing of it is named.
fn kept(tails: &[Tail<'_>], value: &Json) -> Option<Json> {
    if tails.iter().any(|(steps, deep)| steps.is_empty() && *deep) {
        return Some(value.clone());
    }
    let below = |name: &str| -> Vec<Tail<'_>> {
        tails
            .iter()
            .filter_map(|(steps, deep)| steps.split_first().filter(|(first, _)| first.is(name)).map(|(_, rest)| (rest, *deep)))
            .collect()
    };
    match value {
        Json::Object(members) => {
            let members: Vec<(String, Json)> =
                members.iter().filter_map(|(name, value)| kept(&below(name), value).map(|value| (name.clone(), value))).collect();
            (!members.is_empty()).then_some(Json::Object(members))
        }
        Json::Array(items) => {
            let every: Vec<Tail<'_>> = tails
                .iter()
                .filter_map(|(steps, deep)| match steps.split_first() {
                    Some((Step::Every, rest)) => Some((rest, *deep)),
                    _ => None,
                })
                .collect();
            let items = items.iter().map(|item| kept(&every, item).unwrap_or(Json::Null)).collect();
            (!every.is_empty()).then_some(Json::Array(items))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            tails.iter().any(|(steps, _)| steps.is_empty()).then(|| value.clone())
        }
    }
}
