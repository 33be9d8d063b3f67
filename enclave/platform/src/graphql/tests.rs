use super::*;
use proptest::prelude::*;

fn roots(document: &str) -> Vec<String> {
    parse(document).unwrap().roots.into_iter().map(|root| root.field).collect()
}

fn refused(document: &str) -> GraphqlError {
    parse(document).unwrap_err()
}

#[test]
fn reads_kind_name_and_root_fields() {
    let document = parse(
        "query Recent($first: Int! = 10, $tags: [String!]! = [\"a\", \"b\"], $o: In = {a: {b: [1 -2.5e+3 true X]}}) {
            # the newest
            latest: orders(first: $first, query: \"tag:\\\"a\\\" \\u00e9\\uD83D\\uDE00\") { edges { node { id, ...Fields } } }
            shop { name ... on Shop @include(if: true) { id __typename } ... { id } }
        }
        fragment Fields on Order { name note: customAttributes { key } }",
    );
    let document = document.unwrap();
    assert_eq!((document.kind, document.name.as_deref()), (OperationKind::Query, Some("Recent")));
    let fields: Vec<_> = document.roots.iter().map(|root| root.field.as_str()).collect();
    assert_eq!(fields, ["orders", "shop"]);
}

#[test]
fn reads_shorthand_and_keywords_as_names() {
    assert_eq!(roots("{query{on}}"), ["query"]);
    assert_eq!(roots("query query{mutation fragment}"), ["mutation", "fragment"]);
    assert_eq!(roots("mutation{tagsAdd(id:\"1\"tags:[]){node{id}}}"), ["tagsAdd"]);
}

#[test]
fn t72_a_root_field_is_its_name_and_not_its_alias() {
    assert_eq!(roots("mutation { orderUpdate: refundCreate(input: {}) { x } }"), ["refundCreate"]);
    assert_eq!(roots("mutation { a: orderUpdate { x } b: orderUpdate { x } }"), ["orderUpdate", "orderUpdate"]);
    // `on` and keywords are no hiding place.
    assert_eq!(roots("mutation { on: refundCreate { x } }"), ["refundCreate"]);
}

#[test]
fn t72_refuses_a_second_operation() {
    assert_eq!(refused("query A { shop { id } } mutation B { refundCreate { x } }"), GraphqlError::SeveralOperations);
    assert_eq!(refused("{ shop { id } } { shop { id } }"), GraphqlError::SeveralOperations);
    assert_eq!(refused("fragment F on Shop { id }"), GraphqlError::NoOperation);
    assert_eq!(refused(""), GraphqlError::NoOperation);
    assert_eq!(refused("subscription { orders }"), GraphqlError::Subscription);
}

#[test]
fn t72_fragments_at_the_root_are_resolved() {
    assert_eq!(roots("mutation { ...F } fragment F on Mutation { a: refundCreate { x } }"), ["refundCreate"]);
    assert_eq!(roots("mutation { ... on Mutation { refundCreate { x } } }"), ["refundCreate"]);
    assert_eq!(roots("mutation { ... { refundCreate { x } tagsAdd } }"), ["refundCreate", "tagsAdd"]);
    assert_eq!(
        roots("{ shop ...F ...F } fragment F on Q { ...G orders @include(if: $x) { id } } fragment G on Q { ... { a: b } }"),
        ["shop", "b", "orders", "b", "orders"]
    );
    // One that is spread deeper is no root.
    assert_eq!(roots("{ shop { ...F } } fragment F on Shop { refundCreate }"), ["shop"]);
}

#[test]
fn t72_refuses_fragments_that_hide_or_never_end() {
    for document in [
        "{ ...F } fragment F on Q { ...F a }",
        "{ ...F } fragment F on Q { ...G } fragment G on Q { a ...F }",
        "{ ...F } fragment G on Q { a }",
        "{ ...F } fragment F on Q { a } fragment F on Q { b }",
    ] {
        assert_eq!(refused(document), GraphqlError::Fragment, "{document}");
    }
    assert_eq!(refused("{ ...F } fragment F on Q { __typename }"), GraphqlError::Introspection);
    assert_eq!(refused("{ ...F } fragment F on Q { __schema { x } }"), GraphqlError::Introspection);
    assert_eq!(refused("{ shop { id } ... @include(if: $x) { orders } }"), GraphqlError::Directive);
    assert_eq!(refused("{ ...F @skip(if: true) } fragment F on Q { a }"), GraphqlError::Directive);
    let level = |i: usize| format!(" fragment F{i} on Q {{ {} }}", format!("...F{} ", i + 1).repeat(20));
    let bomb = (0..60).map(level).collect::<Vec<_>>().concat();
    assert_eq!(refused(&format!("{{ ...F0 }} {bomb} fragment F60 on Q {{ a }}")), GraphqlError::Fragment);
    assert_eq!(refused("{ ...F ...F ...F } fragment F on Q { a b c }"), GraphqlError::RootFields);
}

