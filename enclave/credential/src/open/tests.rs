use super::*;
use crate::fields::{Field, Fields};
use crate::keys::tests::{VAULT_ID, keys, root};
use crate::seal::{SealError, seal};
use crate::secret::Secret;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const STORE: B256 = B256::repeat_byte(0x21);
const OTHER_STORE: B256 = B256::repeat_byte(0x22);
const PRESET: &str = "shopify-admin";
const TOKEN: &[u8] = b"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";

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn binding(keys: &Keys, store: B256) -> Binding {
    Binding {
        store,
        connection: keys.record_id(Kind::Connection, store.as_slice()),
        preset: PRESET.into(),
        host: "a.myshopify.com".into(),
        account: "a.myshopify.com".into(),
        selector: vec![("shop_id".into(), "1".into())],
    }
}

fn fields(name: &str) -> Fields {
    Fields::new(vec![(name.into(), Field::Secret(Secret::new(TOKEN).unwrap()))]).unwrap()
}

fn connection() -> Connection {
    Connection {
        preset: PRESET.into(),
        account: "a.myshopify.com".into(),
        app: None,
        fields: fields("access_token"),
        access_expires_at: None,
        refresh_expires_at: None,
    }
}

fn app(preset: &str) -> App {
    App { preset: preset.into(), fields: fields("client_secret") }
}

/// A connection that names an app, opened.
fn with_app(keys: &Keys, name: &[u8]) -> OpenedConnection {
    let named = Connection { app: Some(keys.record_id(Kind::App, name)), ..connection() };
    let sealed = seal(keys, &binding(keys, STORE).connection, 5, &Record::Connection(named), &mut rng()).unwrap();
    connection_of(keys, &STORE, &opened(keys), Accounts::Same, 5, &sealed).unwrap()
}

fn sealed_binding(keys: &Keys, store: B256, generation: u64) -> Vec<u8> {
    let id = keys.record_id(Kind::Binding, store.as_slice());
    seal(keys, &id, generation, &Record::Binding(binding(keys, store)), &mut rng()).unwrap()
}

fn sealed_connection(keys: &Keys, store: B256, generation: u64) -> Vec<u8> {
    seal(keys, &binding(keys, store).connection, generation, &Record::Connection(connection()), &mut rng()).unwrap()
}

fn opened(keys: &Keys) -> OpenedBinding {
    binding_of(keys, &STORE, PRESET, 3, &sealed_binding(keys, STORE, 3)).unwrap()
}

#[test]
fn opens_the_store_s_binding_and_the_connection_it_names() {
    let keys = keys();
    assert_eq!(*opened(&keys).binding(), binding(&keys, STORE));
    let sealed = sealed_connection(&keys, STORE, 5);
    let connection = connection_of(&keys, &STORE, &opened(&keys), Accounts::Same, 5, &sealed).unwrap();
    assert_eq!(connection.connection().fields.with_secret("access_token", <[u8]>::to_vec), Some(TOKEN.to_vec()));
}

#[test]
fn t14_refuses_another_store_s_binding() {
    let keys = keys();
    let moved = sealed_binding(&keys, OTHER_STORE, 3);
    assert_eq!(binding_of(&keys, &STORE, PRESET, 3, &moved).unwrap_err(), OpenError::Sealed);
}

#[test]
fn t14_refuses_a_binding_under_a_permit_of_another_store() {
    let keys = keys();
    let sealed = sealed_connection(&keys, STORE, 5);
    let refused = connection_of(&keys, &OTHER_STORE, &opened(&keys), Accounts::Same, 5, &sealed).unwrap_err();
    assert_eq!(refused, OpenError::WrongStore);
}

#[test]
fn t14_refuses_a_connection_moved_to_another_record_id() {
    let keys = keys();
    let moved = sealed_connection(&keys, OTHER_STORE, 5);
    assert_eq!(connection_of(&keys, &STORE, &opened(&keys), Accounts::Same, 5, &moved).unwrap_err(), OpenError::Sealed);
}

#[test]
fn t14_refuses_another_vault_and_another_root_key() {
    let keys = keys();
    for other in [Keys::derive(&root(7), &B256::repeat_byte(0x12)), Keys::derive(&root(8), &VAULT_ID)] {
        let other = other.unwrap();
        let refused = binding_of(&other, &STORE, PRESET, 3, &sealed_binding(&keys, STORE, 3)).unwrap_err();
        assert_eq!(refused, OpenError::Sealed);
    }
}

#[test]
fn t12_refuses_an_older_generation_served_as_the_current_one() {
    let keys = keys();
    let older = sealed_connection(&keys, STORE, 4);
    assert_eq!(connection_of(&keys, &STORE, &opened(&keys), Accounts::Same, 5, &older).unwrap_err(), OpenError::Sealed);
    assert!(connection_of(&keys, &STORE, &opened(&keys), Accounts::Same, 4, &older).is_ok());
}

