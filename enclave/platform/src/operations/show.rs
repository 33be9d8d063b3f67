//! How operations are written for readers.

use core::fmt;

use super::selector::{Condition, Place, Selector};
use super::template::Template;

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.methods.join("|"))?;
        if !self.hosts.is_empty() {
            write!(f, "{}", self.hosts.join("|"))?;
        }
        let paths: Vec<String> = self.paths.iter().map(Template::to_string).collect();
        f.write_str(&paths.join(" or "))?;
        for Condition { place, values } in &self.conditions {
            write!(f, " {place}={}", values.join("|"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(name) => write!(f, "query:{name}"),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Json(pointer) => write!(f, "json:{pointer}"),
            Self::Form(name) => write!(f, "form:{name}"),
            Self::Either(name) => write!(f, "param:{name}"),
        }
    }
}
