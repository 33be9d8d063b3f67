//! Platforms, one for each rule of rotation.

use devnet::platforms::{Platform, Rotation, all};

/// A platform, and the stores that are kept there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// What the vault takes the rule for.
    pub(crate) rule: &'static str,
    /// The mock's name.
    pub(crate) name: &'static str,
    /// How the mock treats refresh tokens.
    pub(crate) rotation: Rotation,
    /// A second store's account and selector.
    pub(crate) second: Option<Second>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Second {
    pub(crate) account: &'static str,
    pub(crate) selector: &'static str,
    /// Whether it is of the same connection; else of one that began with the same token.
    pub(crate) shares: bool,
}

impl Case {
    pub(crate) fn platform(self) -> &'static Platform {
        all().iter().find(|platform| platform.name == self.name).unwrap()
    }

    /// Whether a refresh token is lost with the answer that brings its successor.
    pub(crate) fn works_once(self) -> bool {
        matches!(self.rotation, Rotation::Always | Rotation::Split)
    }

    pub(crate) fn splits(self) -> bool {
        self.rotation == Rotation::Split
    }
}

const NEVER: Case = Case { rule: "never", name: "amazon-sp", rotation: Rotation::Never, second: None };

/// The rule that forgives the least: each works once, and nobody else has another.
pub(crate) const ALWAYS: Case = Case { rule: "always", name: "mercado-libre", rotation: Rotation::Always, second: None };

pub(crate) const CASES: [Case; 7] = [
    ALWAYS,
    NEVER,
    // There is a new one, and the old one is dead.
    Case { rule: "if present", name: "payoneer", rotation: Rotation::Always, second: None },
    // There is none.
    Case { rule: "not present", name: "payoneer", rotation: Rotation::Never, second: None },
    Case { rule: "grace", name: "shopify-admin", rotation: Rotation::Graced, second: None },
    Case {
        rule: "shared",
        name: "tiktok-shop",
        rotation: Rotation::Always,
        second: Some(Second { account: "GCP_second", selector: "shop_cipher=GCP_second", shares: true }),
    },
    Case {
        rule: "split",
        name: "shopee",
        rotation: Rotation::Split,
        second: Some(Second { account: "222334", selector: "shop_id=222334", shares: false }),
    },
];
