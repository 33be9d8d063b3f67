//! The commands of owners, guardians, servicers and admins against a chain whose clock is moved: what each sends, prints, and says of when it holds.

mod agents;
mod dao;
mod grants;
mod portfolios;
mod printing;
mod vault;
