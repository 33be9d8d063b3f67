//! Worlds and requests at random, from a number.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;
use contracts_bindings::grants::{Constraint, Grant};
use contracts_bindings::registry::{Decision, Limit, Param, StoreRef};
use contracts_bindings::{Class, StoreAccessPolicy, StoreRegistry};
use policy::Operation;
use revm::bytecode::opcode as op;

use crate::support::ACCOUNT;
use crate::support::account::{IMPLEMENTATION, answering, owner_word, proxy, wallet};
use crate::support::call::address_of;
use crate::support::world::{OWNER, World, class_word, read_grant};

/// `SplitMix64`.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(crate) const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True once in so many.
    pub(crate) const fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    pub(crate) fn bytes(&mut self, length: u64) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

pub(crate) const KEYS: [[u8; 32]; 3] = [[7; 32], [8; 32], [9; 32]];
pub(crate) const SALTS: [B256; 4] = [B256::ZERO, B256::repeat_byte(0x5a), B256::repeat_byte(0x5b), B256::repeat_byte(0x5c)];
pub(crate) const ROLES: [B256; 3] = [B256::ZERO, B256::repeat_byte(0x71), B256::repeat_byte(0x72)];
pub(crate) const NAMES: [&str; 4] = ["shopify.query.orders", "shopify.mutation.refund", "vault.export", "vault.otp"];
pub(crate) const CLASSES: [Class; 8] =
    [Class::Read, Class::Write, Class::Value, Class::Routing, Class::Authz, Class::Mint, Class::Export, Class::Credential];
const PARAMS: [B256; 2] = [B256::repeat_byte(0x21), B256::repeat_byte(0x22)];

/// What is behind the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Reference,
    Proxied,
    Hostile,
}

pub(crate) fn subjects() -> Vec<B256> {
    KEYS.iter().map(|key| address_of(key).into_word()).chain([ACCOUNT.into_word(), ROLES[1], ROLES[2]]).collect()
}

fn grant(random: &mut Random, now: u64) -> Grant {
    let what = if random.one_in(2) { class_word(random.of(&CLASSES[..3])) } else { keccak256(random.of(&NAMES)) };
    let times = [0, now - 1, now, now + 1, (1 << 40) - 1];
    let constraint = |random: &mut Random| Constraint {
        param: random.of(&PARAMS),
        test: u8::try_from(random.below(4)).unwrap(),
        values: (0..=random.below(2)).map(|_| B256::from(U256::from(random.below(4)))).collect(),
    };
    let constraints = random.below(3) / 2;
    Grant {
        subject: random.of(&subjects()),
        store: if random.one_in(2) { B256::ZERO } else { B256::repeat_byte(u8::try_from(random.below(3)).unwrap()) },
        what,
        from: random.of(&times[..4]).try_into().unwrap(),
        until: random.of(&times[2..]).try_into().unwrap(),
        statuses: u8::try_from(1 + random.below(15)).unwrap(),
        capacity: u128::from(random.below(3)),
        period: u32::try_from(random.below(2) * 60).unwrap(),
        spend: if random.one_in(4) { PARAMS[0] } else { B256::ZERO },
        projection: if random.one_in(6) { B256::repeat_byte(0x77) } else { B256::ZERO },
        allowAgents: random.one_in(2),
        r#where: (0..constraints).map(|_| constraint(random)).collect(),
    }
}

/// A transaction that may be refused: then nothing happened.
fn perhaps<C: alloy_sol_types::SolCall>(world: &mut World, from: Address, to: Address, call: &C) {
    let _ = world.may(from, to, call);
}

