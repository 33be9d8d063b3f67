//! Every preset through a whole vault, against its mock: what a store's life is made of, and what goes wrong in it.

mod apps;
mod life;
#[path = "../raw/mod.rs"]
mod raw;
mod sdk;
mod stage;
mod tenants;
mod watch;

use life::whole_life;

/// A test of each platform's whole life, named for it.
macro_rules! lives {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                raw::run(whole_life($name));
            }
        )*

        #[test]
        fn every_platform_has_its_case() {
            let mut here = vec![$($name),*];
            here.sort_unstable();
            let mut all: Vec<&str> = devnet::platforms::all().iter().map(|platform| platform.name).collect();
            all.sort_unstable();
            assert_eq!(here, all);
        }
    };
}

lives! {
    airwallex: "airwallex",
    alibaba: "alibaba",
    aliexpress: "aliexpress",
    amazon_sp: "amazon-sp",
    coupang: "coupang",
    ebay: "ebay",
    etsy: "etsy",
    generic: "generic",
    generic_by_basic: "generic by Basic",
    generic_by_header: "generic by header",
    generic_by_oauth1: "generic by OAuth 1.0a",
    generic_by_query: "generic by query",
    lazada: "lazada",
    mercado_libre: "mercado-libre",
    payoneer: "payoneer",
    paypal: "paypal",
    shein: "shein",
    shopee: "shopee",
    shopify_admin: "shopify-admin",
    stripe: "stripe",
    temu: "temu",
    tiktok_shop: "tiktok-shop",
    walmart: "walmart",
    walmart_by_a_solution_provider: "walmart by a solution provider",
    woocommerce: "woocommerce",
}
