//! Signed transactions, and the accounts that sign them.

use std::fmt;
use std::sync::LazyLock;

use alloy_consensus::private::alloy_eips::eip2930::AccessList;
use alloy_consensus::transaction::RlpEcdsaDecodableTx;
use alloy_consensus::{SignableTransaction, Signed, Transaction, TxEip1559, TxLegacy};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, keccak256};
use anyhow::{Context, Result, bail, ensure};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{All, Message, PublicKey, Secp256k1, SecretKey};

use super::ssz;

static SECP: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// An account that the chain's seed knows the key of. Every one is funded.
#[derive(Clone)]
pub struct Account {
    /// Its address.
    pub address: Address,
    /// Its secp256k1 secret key.
    pub secret: [u8; 32],
}

/// The funded accounts.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Deploys the contracts.
    pub deployer: Account,
    /// The vault's admin.
    pub admin: Account,
    /// A portfolio's owner.
    pub owner: Account,
    /// Runs the host; pays for anchoring.
    pub operator: Account,
    /// Calls through the vault.
    pub caller: Account,
    /// A guardian.
    pub guardian: Account,
    /// Signs checkpoints.
    pub signer: Account,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({})", self.address)
    }
}

impl Account {
    /// The account of a secret key.
    ///
    /// # Errors
    /// The key is zero or not below the group's order.
    pub fn from_secret(secret: [u8; 32]) -> Result<Self> {
        let key = SecretKey::from_byte_array(secret).context("not a secp256k1 key")?;
        Ok(Self { address: address(&PublicKey::from_secret_key(&SECP, &key)), secret })
    }

    fn derive(seed: &[u8; 32], name: &str) -> Result<Self> {
        Self::from_secret(ssz::sha256(&[b"account", seed, name.as_bytes()]))
    }

    /// Signs a 32-byte digest: r || s || v with v 27 or 28, low s.
    ///
    /// # Errors
    /// The key is not a secp256k1 key.
    pub fn sign(&self, digest: B256) -> Result<[u8; 65]> {
        let key = SecretKey::from_byte_array(self.secret).context("not a secp256k1 key")?;
        let (id, compact) = SECP.sign_ecdsa_recoverable(Message::from_digest(digest.0), &key).serialize_compact();
        let mut signature = [0; 65];
        signature[..64].copy_from_slice(&compact);
        signature[64] = if id == RecoveryId::One { 28 } else { 27 };
        Ok(signature)
    }

    /// A signed EIP-1559 transaction that pays what the chain asks, ready for `eth_sendRawTransaction`.
    ///
    /// # Errors
    /// The key is not a secp256k1 key.
    pub fn transaction(&self, chain_id: u64, nonce: u64, to: Option<Address>, value: U256, data: Bytes) -> Result<Bytes> {
        let transaction = TxEip1559 {
            chain_id,
            nonce,
            gas_limit: super::evm::TRANSACTION_GAS,
            max_fee_per_gas: 2 * u128::from(super::evm::BASE_FEE),
            max_priority_fee_per_gas: 1,
            to: to.map_or(TxKind::Create, TxKind::Call),
            value,
            access_list: AccessList::default(),
            input: data,
        };
        let signature = self.sign(transaction.signature_hash())?;
        let signature = Signature::from_raw_array(&signature).context("own signature")?;
        let mut raw = Vec::new();
        transaction.into_signed(signature).eip2718_encode(&mut raw);
        Ok(raw.into())
    }
}

impl Accounts {
    /// The accounts of a seed.
    ///
    /// # Errors
    /// A derived key is not one of the curve.
    pub fn derive(seed: &[u8; 32]) -> Result<Self> {
        let account = |name| Account::derive(seed, name);
        Ok(Self {
            deployer: account("deployer")?,
            admin: account("admin")?,
            owner: account("owner")?,
            operator: account("operator")?,
            caller: account("caller")?,
            guardian: account("guardian")?,
            signer: account("signer")?,
        })
    }

    /// Every account with its name.
    #[must_use]
    pub fn all(&self) -> [(&'static str, &Account); 7] {
        let Self { deployer, admin, owner, operator, caller, guardian, signer } = self;
        [
            ("deployer", deployer),
            ("admin", admin),
            ("owner", owner),
            ("operator", operator),
            ("caller", caller),
            ("guardian", guardian),
            ("signer", signer),
        ]
    }
}

/// A transaction whose sender was recovered.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) raw: Bytes,
    pub(super) hash: B256,
    pub(super) from: Address,
    pub(super) kind: u8,
    pub(super) nonce: u64,
    pub(super) to: TxKind,
    pub(super) value: U256,
    pub(super) data: Bytes,
    pub(super) gas_limit: u64,
    pub(super) gas_price: u128,
    pub(super) priority: Option<u128>,
    pub(super) access_list: AccessList,
}

/// Reads a legacy or an EIP-1559 transaction for this chain.
pub(super) fn decode(raw: &[u8], chain_id: u64) -> Result<Sent> {
    match raw.first() {
        Some(2) => accept(TxEip1559::eip2718_decode(&mut &raw[..]).context("transaction")?, raw, chain_id),
        Some(0xc0..) => accept(TxLegacy::rlp_decode_signed(&mut &raw[..]).context("transaction")?, raw, chain_id),
        _ => bail!("transaction type not supported"),
    }
}

fn accept<T: Transaction + SignableTransaction<Signature>>(signed: Signed<T>, raw: &[u8], chain_id: u64) -> Result<Sent>
where
    Signed<T>: Clone,
{
    let transaction = signed.tx();
    ensure!(transaction.chain_id() == Some(chain_id), "transaction is for another chain");
    let from = recover(signed.signature(), signed.signature_hash())?;
    Ok(Sent {
        raw: Bytes::copy_from_slice(raw),
        hash: keccak256(raw),
        from,
        kind: u8::from(raw.first() == Some(&2)) * 2,
        nonce: transaction.nonce(),
        to: transaction.kind(),
        value: transaction.value(),
        data: transaction.input().clone(),
        gas_limit: transaction.gas_limit(),
        gas_price: transaction.max_fee_per_gas(),
        priority: transaction.max_priority_fee_per_gas(),
        access_list: transaction.access_list().cloned().unwrap_or_default(),
    })
}

fn recover(signature: &Signature, digest: B256) -> Result<Address> {
    ensure!(signature.normalize_s().is_none(), "signature has a high s");
    let id = if signature.v() { RecoveryId::One } else { RecoveryId::Zero };
    let signature = RecoverableSignature::from_compact(&signature.as_bytes()[..64], id).context("signature")?;
    let key = SECP.recover_ecdsa(Message::from_digest(digest.0), &signature).context("signature")?;
    Ok(address(&key))
}

fn address(key: &PublicKey) -> Address {
    Address::from_raw_public_key(&key.serialize_uncompressed()[1..])
}
