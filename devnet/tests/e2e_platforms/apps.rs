//! An app's secret goes to its own platform, and an app's operations are no store's.

use devnet::platforms::{Place, Trouble};
use protocol::provision::What;

use crate::raw::run;
use crate::stage::{encoded, platform, salt, second_stage};

#[test]
fn t71_generic_reaches_no_app_and_no_platform() {
    run(async {
        let stage = second_stage().await;
        let (generic, lazada) = (platform("generic"), platform("lazada"));
        stage.app(lazada).await;
        let connection = salt("t71 connection");
        let told = stage.store(lazada, salt("t71 lazada"), true, |token| token.connection = Some(connection)).await;
        assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{told:?}");
        let calls = || ["generic", "lazada"].map(|name| stage.world.platforms.seen(name).calls.len());
        let before = calls();
        // Hosts of platforms, their token endpoints, and the domain of one.
        for host in
            ["api.lazada.sg", "auth.lazada.com", "api.amazon.com", "api.stripe.com", "x.myshopify.com", "a.b.myshopify.com"]
        {
            let told = stage.store(generic, salt("t71 generic"), true, |token| host.clone_into(&mut token.host)).await;
            assert_eq!(told.outcome, "refused", "{host}: {told:?}");
        }
        // The app beside a connection of generic, the app's connection under generic, and an app of generic's own.
        let id = lazada.app.unwrap().0.to_owned();
        let told = stage.store(generic, salt("t71 generic"), true, |token| token.app = id.clone()).await;
        assert_eq!(told.outcome, "refused", "{told:?}");
        let told = stage.store(generic, salt("t71 generic"), false, |token| token.connection = Some(connection)).await;
        told.is("refused", "not_permitted", "provision.preset");
        let told = stage
            .store(generic, salt("t71 generic"), false, |token| {
                token.what = What::App;
                token.salt = alloy_primitives::B256::ZERO;
                (token.host, token.account, token.app) = (String::new(), String::new(), "app-1".to_owned());
                token.fields = Some(encoded(lazada.app.unwrap().1));
            })
            .await;
        assert_eq!(told.outcome, "refused", "{told:?}");
        assert_eq!(calls(), before);
        // What looks like a template in a value is its value.
        let told = stage
            .store(generic, salt("t71 generic"), true, |token| {
                let value = b"{app_secret}{app.app_secret}{client_secret?}";
                let fields: [(&str, bool, &[u8]); 3] =
                    [("probe_path", false, b"/health"), ("scheme", false, b"bearer"), ("value", true, value)];
                token.fields = Some(protocol::provision::fields(&fields).unwrap());
            })
            .await;
        assert_eq!(told.outcome, "failed", "the platform does not know it: {told:?}");
        let refused = stage.world.platforms.seen("generic").refused;
        let asked = &refused.last().unwrap().0;
        assert!(asked.contains("Bearer {app_secret}{app.app_secret}{client_secret?}"), "{asked}");
        assert!(!asked.contains(lazada.field("app_secret")));
    });
}

#[test]
fn t71_an_app_s_own_operations_are_refused_under_a_store() {
    run(async {
        let stage = second_stage().await;
        for (name, selector, tries) in [
            (
                "mercado-libre",
                "user_id=4711",
                &[("GET", "/missed_feeds?app_id=1"), ("GET", "/applications/1"), ("POST", "/oauth/token/revoke")][..],
            ),
            ("alibaba", "", &[("GET", "/rest/auth/token/security/create?code=c"), ("POST", "/rest/auth/token/security/refresh")]),
        ] {
            let (of, connection) = (platform(name), salt(&format!("t71 connection of {name}")));
            stage.app(of).await;
            let told = stage
                .store(of, salt(&format!("t71 {name}")), true, |token| {
                    token.connection = Some(connection);
                    selector.clone_into(&mut token.selector);
                })
                .await;
            assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{told:?}");
            for (method, path) in tries {
                let before = stage.world.platforms.seen(name).calls.len();
                let url = format!("https://{}{path}", of.host);
                let told = stage.request("caller", salt(&format!("t71 {name}")), method, &url, Vec::new(), "").await;
                assert_eq!(
                    (told.outcome.as_str(), stage.world.platforms.seen(name).calls.len()),
                    ("refused", before),
                    "{path}: {told:?}"
                );
            }
        }
    });
}

/// What an SDK asks its platform's token endpoint is answered by the vault, and the platform hears nothing of it.
#[test]
fn t71_a_platform_s_own_token_endpoint_answers_a_placeholder() {
    run(async {
        let stage = second_stage().await;
        let kind = ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        let body = "grant_type=refresh_token&refresh_token=x&client_id=y&client_secret=z";
        let url = "https://api.amazon.com/auth/o2/token";
        let before = stage.world.platforms.seen("amazon-sp").token_requests;
        let told = stage.request("caller", salt("nobody's"), "POST", url, vec![kind], body).await;
        assert_eq!((told.outcome.as_str(), told.status), ("vault", 200), "{told:?}");
        assert!(told.body.contains("pst-vault-placeholder"), "{}", told.body);
        assert_eq!(stage.world.platforms.seen("amazon-sp").token_requests, before);
    });
}

/// A platform that fails in the middle of things: the caller is told what is known, and no more.
#[test]
fn what_goes_wrong_at_a_platform_is_told_as_it_is() {
    run(async {
        let stage = second_stage().await;
        let (of, store) = (platform("etsy"), salt("wrong at etsy"));
        stage.app(of).await;
        let told = stage.store(of, store, true, |_| {}).await;
        assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{told:?}");
        let call = async |trouble: Trouble| {
            stage.world.platforms.trouble(of.name, Place::Api, &trouble, 1);
            stage.call("caller", of, store, &of.read).await
        };
        for trouble in [Trouble::HangUp, Trouble::Torn] {
            call(trouble).await.is("failed", "upstream_error", "outcome_unknown");
        }
        let told = call(Trouble::Limited { retry_after: 7 }).await;
        assert_eq!((told.outcome.as_str(), told.status), ("upstream", 429), "{told:?}");
        let told = call(Trouble::Status(503)).await;
        assert_eq!((told.outcome.as_str(), told.status), ("upstream", 503), "{told:?}");
        let told = call(Trouble::Late { millis: 1_500 }).await;
        told.answered();
        call(Trouble::Malformed).await;
        stage.call("caller", of, store, &of.read).await.answered();
        assert_eq!(stage.world.platforms.seen(of.name).double_uses, 0);
    });
}
