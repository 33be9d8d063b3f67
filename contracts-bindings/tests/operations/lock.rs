//! What was published: names with their classes, digests of their selectors, and parameters.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use alloy_primitives::B256;
use serde_json::{Value, json};

use crate::presets::{Operation, Param, canonical};

/// The lock file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lock {
    operations: BTreeMap<String, Published>,
}

/// One published name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Published {
    class: String,
    selector: B256,
    params: BTreeMap<String, Param>,
    /// No preset has it any more. It never comes back as something else.
    retired: bool,
}

impl Published {
    fn of(operation: &Operation) -> Self {
        let Operation { name: _, class, selector, params } = operation;
        Self { class: class.clone(), selector: *selector, params: params.clone(), retired: false }
    }

    /// How `later` says something else, or more, than this did.
    fn widened_by(&self, name: &str, later: &Self) -> Vec<String> {
        let mut widened = Vec::new();
        if self.class != later.class {
            widened.push(format!("{name} was {} and is {}: a new class needs a new name", self.class, later.class));
        }
        if self.selector != later.selector {
            widened.push(format!("{name} is another request than it was: a new selector needs a new name"));
        }
        for (param, published) in &self.params {
            match later.params.get(param) {
                None => widened.push(format!("{name} lost its parameter {param}: a grant that names it would never hold again")),
                Some(now) if now.encoding != published.encoding => {
                    widened.push(format!("{param} of {name} was {} and is {}", published.encoding, now.encoding));
                }
                Some(now) if now.from != published.from => {
                    widened.push(format!("{param} of {name} was taken from {} and is from {}", published.from, now.from));
                }
                Some(_) => {}
            }
        }
        widened
    }
}

impl Lock {
    /// Reads what [`Lock::write`] wrote.
    pub(crate) fn read(text: &str) -> Self {
        let file: Value = serde_json::from_str(text).expect("the lock file is JSON");
        assert_eq!(file["version"], 1, "the lock file has another version");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let operations = file["operations"].as_array().expect("operations").iter().map(|entry| {
            let params = entry["params"].as_object().expect("params").iter();
            let params =
                params.map(|(name, param)| (name.clone(), Param { encoding: text(&param["as"]), from: text(&param["from"]) }));
            let published = Published {
                class: text(&entry["class"]),
                selector: text(&entry["selector"]).parse().expect("a digest"),
                params: params.collect(),
                retired: entry["retired"] == true,
            };
            (text(&entry["name"]), published)
        });
        Self { operations: operations.collect() }
    }

    /// A line for each name, so that a change is seen where it is.
    pub(crate) fn write(&self) -> String {
        let mut text = "{\n  \"version\": 1,\n  \"operations\": [\n".to_owned();
        for (number, (name, published)) in self.operations.iter().enumerate() {
            let params: BTreeMap<_, _> = published
                .params
                .iter()
                .map(|(name, param)| (name, json!({ "as": param.encoding, "from": param.from })))
                .collect();
            let mut entry = json!({ "name": name, "class": published.class, "selector": published.selector, "params": params });
            if published.retired {
                entry["retired"] = json!(true);
            }
            let comma = if number + 1 < self.operations.len() { "," } else { "" };
            let _ = writeln!(text, "    {}{comma}", canonical(&entry));
        }
        text.push_str("  ]\n}\n");
        text
    }

    /// With these operations published too; those that are gone are retired.
    pub(crate) fn extended(&self, operations: &[Operation]) -> Result<Self, Vec<String>> {
        let mut lock = self.clone();
        let mut widened = Vec::new();
        for published in lock.operations.values_mut() {
            published.retired = true;
        }
        for operation in operations {
            let now = Published::of(operation);
            if let Some(before) = self.operations.get(&operation.name) {
                widened.extend(before.widened_by(&operation.name, &now));
            }
            lock.operations.insert(operation.name.clone(), now);
        }
        widened.extend(lock.encodings().err());
        if widened.is_empty() { Ok(lock) } else { Err(widened) }
    }

    /// How each parameter is encoded, whatever operation it is of: a grant on a class names a parameter of many operations.
    pub(crate) fn encodings(&self) -> Result<BTreeMap<String, String>, String> {
        let mut encodings: BTreeMap<String, String> = BTreeMap::new();
        for (operation, published) in &self.operations {
            for (name, param) in &published.params {
                let known = encodings.entry(name.clone()).or_insert_with(|| param.encoding.clone());
                if *known != param.encoding {
                    return Err(format!("parameter {name} is {known}, and in {operation} {}", param.encoding));
                }
            }
        }
        Ok(encodings)
    }

