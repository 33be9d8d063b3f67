//! The contracts' rules, run on their published creation code in revm under Osaka rules.

mod artifacts;
mod chain;
mod changes;
mod decisions;
mod denials_and_roles;
mod evidence;
mod gas;
mod grant_admin;
mod grants;
mod hostile_policy;
mod layout;
mod portfolio;
mod stops;
mod transfers;
mod unlocks;
mod vault_registry;
mod world;
mod writers;
