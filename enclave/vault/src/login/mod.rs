//! Merchants' logins: a user name, a password, and what makes one-time codes. None of it goes into a request; what leaves is sealed to a
//! recipient that the contract granted, and the seed never does.

mod fields;
mod release;

pub(crate) use fields::check;
pub(crate) use release::{Wanted, release};
