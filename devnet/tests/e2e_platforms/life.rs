//! One platform's whole life: provision, probe, READ, a refused attempt at money or at a credential, expiry, refresh, a call, the end.

use std::time::Duration;

use devnet::platforms::{Fault, Place, Platform, Trouble};

use crate::stage::{Stage, first_stage, platform, salt};

/// Seconds that one access token lives: the vault takes it for run out ten seconds before that.
const SHORT: u64 = 11;
/// Until then, and until every provider takes another token request.
const PAUSE: Duration = Duration::from_millis(1_500);

pub(crate) async fn whole_life(name: &str) {
    let (stage, of) = (first_stage().await, platform(name));
    provisioned(stage, of).await;
    answered(stage, of).await;
    refused(stage, of).await;
    if of.grant.is_some() {
        refreshed(stage, of).await;
    } else {
        // No expiry: the same credential goes on, with a signature of its own time where there is one.
        tokio::time::sleep(PAUSE).await;
        answered(stage, of).await;
    }
    echoed(stage, of).await;
    ended(stage, of).await;
}

/// App and store; an account that is not the owner's is none.
async fn provisioned(stage: &Stage, of: &Platform) {
    let platforms = &stage.world.platforms;
    stage.app(of).await;
    let kept = of.app.is_some() || of.grant.is_some();
    if of.tells_account {
        let other = if of.account == of.host { "another.myshopify.com" } else { "666" };
        platforms.trouble(of.name, Place::Api, &Trouble::OtherAccount(other), 1);
        let told = stage.store(of, salt(of.name), true, |_| {}).await;
        told.is("refused", "not_permitted", "provision.other_account");
        stage.call("caller", of, salt(of.name), &of.read).await.is("refused", "not_permitted", "store.not_provisioned");
        platforms.forget(of.name);
    }
    let told = stage.store(of, salt(of.name), !(kept && of.tells_account), |_| {}).await;
    assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{told:?}");
    let seen = platforms.seen(of.name);
    assert_eq!(seen.calls.len(), 1, "the probe, and it was made well: {:?}", seen.refused);
}

async fn answered(stage: &Stage, of: &Platform) {
    let before = stage.world.platforms.seen(of.name).calls.len();
    let told = stage.call("caller", of, salt(of.name), &of.read).await;
    told.answered();
    let seen = stage.world.platforms.seen(of.name);
    assert_eq!(seen.calls.len(), before + 1);
    let secrets = of.secrets().find(|secret| told.body.contains(secret));
    assert!(secrets.is_none(), "{}", told.body);
}

/// Nothing of what is not READ comes to the platform.
async fn refused(stage: &Stage, of: &Platform) {
    let before = stage.world.platforms.seen(of.name);
    let told = stage.call("caller", of, salt(of.name), &of.forbidden).await;
    told.is("refused", of.refusal.0, of.refusal.1);
    let after = stage.world.platforms.seen(of.name);
    assert_eq!((after.calls.len(), after.refused.len()), (before.calls.len(), before.refused.len()));
}

/// The access token runs out by the platform's word, and then by its time: each time a refresh, and the caller sees nothing of it.
async fn refreshed(stage: &Stage, of: &Platform) {
    let platforms = &stage.world.platforms;
    // The store's first tokens are a moment old, and some providers take one request a second.
    tokio::time::sleep(PAUSE).await;
    platforms.live(of.name, Some(SHORT));
    platforms.expire(of.name);
    let before = platforms.seen(of.name);
    answered(stage, of).await;
    let after = platforms.seen(of.name);
    assert_eq!(after.issued, before.issued + 1);
    let faults: Vec<Fault> = after.refused.iter().map(|(_, fault)| *fault).collect();
    assert_eq!(faults, [Fault::Expired]);
    platforms.live(of.name, None);
    tokio::time::sleep(PAUSE).await;
    answered(stage, of).await;
    let last = platforms.seen(of.name);
    assert!(last.issued > after.issued, "refreshed ahead of its end");
    assert_eq!((last.refused.len(), last.double_uses), (1, 0), "{:?}", last.refused);
}

/// A platform that shows the request shows the caller no secret, and neither what was made of one.
async fn echoed(stage: &Stage, of: &Platform) {
    let platforms = &stage.world.platforms;
    platforms.trouble(of.name, Place::Api, &Trouble::Echo, 1);
    let told = stage.call("caller", of, salt(of.name), &of.read).await;
    told.answered();
    let asked = platforms.seen(of.name).calls.last().unwrap().clone();
    let signs = ["sign", "api_key", "access_token"].into_iter().filter_map(|name| asked.query(name));
    let carried = ["authorization", "x-amz-access-token", "x-shopify-access-token", "x-tts-access-token", "wm_sec.access_token"];
    let carried = carried.into_iter().chain(["x-lt-signature", "x-wms-key"]).filter_map(|name| asked.header(name));
    let carried = carried.map(|value| value.rsplit([' ', '=']).find(|part| part.len() > 8).unwrap_or(value).to_owned());
    let secrets = of.secrets().map(str::to_owned).chain(signs).chain(carried);
    for secret in secrets.filter(|secret| secret.len() > 8) {
        assert!(!told.body.contains(&secret), "{secret} in {}", told.body);
    }
    assert!(told.body.contains("asked"), "{}", told.body);
}

/// The merchant takes it back: the caller is told what it takes, once for all, and nobody hammers.
async fn ended(stage: &Stage, of: &Platform) {
    let platforms = &stage.world.platforms;
    if of.grant.is_some() {
        tokio::time::sleep(PAUSE).await;
    }
    platforms.revoke(of.name);
    let before = platforms.seen(of.name);
    let told = stage.call("caller", of, salt(of.name), &of.read).await;
    told.is("failed", "reauthorization_required", "");
    let after = platforms.seen(of.name);
    let more = usize::from(of.grant.is_some());
    assert_eq!(after.token_requests, before.token_requests + more);
    if more == 1 {
        for _ in 0..2 {
            stage.call("caller", of, salt(of.name), &of.read).await;
        }
        assert_eq!(platforms.seen(of.name).token_requests, after.token_requests, "asked once, and never again");
    }
}