    /// Names that no preset has any more.
    pub(crate) fn retired(&self) -> impl Iterator<Item = (&String, &String)> {
        self.operations.iter().filter(|(_, published)| published.retired).map(|(name, published)| (name, &published.class))
    }

    /// What `earlier` published and this does not, or not as it was.
    pub(crate) fn lost_of(&self, earlier: &Self) -> Vec<String> {
        let lost = earlier.operations.iter().flat_map(|(name, published)| match self.operations.get(name) {
            None => vec![format!("{name} is not published any more")],
            Some(now) => published.widened_by(name, now),
        });
        lost.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::of_preset;

    fn preset(change: impl FnOnce(&mut Value)) -> Vec<Operation> {
        let mut file = json!({
            "prefix": "shop",
            "graphql": { "path": "/graphql", "params": [{ "name": "api.version", "from": "path:version", "as": "ascii" }] },
            "operations": [
                { "name": "shop.refund", "class": "VALUE", "method": "POST", "path": "/refunds/{order}", "source": "docs",
                  "params": [{ "name": "order", "from": "path:order", "as": "text" }, { "name": "amount", "from": "json:/amount", "as": "millionths" }] },
                { "name": "shop.query.orders", "class": "READ", "graphql": "query orders", "source": "docs" },
            ],
        });
        change(&mut file);
        of_preset(&file)
    }

    fn published() -> Lock {
        Lock::default().extended(&preset(|_| {})).unwrap()
    }

    #[test]
    fn what_was_written_is_read_back() {
        assert_eq!(Lock::read(&published().write()), published());
        assert_eq!(published().extended(&preset(|_| {})).unwrap(), published());
    }

    #[test]
    fn each_way_of_meaning_something_else_is_refused() {
        type Change = fn(&mut Value);
        let cases: [(&str, Change); 9] = [
            ("a new class needs a new name", |file| file["operations"][0]["class"] = json!("WRITE")),
            ("a new selector needs a new name", |file| file["operations"][0]["path"] = json!("/refunds/**")),
            ("a new selector needs a new name", |file| file["operations"][0]["method"] = json!("PUT")),
            ("a new selector needs a new name", |file| file["operations"][0]["host"] = json!("*.shop.example")),
            ("a new selector needs a new name", |file| file["graphql"]["path"] = json!("/**")),
            ("lost its parameter amount", |file| file["operations"][0]["params"].as_array_mut().unwrap().truncate(1)),
            ("lost its parameter api.version", |file| file["graphql"]["params"] = json!([])),
            ("was millionths and is text", |file| file["operations"][0]["params"][1]["as"] = json!("text")),
            ("was taken from path:order and is from json:/order", |file| {
                file["operations"][0]["params"][0]["from"] = json!("json:/order");
            }),
        ];
        for (reason, change) in cases {
            let widened = published().extended(&preset(change)).unwrap_err();
            assert!(widened.iter().any(|widened| widened.contains(reason)), "{reason}: {widened:?}");
        }
    }

    #[test]
    fn one_parameter_has_one_encoding_in_all_operations() {
        let widened = published().extended(&preset(|file| {
            file["operations"][1]["params"] = json!([{ "name": "amount", "from": "json:/amount", "as": "text" }]);
        }));
        assert!(widened.unwrap_err()[0].contains("parameter amount"));
    }

    #[test]
    fn names_and_parameters_may_be_added() {
        let more = preset(|file| {
            let operations = file["operations"].as_array_mut().unwrap();
            operations.push(json!({ "name": "shop.orders", "class": "READ", "method": "GET", "path": "/orders" }));
            operations[0]["params"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "name": "reason", "from": "json:/reason", "as": "text" }));
            operations[0]["source"] = json!("other docs");
        });
        let lock = published().extended(&more).unwrap();
        assert!(lock.lost_of(&published()).is_empty());
        assert!(!published().lost_of(&lock).is_empty());
    }

    #[test]
    fn a_name_that_is_gone_stays_reserved_for_what_it_was() {
        let lock = published().extended(&preset(|file| drop(file["operations"].as_array_mut().unwrap().remove(0)))).unwrap();
        assert_eq!(lock.retired().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["shop.refund"]);
        assert_eq!(Lock::read(&lock.write()), lock);
        assert!(lock.extended(&preset(|file| file["operations"][0]["class"] = json!("READ"))).is_err());
        assert_eq!(lock.extended(&preset(|_| {})).unwrap(), published());
    }
}
