// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Made from the presets; do not edit. CONTRIBUTING.md says by what. A name that stands here never means more than it did when it came.

/// What a request can be, by the names of the presets. `Request.operation` is one of these, and its class is always the one that is said here.
library Operations {
    /// READ.
    bytes32 internal constant AIRWALLEX_ACCOUNT_GET = keccak256("airwallex.account.get");
    /// READ.
    bytes32 internal constant AIRWALLEX_ACCOUNTS_GLOBAL = keccak256("airwallex.accounts.global");
    /// READ.
    bytes32 internal constant AIRWALLEX_BALANCES_CURRENT = keccak256("airwallex.balances.current");
    /// READ.
    bytes32 internal constant AIRWALLEX_BALANCES_HISTORY = keccak256("airwallex.balances.history");
    /// ROUTING.
    bytes32 internal constant AIRWALLEX_BENEFICIARIES_CHANGE = keccak256("airwallex.beneficiaries.change");
    /// READ.
    bytes32 internal constant AIRWALLEX_BENEFICIARIES_GET = keccak256("airwallex.beneficiaries.get");
    /// READ.
    bytes32 internal constant AIRWALLEX_BENEFICIARIES_LIST = keccak256("airwallex.beneficiaries.list");
    /// ROUTING.
    bytes32 internal constant AIRWALLEX_LINKED_CHANGE = keccak256("airwallex.linked.change");
    /// READ.
    bytes32 internal constant AIRWALLEX_LINKED_LIST = keccak256("airwallex.linked.list");
    /// MINT.
    bytes32 internal constant AIRWALLEX_LOGIN_OTHERS = keccak256("airwallex.login.others");
    /// ROUTING.
    bytes32 internal constant AIRWALLEX_PAYOUTS_CHANGE = keccak256("airwallex.payouts.change");
    /// READ.
    bytes32 internal constant AIRWALLEX_TRANSACTIONS_LIST = keccak256("airwallex.transactions.list");
    /// ROUTING. Parameters: amount, currency.
    bytes32 internal constant AIRWALLEX_TRANSFERS_CHANGE = keccak256("airwallex.transfers.change");
    /// READ.
    bytes32 internal constant AIRWALLEX_TRANSFERS_GET = keccak256("airwallex.transfers.get");
    /// READ.
    bytes32 internal constant AIRWALLEX_TRANSFERS_LIST = keccak256("airwallex.transfers.list");
    /// READ.
    bytes32 internal constant ALIBABA_ORDERS_GET = keccak256("alibaba.orders.get");
    /// READ.
    bytes32 internal constant ALIBABA_ORDERS_LIST = keccak256("alibaba.orders.list");
    /// READ.
    bytes32 internal constant ALIBABA_PRODUCTS_GET = keccak256("alibaba.products.get");
    /// READ.
    bytes32 internal constant ALIBABA_PRODUCTS_LIST = keccak256("alibaba.products.list");
    /// READ.
    bytes32 internal constant ALIEXPRESS_MERCHANT_PROFILE = keccak256("aliexpress.merchant.profile");
    /// READ.
    bytes32 internal constant ALIEXPRESS_ORDERS_GET = keccak256("aliexpress.orders.get");
    /// READ.
    bytes32 internal constant ALIEXPRESS_ORDERS_LIST = keccak256("aliexpress.orders.list");
    /// WRITE.
    bytes32 internal constant ALIEXPRESS_ORDERS_SHIP = keccak256("aliexpress.orders.ship");
    /// VALUE.
    bytes32 internal constant ALIEXPRESS_PRODUCTS_EDIT = keccak256("aliexpress.products.edit");
    /// READ.
    bytes32 internal constant ALIEXPRESS_PRODUCTS_GET = keccak256("aliexpress.products.get");
    /// READ.
    bytes32 internal constant ALIEXPRESS_PRODUCTS_LIST = keccak256("aliexpress.products.list");
    /// VALUE.
    bytes32 internal constant ALIEXPRESS_PRODUCTS_POST = keccak256("aliexpress.products.post");
    /// VALUE.
    bytes32 internal constant ALIEXPRESS_PRODUCTS_PRICE = keccak256("aliexpress.products.price");
    /// WRITE.
    bytes32 internal constant ALIEXPRESS_PRODUCTS_STOCK = keccak256("aliexpress.products.stock");
    /// MINT.
    bytes32 internal constant ALIEXPRESS_TOKENS_MAKE = keccak256("aliexpress.tokens.make");
    /// CREDENTIAL.
    bytes32 internal constant AMAZON_SP_APP_ROTATE_SECRET = keccak256("amazon-sp.app.rotate-secret");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_CATALOG_ITEM = keccak256("amazon-sp.catalog.item");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_CATALOG_SEARCH = keccak256("amazon-sp.catalog.search");
    /// READ.
    bytes32 internal constant AMAZON_SP_DEFINITIONS_GET = keccak256("amazon-sp.definitions.get");
    /// READ.
    bytes32 internal constant AMAZON_SP_DEFINITIONS_LIST = keccak256("amazon-sp.definitions.list");
    /// READ.
    bytes32 internal constant AMAZON_SP_FEEDS_DOCUMENT = keccak256("amazon-sp.feeds.document");
    /// READ.
    bytes32 internal constant AMAZON_SP_FEEDS_GET = keccak256("amazon-sp.feeds.get");
    /// READ.
    bytes32 internal constant AMAZON_SP_FEEDS_LIST = keccak256("amazon-sp.feeds.list");
    /// READ.
    bytes32 internal constant AMAZON_SP_FINANCES_BALANCES = keccak256("amazon-sp.finances.balances");
    /// READ.
    bytes32 internal constant AMAZON_SP_FINANCES_EVENT_GROUPS = keccak256("amazon-sp.finances.event-groups");
    /// READ.
    bytes32 internal constant AMAZON_SP_FINANCES_EVENTS = keccak256("amazon-sp.finances.events");
    /// READ.
    bytes32 internal constant AMAZON_SP_FINANCES_GROUP_EVENTS = keccak256("amazon-sp.finances.group-events");
    /// READ. Parameters: order.
    bytes32 internal constant AMAZON_SP_FINANCES_ORDER_EVENTS = keccak256("amazon-sp.finances.order-events");
    /// READ.
    bytes32 internal constant AMAZON_SP_FINANCES_TRANSACTIONS = keccak256("amazon-sp.finances.transactions");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_INVENTORY_SUMMARIES = keccak256("amazon-sp.inventory.summaries");
    /// READ.
    bytes32 internal constant AMAZON_SP_KIOSK_DOCUMENT = keccak256("amazon-sp.kiosk.document");
    /// READ.
    bytes32 internal constant AMAZON_SP_KIOSK_GET = keccak256("amazon-sp.kiosk.get");
    /// READ.
    bytes32 internal constant AMAZON_SP_KIOSK_LIST = keccak256("amazon-sp.kiosk.list");
    /// WRITE. Parameters: marketplace, sku.
    bytes32 internal constant AMAZON_SP_LISTINGS_DELETE = keccak256("amazon-sp.listings.delete");
    /// READ. Parameters: marketplace, sku.
    bytes32 internal constant AMAZON_SP_LISTINGS_GET = keccak256("amazon-sp.listings.get");
    /// VALUE. Parameters: marketplace, sku.
    bytes32 internal constant AMAZON_SP_LISTINGS_PATCH = keccak256("amazon-sp.listings.patch");
    /// VALUE. Parameters: marketplace, sku.
    bytes32 internal constant AMAZON_SP_LISTINGS_PUT = keccak256("amazon-sp.listings.put");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_LISTINGS_RESTRICTIONS = keccak256("amazon-sp.listings.restrictions");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_LISTINGS_SEARCH = keccak256("amazon-sp.listings.search");
    /// AUTHZ.
    bytes32 internal constant AMAZON_SP_NOTIFICATIONS_DESTINATION_CREATE = keccak256("amazon-sp.notifications.destination-create");
    /// AUTHZ.
    bytes32 internal constant AMAZON_SP_NOTIFICATIONS_DESTINATION_DELETE = keccak256("amazon-sp.notifications.destination-delete");
    /// AUTHZ.
    bytes32 internal constant AMAZON_SP_NOTIFICATIONS_DESTINATIONS = keccak256("amazon-sp.notifications.destinations");
    /// AUTHZ.
    bytes32 internal constant AMAZON_SP_NOTIFICATIONS_SUBSCRIBE = keccak256("amazon-sp.notifications.subscribe");
    /// READ.
    bytes32 internal constant AMAZON_SP_NOTIFICATIONS_SUBSCRIPTIONS = keccak256("amazon-sp.notifications.subscriptions");
    /// AUTHZ.
    bytes32 internal constant AMAZON_SP_NOTIFICATIONS_UNSUBSCRIBE = keccak256("amazon-sp.notifications.unsubscribe");
    /// READ. Parameters: order.
    bytes32 internal constant AMAZON_SP_ORDERS_ADDRESS = keccak256("amazon-sp.orders.address");
    /// READ. Parameters: order.
    bytes32 internal constant AMAZON_SP_ORDERS_BUYER = keccak256("amazon-sp.orders.buyer");
    /// WRITE. Parameters: order.
    bytes32 internal constant AMAZON_SP_ORDERS_CONFIRM_SHIPMENT = keccak256("amazon-sp.orders.confirm-shipment");
    /// READ. Parameters: order.
    bytes32 internal constant AMAZON_SP_ORDERS_GET = keccak256("amazon-sp.orders.get");
    /// READ. Parameters: order.
    bytes32 internal constant AMAZON_SP_ORDERS_ITEMS = keccak256("amazon-sp.orders.items");
    /// READ. Parameters: order.
    bytes32 internal constant AMAZON_SP_ORDERS_ITEMS_BUYER = keccak256("amazon-sp.orders.items-buyer");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_ORDERS_LIST = keccak256("amazon-sp.orders.list");
    /// READ. Parameters: order.
    bytes32 internal constant AMAZON_SP_ORDERS_READ = keccak256("amazon-sp.orders.read");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_ORDERS_SEARCH = keccak256("amazon-sp.orders.search");
    /// READ.
    bytes32 internal constant AMAZON_SP_PRICING_COMPETITIVE = keccak256("amazon-sp.pricing.competitive");
    /// READ.
    bytes32 internal constant AMAZON_SP_PRICING_ITEM_OFFERS = keccak256("amazon-sp.pricing.item-offers");
    /// READ.
    bytes32 internal constant AMAZON_SP_PRICING_PRICES = keccak256("amazon-sp.pricing.prices");
    /// WRITE.
    bytes32 internal constant AMAZON_SP_REPORTS_CANCEL = keccak256("amazon-sp.reports.cancel");
    /// READ. Parameters: marketplace, report.type.
    bytes32 internal constant AMAZON_SP_REPORTS_CREATE = keccak256("amazon-sp.reports.create");
    /// READ.
    bytes32 internal constant AMAZON_SP_REPORTS_DOCUMENT = keccak256("amazon-sp.reports.document");
    /// READ.
    bytes32 internal constant AMAZON_SP_REPORTS_GET = keccak256("amazon-sp.reports.get");
    /// READ.
    bytes32 internal constant AMAZON_SP_REPORTS_LIST = keccak256("amazon-sp.reports.list");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_SALES_METRICS = keccak256("amazon-sp.sales.metrics");
    /// READ.
    bytes32 internal constant AMAZON_SP_SELLERS_ACCOUNT = keccak256("amazon-sp.sellers.account");
    /// READ.
    bytes32 internal constant AMAZON_SP_SELLERS_MARKETPLACES = keccak256("amazon-sp.sellers.marketplaces");
    /// MINT.
    bytes32 internal constant AMAZON_SP_TOKENS_RESTRICTED_DATA = keccak256("amazon-sp.tokens.restricted-data");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_TRANSFERS_EXPECTED = keccak256("amazon-sp.transfers.expected");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_TRANSFERS_PAYMENT_METHODS = keccak256("amazon-sp.transfers.payment-methods");
    /// ROUTING. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_TRANSFERS_PAYOUT = keccak256("amazon-sp.transfers.payout");
    /// READ. Parameters: marketplace.
    bytes32 internal constant AMAZON_SP_TRANSFERS_PAYOUTS = keccak256("amazon-sp.transfers.payouts");
    /// READ.
    bytes32 internal constant AMAZON_SP_WALLET_ACCOUNTS = keccak256("amazon-sp.wallet.accounts");
    /// READ.
    bytes32 internal constant AMAZON_SP_WALLET_BALANCE = keccak256("amazon-sp.wallet.balance");
    /// ROUTING.
    bytes32 internal constant AMAZON_SP_WALLET_SCHEDULE = keccak256("amazon-sp.wallet.schedule");
    /// READ.
    bytes32 internal constant AMAZON_SP_WALLET_SCHEDULES = keccak256("amazon-sp.wallet.schedules");
    /// READ.
    bytes32 internal constant AMAZON_SP_WALLET_TRANSACTIONS = keccak256("amazon-sp.wallet.transactions");
    /// ROUTING.
    bytes32 internal constant AMAZON_SP_WALLET_TRANSFER = keccak256("amazon-sp.wallet.transfer");
    /// ROUTING.
    bytes32 internal constant AMAZON_SP_WALLET_UNSCHEDULE = keccak256("amazon-sp.wallet.unschedule");
    /// WRITE.
    bytes32 internal constant COUPANG_ORDERS_ACKNOWLEDGE = keccak256("coupang.orders.acknowledge");
    /// VALUE. Parameters: order.
    bytes32 internal constant COUPANG_ORDERS_CANCEL = keccak256("coupang.orders.cancel");
    /// READ. Parameters: order.
    bytes32 internal constant COUPANG_ORDERS_GET = keccak256("coupang.orders.get");
    /// READ.
    bytes32 internal constant COUPANG_ORDERS_LIST = keccak256("coupang.orders.list");
    /// WRITE.
    bytes32 internal constant COUPANG_ORDERS_SHIP = keccak256("coupang.orders.ship");
    /// READ.
    bytes32 internal constant COUPANG_PRODUCTS_GET = keccak256("coupang.products.get");
    /// READ.
    bytes32 internal constant COUPANG_PRODUCTS_LIST = keccak256("coupang.products.list");
    /// VALUE.
    bytes32 internal constant COUPANG_PRODUCTS_PRICE = keccak256("coupang.products.price");
    /// WRITE.
    bytes32 internal constant COUPANG_PRODUCTS_STOCK = keccak256("coupang.products.stock");
    /// VALUE.
    bytes32 internal constant COUPANG_RETURNS_APPROVE = keccak256("coupang.returns.approve");
    /// READ.
    bytes32 internal constant COUPANG_RETURNS_LIST = keccak256("coupang.returns.list");
    /// READ.
    bytes32 internal constant COUPANG_SETTLEMENTS_REVENUE = keccak256("coupang.settlements.revenue");
    /// READ.
    bytes32 internal constant EBAY_ACCOUNT_FULFILLMENT_POLICIES = keccak256("ebay.account.fulfillment-policies");
    /// READ.
    bytes32 internal constant EBAY_ACCOUNT_PAYMENT_POLICIES = keccak256("ebay.account.payment-policies");
    /// ROUTING.
    bytes32 internal constant EBAY_ACCOUNT_PAYOUT_PERCENTAGE = keccak256("ebay.account.payout-percentage");
    /// READ.
    bytes32 internal constant EBAY_ACCOUNT_PAYOUT_SETTINGS = keccak256("ebay.account.payout-settings");
    /// READ.
    bytes32 internal constant EBAY_ACCOUNT_PRIVILEGES = keccak256("ebay.account.privileges");
    /// READ.
    bytes32 internal constant EBAY_ACCOUNT_RETURN_POLICIES = keccak256("ebay.account.return-policies");
    /// VALUE.
    bytes32 internal constant EBAY_DISPUTES_ACCEPT = keccak256("ebay.disputes.accept");
    /// READ.
    bytes32 internal constant EBAY_DISPUTES_GET = keccak256("ebay.disputes.get");
    /// READ.
    bytes32 internal constant EBAY_DISPUTES_LIST = keccak256("ebay.disputes.list");
    /// READ.
    bytes32 internal constant EBAY_FINANCES_FUNDS = keccak256("ebay.finances.funds");
    /// READ.
    bytes32 internal constant EBAY_FINANCES_PAYOUT = keccak256("ebay.finances.payout");
    /// READ.
    bytes32 internal constant EBAY_FINANCES_PAYOUT_SUMMARY = keccak256("ebay.finances.payout-summary");
    /// READ.
    bytes32 internal constant EBAY_FINANCES_PAYOUTS = keccak256("ebay.finances.payouts");
    /// READ.
    bytes32 internal constant EBAY_FINANCES_TRANSACTION_SUMMARY = keccak256("ebay.finances.transaction-summary");
    /// READ.
    bytes32 internal constant EBAY_FINANCES_TRANSACTIONS = keccak256("ebay.finances.transactions");
    /// READ.
    bytes32 internal constant EBAY_IDENTITY_USER = keccak256("ebay.identity.user");
    /// WRITE. Parameters: sku.
    bytes32 internal constant EBAY_INVENTORY_DELETE = keccak256("ebay.inventory.delete");
    /// READ. Parameters: sku.
    bytes32 internal constant EBAY_INVENTORY_ITEM = keccak256("ebay.inventory.item");
    /// READ.
    bytes32 internal constant EBAY_INVENTORY_ITEMS = keccak256("ebay.inventory.items");
    /// WRITE. Parameters: sku.
    bytes32 internal constant EBAY_INVENTORY_PUT = keccak256("ebay.inventory.put");
    /// MINT.
    bytes32 internal constant EBAY_KEYS_CREATE = keccak256("ebay.keys.create");
    /// AUTHZ.
    bytes32 internal constant EBAY_NOTIFICATION_DESTINATIONS = keccak256("ebay.notification.destinations");
    /// AUTHZ.
    bytes32 internal constant EBAY_NOTIFICATION_SUBSCRIBE = keccak256("ebay.notification.subscribe");
    /// VALUE.
    bytes32 internal constant EBAY_OFFERS_CREATE = keccak256("ebay.offers.create");
    /// READ.
    bytes32 internal constant EBAY_OFFERS_GET = keccak256("ebay.offers.get");
    /// READ.
    bytes32 internal constant EBAY_OFFERS_LIST = keccak256("ebay.offers.list");
    /// VALUE.
    bytes32 internal constant EBAY_OFFERS_PUBLISH = keccak256("ebay.offers.publish");
    /// VALUE.
    bytes32 internal constant EBAY_OFFERS_UPDATE = keccak256("ebay.offers.update");
    /// WRITE.
    bytes32 internal constant EBAY_OFFERS_WITHDRAW = keccak256("ebay.offers.withdraw");
    /// READ. Parameters: order.
    bytes32 internal constant EBAY_ORDERS_FULFILLMENTS = keccak256("ebay.orders.fulfillments");
    /// READ. Parameters: order.
    bytes32 internal constant EBAY_ORDERS_GET = keccak256("ebay.orders.get");
    /// READ.
    bytes32 internal constant EBAY_ORDERS_LIST = keccak256("ebay.orders.list");
    /// VALUE. Parameters: amount, currency, order.
    bytes32 internal constant EBAY_ORDERS_REFUND = keccak256("ebay.orders.refund");
    /// WRITE. Parameters: order.
    bytes32 internal constant EBAY_ORDERS_SHIP = keccak256("ebay.orders.ship");
    /// WRITE.
    bytes32 internal constant ETSY_LISTINGS_DELETE = keccak256("etsy.listings.delete");
    /// READ.
    bytes32 internal constant ETSY_LISTINGS_GET = keccak256("etsy.listings.get");
    /// READ.
    bytes32 internal constant ETSY_LISTINGS_INVENTORY = keccak256("etsy.listings.inventory");
    /// READ.
    bytes32 internal constant ETSY_LISTINGS_LIST = keccak256("etsy.listings.list");
    /// VALUE.
    bytes32 internal constant ETSY_LISTINGS_PUT_INVENTORY = keccak256("etsy.listings.put-inventory");
    /// VALUE.
    bytes32 internal constant ETSY_LISTINGS_UPDATE = keccak256("etsy.listings.update");
    /// READ.
    bytes32 internal constant ETSY_PAYMENTS_LEDGER = keccak256("etsy.payments.ledger");
    /// READ.
    bytes32 internal constant ETSY_PAYMENTS_LIST = keccak256("etsy.payments.list");
    /// READ. Parameters: order.
    bytes32 internal constant ETSY_PAYMENTS_RECEIPT = keccak256("etsy.payments.receipt");
    /// READ. Parameters: order.
    bytes32 internal constant ETSY_RECEIPTS_GET = keccak256("etsy.receipts.get");
    /// READ.
    bytes32 internal constant ETSY_RECEIPTS_LIST = keccak256("etsy.receipts.list");
    /// WRITE. Parameters: order.
    bytes32 internal constant ETSY_RECEIPTS_SHIP = keccak256("etsy.receipts.ship");
    /// READ. Parameters: order.
    bytes32 internal constant ETSY_RECEIPTS_TRANSACTIONS = keccak256("etsy.receipts.transactions");
    /// READ.
    bytes32 internal constant ETSY_SHOPS_GET = keccak256("etsy.shops.get");
    /// READ.
    bytes32 internal constant ETSY_USERS_ME = keccak256("etsy.users.me");
    /// READ.
    bytes32 internal constant GENERIC_GET = keccak256("generic.get");
    /// ROUTING.
    bytes32 internal constant GENERIC_SEND = keccak256("generic.send");
    /// READ.
    bytes32 internal constant LAZADA_FINANCE_ACCOUNT = keccak256("lazada.finance.account");
    /// READ.
    bytes32 internal constant LAZADA_FINANCE_PAYOUTS = keccak256("lazada.finance.payouts");
    /// READ.
    bytes32 internal constant LAZADA_FINANCE_TRANSACTIONS = keccak256("lazada.finance.transactions");
    /// READ.
    bytes32 internal constant LAZADA_ORDERS_DOCUMENT = keccak256("lazada.orders.document");
    /// READ. Parameters: order.
    bytes32 internal constant LAZADA_ORDERS_GET = keccak256("lazada.orders.get");
    /// WRITE.
    bytes32 internal constant LAZADA_ORDERS_INVOICE = keccak256("lazada.orders.invoice");
    /// READ. Parameters: order.
    bytes32 internal constant LAZADA_ORDERS_ITEMS = keccak256("lazada.orders.items");
    /// READ.
    bytes32 internal constant LAZADA_ORDERS_ITEMS_OF = keccak256("lazada.orders.items-of");
    /// READ.
    bytes32 internal constant LAZADA_ORDERS_LIST = keccak256("lazada.orders.list");
    /// WRITE.
    bytes32 internal constant LAZADA_ORDERS_PACK = keccak256("lazada.orders.pack");
    /// READ.
    bytes32 internal constant LAZADA_ORDERS_PROVIDERS = keccak256("lazada.orders.providers");
    /// WRITE.
    bytes32 internal constant LAZADA_ORDERS_READY = keccak256("lazada.orders.ready");
    /// READ. Parameters: order.
    bytes32 internal constant LAZADA_ORDERS_TRACE = keccak256("lazada.orders.trace");
    /// ROUTING.
    bytes32 internal constant LAZADA_PAYMENT_BINDING = keccak256("lazada.payment.binding");
    /// READ.
    bytes32 internal constant LAZADA_PRODUCTS_ATTRIBUTES = keccak256("lazada.products.attributes");
    /// READ.
    bytes32 internal constant LAZADA_PRODUCTS_CATEGORIES = keccak256("lazada.products.categories");
    /// VALUE.
    bytes32 internal constant LAZADA_PRODUCTS_CREATE = keccak256("lazada.products.create");
    /// WRITE.
    bytes32 internal constant LAZADA_PRODUCTS_DEACTIVATE = keccak256("lazada.products.deactivate");
    /// READ.
    bytes32 internal constant LAZADA_PRODUCTS_GET = keccak256("lazada.products.get");
    /// READ.
    bytes32 internal constant LAZADA_PRODUCTS_LIST = keccak256("lazada.products.list");
    /// VALUE.
    bytes32 internal constant LAZADA_PRODUCTS_PRICE_QUANTITY = keccak256("lazada.products.price-quantity");
    /// WRITE.
    bytes32 internal constant LAZADA_PRODUCTS_REMOVE = keccak256("lazada.products.remove");
    /// WRITE.
    bytes32 internal constant LAZADA_PRODUCTS_STOCK = keccak256("lazada.products.stock");
    /// VALUE.
    bytes32 internal constant LAZADA_PRODUCTS_UPDATE = keccak256("lazada.products.update");
    /// VALUE.
    bytes32 internal constant LAZADA_REVERSE_CHANGE = keccak256("lazada.reverse.change");
    /// READ.
    bytes32 internal constant LAZADA_REVERSE_LIST = keccak256("lazada.reverse.list");
    /// READ.
    bytes32 internal constant LAZADA_SELLER_GET = keccak256("lazada.seller.get");
    /// READ.
    bytes32 internal constant LAZADA_SELLER_METRICS = keccak256("lazada.seller.metrics");
    /// READ.
    bytes32 internal constant LAZADA_SELLER_PERFORMANCE = keccak256("lazada.seller.performance");
    /// READ.
    bytes32 internal constant LAZADA_SELLER_POLICY = keccak256("lazada.seller.policy");
    /// AUTHZ.
    bytes32 internal constant LAZADA_SELLER_UPDATE = keccak256("lazada.seller.update");
    /// MINT.
    bytes32 internal constant LAZADA_TOKENS_MAKE = keccak256("lazada.tokens.make");
    /// AUTHZ.
    bytes32 internal constant LAZADA_USER_UPDATE = keccak256("lazada.user.update");
    /// READ.
    bytes32 internal constant LAZADA_WALLET_BALANCE = keccak256("lazada.wallet.balance");
    /// ROUTING.
    bytes32 internal constant LAZADA_WALLET_TRANSFER = keccak256("lazada.wallet.transfer");
    /// ROUTING.
    bytes32 internal constant LAZADA_WALLET_WITHDRAW = keccak256("lazada.wallet.withdraw");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_CLAIMS_GET = keccak256("mercado-libre.claims.get");
    /// VALUE.
    bytes32 internal constant MERCADO_LIBRE_CLAIMS_REFUND = keccak256("mercado-libre.claims.refund");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_CLAIMS_SEARCH = keccak256("mercado-libre.claims.search");
    /// AUTHZ.
    bytes32 internal constant MERCADO_LIBRE_GRANTS_REVOKE = keccak256("mercado-libre.grants.revoke");
    /// VALUE.
    bytes32 internal constant MERCADO_LIBRE_ITEMS_CREATE = keccak256("mercado-libre.items.create");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_ITEMS_GET = keccak256("mercado-libre.items.get");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_ITEMS_LIST = keccak256("mercado-libre.items.list");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_ITEMS_OF_USER = keccak256("mercado-libre.items.of-user");
    /// VALUE.
    bytes32 internal constant MERCADO_LIBRE_ITEMS_UPDATE = keccak256("mercado-libre.items.update");
    /// AUTHZ.
    bytes32 internal constant MERCADO_LIBRE_NOTIFICATIONS_MISSED = keccak256("mercado-libre.notifications.missed");
    /// READ. Parameters: order.
    bytes32 internal constant MERCADO_LIBRE_ORDERS_GET = keccak256("mercado-libre.orders.get");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_ORDERS_SEARCH = keccak256("mercado-libre.orders.search");
    /// WRITE.
    bytes32 internal constant MERCADO_LIBRE_QUESTIONS_ANSWER = keccak256("mercado-libre.questions.answer");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_QUESTIONS_SEARCH = keccak256("mercado-libre.questions.search");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_SHIPMENTS_GET = keccak256("mercado-libre.shipments.get");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_SITES_CATEGORIES = keccak256("mercado-libre.sites.categories");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_USERS_GET = keccak256("mercado-libre.users.get");
    /// READ.
    bytes32 internal constant MERCADO_LIBRE_USERS_ME = keccak256("mercado-libre.users.me");
    /// READ.
    bytes32 internal constant PAYONEER_ACCOUNTS_BALANCES = keccak256("payoneer.accounts.balances");
    /// ROUTING.
    bytes32 internal constant PAYONEER_PAYMENTS_CREATE = keccak256("payoneer.payments.create");
    /// ROUTING.
    bytes32 internal constant PAYONEER_PAYOUTS_CREATE = keccak256("payoneer.payouts.create");
    /// READ.
    bytes32 internal constant PAYONEER_PAYOUTS_GET = keccak256("payoneer.payouts.get");
    /// READ.
    bytes32 internal constant PAYONEER_PROGRAMS_BALANCES = keccak256("payoneer.programs.balances");
    /// READ.
    bytes32 internal constant PAYPAL_BALANCES_GET = keccak256("paypal.balances.get");
    /// READ.
    bytes32 internal constant PAYPAL_CAPTURES_GET = keccak256("paypal.captures.get");
    /// VALUE. Parameters: amount, currency.
    bytes32 internal constant PAYPAL_CAPTURES_REFUND = keccak256("paypal.captures.refund");
    /// VALUE.
    bytes32 internal constant PAYPAL_DISPUTES_ACCEPT = keccak256("paypal.disputes.accept");
    /// READ.
    bytes32 internal constant PAYPAL_DISPUTES_GET = keccak256("paypal.disputes.get");
    /// READ.
    bytes32 internal constant PAYPAL_DISPUTES_LIST = keccak256("paypal.disputes.list");
    /// READ.
    bytes32 internal constant PAYPAL_IDENTITY_USER = keccak256("paypal.identity.user");
    /// READ.
    bytes32 internal constant PAYPAL_INVOICES_LIST = keccak256("paypal.invoices.list");
    /// VALUE. Parameters: order.
    bytes32 internal constant PAYPAL_ORDERS_CAPTURE = keccak256("paypal.orders.capture");
    /// VALUE. Parameters: amount, currency.
    bytes32 internal constant PAYPAL_ORDERS_CREATE = keccak256("paypal.orders.create");
    /// READ. Parameters: order.
    bytes32 internal constant PAYPAL_ORDERS_GET = keccak256("paypal.orders.get");
    /// ROUTING.
    bytes32 internal constant PAYPAL_PAYOUTS_CANCEL = keccak256("paypal.payouts.cancel");
    /// ROUTING.
    bytes32 internal constant PAYPAL_PAYOUTS_CREATE = keccak256("paypal.payouts.create");
    /// READ.
    bytes32 internal constant PAYPAL_PAYOUTS_GET = keccak256("paypal.payouts.get");
    /// READ.
    bytes32 internal constant PAYPAL_PAYOUTS_ITEM = keccak256("paypal.payouts.item");
    /// READ.
    bytes32 internal constant PAYPAL_REFUNDS_GET = keccak256("paypal.refunds.get");
    /// MINT.
    bytes32 internal constant PAYPAL_TOKENS_CLIENT = keccak256("paypal.tokens.client");
    /// READ.
    bytes32 internal constant PAYPAL_TRANSACTIONS_LIST = keccak256("paypal.transactions.list");
    /// AUTHZ.
    bytes32 internal constant PAYPAL_WEBHOOKS_CHANGE = keccak256("paypal.webhooks.change");
    /// READ.
    bytes32 internal constant PAYPAL_WEBHOOKS_LIST = keccak256("paypal.webhooks.list");
    /// MINT.
    bytes32 internal constant SHEIN_KEYS_GET_BY_TOKEN = keccak256("shein.keys.get-by-token");
    /// READ.
    bytes32 internal constant SHEIN_ORDERS_GET = keccak256("shein.orders.get");
    /// READ.
    bytes32 internal constant SHEIN_ORDERS_LIST = keccak256("shein.orders.list");
    /// READ.
    bytes32 internal constant SHEIN_PRODUCTS_LIST = keccak256("shein.products.list");
    /// WRITE.
    bytes32 internal constant SHEIN_STOCK_CHANGE = keccak256("shein.stock.change");
    /// READ.
    bytes32 internal constant SHEIN_STOCK_QUERY = keccak256("shein.stock.query");
    /// VALUE.
    bytes32 internal constant SHOPEE_DISCOUNTS_ADD = keccak256("shopee.discounts.add");
    /// READ.
    bytes32 internal constant SHOPEE_DISCOUNTS_LIST = keccak256("shopee.discounts.list");
    /// READ.
    bytes32 internal constant SHOPEE_HEALTH_PERFORMANCE = keccak256("shopee.health.performance");
    /// READ.
    bytes32 internal constant SHOPEE_LOGISTICS_ADDRESSES = keccak256("shopee.logistics.addresses");
    /// READ.
    bytes32 internal constant SHOPEE_LOGISTICS_CHANNELS = keccak256("shopee.logistics.channels");
    /// READ. Parameters: order.
    bytes32 internal constant SHOPEE_LOGISTICS_PARAMETER = keccak256("shopee.logistics.parameter");
    /// WRITE. Parameters: order.
    bytes32 internal constant SHOPEE_LOGISTICS_SHIP = keccak256("shopee.logistics.ship");
    /// READ. Parameters: order.
    bytes32 internal constant SHOPEE_LOGISTICS_TRACKING = keccak256("shopee.logistics.tracking");
    /// READ. Parameters: order.
    bytes32 internal constant SHOPEE_LOGISTICS_TRACKING_NUMBER = keccak256("shopee.logistics.tracking-number");
    /// VALUE. Parameters: order.
    bytes32 internal constant SHOPEE_ORDERS_BUYER_CANCELLATION = keccak256("shopee.orders.buyer-cancellation");
    /// VALUE. Parameters: order.
    bytes32 internal constant SHOPEE_ORDERS_CANCEL = keccak256("shopee.orders.cancel");
    /// READ. Parameters: order.
    bytes32 internal constant SHOPEE_ORDERS_GET = keccak256("shopee.orders.get");
    /// READ.
    bytes32 internal constant SHOPEE_ORDERS_LIST = keccak256("shopee.orders.list");
    /// WRITE. Parameters: order.
    bytes32 internal constant SHOPEE_ORDERS_NOTE = keccak256("shopee.orders.note");
    /// READ.
    bytes32 internal constant SHOPEE_ORDERS_PACKAGE = keccak256("shopee.orders.package");
    /// READ.
    bytes32 internal constant SHOPEE_ORDERS_SHIPMENTS = keccak256("shopee.orders.shipments");
    /// READ. Parameters: order.
    bytes32 internal constant SHOPEE_PAYMENT_ESCROW = keccak256("shopee.payment.escrow");
    /// READ.
    bytes32 internal constant SHOPEE_PAYMENT_ESCROWS = keccak256("shopee.payment.escrows");
    /// READ.
    bytes32 internal constant SHOPEE_PAYMENT_INCOME = keccak256("shopee.payment.income");
    /// READ.
    bytes32 internal constant SHOPEE_PAYMENT_METHODS = keccak256("shopee.payment.methods");
    /// READ.
    bytes32 internal constant SHOPEE_PAYMENT_OVERVIEW = keccak256("shopee.payment.overview");
    /// READ.
    bytes32 internal constant SHOPEE_PAYMENT_PAYOUT_DETAIL = keccak256("shopee.payment.payout-detail");
    /// READ.
    bytes32 internal constant SHOPEE_PAYMENT_PAYOUT_INFO = keccak256("shopee.payment.payout-info");
    /// READ.
    bytes32 internal constant SHOPEE_PAYMENT_WALLET = keccak256("shopee.payment.wallet");
    /// VALUE.
    bytes32 internal constant SHOPEE_PRODUCTS_ADD = keccak256("shopee.products.add");
    /// READ.
    bytes32 internal constant SHOPEE_PRODUCTS_CATEGORIES = keccak256("shopee.products.categories");
    /// WRITE.
    bytes32 internal constant SHOPEE_PRODUCTS_DELETE = keccak256("shopee.products.delete");
    /// READ.
    bytes32 internal constant SHOPEE_PRODUCTS_EXTRA = keccak256("shopee.products.extra");
    /// READ.
    bytes32 internal constant SHOPEE_PRODUCTS_GET = keccak256("shopee.products.get");
    /// READ.
    bytes32 internal constant SHOPEE_PRODUCTS_LIST = keccak256("shopee.products.list");
    /// READ.
    bytes32 internal constant SHOPEE_PRODUCTS_MODELS = keccak256("shopee.products.models");
    /// VALUE.
    bytes32 internal constant SHOPEE_PRODUCTS_PRICE = keccak256("shopee.products.price");
    /// WRITE.
    bytes32 internal constant SHOPEE_PRODUCTS_STOCK = keccak256("shopee.products.stock");
    /// WRITE.
    bytes32 internal constant SHOPEE_PRODUCTS_UNLIST = keccak256("shopee.products.unlist");
    /// VALUE.
    bytes32 internal constant SHOPEE_PRODUCTS_UPDATE = keccak256("shopee.products.update");
    /// AUTHZ.
    bytes32 internal constant SHOPEE_PUBLIC_MERCHANTS = keccak256("shopee.public.merchants");
    /// AUTHZ.
    bytes32 internal constant SHOPEE_PUBLIC_SHOPS = keccak256("shopee.public.shops");
    /// MINT.
    bytes32 internal constant SHOPEE_PUBLIC_TOKEN_BY_CODE = keccak256("shopee.public.token-by-code");
    /// AUTHZ.
    bytes32 internal constant SHOPEE_PUSH_CONFIG = keccak256("shopee.push.config");
    /// AUTHZ.
    bytes32 internal constant SHOPEE_PUSH_SET_CONFIG = keccak256("shopee.push.set-config");
    /// VALUE.
    bytes32 internal constant SHOPEE_RETURNS_ACCEPT_OFFER = keccak256("shopee.returns.accept-offer");
    /// VALUE.
    bytes32 internal constant SHOPEE_RETURNS_CONFIRM = keccak256("shopee.returns.confirm");
    /// WRITE.
    bytes32 internal constant SHOPEE_RETURNS_DISPUTE = keccak256("shopee.returns.dispute");
    /// READ.
    bytes32 internal constant SHOPEE_RETURNS_GET = keccak256("shopee.returns.get");
    /// READ.
    bytes32 internal constant SHOPEE_RETURNS_LIST = keccak256("shopee.returns.list");
    /// VALUE.
    bytes32 internal constant SHOPEE_RETURNS_OFFER = keccak256("shopee.returns.offer");
    /// READ.
    bytes32 internal constant SHOPEE_RETURNS_SOLUTIONS = keccak256("shopee.returns.solutions");
    /// READ.
    bytes32 internal constant SHOPEE_SHOP_INFO = keccak256("shopee.shop.info");
    /// READ.
    bytes32 internal constant SHOPEE_SHOP_PROFILE = keccak256("shopee.shop.profile");
    /// AUTHZ.
    bytes32 internal constant SHOPEE_SHOP_UPDATE_PROFILE = keccak256("shopee.shop.update-profile");
    /// READ.
    bytes32 internal constant SHOPEE_SHOP_WAREHOUSES = keccak256("shopee.shop.warehouses");
    /// VALUE.
    bytes32 internal constant SHOPEE_VOUCHERS_ADD = keccak256("shopee.vouchers.add");
    /// READ.
    bytes32 internal constant SHOPEE_VOUCHERS_LIST = keccak256("shopee.vouchers.list");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_APP_REVOKE_ACCESS_SCOPES = keccak256("shopify.mutation.appRevokeAccessScopes");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_APP_UNINSTALL = keccak256("shopify.mutation.appUninstall");
    /// WRITE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_CUSTOMER_UPDATE = keccak256("shopify.mutation.customerUpdate");
    /// MINT. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_DELEGATE_ACCESS_TOKEN_CREATE = keccak256("shopify.mutation.delegateAccessTokenCreate");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_DELEGATE_ACCESS_TOKEN_DESTROY = keccak256("shopify.mutation.delegateAccessTokenDestroy");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_DISCOUNT_CODE_BASIC_CREATE = keccak256("shopify.mutation.discountCodeBasicCreate");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_DRAFT_ORDER_COMPLETE = keccak256("shopify.mutation.draftOrderComplete");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_EVENT_BRIDGE_WEBHOOK_SUBSCRIPTION_CREATE = keccak256("shopify.mutation.eventBridgeWebhookSubscriptionCreate");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_EVENT_BRIDGE_WEBHOOK_SUBSCRIPTION_UPDATE = keccak256("shopify.mutation.eventBridgeWebhookSubscriptionUpdate");
    /// WRITE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_FULFILLMENT_CREATE = keccak256("shopify.mutation.fulfillmentCreate");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_GIFT_CARD_CREATE = keccak256("shopify.mutation.giftCardCreate");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_GIFT_CARD_CREDIT = keccak256("shopify.mutation.giftCardCredit");
    /// WRITE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_INVENTORY_SET_QUANTITIES = keccak256("shopify.mutation.inventorySetQuantities");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_ORDER_CANCEL = keccak256("shopify.mutation.orderCancel");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_ORDER_MARK_AS_PAID = keccak256("shopify.mutation.orderMarkAsPaid");
    /// WRITE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_ORDER_UPDATE = keccak256("shopify.mutation.orderUpdate");
    /// WRITE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_PRODUCT_CREATE = keccak256("shopify.mutation.productCreate");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_PRODUCT_SET = keccak256("shopify.mutation.productSet");
    /// WRITE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_PRODUCT_UPDATE = keccak256("shopify.mutation.productUpdate");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_PRODUCT_VARIANTS_BULK_UPDATE = keccak256("shopify.mutation.productVariantsBulkUpdate");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_PUB_SUB_WEBHOOK_SUBSCRIPTION_CREATE = keccak256("shopify.mutation.pubSubWebhookSubscriptionCreate");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_REFUND_CREATE = keccak256("shopify.mutation.refundCreate");
    /// ROUTING. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_SHOPIFY_PAYMENTS_PAYOUT_ALTERNATE_CURRENCY_CREATE = keccak256("shopify.mutation.shopifyPaymentsPayoutAlternateCurrencyCreate");
    /// VALUE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_STORE_CREDIT_ACCOUNT_CREDIT = keccak256("shopify.mutation.storeCreditAccountCredit");
    /// MINT. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_STOREFRONT_ACCESS_TOKEN_CREATE = keccak256("shopify.mutation.storefrontAccessTokenCreate");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_STOREFRONT_ACCESS_TOKEN_DELETE = keccak256("shopify.mutation.storefrontAccessTokenDelete");
    /// WRITE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_TAGS_ADD = keccak256("shopify.mutation.tagsAdd");
    /// WRITE. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_TAGS_REMOVE = keccak256("shopify.mutation.tagsRemove");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_WEBHOOK_SUBSCRIPTION_CREATE = keccak256("shopify.mutation.webhookSubscriptionCreate");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_WEBHOOK_SUBSCRIPTION_DELETE = keccak256("shopify.mutation.webhookSubscriptionDelete");
    /// AUTHZ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_MUTATION_WEBHOOK_SUBSCRIPTION_UPDATE = keccak256("shopify.mutation.webhookSubscriptionUpdate");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_ABANDONED_CHECKOUTS = keccak256("shopify.query.abandonedCheckouts");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_COLLECTION = keccak256("shopify.query.collection");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_COLLECTIONS = keccak256("shopify.query.collections");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_CUSTOMER = keccak256("shopify.query.customer");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_CUSTOMERS = keccak256("shopify.query.customers");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_CUSTOMERS_COUNT = keccak256("shopify.query.customersCount");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_DISPUTE = keccak256("shopify.query.dispute");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_DISPUTES = keccak256("shopify.query.disputes");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_DRAFT_ORDER = keccak256("shopify.query.draftOrder");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_DRAFT_ORDERS = keccak256("shopify.query.draftOrders");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_FULFILLMENT = keccak256("shopify.query.fulfillment");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_FULFILLMENT_ORDER = keccak256("shopify.query.fulfillmentOrder");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_FULFILLMENT_ORDERS = keccak256("shopify.query.fulfillmentOrders");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_INVENTORY_ITEM = keccak256("shopify.query.inventoryItem");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_INVENTORY_ITEMS = keccak256("shopify.query.inventoryItems");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_INVENTORY_LEVEL = keccak256("shopify.query.inventoryLevel");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_LOCATION = keccak256("shopify.query.location");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_LOCATIONS = keccak256("shopify.query.locations");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_ORDER = keccak256("shopify.query.order");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_ORDERS = keccak256("shopify.query.orders");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_ORDERS_COUNT = keccak256("shopify.query.ordersCount");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_PRODUCT = keccak256("shopify.query.product");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_PRODUCT_VARIANT = keccak256("shopify.query.productVariant");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_PRODUCT_VARIANTS = keccak256("shopify.query.productVariants");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_PRODUCTS = keccak256("shopify.query.products");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_PRODUCTS_COUNT = keccak256("shopify.query.productsCount");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_REFUND = keccak256("shopify.query.refund");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_RETURN = keccak256("shopify.query.return");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_SHOP = keccak256("shopify.query.shop");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_SHOPIFY_PAYMENTS_ACCOUNT = keccak256("shopify.query.shopifyPaymentsAccount");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_QUERY_TENDER_TRANSACTIONS = keccak256("shopify.query.tenderTransactions");
    /// READ. Parameters: api.version.
    bytes32 internal constant SHOPIFY_REST_SHOP = keccak256("shopify.rest.shop");
    /// READ.
    bytes32 internal constant STRIPE_ACCOUNT_GET = keccak256("stripe.account.get");
    /// ROUTING.
    bytes32 internal constant STRIPE_ACCOUNTS_CHANGE = keccak256("stripe.accounts.change");
    /// ROUTING.
    bytes32 internal constant STRIPE_ACCOUNTS_CREATE = keccak256("stripe.accounts.create");
    /// ROUTING.
    bytes32 internal constant STRIPE_ACCOUNTS_DELETE = keccak256("stripe.accounts.delete");
    /// READ.
    bytes32 internal constant STRIPE_ACCOUNTS_GET = keccak256("stripe.accounts.get");
    /// READ.
    bytes32 internal constant STRIPE_ACCOUNTS_LIST = keccak256("stripe.accounts.list");
    /// READ.
    bytes32 internal constant STRIPE_BALANCE_GET = keccak256("stripe.balance.get");
    /// READ.
    bytes32 internal constant STRIPE_BALANCE_TRANSACTION = keccak256("stripe.balance.transaction");
    /// READ.
    bytes32 internal constant STRIPE_BALANCE_TRANSACTIONS = keccak256("stripe.balance.transactions");
    /// VALUE. Parameters: amount.minor, currency.
    bytes32 internal constant STRIPE_CHARGES_CREATE = keccak256("stripe.charges.create");
    /// READ.
    bytes32 internal constant STRIPE_CHARGES_GET = keccak256("stripe.charges.get");
    /// READ.
    bytes32 internal constant STRIPE_CHARGES_LIST = keccak256("stripe.charges.list");
    /// WRITE.
    bytes32 internal constant STRIPE_CUSTOMERS_CREATE = keccak256("stripe.customers.create");
    /// READ.
    bytes32 internal constant STRIPE_CUSTOMERS_GET = keccak256("stripe.customers.get");
    /// READ.
    bytes32 internal constant STRIPE_CUSTOMERS_LIST = keccak256("stripe.customers.list");
    /// WRITE.
    bytes32 internal constant STRIPE_CUSTOMERS_UPDATE = keccak256("stripe.customers.update");
    /// VALUE.
    bytes32 internal constant STRIPE_DISPUTES_CLOSE = keccak256("stripe.disputes.close");
    /// READ.
    bytes32 internal constant STRIPE_DISPUTES_GET = keccak256("stripe.disputes.get");
    /// READ.
    bytes32 internal constant STRIPE_DISPUTES_LIST = keccak256("stripe.disputes.list");
    /// READ.
    bytes32 internal constant STRIPE_EVENTS_LIST = keccak256("stripe.events.list");
    /// ROUTING.
    bytes32 internal constant STRIPE_EXTERNAL_ACCOUNTS_CHANGE = keccak256("stripe.external-accounts.change");
    /// READ.
    bytes32 internal constant STRIPE_EXTERNAL_ACCOUNTS_GET = keccak256("stripe.external-accounts.get");
    /// READ.
    bytes32 internal constant STRIPE_EXTERNAL_ACCOUNTS_LIST = keccak256("stripe.external-accounts.list");
    /// VALUE.
    bytes32 internal constant STRIPE_INTENTS_CANCEL = keccak256("stripe.intents.cancel");
    /// VALUE.
    bytes32 internal constant STRIPE_INTENTS_CAPTURE = keccak256("stripe.intents.capture");
    /// VALUE. Parameters: amount.minor, currency.
    bytes32 internal constant STRIPE_INTENTS_CREATE = keccak256("stripe.intents.create");
    /// READ.
    bytes32 internal constant STRIPE_INTENTS_GET = keccak256("stripe.intents.get");
    /// READ.
    bytes32 internal constant STRIPE_INTENTS_LIST = keccak256("stripe.intents.list");
    /// READ.
    bytes32 internal constant STRIPE_INVOICES_GET = keccak256("stripe.invoices.get");
    /// READ.
    bytes32 internal constant STRIPE_INVOICES_LIST = keccak256("stripe.invoices.list");
    /// MINT.
    bytes32 internal constant STRIPE_KEYS_EPHEMERAL = keccak256("stripe.keys.ephemeral");
    /// MINT.
    bytes32 internal constant STRIPE_LINKS_ACCOUNT = keccak256("stripe.links.account");
    /// MINT.
    bytes32 internal constant STRIPE_LINKS_LOGIN = keccak256("stripe.links.login");
    /// ROUTING. Parameters: amount.minor, currency.
    bytes32 internal constant STRIPE_PAYOUTS_CHANGE = keccak256("stripe.payouts.change");
    /// READ.
    bytes32 internal constant STRIPE_PAYOUTS_GET = keccak256("stripe.payouts.get");
    /// READ.
    bytes32 internal constant STRIPE_PAYOUTS_LIST = keccak256("stripe.payouts.list");
    /// READ.
    bytes32 internal constant STRIPE_PRICES_LIST = keccak256("stripe.prices.list");
    /// READ.
    bytes32 internal constant STRIPE_PRODUCTS_LIST = keccak256("stripe.products.list");
    /// VALUE.
    bytes32 internal constant STRIPE_REFUNDS_CANCEL = keccak256("stripe.refunds.cancel");
    /// VALUE.
    bytes32 internal constant STRIPE_REFUNDS_CHANGE = keccak256("stripe.refunds.change");
    /// VALUE. Parameters: amount.minor, charge, payment-intent.
    bytes32 internal constant STRIPE_REFUNDS_CREATE = keccak256("stripe.refunds.create");
    /// READ.
    bytes32 internal constant STRIPE_REFUNDS_GET = keccak256("stripe.refunds.get");
    /// READ.
    bytes32 internal constant STRIPE_REFUNDS_LIST = keccak256("stripe.refunds.list");
    /// MINT.
    bytes32 internal constant STRIPE_SECRETS_APPS = keccak256("stripe.secrets.apps");
    /// MINT.
    bytes32 internal constant STRIPE_SESSIONS_ACCOUNT = keccak256("stripe.sessions.account");
    /// READ.
    bytes32 internal constant STRIPE_SUBSCRIPTIONS_LIST = keccak256("stripe.subscriptions.list");
    /// ROUTING. Parameters: amount.minor, currency.
    bytes32 internal constant STRIPE_TOPUPS_CHANGE = keccak256("stripe.topups.change");
    /// ROUTING. Parameters: amount.minor, currency.
    bytes32 internal constant STRIPE_TRANSFERS_CHANGE = keccak256("stripe.transfers.change");
    /// READ.
    bytes32 internal constant STRIPE_TRANSFERS_LIST = keccak256("stripe.transfers.list");
    /// AUTHZ.
    bytes32 internal constant STRIPE_WEBHOOKS_CHANGE = keccak256("stripe.webhooks.change");
    /// READ.
    bytes32 internal constant STRIPE_WEBHOOKS_LIST = keccak256("stripe.webhooks.list");
    /// VALUE.
    bytes32 internal constant TEMU_AFTERSALES_AGREE_CANCEL = keccak256("temu.aftersales.agree-cancel");
    /// READ.
    bytes32 internal constant TEMU_AFTERSALES_CANCELS = keccak256("temu.aftersales.cancels");
    /// READ.
    bytes32 internal constant TEMU_AFTERSALES_LIST = keccak256("temu.aftersales.list");
    /// READ.
    bytes32 internal constant TEMU_AFTERSALES_PARENTS = keccak256("temu.aftersales.parents");
    /// VALUE.
    bytes32 internal constant TEMU_AFTERSALES_REFUND = keccak256("temu.aftersales.refund");
    /// VALUE.
    bytes32 internal constant TEMU_LOGISTICS_BUY = keccak256("temu.logistics.buy");
    /// READ.
    bytes32 internal constant TEMU_LOGISTICS_COMPANIES = keccak256("temu.logistics.companies");
    /// READ.
    bytes32 internal constant TEMU_LOGISTICS_DOCUMENT = keccak256("temu.logistics.document");
    /// READ.
    bytes32 internal constant TEMU_LOGISTICS_SERVICES = keccak256("temu.logistics.services");
    /// WRITE.
    bytes32 internal constant TEMU_LOGISTICS_SHIP = keccak256("temu.logistics.ship");
    /// READ.
    bytes32 internal constant TEMU_LOGISTICS_SHIPMENT = keccak256("temu.logistics.shipment");
    /// READ.
    bytes32 internal constant TEMU_LOGISTICS_TRACK = keccak256("temu.logistics.track");
    /// READ.
    bytes32 internal constant TEMU_LOGISTICS_WAREHOUSES = keccak256("temu.logistics.warehouses");
    /// AUTHZ.
    bytes32 internal constant TEMU_MESSAGES_SUBSCRIBE = keccak256("temu.messages.subscribe");
    /// READ. Parameters: order.
    bytes32 internal constant TEMU_ORDERS_AMOUNT = keccak256("temu.orders.amount");
    /// READ. Parameters: order.
    bytes32 internal constant TEMU_ORDERS_GET = keccak256("temu.orders.get");
    /// READ.
    bytes32 internal constant TEMU_ORDERS_LIST = keccak256("temu.orders.list");
    /// VALUE.
    bytes32 internal constant TEMU_ORDERS_OUT_OF_STOCK = keccak256("temu.orders.out-of-stock");
    /// READ. Parameters: order.
    bytes32 internal constant TEMU_ORDERS_SHIPPING = keccak256("temu.orders.shipping");
    /// READ. Parameters: order.
    bytes32 internal constant TEMU_ORDERS_SHIPPING_PLAIN = keccak256("temu.orders.shipping-plain");
    /// READ.
    bytes32 internal constant TEMU_ORDERS_UNSHIPPED = keccak256("temu.orders.unshipped");
    /// VALUE.
    bytes32 internal constant TEMU_PRODUCTS_ACCEPT_PRICE = keccak256("temu.products.accept-price");
    /// VALUE.
    bytes32 internal constant TEMU_PRODUCTS_ADD = keccak256("temu.products.add");
    /// READ.
    bytes32 internal constant TEMU_PRODUCTS_CATEGORIES = keccak256("temu.products.categories");
    /// WRITE.
    bytes32 internal constant TEMU_PRODUCTS_DELETE = keccak256("temu.products.delete");
    /// READ.
    bytes32 internal constant TEMU_PRODUCTS_GET = keccak256("temu.products.get");
    /// READ.
    bytes32 internal constant TEMU_PRODUCTS_LIST = keccak256("temu.products.list");
    /// VALUE.
    bytes32 internal constant TEMU_PRODUCTS_PRICE = keccak256("temu.products.price");
    /// READ.
    bytes32 internal constant TEMU_PRODUCTS_PRICES = keccak256("temu.products.prices");
    /// READ.
    bytes32 internal constant TEMU_PRODUCTS_SKUS = keccak256("temu.products.skus");
    /// WRITE.
    bytes32 internal constant TEMU_PRODUCTS_STATUS = keccak256("temu.products.status");
    /// WRITE.
    bytes32 internal constant TEMU_PRODUCTS_STOCK = keccak256("temu.products.stock");
    /// READ.
    bytes32 internal constant TEMU_PRODUCTS_STOCKS = keccak256("temu.products.stocks");
    /// READ.
    bytes32 internal constant TEMU_PRODUCTS_TEMPLATE = keccak256("temu.products.template");
    /// VALUE.
    bytes32 internal constant TEMU_PRODUCTS_UPDATE = keccak256("temu.products.update");
    /// READ.
    bytes32 internal constant TEMU_TOKENS_INFO = keccak256("temu.tokens.info");
    /// MINT.
    bytes32 internal constant TEMU_TOKENS_MAKE = keccak256("temu.tokens.make");
    /// AUTHZ.
    bytes32 internal constant TEMU_TOKENS_WAREHOUSE = keccak256("temu.tokens.warehouse");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_CANCELLATIONS_APPROVE = keccak256("tiktok-shop.cancellations.approve");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_CANCELLATIONS_CREATE = keccak256("tiktok-shop.cancellations.create");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_CANCELLATIONS_REJECT = keccak256("tiktok-shop.cancellations.reject");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_CANCELLATIONS_SEARCH = keccak256("tiktok-shop.cancellations.search");
    /// READ. Parameters: order.
    bytes32 internal constant TIKTOK_SHOP_FINANCE_ORDER = keccak256("tiktok-shop.finance.order");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_FINANCE_PAYMENTS = keccak256("tiktok-shop.finance.payments");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_FINANCE_STATEMENT = keccak256("tiktok-shop.finance.statement");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_FINANCE_STATEMENTS = keccak256("tiktok-shop.finance.statements");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_FINANCE_WITHDRAWALS = keccak256("tiktok-shop.finance.withdrawals");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_FULFILLMENT_DOCUMENTS = keccak256("tiktok-shop.fulfillment.documents");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_FULFILLMENT_PACKAGE = keccak256("tiktok-shop.fulfillment.package");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_FULFILLMENT_PACKAGES = keccak256("tiktok-shop.fulfillment.packages");
    /// WRITE.
    bytes32 internal constant TIKTOK_SHOP_FULFILLMENT_SHIP = keccak256("tiktok-shop.fulfillment.ship");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_LOGISTICS_WAREHOUSES = keccak256("tiktok-shop.logistics.warehouses");
    /// READ. Parameters: order.
    bytes32 internal constant TIKTOK_SHOP_ORDERS_GET = keccak256("tiktok-shop.orders.get");
    /// READ. Parameters: order.
    bytes32 internal constant TIKTOK_SHOP_ORDERS_PRICE = keccak256("tiktok-shop.orders.price");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_ORDERS_SEARCH = keccak256("tiktok-shop.orders.search");
    /// WRITE.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_ACTIVATE = keccak256("tiktok-shop.products.activate");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_BRANDS = keccak256("tiktok-shop.products.brands");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_CATEGORIES = keccak256("tiktok-shop.products.categories");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_CREATE = keccak256("tiktok-shop.products.create");
    /// WRITE.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_DEACTIVATE = keccak256("tiktok-shop.products.deactivate");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_EDIT = keccak256("tiktok-shop.products.edit");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_GET = keccak256("tiktok-shop.products.get");
    /// WRITE.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_INVENTORY = keccak256("tiktok-shop.products.inventory");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_PRICES = keccak256("tiktok-shop.products.prices");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_PRODUCTS_SEARCH = keccak256("tiktok-shop.products.search");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_REFUNDS_CALCULATE = keccak256("tiktok-shop.refunds.calculate");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_RETURNS_APPROVE = keccak256("tiktok-shop.returns.approve");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_RETURNS_CREATE = keccak256("tiktok-shop.returns.create");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_RETURNS_RECORDS = keccak256("tiktok-shop.returns.records");
    /// VALUE.
    bytes32 internal constant TIKTOK_SHOP_RETURNS_REJECT = keccak256("tiktok-shop.returns.reject");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_RETURNS_SEARCH = keccak256("tiktok-shop.returns.search");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_SELLER_PERMISSIONS = keccak256("tiktok-shop.seller.permissions");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_SELLER_SHOPS = keccak256("tiktok-shop.seller.shops");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_SHOPS_LIST = keccak256("tiktok-shop.shops.list");
    /// AUTHZ.
    bytes32 internal constant TIKTOK_SHOP_WEBHOOKS_DELETE = keccak256("tiktok-shop.webhooks.delete");
    /// READ.
    bytes32 internal constant TIKTOK_SHOP_WEBHOOKS_LIST = keccak256("tiktok-shop.webhooks.list");
    /// AUTHZ.
    bytes32 internal constant TIKTOK_SHOP_WEBHOOKS_PUT = keccak256("tiktok-shop.webhooks.put");
    /// EXPORT. Parameters: recipient.
    bytes32 internal constant VAULT_EXPORT = keccak256("vault.export");
    /// READ.
    bytes32 internal constant VAULT_LIST = keccak256("vault.list");
    /// EXPORT. Parameters: recipient.
    bytes32 internal constant VAULT_OTP = keccak256("vault.otp");
    /// CREDENTIAL.
    bytes32 internal constant VAULT_PROVISION = keccak256("vault.provision");
    /// CREDENTIAL.
    bytes32 internal constant VAULT_REVOKE = keccak256("vault.revoke");
    /// CREDENTIAL.
    bytes32 internal constant VAULT_ROTATE = keccak256("vault.rotate");
    /// READ.
    bytes32 internal constant WALMART_FEEDS_GET = keccak256("walmart.feeds.get");
    /// READ.
    bytes32 internal constant WALMART_FEEDS_LIST = keccak256("walmart.feeds.list");
    /// READ. Parameters: sku.
    bytes32 internal constant WALMART_INVENTORY_GET = keccak256("walmart.inventory.get");
    /// WRITE. Parameters: sku.
    bytes32 internal constant WALMART_INVENTORY_PUT = keccak256("walmart.inventory.put");
    /// READ. Parameters: sku.
    bytes32 internal constant WALMART_ITEMS_GET = keccak256("walmart.items.get");
    /// READ.
    bytes32 internal constant WALMART_ITEMS_LIST = keccak256("walmart.items.list");
    /// WRITE. Parameters: sku.
    bytes32 internal constant WALMART_ITEMS_RETIRE = keccak256("walmart.items.retire");
    /// WRITE. Parameters: order.
    bytes32 internal constant WALMART_ORDERS_ACKNOWLEDGE = keccak256("walmart.orders.acknowledge");
    /// VALUE. Parameters: order.
    bytes32 internal constant WALMART_ORDERS_CANCEL = keccak256("walmart.orders.cancel");
    /// READ. Parameters: order.
    bytes32 internal constant WALMART_ORDERS_GET = keccak256("walmart.orders.get");
    /// READ.
    bytes32 internal constant WALMART_ORDERS_LIST = keccak256("walmart.orders.list");
    /// VALUE. Parameters: order.
    bytes32 internal constant WALMART_ORDERS_REFUND = keccak256("walmart.orders.refund");
    /// READ.
    bytes32 internal constant WALMART_ORDERS_RELEASED = keccak256("walmart.orders.released");
    /// WRITE. Parameters: order.
    bytes32 internal constant WALMART_ORDERS_SHIP = keccak256("walmart.orders.ship");
    /// VALUE.
    bytes32 internal constant WALMART_PRICE_PUT = keccak256("walmart.price.put");
    /// READ.
    bytes32 internal constant WALMART_REPORTS_DATES = keccak256("walmart.reports.dates");
    /// READ.
    bytes32 internal constant WALMART_RETURNS_LIST = keccak256("walmart.returns.list");
    /// VALUE.
    bytes32 internal constant WALMART_RETURNS_REFUND = keccak256("walmart.returns.refund");
    /// AUTHZ.
    bytes32 internal constant WALMART_SETTINGS_CHANGE = keccak256("walmart.settings.change");
    /// AUTHZ.
    bytes32 internal constant WALMART_TOKEN_DETAIL = keccak256("walmart.token.detail");
    /// AUTHZ.
    bytes32 internal constant WALMART_WEBHOOKS_SUBSCRIBE = keccak256("walmart.webhooks.subscribe");
    /// READ.
    bytes32 internal constant WALMART_WEBHOOKS_SUBSCRIPTIONS = keccak256("walmart.webhooks.subscriptions");
    /// VALUE.
    bytes32 internal constant WOOCOMMERCE_COUPONS_CREATE = keccak256("woocommerce.coupons.create");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_COUPONS_LIST = keccak256("woocommerce.coupons.list");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_CUSTOMERS_GET = keccak256("woocommerce.customers.get");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_CUSTOMERS_LIST = keccak256("woocommerce.customers.list");
    /// ROUTING.
    bytes32 internal constant WOOCOMMERCE_GATEWAYS_CHANGE = keccak256("woocommerce.gateways.change");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_GATEWAYS_GET = keccak256("woocommerce.gateways.get");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_GATEWAYS_LIST = keccak256("woocommerce.gateways.list");
    /// VALUE.
    bytes32 internal constant WOOCOMMERCE_ORDERS_CREATE = keccak256("woocommerce.orders.create");
    /// WRITE. Parameters: order.
    bytes32 internal constant WOOCOMMERCE_ORDERS_DELETE = keccak256("woocommerce.orders.delete");
    /// READ. Parameters: order.
    bytes32 internal constant WOOCOMMERCE_ORDERS_GET = keccak256("woocommerce.orders.get");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_ORDERS_LIST = keccak256("woocommerce.orders.list");
    /// WRITE. Parameters: order.
    bytes32 internal constant WOOCOMMERCE_ORDERS_NOTE = keccak256("woocommerce.orders.note");
    /// READ. Parameters: order.
    bytes32 internal constant WOOCOMMERCE_ORDERS_NOTES = keccak256("woocommerce.orders.notes");
    /// VALUE. Parameters: order.
    bytes32 internal constant WOOCOMMERCE_ORDERS_UPDATE = keccak256("woocommerce.orders.update");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_PRODUCTS_CATEGORIES = keccak256("woocommerce.products.categories");
    /// VALUE.
    bytes32 internal constant WOOCOMMERCE_PRODUCTS_CREATE = keccak256("woocommerce.products.create");
    /// WRITE.
    bytes32 internal constant WOOCOMMERCE_PRODUCTS_DELETE = keccak256("woocommerce.products.delete");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_PRODUCTS_GET = keccak256("woocommerce.products.get");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_PRODUCTS_LIST = keccak256("woocommerce.products.list");
    /// VALUE.
    bytes32 internal constant WOOCOMMERCE_PRODUCTS_UPDATE = keccak256("woocommerce.products.update");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_PRODUCTS_VARIATIONS = keccak256("woocommerce.products.variations");
    /// VALUE. Parameters: amount, order.
    bytes32 internal constant WOOCOMMERCE_REFUNDS_CREATE = keccak256("woocommerce.refunds.create");
    /// VALUE. Parameters: order.
    bytes32 internal constant WOOCOMMERCE_REFUNDS_DELETE = keccak256("woocommerce.refunds.delete");
    /// READ. Parameters: order.
    bytes32 internal constant WOOCOMMERCE_REFUNDS_LIST = keccak256("woocommerce.refunds.list");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_REPORTS_SALES = keccak256("woocommerce.reports.sales");
    /// ROUTING.
    bytes32 internal constant WOOCOMMERCE_SETTINGS_CHANGE = keccak256("woocommerce.settings.change");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_SETTINGS_GET = keccak256("woocommerce.settings.get");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_SETTINGS_GROUP = keccak256("woocommerce.settings.group");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_SETTINGS_LIST = keccak256("woocommerce.settings.list");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_SYSTEM_STATUS = keccak256("woocommerce.system.status");
    /// AUTHZ.
    bytes32 internal constant WOOCOMMERCE_USERS_CHANGE = keccak256("woocommerce.users.change");
    /// AUTHZ.
    bytes32 internal constant WOOCOMMERCE_WEBHOOKS_CHANGE = keccak256("woocommerce.webhooks.change");
    /// READ.
    bytes32 internal constant WOOCOMMERCE_WEBHOOKS_LIST = keccak256("woocommerce.webhooks.list");
}

