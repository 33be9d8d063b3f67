//! Contract accounts in a few instructions.

use alloy_primitives::{Address, B256, b256};
use policy::{AccountError, Authenticated, Authentication, Claimed, Confirming, Identity, Incoming, ReplayCache, Unverified};
use policy::{authenticate, confirm};
use protocol::call::{self, CallFields};
use protocol::signatures::{Agent, CallerSignature};
use revm::bytecode::opcode as op;

use super::call::{ENC, request, sign};
use super::{ACCOUNT, Pair};

/// EIP-1967 implementation slot.
pub(crate) const IMPLEMENTATION: B256 = b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");
const MAGIC: [u8; 4] = [0x16, 0x26, 0xba, 0x7e];

/// Owner in slot 0: answers the magic value if ecrecover(hash, v, r, s) is the owner, else a zero word.
pub(crate) fn wallet() -> Vec<u8> {
    let [a, b, c, d] = MAGIC;
    let mut code = vec![op::PUSH1, 0x04, op::CALLDATALOAD, op::PUSH0, op::MSTORE];
    code.extend([op::PUSH1, 0xa4, op::CALLDATALOAD, op::PUSH0, op::BYTE, op::PUSH1, 0x20, op::MSTORE]);
    code.extend([op::PUSH1, 0x64, op::CALLDATALOAD, op::PUSH1, 0x40, op::MSTORE]);
    code.extend([op::PUSH1, 0x84, op::CALLDATALOAD, op::PUSH1, 0x60, op::MSTORE]);
    code.extend([op::PUSH1, 0x20, op::PUSH0, op::PUSH1, 0x80, op::PUSH0, op::PUSH1, 1, op::GAS, op::STATICCALL, op::POP]);
    code.extend([op::PUSH0, op::MLOAD, op::PUSH0, op::SLOAD, op::EQ]);
    code.extend([op::PUSH4, a, b, c, d, op::PUSH1, 0xe0, op::SHL, op::MUL, op::PUSH0, op::MSTORE]);
    code.extend([op::PUSH1, 0x20, op::PUSH0, op::RETURN]);
    code
}

/// Delegates everything to the address in [`IMPLEMENTATION`].
pub(crate) fn proxy() -> Vec<u8> {
    let mut code = vec![op::CALLDATASIZE, op::PUSH0, op::PUSH0, op::CALLDATACOPY];
    code.extend([op::PUSH0, op::PUSH0, op::CALLDATASIZE, op::PUSH0, op::PUSH32]);
    code.extend(IMPLEMENTATION);
    code.extend([op::SLOAD, op::GAS, op::DELEGATECALL, op::RETURNDATASIZE, op::PUSH0, op::PUSH0, op::RETURNDATACOPY]);
    let to = u8::try_from(code.len() + 6).unwrap();
    code.extend([op::PUSH1, to, op::JUMPI, op::RETURNDATASIZE, op::PUSH0, op::REVERT]);
    code.extend([op::JUMPDEST, op::RETURNDATASIZE, op::PUSH0, op::RETURN]);
    code
}

/// Returns these bytes, whatever it is asked.
pub(crate) fn answering(data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len()).unwrap();
    let mut code = vec![op::PUSH1, length, op::PUSH1, 10, op::PUSH0, op::CODECOPY, op::PUSH1, length, op::PUSH0, op::RETURN];
    code.extend(data);
    code
}

/// A call of the contract account, with what `owner` signed for it.
pub(crate) fn signed_for_account(identity: &Identity, fields: &CallFields, owner: &[u8; 32]) -> Incoming {
    let digest = digest(identity, fields);
    with_signatures(fields, &CallerSignature::Contract(sign(owner, &digest).to_vec().into()), None)
}

/// What must be signed for a call of these fields.
pub(crate) fn digest(identity: &Identity, fields: &CallFields) -> B256 {
    let mut request = request();
    fields.write(&mut request);
    let unsigned = call::unsigned(&request, &ENC, identity.enclave).unwrap();
    call::digest(&unsigned, &call::domain(identity.chain_id, identity.registry, identity.vault_id))
}

pub(crate) fn with_signatures(fields: &CallFields, signature: &CallerSignature, agent: Option<&Agent>) -> Incoming {
    let mut request = request();
    fields.write(&mut request);
    protocol::signatures::set(&mut request, signature, agent);
    Incoming { request, enc: ENC }
}

pub(crate) fn claimed(identity: &Identity, incoming: Incoming, now: u64) -> Claimed {
    match authenticate(Unverified::new(incoming), identity, now * 1_000, &mut ReplayCache::new(10)).unwrap() {
        Authentication::Claimed(claimed) => claimed,
        Authentication::Authenticated(_) => panic!("a contract is the caller"),
    }
}

/// Asks the account, supplying what is missing.
pub(crate) fn confirmed(pair: &mut Pair, identity: &Identity, incoming: Incoming) -> Result<Authenticated, AccountError> {
    let mut claim = claimed(identity, incoming, pair.now);
    loop {
        match confirm(claim, identity, &pair.finalized, &pair.attested, &pair.machine) {
            Confirming::Confirmed(confirmed) => {
                return Ok(confirmed.take(pair.now * 1_000, &mut ReplayCache::new(10)).unwrap());
            }
            Confirming::Refused(error) => return Err(error),
            Confirming::Missing { claimed, finalized, attested } => {
                claim = claimed;
                pair.supply(&finalized.all(), &attested.all(), |_, _| false);
            }
        }
    }
}

/// Fields of a call that the contract account makes.
pub(crate) fn account_fields(now: u64) -> CallFields {
    CallFields { caller: ACCOUNT, ..super::call::fields(now) }
}

/// An account's word in storage.
pub(crate) fn owner_word(owner: Address) -> alloy_primitives::U256 {
    alloy_primitives::U256::from_be_bytes(owner.into_word().0)
}