#[test]
fn reads_the_arguments_of_a_root_field() {
    let document =
        parse("{ node(id: \"gid://shopify/Order/1\") { id } nodes(ids: [$a, \"b\", 1, \"\\u0041\"], id: $c, id: $d) { id } }")
            .unwrap();
    let [node, nodes] = document.roots.as_slice() else { panic!() };
    assert_eq!(node.argument("id"), Some(&Value::Text("gid://shopify/Order/1".to_owned())));
    let ids = [Value::Variable("a".to_owned()), Value::Text("b".to_owned()), Value::Other, Value::Other];
    assert_eq!(nodes.argument("ids"), Some(&Value::List(ids.to_vec())));
    // Twice is not once.
    assert_eq!((nodes.argument("id"), nodes.argument("x")), (None, None));
}

#[test]
fn t72_refuses_directives_but_those_that_hide_nothing() {
    assert_eq!(refused("query Q @live { shop }"), GraphqlError::Directive);
    assert_eq!(refused("{ shop @include(if: $x) { id } }"), GraphqlError::Directive);
    assert_eq!(refused("{ shop @idempotent(key: \"k\") { id } }"), GraphqlError::Directive);
    assert_eq!(refused("mutation { refundCreate @skip(if: false) { x } }"), GraphqlError::Directive);
    assert_eq!(refused("{ shop { ... @defer { id } } }"), GraphqlError::Directive);
    assert_eq!(refused("query ($x: Int @a) { shop }"), GraphqlError::Directive);
    assert_eq!(roots("mutation($k: String!) { refundCreate(input: {}) @idempotent(key: $k) { x } }"), ["refundCreate"]);
}

#[test]
fn t72_refuses_introspection() {
    for document in
        ["{ __schema { types { name } } }", "{ __type(name: \"a\") { name } }", "{ __typename }", "{ shop { __schema } }"]
    {
        assert_eq!(refused(document), GraphqlError::Introspection, "{document}");
    }
    assert_eq!(refused("{ shop { ...F } } fragment F on Shop { a: __type }"), GraphqlError::Introspection);
}

#[test]
fn refuses_nested_fields_that_hold_a_credential() {
    assert_eq!(refused("{ shop { storefrontAccessTokens(first: 9) { edges { node { id } } } } }"), GraphqlError::Credential);
    assert_eq!(refused("{ shop { tokens: storefrontAccessTokens { x } } }"), GraphqlError::Credential);
    assert_eq!(refused("{ app { ...F } } fragment F on App { apiKey }"), GraphqlError::Credential);
}

#[test]
fn refuses_undefined_and_repeated_fragments() {
    assert_eq!(refused("{ shop { ...F } }"), GraphqlError::Fragment);
    assert_eq!(refused("{ shop { ...F } } fragment F on A { x } fragment F on A { y }"), GraphqlError::Fragment);
    assert_eq!(refused("{ shop } fragment on on A { x }"), GraphqlError::Syntax);
}

#[test]
fn refuses_other_than_the_grammar() {
    for document in [
        "{",
        "}",
        "{}",
        "{ shop",
        "{ shop { } }",
        "{ shop() }",
        "{ shop(a) }",
        "{ shop(a:) }",
        "{ a: }",
        "{ a: b: c }",
        "query",
        "query () { a }",
        "query ($a) { a }",
        "query ($a: [Int) { a }",
        "type A { b: C }",
        "\"doc\" query { a }",
        "extend type A",
        "{ shop(a: $) }",
        "{ shop(a: [) }",
        "{ shop(a: {b}) }",
        "{ a } }",
        "{ a @ }",
        "{ a { ... } }",
        "{ a { ... on } }",
        "fragment F { a } { b }",
        "{ \"a\" }",
        "{ 1 }",
    ] {
        assert_eq!(refused(document), GraphqlError::Syntax, "{document}");
    }
    for document in
        ["{ shop & a }", "{ a | b }", "{ shop. }", "{ .. }", "{ shöp }", "{ a; b }", "{ a 'b' }", "{ %61 }", "{ a \\ }"]
    {
        assert_eq!(refused(document), GraphqlError::Character, "{document}");
    }
}