pub(crate) fn world(random: &mut Random, now: u64) -> (World, Kind) {
    let mut world = World::new();
    let (registry, policy, portfolio) = (world.registry, world.policy, world.portfolio);
    if !random.one_in(3) {
        for subject in [address_of(&KEYS[0]).into_word(), ACCOUNT.into_word()] {
            world.grant(Grant { subject, statuses: 7, allowAgents: true, ..read_grant() });
        }
    }
    for _ in 0..random.below(8) {
        let grants = vec![grant(random, now)];
        perhaps(&mut world, OWNER, policy, &StoreAccessPolicy::grantCall { portfolio, grants });
    }
    for _ in 0..random.below(3) {
        let (role, member) = (random.of(&ROLES[1..]), address_of(&random.of(&KEYS)));
        let until = random.of(&[now - 1, now + 100]).try_into().unwrap();
        let call = StoreAccessPolicy::setRoleCall { portfolio, role, members: vec![member, ACCOUNT], until };
        perhaps(&mut world, OWNER, policy, &call);
    }
    if random.one_in(4) {
        let what = if random.one_in(2) { class_word(random.of(&CLASSES)) } else { keccak256(random.of(&NAMES)) };
        let subject = if random.one_in(2) { B256::ZERO } else { random.of(&subjects()) };
        perhaps(&mut world, OWNER, policy, &StoreAccessPolicy::setDeniedCall { portfolio, what, subject, denied: true });
    }
    let store = |random: &mut Random| vec![StoreRef { origin: portfolio, salt: random.of(&SALTS[1..]) }];
    if random.one_in(5) {
        let refs = store(random);
        perhaps(&mut world, OWNER, registry, &StoreRegistry::pauseCall { portfolio, refs });
    }
    if random.one_in(20) {
        perhaps(&mut world, OWNER, registry, &StoreRegistry::pauseCall { portfolio, refs: Vec::new() });
    }
    if random.one_in(3) {
        let (refs, status) = (store(random), u8::try_from(random.below(4)).unwrap());
        perhaps(&mut world, OWNER, registry, &StoreRegistry::setStatusCall { refs, status, reason: B256::ZERO });
    }
    if random.one_in(4) {
        let agent = crate::agents::id(random.of(&crate::agents::CURVES));
        perhaps(&mut world, address_of(&KEYS[0]), registry, &StoreRegistry::revokeAgentCall { agent });
    }
    if random.one_in(20) {
        world.revoke_image();
    }
    account(random, &mut world);
    let kind = random.of(&[Kind::Reference, Kind::Reference, Kind::Proxied, Kind::Hostile]);
    match kind {
        Kind::Reference => {}
        Kind::Proxied => {
            let at = Address::repeat_byte(0xbe);
            world.put_code(at, StoreAccessPolicy::DEPLOYED_BYTECODE.to_vec(), &[]);
            let implementation = if random.one_in(10) { U256::ZERO } else { U256::from_be_bytes(at.into_word().0) };
            world.put_code(policy, proxy(), &[(IMPLEMENTATION, implementation)]);
        }
        Kind::Hostile => {
            let code = hostile(random);
            world.put_code(policy, code, &[(B256::ZERO, U256::from(random.below(3)))]);
        }
    }
    (world, kind)
}

/// The contract that calls: a wallet, one behind a proxy, or something that is none.
fn account(random: &mut Random, world: &mut World) {
    let owner = (B256::ZERO, owner_word(address_of(&KEYS[0])));
    match random.below(8) {
        0 => world.put_code(ACCOUNT, vec![op::JUMPDEST, op::PUSH0, op::JUMP], &[]),
        1 => world.put_code(ACCOUNT, vec![op::PUSH0, op::PUSH0, op::REVERT], &[]),
        2 => world.put_code(ACCOUNT, answering(&random.of(&[[0x16; 32], [0; 32]])), &[]),
        3 | 4 => {
            let at = Address::repeat_byte(0xbf);
            world.put_code(at, wallet(), &[]);
            world.put_code(ACCOUNT, proxy(), &[owner, (IMPLEMENTATION, U256::from_be_bytes(at.into_word().0))]);
        }
        _ => world.put_code(ACCOUNT, wallet(), &[owner]),
    }
}

