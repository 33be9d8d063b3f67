//! The contracts' rules, run on their published creation code in revm under Osaka rules.

mod artifacts;
mod chain;
mod decisions;
mod denials_and_roles;
mod gas;
mod grant_admin;
mod grants;
mod hostile_policy;
mod portfolio;
mod stops;
mod vault_registry;
mod world;
mod writers;