#[test]
fn t13_refuses_a_newer_generation_mixed_into_an_older_state() {
    let keys = keys();
    let newer = sealed_binding(&keys, STORE, 4);
    assert_eq!(binding_of(&keys, &STORE, PRESET, 3, &newer).unwrap_err(), OpenError::Sealed);
}

#[test]
fn t14_associated_data_binds_each_field() {
    let keys = keys();
    let id = binding(&keys, STORE).connection;
    let other_id = keys.record_id(Kind::Connection, b"other");
    let sealed = sealed_connection(&keys, STORE, 5);
    let valid = Place { id: &id, generation: 5, kind: Kind::Connection, preset: PRESET };
    assert!(open_raw(&keys, &valid, &sealed).is_ok());
    let moved = [
        Place { id: &other_id, ..valid },
        Place { generation: 4, ..valid },
        Place { generation: 6, ..valid },
        Place { kind: Kind::App, ..valid },
        Place { kind: Kind::Binding, ..valid },
        Place { preset: "generic", ..valid },
        Place { preset: "shopify-admi", ..valid },
        Place { preset: "", ..valid },
    ];
    for place in moved {
        assert_eq!(open_raw(&keys, &place, &sealed).unwrap_err(), OpenError::Sealed);
    }
    // The associated data alone, under an unchanged key: the key's own binding to id and generation does not stand in for it.
    let key = valid.key(&keys);
    for place in moved.iter().filter_map(|place| place.aad(&keys)) {
        assert!(aead::open(&key, &place, &sealed[2..]).is_err());
    }
    assert!(aead::open(&key, &valid.aad(&keys).unwrap(), &sealed[2..]).is_ok());
}

#[test]
fn t16_refuses_each_truncation_and_each_flipped_byte() {
    let keys = keys();
    let sealed = sealed_binding(&keys, STORE, 3);
    for at in 0..sealed.len() {
        let refused = binding_of(&keys, &STORE, PRESET, 3, &sealed[..at]).unwrap_err();
        assert_eq!(refused, if at < 2 { OpenError::Size } else { OpenError::Sealed });
        let mut changed = sealed.clone();
        changed[at] ^= 0x80;
        let refused = binding_of(&keys, &STORE, PRESET, 3, &changed).unwrap_err();
        assert_eq!(refused, if at < 2 { OpenError::Version } else { OpenError::Sealed });
    }
    let mut longer = sealed.clone();
    longer.push(0);
    assert_eq!(binding_of(&keys, &STORE, PRESET, 3, &longer).unwrap_err(), OpenError::Sealed);
    longer.resize(limits::RECORD + 1, 0);
    assert_eq!(binding_of(&keys, &STORE, PRESET, 3, &longer).unwrap_err(), OpenError::Size);
}

#[test]
fn refuses_a_connection_of_another_preset() {
    let keys = keys();
    let id = binding(&keys, STORE).connection;
    let other = Connection { preset: "amazon-sp".into(), ..connection() };
    let sealed = seal(&keys, &id, 5, &Record::Connection(other), &mut rng()).unwrap();
    assert_eq!(connection_of(&keys, &STORE, &opened(&keys), Accounts::Same, 5, &sealed).unwrap_err(), OpenError::Sealed);
    assert_eq!(kept_of(&keys, &STORE, &id, PRESET, 5, &sealed).unwrap_err(), OpenError::Sealed);
}

#[test]
fn upkeep_opens_the_one_connection_that_it_is_for() {
    let keys = keys();
    let (one, other) = (binding(&keys, STORE).connection, binding(&keys, OTHER_STORE).connection);
    let sealed = sealed_connection(&keys, STORE, 5);
    assert!(kept_of(&keys, &STORE, &one, PRESET, 5, &sealed).is_ok());
    assert_eq!(kept_of(&keys, &STORE, &other, PRESET, 5, &sealed).unwrap_err(), OpenError::Sealed);
    assert_eq!(kept_of(&keys, &STORE, &one, PRESET, 4, &sealed).unwrap_err(), OpenError::Sealed);
}

#[test]
fn opens_the_app_that_the_connection_names_and_no_connection_in_its_place() {
    let keys = keys();
    let id = keys.record_id(Kind::App, b"app");
    let sealed = seal(&keys, &id, 1, &Record::App(app(PRESET)), &mut rng()).unwrap();
    let opened = with_app(&keys, b"app");
    let app = app_of(&keys, &STORE, &opened, 1, &sealed).unwrap();
    assert_eq!(app.fields.with_secret("client_secret", <[u8]>::to_vec), Some(TOKEN.to_vec()));
    assert_eq!(app_of(&keys, &OTHER_STORE, &opened, 1, &sealed).unwrap_err(), OpenError::WrongStore);
    assert_eq!(app_of(&keys, &STORE, &opened, 2, &sealed).unwrap_err(), OpenError::Sealed);
    assert_eq!(app_of(&keys, &STORE, &with_app(&keys, b"other"), 1, &sealed).unwrap_err(), OpenError::Sealed);
    let binding = OpenedBinding(Binding { connection: id, ..binding(&keys, STORE) });
    assert_eq!(connection_of(&keys, &STORE, &binding, Accounts::Same, 1, &sealed).unwrap_err(), OpenError::Sealed);
}

