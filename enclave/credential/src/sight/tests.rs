use super::*;
use crate::fields::{Field, Fields};
use crate::keys::tests::keys;
use crate::record::{Connection, Kind, Record};
use crate::seal::seal;
use crate::secret::Secret;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const STORE: B256 = B256::repeat_byte(0x21);
const OTHER: B256 = B256::repeat_byte(0x22);
const PRESET: &str = "ebay";

fn fields(name: &str) -> Fields {
    Fields::new(vec![(name.into(), Field::Secret(Secret::new(b"a-secret-value-0001").unwrap()))]).unwrap()
}

/// Binding, connection and app of a store, sealed.
fn sealed(keys: &Keys, store: B256) -> [Vec<u8>; 3] {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let id = |kind| keys.record_id(kind, store.as_slice());
    let binding = Binding {
        store,
        connection: id(Kind::Connection),
        preset: PRESET.into(),
        host: "api.ebay.com".into(),
        account: "a".into(),
        selector: Vec::new(),
    };
    let connection = Connection {
        preset: PRESET.into(),
        account: "a".into(),
        app: Some(id(Kind::App)),
        fields: fields("access_token"),
        access_expires_at: None,
        refresh_expires_at: None,
    };
    let app = App { preset: PRESET.into(), fields: fields("client_secret") };
    [
        seal(keys, &id(Kind::Binding), 1, &Record::Binding(binding), &mut rng).unwrap(),
        seal(keys, &id(Kind::Connection), 1, &Record::Connection(connection), &mut rng).unwrap(),
        seal(keys, &id(Kind::App), 1, &Record::App(app), &mut rng).unwrap(),
    ]
}

fn open(store: &B256, records: &[Vec<u8>; 3]) -> Result<Sight, OpenError> {
    let [binding, connection, app] = records.each_ref().map(|sealed| Sealed { generation: 1, sealed });
    Sight::of(&keys(), store, PRESET, Accounts::Same, KeptRecords { binding, connection, app: Some(app) })
}

#[test]
fn t14_a_sight_is_of_one_store_its_connection_and_its_app() {
    let keys = keys();
    let (one, other) = (sealed(&keys, STORE), sealed(&keys, OTHER));
    let sight = open(&STORE, &one).unwrap();
    assert_eq!((sight.binding().store, sight.app().is_some()), (STORE, true));
    assert_eq!(format!("{sight:?}"), "Sight(..)");
    assert_eq!(open(&OTHER, &one).unwrap_err(), OpenError::Sealed);
    for place in 0..3 {
        let mut mixed = one.clone();
        mixed[place] = other[place].clone();
        assert_eq!(open(&STORE, &mixed).unwrap_err(), OpenError::Sealed, "{place}");
    }
}
