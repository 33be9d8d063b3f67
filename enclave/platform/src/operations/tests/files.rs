//! What holds of every preset's file.

use std::collections::{BTreeMap, BTreeSet};

use contracts_bindings::Class;

use super::super::{Known, Repeat, Table, tables};

pub(super) fn table(preset: &str) -> &'static Table {
    super::super::of(preset).unwrap_or_else(|| panic!("{preset}"))
}

#[test]
fn every_file_is_a_table_and_names_are_one_preset_s() {
    let tables = tables().unwrap();
    let mut prefixes = BTreeSet::new();
    for table in &tables {
        assert!(prefixes.insert(table.prefix.as_str()), "{}", table.prefix);
        assert!(!table.operations().is_empty(), "{}", table.preset());
    }
    assert_eq!(tables.len(), 20);
}

#[test]
fn a_parameter_has_one_encoding_in_all_presets() {
    let mut encodings = BTreeMap::new();
    for table in tables().unwrap() {
        let endpoint =
            table.endpoint.iter().flat_map(|endpoint| &endpoint.params).map(|param| (param.name.as_str(), param.encoding));
        for (name, encoding) in table.operations().iter().flat_map(Known::params).chain(endpoint) {
            assert_eq!(*encodings.entry(name).or_insert(encoding), encoding, "{name}");
        }
    }
}

#[test]
fn what_moves_money_or_access_is_not_asked_for_again() {
    for known in tables().unwrap().iter().flat_map(|table| table.operations()) {
        let read = matches!(known.class(), Class::Read | Class::Write);
        assert!(read || known.repeat() != Repeat::Safe, "{}", known.name());
    }
}

/// Every row of the table of dangerous operations that an API has.
#[test]
fn every_dangerous_operation_has_its_class() {
    let rows: [(&str, Class, &[&str]); 33] = [
        ("ebay", Class::Routing, &["ebay.account.payout-percentage"]),
        ("ebay", Class::Value, &["ebay.orders.refund"]),
        ("lazada", Class::Routing, &["lazada.payment.binding", "lazada.wallet.withdraw", "lazada.wallet.transfer"]),
        ("lazada", Class::Value, &["lazada.reverse.change"]),
        ("lazada", Class::Authz, &["lazada.user.update", "lazada.seller.update"]),
        ("lazada", Class::Mint, &["lazada.tokens.make"]),
        ("amazon-sp", Class::Routing, &["amazon-sp.transfers.payout", "amazon-sp.wallet.transfer", "amazon-sp.wallet.schedule"]),
        ("amazon-sp", Class::Mint, &["amazon-sp.tokens.restricted-data"]),
        ("amazon-sp", Class::Credential, &["amazon-sp.app.rotate-secret"]),
        (
            "shopify-admin",
            Class::Mint,
            &["shopify.mutation.delegateAccessTokenCreate", "shopify.mutation.storefrontAccessTokenCreate"],
        ),
        (
            "shopify-admin",
            Class::Authz,
            &[
                "shopify.mutation.webhookSubscriptionCreate",
                "shopify.mutation.appRevokeAccessScopes",
                "shopify.mutation.appUninstall",
            ],
        ),
        ("shopify-admin", Class::Value, &["shopify.mutation.refundCreate", "shopify.mutation.giftCardCreate"]),
        ("temu", Class::Value, &["temu.aftersales.refund", "temu.aftersales.agree-cancel"]),
        ("temu", Class::Mint, &["temu.tokens.make"]),
        ("shopee", Class::Value, &["shopee.returns.confirm", "shopee.returns.offer"]),
        ("shopee", Class::Authz, &["shopee.push.set-config", "shopee.shop.update-profile"]),
        ("tiktok-shop", Class::Value, &["tiktok-shop.cancellations.create", "tiktok-shop.returns.approve"]),
        ("tiktok-shop", Class::Authz, &["tiktok-shop.webhooks.put"]),
        (
            "stripe",
            Class::Routing,
            &[
                "stripe.external-accounts.change",
                "stripe.payouts.change",
                "stripe.transfers.change",
                "stripe.topups.change",
                "stripe.accounts.change",
            ],
        ),
        ("stripe", Class::Value, &["stripe.refunds.create"]),
        ("stripe", Class::Authz, &["stripe.webhooks.change"]),
        ("stripe", Class::Mint, &["stripe.keys.ephemeral", "stripe.links.account", "stripe.sessions.account"]),
        ("paypal", Class::Routing, &["paypal.payouts.create"]),
        ("paypal", Class::Value, &["paypal.captures.refund"]),
        ("paypal", Class::Authz, &["paypal.webhooks.change"]),
        (
            "airwallex",
            Class::Routing,
            &[
                "airwallex.beneficiaries.change",
                "airwallex.transfers.change",
                "airwallex.payouts.change",
                "airwallex.linked.change",
            ],
        ),
        ("payoneer", Class::Routing, &["payoneer.payouts.create", "payoneer.payments.create"]),
        ("woocommerce", Class::Routing, &["woocommerce.gateways.change", "woocommerce.settings.change"]),
        ("woocommerce", Class::Value, &["woocommerce.refunds.create"]),
        ("woocommerce", Class::Authz, &["woocommerce.webhooks.change", "woocommerce.users.change"]),
        ("walmart", Class::Value, &["walmart.orders.refund", "walmart.returns.refund"]),
        ("walmart", Class::Authz, &["walmart.settings.change"]),
        ("shein", Class::Mint, &["shein.keys.get-by-token"]),
    ];
    for (preset, class, names) in rows {
        for name in names {
            let known = table(preset).operation(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(known.class(), class, "{name}");
        }
    }
    // What is watched.
    for (preset, operation) in [
        ("ebay", "ebay.account.payout-settings"),
        ("lazada", "lazada.finance.payouts"),
        ("amazon-sp", "amazon-sp.transfers.payment-methods"),
        ("shopify-admin", "shopify.query.shopifyPaymentsAccount"),
        ("shopee", "shopee.payment.payout-detail"),
        ("tiktok-shop", "tiktok-shop.finance.payments"),
        ("stripe", "stripe.external-accounts.list"),
        ("paypal", "paypal.balances.get"),
        ("airwallex", "airwallex.beneficiaries.list"),
        ("payoneer", "payoneer.accounts.balances"),
        ("woocommerce", "woocommerce.gateways.list"),
    ] {
        assert_eq!(table(preset).watch().map(super::super::Watch::operation), Some(operation));
    }
}
