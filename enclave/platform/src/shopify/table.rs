//! The class of each root field that has a name. What is not here is refused.

use contracts_bindings::Class;

use crate::graphql::OperationKind;

/// Root fields of `QueryRoot`: all are reads of the store.
const QUERIES: [&str; 31] = [
    "abandonedCheckouts",
    "collection",
    "collections",
    "customer",
    "customers",
    "customersCount",
    "dispute",
    "disputes",
    "draftOrder",
    "draftOrders",
    "fulfillment",
    "fulfillmentOrder",
    "fulfillmentOrders",
    "inventoryItem",
    "inventoryItems",
    "inventoryLevel",
    "location",
    "locations",
    "order",
    "orders",
    "ordersCount",
    "product",
    "productVariant",
    "productVariants",
    "products",
    "productsCount",
    "refund",
    "return",
    "shop",
    "shopifyPaymentsAccount",
    "tenderTransactions",
];

/// Root fields of `Mutation`.
const MUTATIONS: [(&str, Class); 31] = [
    // Changes what the store says.
    ("customerUpdate", Class::Write),
    ("fulfillmentCreate", Class::Write),
    ("inventorySetQuantities", Class::Write),
    ("orderUpdate", Class::Write),
    ("productCreate", Class::Write),
    ("productUpdate", Class::Write),
    ("tagsAdd", Class::Write),
    ("tagsRemove", Class::Write),
    // Gives something away, or takes it back.
    ("discountCodeBasicCreate", Class::Value),
    ("draftOrderComplete", Class::Value),
    ("giftCardCreate", Class::Value),
    ("giftCardCredit", Class::Value),
    ("orderCancel", Class::Value),
    ("orderMarkAsPaid", Class::Value),
    ("productSet", Class::Value),
    ("productVariantsBulkUpdate", Class::Value),
    ("refundCreate", Class::Value),
    ("storeCreditAccountCredit", Class::Value),
    // Where the money goes.
    ("shopifyPaymentsPayoutAlternateCurrencyCreate", Class::Routing),
    // Gives another credential to the caller.
    ("delegateAccessTokenCreate", Class::Mint),
    ("storefrontAccessTokenCreate", Class::Mint),
    // Who may what, and who hears of it.
    ("appRevokeAccessScopes", Class::Authz),
    ("appUninstall", Class::Authz),
    ("delegateAccessTokenDestroy", Class::Authz),
    ("eventBridgeWebhookSubscriptionCreate", Class::Authz),
    ("eventBridgeWebhookSubscriptionUpdate", Class::Authz),
    ("pubSubWebhookSubscriptionCreate", Class::Authz),
    ("storefrontAccessTokenDelete", Class::Authz),
    ("webhookSubscriptionCreate", Class::Authz),
    ("webhookSubscriptionDelete", Class::Authz),
    ("webhookSubscriptionUpdate", Class::Authz),
];

/// `None` if it has no name.
pub(super) fn class(kind: OperationKind, root: &str) -> Option<Class> {
    match kind {
        OperationKind::Query => QUERIES.contains(&root).then_some(Class::Read),
        OperationKind::Mutation => MUTATIONS.iter().find(|(name, _)| *name == root).map(|(_, class)| *class),
    }
}

/// Whether it runs, or leads to, what it does not name: any object by its id, or other requests out of an argument or a file.
pub(super) fn is_container(root: &str) -> bool {
    root == "node" || root == "nodes" || root.starts_with("bulkOperation") || root.ends_with("Batch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_field_once_and_no_container() {
        let names: Vec<&str> = QUERIES.iter().copied().chain(MUTATIONS.iter().map(|(name, _)| *name)).collect();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert!(names.iter().all(|name| !is_container(name)));
    }
}
