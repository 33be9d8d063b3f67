//! Shopify's Admin API: what of it is tested as a whole, and what a record from before it had named fields needs.

#[cfg(test)]
mod tests;

/// Its preset's id.
pub(crate) const ID: &str = "shopify-admin";
/// Where the token goes.
pub(crate) const AUTH_HEADER: &str = "x-shopify-access-token";