/// What `Request.params` names, and how its value is encoded: the same for every operation that has it, for ever.
///
/// text: keccak256 of the UTF-8 bytes. ascii: the characters themselves, filled up with zeros on the right. millionths: a count, times a million.
/// Parameters are sorted by name; one that is there several times is a list; one that is absent is not zero.
library Parameters {
    /// millionths.
    bytes32 internal constant AMOUNT = keccak256("amount");
    /// millionths.
    bytes32 internal constant AMOUNT_MINOR = keccak256("amount.minor");
    /// ascii.
    bytes32 internal constant API_VERSION = keccak256("api.version");
    /// text.
    bytes32 internal constant CHARGE = keccak256("charge");
    /// ascii.
    bytes32 internal constant CURRENCY = keccak256("currency");
    /// text.
    bytes32 internal constant MARKETPLACE = keccak256("marketplace");
    /// text.
    bytes32 internal constant ORDER = keccak256("order");
    /// text.
    bytes32 internal constant PAYMENT_INTENT = keccak256("payment-intent");
    /// text.
    bytes32 internal constant RECIPIENT = keccak256("recipient");
    /// text.
    bytes32 internal constant REPORT_TYPE = keccak256("report.type");
    /// text.
    bytes32 internal constant SKU = keccak256("sku");
}