fn decision(random: &mut Random) -> Vec<u8> {
    let limits = (0..random.below(11) / 2).map(|_| Limit {
        bucket: B256::from(U256::from(random.next())),
        cost: u128::from(random.next()),
        capacity: u128::from(random.next()),
        period: u32::try_from(random.below(100)).unwrap(),
    });
    let limits = limits.collect();
    let rule = contracts_bindings::rule(random.of(&["granted", "some.rule", "x"])).unwrap();
    let mut data = Decision { allowed: random.one_in(2), rule, projection: B256::ZERO, limits }.abi_encode();
    match random.below(12) {
        0 => data.push(0),
        1 => data.truncate(usize::try_from(random.below(data.len() as u64)).unwrap()),
        2 => {
            let at = usize::try_from(random.below(data.len() as u64)).unwrap();
            data[at] ^= 1 << random.below(8);
        }
        _ => {}
    }
    data
}

/// Code that does something, and then answers with something that may be a decision.
fn hostile(random: &mut Random) -> Vec<u8> {
    let precompile = |random: &mut Random, address: u16| {
        let [high, low] = address.to_be_bytes();
        let size = u8::try_from(random.below(200)).unwrap();
        let gas = random.below(60_000).to_be_bytes();
        let mut code =
            vec![op::PUSH1, 64, op::PUSH0, op::PUSH1, size, op::PUSH0, op::PUSH2, high, low, op::PUSH2, gas[6], gas[7]];
        // What it returned, and whether it did, decides how much gas is burnt.
        code.extend([op::STATICCALL, op::RETURNDATASIZE, op::ADD, op::POP]);
        code
    };
    let first = match random.below(24) {
        0 => vec![op::JUMPDEST, op::PUSH0, op::JUMP],
        1 => vec![op::PUSH0, op::PUSH0, op::REVERT],
        2 => {
            // revert Error("x")
            vec![op::PUSH4, 0x08, 0xc3, 0x79, 0xa0, op::PUSH0, op::MSTORE, op::PUSH1, 100, op::PUSH1, 28, op::REVERT]
        }
        3 => vec![op::PUSH0, op::PUSH1, 1, op::PUSH1, u8::try_from(random.below(40)).unwrap(), op::SHL, op::MSTORE],
        4 => vec![op::PUSH1, 1, op::PUSH0, op::SSTORE],
        5 => vec![op::PUSH0, op::SELFDESTRUCT],
        6 => precompile(random, 0x100),
        7 => {
            let address = random.of(&[1, 2, 3, 4, 6, 7, 9]);
            precompile(random, address)
        }
        // Jumps to nowhere if the slot, the time or the number is odd.
        8 => vec![op::PUSH0, op::SLOAD, op::PUSH1, 1, op::AND, op::PUSH0, op::JUMPI],
        9 => vec![op::TIMESTAMP, op::NUMBER, op::ADD, op::PUSH1, 1, op::AND, op::PUSH0, op::JUMPI],
        10 => random.bytes(40),
        _ => Vec::new(),
    };
    let data = decision(random);
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    let at = u16::try_from(first.len() + 13).unwrap().to_be_bytes();
    let mut code = first;
    code.extend([op::PUSH2, length[0], length[1], op::PUSH2, at[0], at[1], op::PUSH0, op::CODECOPY]);
    code.extend([op::PUSH2, length[0], length[1], op::PUSH0, op::RETURN]);
    code.extend(data);
    code
}

pub(crate) fn operation(random: &mut Random) -> Operation {
    let mut params: Vec<Param> = (0..random.below(3))
        .map(|_| Param { name: random.of(&PARAMS), value: B256::from(U256::from(random.below(4))) })
        .collect();
    params.sort_by_key(|param| param.name);
    let name = if random.one_in(12) { random.of(&NAMES) } else { random.of(&NAMES[..2]) };
    let class = if random.one_in(6) { random.of(&CLASSES) } else { random.of(&CLASSES[..3]) };
    Operation { name: name.to_owned(), class, params }
}
