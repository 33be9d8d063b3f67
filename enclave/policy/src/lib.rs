//! Authenticates a request and runs the registry contract over proven state: a Permit or a Refusal.