#[test]
fn refuses_characters_that_lexers_disagree_about() {
    for character in ['\u{feff}', '\0', '\u{b}', '\u{c}', '\u{7f}', '\u{85}', '\u{2028}', '\u{2029}'] {
        assert_eq!(refused(&format!("{character}{{ shop }}")), GraphqlError::Character);
        assert_eq!(refused(&format!("{{ shop # {character}\n }}")), GraphqlError::Character);
        assert_eq!(refused(&format!("{{ shop(a: \"{character}\") }}")), GraphqlError::Character);
    }
    assert_eq!(refused("{ shop # comment\r orders }"), GraphqlError::Character);
    assert_eq!(roots("{ shop # comment\r\n orders }"), ["shop", "orders"]);
}

#[test]
fn refuses_literals_that_lexers_end_at_different_places() {
    // A `'` stands for a quote.
    let document = |literal: &str| format!("{{ shop(a: {literal}) }}").replace('\'', "\"");
    for literal in [
        "'a''b'",
        "'''a'b''''",
        "'''a\\'''b'''",
        "''''a'''",
        "''''''",
        "'''''",
        "'''a",
        "'''a\\b'''",
        "'a\\x'",
        "'\\u12'",
        "'\\u12g4'",
        "'\\u+123'",
        "'\\u{61}'",
        "'\\uD800'",
        "'\\uDC00'",
        "'\\uD800\\u0061'",
        "'\\uD800\\n'",
        "'a\nb'",
        "'a",
        "01",
        "1.",
        "1.e5",
        "1e",
        "1x",
        "-",
        "1.2.3",
        "0x1",
        "1-2",
        "--1",
        "1e5.0",
    ] {
        assert_eq!(refused(&document(literal)), GraphqlError::Literal, "{literal}");
    }
    for literal in [
        "''",
        "'''a 'b' ''c\n # no comment { } '''",
        "'''x'''",
        "'\\'\\\\\\/\\b\\f\\n\\r\\t'",
        "'\\uD83D\\uDE00'",
        "0",
        "-0",
        "1e9",
        "-1.5E-7",
        "1.0e+7",
        "'# } '",
    ] {
        assert_eq!(roots(&document(literal)), ["shop"], "{literal}");
    }
}

#[test]
fn a_comment_or_string_hides_no_field() {
    assert_eq!(roots("{ shop(a: \"} refundCreate {\") }"), ["shop"]);
    assert_eq!(roots("{ shop # } mutation { refundCreate\n }"), ["shop"]);
    assert_eq!(roots("{ shop(a: \"#\") orders }"), ["shop", "orders"]);
    assert_eq!(roots("{ shop(a: \"\"\"#\"\"\") orders }"), ["shop", "orders"]);
}

#[test]
fn bounds_depth_tokens_length_and_root_fields() {
    let nested = |open: &str, depth: usize, close: &str| format!("{}{}", open.repeat(depth), close.repeat(depth));
    assert!(parse(&format!("{{a{}}}", nested("{a", 31, "}"))).is_ok());
    assert_eq!(refused(&format!("{{a{}}}", nested("{a", 32, "}"))), GraphqlError::Depth);
    assert!(parse(&format!("{{a(b:{})}}", nested("[", 32, "]"))).is_ok());
    assert_eq!(refused(&format!("{{a(b:{})}}", nested("[", 33, "]"))), GraphqlError::Depth);
    assert_eq!(refused(&format!("query($a:{}){{a}}", "[".repeat(60_000))), GraphqlError::Depth);
    assert_eq!(refused(&format!("{{a{{{}}}}}", "b ".repeat(16_400))), GraphqlError::Tokens);
    assert_eq!(refused(&format!("{{a{{{}}}}}", "b ".repeat(33_000))), GraphqlError::Length);
    assert_eq!(roots(&format!("{{{}}}", "a ".repeat(8))).len(), 8);
    assert_eq!(refused(&format!("{{{}}}", "a ".repeat(9))), GraphqlError::RootFields);
}

proptest! {
    #[test]
    fn t72_never_panics_on_any_text(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn t72_never_panics_on_token_soup(tokens in prop::collection::vec(prop::sample::select(vec![
        "{", "}", "(", ")", "[", "]", ":", "$", "@", "!", "=", "...", "on", "query", "mutation", "fragment", "a", "b", "1", "\"s\"", "\"\"\"",
        "\"", "\\", "#", "\n", "\r\n", ",", "include", "__typename", "\u{feff}", "é",
    ]), 0..80)) {
        let text: String = tokens.iter().flat_map(|token| [*token, " "]).collect();
        let _ = parse(&text);
        let _ = parse(&format!("{{ a {{ {text} }} }}"));
    }

    #[test]
    fn t72_every_name_at_the_root_is_reported(names in prop::collection::vec("[a-zA-Z][a-z_0-9]{0,8}", 1..8), separator in "[ ,\n]") {
        prop_assert_eq!(roots(&format!("{{{}}}", names.join(&separator))), names);
    }
}