#[test]
fn t70_a_connection_of_one_store_is_of_its_account() {
    let keys = keys();
    let other = Connection { account: "b.myshopify.com".into(), ..connection() };
    let sealed = seal(&keys, &binding(&keys, STORE).connection, 5, &Record::Connection(other), &mut rng()).unwrap();
    let open = |accounts| connection_of(&keys, &STORE, &opened(&keys), accounts, 5, &sealed).map(|_| ());
    assert_eq!((open(Accounts::Same), open(Accounts::Any)), (Err(OpenError::WrongConnection), Ok(())));
}

#[test]
fn t70_a_connection_is_its_owners_and_of_one_name() {
    let (keys, owner, name) = (keys(), Address::repeat_byte(1), B256::repeat_byte(2));
    let id = connection_id(&keys, &owner, &name);
    assert_eq!(id, connection_id(&keys, &owner, &name));
    assert_ne!(id, connection_id(&keys, &Address::repeat_byte(3), &name));
    assert_ne!(id, connection_id(&keys, &owner, &B256::repeat_byte(3)));
}

#[test]
fn t71_a_connection_opens_no_app_of_another_preset_and_none_that_it_does_not_name() {
    let keys = keys();
    let id = keys.record_id(Kind::App, b"app");
    let other = seal(&keys, &id, 1, &Record::App(app("amazon-sp")), &mut rng()).unwrap();
    assert_eq!(app_of(&keys, &STORE, &with_app(&keys, b"app"), 1, &other).unwrap_err(), OpenError::Sealed);
    let sealed = seal(&keys, &id, 1, &Record::App(app(PRESET)), &mut rng()).unwrap();
    let without = connection_of(&keys, &STORE, &opened(&keys), Accounts::Same, 5, &sealed_connection(&keys, STORE, 5)).unwrap();
    assert_eq!(app_of(&keys, &STORE, &without, 1, &sealed).unwrap_err(), OpenError::WrongApp);
}

#[test]
fn t71_nothing_of_the_generic_preset_has_an_app() {
    let keys = keys();
    let id = keys.record_id(Kind::App, b"app");
    let refused = |record: Record| seal(&keys, &id, 1, &record, &mut rng()).unwrap_err();
    assert_eq!(refused(Record::App(app("generic"))), SealError::App);
    let connection = Connection { preset: "generic".into(), app: Some(id), ..connection() };
    assert_eq!(refused(Record::Connection(connection)), SealError::App);
}

#[test]
fn seal_refuses_what_may_not_exist() {
    let keys = keys();
    let id = keys.record_id(Kind::Binding, STORE.as_slice());
    let refused =
        |id: &[u8; 32], generation, binding| seal(&keys, id, generation, &Record::Binding(binding), &mut rng()).unwrap_err();
    let valid = binding(&keys, STORE);
    assert_eq!(refused(&id, 0, valid.clone()), SealError::Generation);
    assert_eq!(refused(&id, 1, binding(&keys, OTHER_STORE)), SealError::Id);
    assert_eq!(refused(&valid.connection, 1, valid.clone()), SealError::Id);
    assert_eq!(refused(&id, 1, Binding { preset: String::new(), ..valid.clone() }), SealError::Preset);
    assert_eq!(refused(&id, 1, Binding { preset: "p".repeat(256), ..valid.clone() }), SealError::Preset);
    assert_eq!(refused(&id, 1, Binding { selector: vec![("a".into(), String::new())], ..valid.clone() }), SealError::Selector);
    assert_eq!(refused(&id, 1, Binding { host: "h".repeat(65_536), ..valid }), SealError::Size);
}

#[test]
fn a_record_sealed_elsewhere_opens() {
    // Sealed by python cryptography 48 after the layout in `seal` and `record`.
    let sealed = hex::decode(
        "\
         0002000102030405060708090a0bc0085468d541e193403e7ce1145295e7979ecd4c86a611b7d0de3171dcea2f91059ffa0e18fc1a3f1f\
         7d17eb26425f3efb4809e926dcfe2a4f57c547febdceab89f4058e15e8ce60c75870ffbef03f73306d94ea900134cef3ee833702c9c429\
         e776889d636158a822729adea699cd317c376e9a3031231b71aef0d5ed018dbed0d963be8ddc694f2a2eabc4d7aedb1b66356ddccc5c71\
         e85cef3f816c07643b7305739f09f5864202007ad7b40197e724758fa17db7600c517af91dda5d9a7e48471492f14b526137033eb8cf4d\
         d73b3e908cc4d6ef4fccceb01b9036f045bd5609eb0f334a10cfcb90987416e264840ef2494242d140a44cf54e832079ffbec281a9588b\
         061c3121cc22383b69a6ef",
    )
    .unwrap();
    let opened = binding_of(&keys(), &STORE, PRESET, 3, &sealed).unwrap();
    assert_eq!(opened.binding().host, "a.myshopify.com");
    assert_eq!(opened.binding().connection, [0x33; 32]);
}
