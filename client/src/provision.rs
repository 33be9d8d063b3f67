//! Handing a store's credential to the vault.

use alloy_primitives::{Address, B256};
use anyhow::Result;
use protocol::call;
use protocol::provision::{self, Provision, ProvisionRequest, What, digest, secret_hash};

use crate::caller::{Answered, CallRequest};
use crate::connection::Connection;
use crate::keys::AccountKey;
use crate::verify::{Serving, now, random};

/// Seconds that the owner's signature is good for.
const WINDOW: u64 = 300;

/// What is handed over, and what its owner says it is.
pub struct StoreToken {
    /// A store, or an app for all stores of the owner. Of an app, salt, host, account, connection and selector are none.
    pub what: What,
    /// Portfolio that the store belongs to.
    pub portfolio: u64,
    /// The store's salt.
    pub salt: B256,
    /// The portfolio's policy contract.
    pub policy: Address,
    /// keccak256 of its runtime code.
    pub policy_code_hash: B256,
    /// For example `shopify-admin`.
    pub preset: String,
    /// The one host that calls go to.
    pub host: String,
    /// The account that the platform must confirm.
    pub account: String,
    /// The app's id at the platform, empty for none.
    pub app: String,
    /// Name of the connection; none: one of the store's own.
    pub connection: Option<B256>,
    /// `name=value&name=value`, ascending; see [`protocol::provision::Selector`].
    pub selector: String,
    /// Fields of a new connection, encoded by [`protocol::provision::fields`]; none: the connection is there.
    pub fields: Option<zeroize::Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for StoreToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreToken(..)")
    }
}

impl Connection {
    /// Seals the token to the verified enclave, with the owner's signature over what it is for. `caller` makes the call, and needs a grant for
    /// `vault.provision`; `owner` owns the portfolio.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn provision(
        &self,
        serving: &Serving,
        owner: &AccountKey,
        caller: &AccountKey,
        token: &StoreToken,
    ) -> Result<Answered> {
        self.hand(serving, owner, caller, token, provision::PATH, 1).await
    }

    /// The same for a new authorisation in the place of the one that is there, as its next generation. `caller` needs a grant for `vault.rotate`.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn rotate(
        &self,
        serving: &Serving,
        owner: &AccountKey,
        caller: &AccountKey,
        token: &StoreToken,
        generation: u64,
    ) -> Result<Answered> {
        self.hand(serving, owner, caller, token, provision::ROTATE, generation).await
    }

    async fn hand(
        &self,
        serving: &Serving,
        owner: &AccountKey,
        caller: &AccountKey,
        token: &StoreToken,
        path: &str,
        generation: u64,
    ) -> Result<Answered> {
        let registry = Address::from(self.constitution.store_registry.address);
        let chain_id = self.constitution.network.chain_id();
        let salt: [u8; 32] = random()?;
        let store = contracts_bindings::store_id(chain_id, registry, token.portfolio, token.salt);
        let statement = Provision {
            owner: owner.address(),
            portfolio: token.portfolio,
            store,
            policy: token.policy,
            policyCodeHash: token.policy_code_hash,
            kind: token.what.name().to_owned(),
            preset: token.preset.clone(),
            host: token.host.clone(),
            account: token.account.clone(),
            app: token.app.clone(),
            // A connection of the store's own has the store's name.
            connection: match token.what {
                What::App => B256::ZERO,
                What::Store | What::Login => token.connection.unwrap_or(store),
            },
            selector: token.selector.clone(),
            generation,
            secretHash: token.fields.as_ref().map_or(B256::ZERO, |fields| B256::from(secret_hash(&salt, fields))),
            expiresAt: now()? + WINDOW,
            enclave: B256::from(serving.key_config.digest()),
        };
        let signature = owner.sign(&digest(&statement, &call::domain(chain_id, registry, self.vault_id)));
        let fields = token.fields.as_ref().map_or(&[][..], |fields| fields.as_slice());
        let body = ProvisionRequest::new(&statement, signature, salt, fields).to_bytes();
        let request = CallRequest {
            method: "POST".to_owned(),
            url: format!("https://{}{path}", provision::HOST),
            headers: vec![("content-type".to_owned(), "application/cbor".to_owned())],
            body: body.to_vec(),
            origin: token.portfolio,
            salt: token.salt,
            role: B256::ZERO,
            evidence: Vec::new(),
            min_finalized_slot: 0,
        };
        self.call(serving, caller, &request).await
    }
}
