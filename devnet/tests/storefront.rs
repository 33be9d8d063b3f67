//! The mock storefront, over its TLS.

use std::net::SocketAddr;

use devnet::storefront::{Behaviour, DEMO_SHOP, DEMO_TOKEN, Served, Storefront};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

struct Shop {
    storefront: Storefront,
    served: Served,
    client: Client,
    directory: tempfile::TempDir,
}

fn client(storefront: &Storefront, https: SocketAddr) -> Client {
    let root = reqwest::Certificate::from_pem(storefront.ca_pem().as_bytes()).unwrap();
    let client = Client::builder().tls_certs_only([root]).resolve(DEMO_SHOP, https);
    client.redirect(reqwest::redirect::Policy::none()).pool_max_idle_per_host(0).build().unwrap()
}

async fn shop() -> Shop {
    let directory = tempfile::tempdir().unwrap();
    let storefront = Storefront::new(directory.path()).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let served = storefront.serve(any, any).await.unwrap();
    let client = client(&storefront, served.https);
    Shop { storefront, served, client, directory }
}

impl Shop {
    fn url(&self, path: &str) -> String {
        format!("https://{DEMO_SHOP}:{}/admin/api/2026-10/{path}", self.served.https.port())
    }

    fn graphql(&self, token: &str, query: &str) -> RequestBuilder {
        let request = self.client.post(self.url("graphql.json")).header("x-shopify-access-token", token);
        request.header("idempotency-key", "k1").json(&json!({"query": query}))
    }
}

#[tokio::test]
async fn only_the_right_token_opens_the_shop() {
    let shop = shop().await;
    let refused = shop.graphql("shpat_wrong", "{shop{myshopifyDomain}}").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(shop.storefront.journal().is_empty());
    assert_eq!(shop.storefront.refused(), 1);
    let answer: Value = shop.graphql(DEMO_TOKEN, "{shop{myshopifyDomain}}").send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["shop"]["myshopifyDomain"], DEMO_SHOP);
    shop.storefront.set_token(DEMO_SHOP, "shpat_new");
    let old = shop.graphql(DEMO_TOKEN, "{shop{myshopifyDomain}}").send().await.unwrap();
    assert_eq!(old.status(), 401);
}

#[tokio::test]
async fn every_call_is_in_the_journal() {
    let shop = shop().await;
    shop.graphql(DEMO_TOKEN, "{orders(first: 2) { nodes { id } }}").send().await.unwrap();
    let journal: Value =
        Client::new().get(format!("{}/journal", shop.served.admin_url)).send().await.unwrap().json().await.unwrap();
    let call = &journal["calls"][0];
    assert_eq!((&call["idempotency_key"], &call["host"]), (&json!("k1"), &json!(DEMO_SHOP)));
    assert_eq!(call["path"], "/admin/api/2026-10/graphql.json");
    assert_eq!(shop.storefront.journal().len(), 1);
    shop.storefront.forget();
    assert!(shop.storefront.journal().is_empty());
}

#[tokio::test]
async fn the_shop_echoes_its_token_in_every_form() {
    let shop = shop().await;
    let request = shop.client.get(shop.url("shop.json")).header("x-shopify-access-token", DEMO_TOKEN);
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["x-debug-access-token"], DEMO_TOKEN);
    let body = response.text().await.unwrap();
    let parsed: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(parsed["echo"]["headers"]["x-shopify-access-token"], DEMO_TOKEN);
    assert_eq!((&parsed["escaped"], &parsed["slashed"]), (&json!(DEMO_TOKEN), &json!(DEMO_TOKEN)));
    let escaped = DEMO_TOKEN.bytes().fold(String::new(), |text, byte| text + &format!("\\u{byte:04x}"));
    let percent = DEMO_TOKEN.bytes().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"));
    for form in [DEMO_TOKEN.to_owned(), hex::encode(DEMO_TOKEN), hex::encode_upper(DEMO_TOKEN), escaped, percent] {
        assert!(body.contains(&form), "{form}");
    }
}

#[tokio::test]
async fn a_shop_misbehaves_on_request() {
    let shop = shop().await;
    let send = async |behaviour: Behaviour| {
        let url = format!("{}/behaviour/{DEMO_SHOP}", shop.served.admin_url);
        Client::new().put(url).json(&behaviour).send().await.unwrap().error_for_status().unwrap();
        shop.graphql(DEMO_TOKEN, "{shop{myshopifyDomain}}").send().await
    };
    assert!(send(Behaviour::Down).await.is_err());
    assert!(send(Behaviour::BadCertificate).await.is_err());
    assert!(shop.storefront.journal().is_empty());
    assert_eq!(send(Behaviour::Status { code: 500 }).await.unwrap().status(), 500);
    let to = "https://evil.example/".to_owned();
    let redirect = send(Behaviour::Redirect { to: to.clone() }).await.unwrap();
    assert_eq!((redirect.status().as_u16(), redirect.headers()["location"].to_str().unwrap()), (302, to.as_str()));
    let huge = send(Behaviour::Huge { bytes: 2 << 20 }).await.unwrap();
    assert_eq!(huge.bytes().await.unwrap().len(), 2 << 20);
    assert_eq!(send(Behaviour::Gzip).await.unwrap().headers()["content-encoding"], "gzip");
    let cut = send(Behaviour::HangUp).await;
    assert!(match cut {
        Err(_) => true,
        Ok(response) => response.bytes().await.is_err(),
    });
    let domain = "other.myshopify.com".to_owned();
    let impostor: Value = send(Behaviour::Impostor { domain }).await.unwrap().json().await.unwrap();
    assert_eq!(impostor["data"]["shop"]["myshopifyDomain"], "other.myshopify.com");
    let begin = std::time::Instant::now();
    assert!(send(Behaviour::Slow { millis: 200 }).await.unwrap().status().is_success());
    assert!(begin.elapsed().as_millis() >= 200);
    assert_eq!(shop.storefront.journal().len(), 7);
}

#[tokio::test]
async fn the_authority_outlives_the_process() {
    let first = shop().await;
    let again = Storefront::new(first.directory.path()).unwrap();
    assert_eq!(first.storefront.ca_pem(), again.ca_pem());
    let any = "127.0.0.1:0".parse().unwrap();
    let served = again.serve(any, any).await.unwrap();
    let url = format!("https://{DEMO_SHOP}:{}/admin/api/2026-10/shop.json", served.https.port());
    let response = client(&first.storefront, served.https).get(url).send().await.unwrap();
    assert_eq!(response.status(), 401);
}
