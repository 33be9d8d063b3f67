//! The executable grammar (October 2021, §2.2 to §2.12), read for its root fields.

use std::collections::{BTreeMap, BTreeSet};

use super::GraphqlError;
use super::lexer::{Lexer, Token};

const DEPTH: usize = 32;
const ROOT_FIELDS: usize = 8;

/// A document with exactly one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) kind: OperationKind,
    pub(crate) name: Option<String>,
    /// One for each selection at the root, those in fragments too.
    pub(crate) roots: Vec<Root>,
}

/// A field at the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    /// Its name, not its alias.
    pub(crate) field: String,
    pub(crate) arguments: Vec<(String, Value)>,
}

/// An argument, as far as it can name an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// A string without escapes.
    Text(String),
    Variable(String),
    List(Vec<Self>),
    /// A number, an enum value, an object, a string with escapes.
    Other,
}

/// What the operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationKind {
    Query,
    Mutation,
}

impl OperationKind {
    pub(crate) const fn keyword(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
        }
    }
}

impl Root {
    /// The one argument of this name.
    pub(crate) fn argument(&self, name: &str) -> Option<&Value> {
        let mut values = self.arguments.iter().filter(|(other, _)| other == name).map(|(_, value)| value);
        values.next().filter(|_| values.next().is_none())
    }
}

/// Where a selection stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the root of the operation.
    Root(OperationKind),
    /// At the top of a fragment, which may be spread at the root.
    Top,
    Nested,
}

/// What may be at the root.
#[derive(Clone, Debug)]
enum Selection<'a> {
    Field(Root),
    Spread(&'a str),
}

/// Reads a document.
pub(crate) fn parse(document: &str) -> Result<Document, GraphqlError> {
    let mut lexer = Lexer::new(document)?;
    let next = lexer.next()?;
    let mut parser = Parser { lexer, next, level: Vec::new(), defined: BTreeMap::new(), spread: BTreeSet::new() };
    let mut operation = None;
    loop {
        let (kind, name) = match parser.next {
            Token::End => break,
            Token::Name("fragment") => {
                parser.fragment()?;
                continue;
            }
            Token::Punctuator('{') => (OperationKind::Query, None),
            Token::Name("query") => (OperationKind::Query, parser.header()?),
            Token::Name("mutation") => (OperationKind::Mutation, parser.header()?),
            Token::Name("subscription") => return Err(GraphqlError::Subscription),
            Token::Name(_) | Token::Punctuator(_) | Token::Spread | Token::Literal(_) => return Err(GraphqlError::Syntax),
        };
        if operation.is_some() {
            return Err(GraphqlError::SeveralOperations);
        }
        parser.selection_set(Place::Root(kind), DEPTH)?;
        operation = Some((kind, name, core::mem::take(&mut parser.level)));
    }
    let (kind, name, selections) = operation.ok_or(GraphqlError::NoOperation)?;
    if !parser.spread.iter().all(|name| parser.defined.contains_key(name)) {
        return Err(GraphqlError::Fragment);
    }
    let mut roots = Vec::new();
    resolve(&selections, &parser.defined, &mut Vec::new(), &mut roots)?;
    Ok(Document { kind, name: name.map(str::to_owned), roots })
}

/// The fields of selections, with those of the fragments that are spread among them.
fn resolve<'a>(
    selections: &[Selection<'a>],
    defined: &BTreeMap<&'a str, Vec<Selection<'a>>>,
    within: &mut Vec<&'a str>,
    roots: &mut Vec<Root>,
) -> Result<(), GraphqlError> {
    for selection in selections {
        match selection {
            Selection::Field(root) => {
                if root.field.starts_with("__") {
                    return Err(GraphqlError::Introspection);
                }
                if roots.len() >= ROOT_FIELDS {
                    return Err(GraphqlError::RootFields);
                }
                roots.push(root.clone());
            }
            Selection::Spread(name) => {
                // In itself, or so deep that it could be a great many.
                if within.contains(name) || within.len() >= ROOT_FIELDS {
                    return Err(GraphqlError::Fragment);
                }
                within.push(name);
                resolve(defined.get(name).ok_or(GraphqlError::Fragment)?, defined, within, roots)?;
                within.pop();
            }
        }
    }
    Ok(())
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Token<'a>,
    /// What stands at the level that is read: the root's, or a fragment's top.
    level: Vec<Selection<'a>>,
    defined: BTreeMap<&'a str, Vec<Selection<'a>>>,
    spread: BTreeSet<&'a str>,
}

impl<'a> Parser<'a> {
    fn advance(&mut self) -> Result<Token<'a>, GraphqlError> {
        let next = self.lexer.next()?;
        Ok(core::mem::replace(&mut self.next, next))
    }

    fn take(&mut self, punctuator: char) -> Result<bool, GraphqlError> {
        let there = self.next == Token::Punctuator(punctuator);
        if there {
            self.advance()?;
        }
        Ok(there)
    }

    fn expect(&mut self, punctuator: char) -> Result<(), GraphqlError> {
        self.take(punctuator)?.then_some(()).ok_or(GraphqlError::Syntax)
    }

    fn name(&mut self) -> Result<&'a str, GraphqlError> {
        match self.advance()? {
            Token::Name(name) => Ok(name),
            Token::Punctuator(_) | Token::Spread | Token::Literal(_) | Token::End => Err(GraphqlError::Syntax),
        }
    }

    /// `query Name ($variable: Type = default)`, up to the selection set. Directives of an operation are refused.
    fn header(&mut self) -> Result<Option<&'a str>, GraphqlError> {
        self.advance()?;
        let name = if matches!(self.next, Token::Name(_)) { Some(self.name()?) } else { None };
        if self.take('(')? {
            loop {
                self.expect('$')?;
                self.name()?;
                self.expect(':')?;
                self.type_reference(DEPTH)?;
                if self.take('=')? {
                    self.value(DEPTH)?;
                }
                self.directives(&[])?;
                if self.take(')')? {
                    break;
                }
            }
        }
        self.directives(&[])?;
        Ok(name)
    }

    fn fragment(&mut self) -> Result<(), GraphqlError> {
        self.advance()?;
        let name = self.name()?;
        if name == "on" || self.name()? != "on" {
            return Err(GraphqlError::Syntax);
        }
        self.name()?;
        self.directives(&[])?;
        if self.defined.contains_key(name) {
            return Err(GraphqlError::Fragment);
        }
        self.selection_set(Place::Top, DEPTH)?;
        let selections = core::mem::take(&mut self.level);
        self.defined.insert(name, selections);
        Ok(())
    }

    fn type_reference(&mut self, depth: usize) -> Result<(), GraphqlError> {
        let depth = depth.checked_sub(1).ok_or(GraphqlError::Depth)?;
        if self.take('[')? {
            self.type_reference(depth)?;
            self.expect(']')?;
        } else {
            self.name()?;
        }
        self.take('!')?;
        Ok(())
    }

    fn selection_set(&mut self, place: Place, depth: usize) -> Result<(), GraphqlError> {
        let depth = depth.checked_sub(1).ok_or(GraphqlError::Depth)?;
        self.expect('{')?;
        loop {
            match self.next {
                Token::Spread => self.inner_fragment(place, depth)?,
                _ => self.field(place, depth)?,
            }
            if self.take('}')? {
                return Ok(());
            }
        }
    }

    fn field(&mut self, place: Place, depth: usize) -> Result<(), GraphqlError> {
        let mut field = self.name()?;
        if self.take(':')? {
            field = self.name()?;
        }
        let arguments = self.arguments()?;
        if let Place::Root(kind) = place {
            // Shopify demands this one of some mutations. It names a key for retries and selects nothing.
            self.directives(if kind == OperationKind::Mutation { &["idempotent"] } else { &[] })?;
        } else {
            if field.starts_with("__") && field != "__typename" {
                return Err(GraphqlError::Introspection);
            }
            if is_credential(field) {
                return Err(GraphqlError::Credential);
            }
            self.directives(&["include", "skip"])?;
        }
        if place != Place::Nested {
            let arguments = arguments.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            self.level.push(Selection::Field(Root { field: field.to_owned(), arguments }));
        }
        if self.next == Token::Punctuator('{') { self.selection_set(Place::Nested, depth) } else { Ok(()) }
    }

    /// A spread or an inline fragment.
    fn inner_fragment(&mut self, place: Place, depth: usize) -> Result<(), GraphqlError> {
        self.advance()?;
        // At the root none: what is there must be what is named.
        let directives: &[&str] = if matches!(place, Place::Root(_)) { &[] } else { &["include", "skip"] };
        match self.next {
            Token::Name("on") => {
                self.advance()?;
                self.name()?;
            }
            Token::Name(name) => {
                self.advance()?;
                self.spread.insert(name);
                if place != Place::Nested {
                    self.level.push(Selection::Spread(name));
                }
                return self.directives(directives);
            }
            Token::Punctuator(_) | Token::Spread | Token::Literal(_) | Token::End => {}
        }
        self.directives(directives)?;
        self.selection_set(place, depth)
    }

    fn directives(&mut self, allowed: &[&str]) -> Result<(), GraphqlError> {
        while self.take('@')? {
            let name = self.name()?;
            if !allowed.contains(&name) {
                return Err(GraphqlError::Directive);
            }
            self.arguments()?;
        }
        Ok(())
    }

    fn arguments(&mut self) -> Result<Vec<(&'a str, Value)>, GraphqlError> {
        let mut arguments = Vec::new();
        if self.take('(')? {
            loop {
                let name = self.name()?;
                self.expect(':')?;
                arguments.push((name, self.value(DEPTH)?));
                if self.take(')')? {
                    break;
                }
            }
        }
        Ok(arguments)
    }

    fn value(&mut self, depth: usize) -> Result<Value, GraphqlError> {
        let depth = depth.checked_sub(1).ok_or(GraphqlError::Depth)?;
        match self.advance()? {
            Token::Literal(text) => Ok(plain(text).map_or(Value::Other, |text| Value::Text(text.to_owned()))),
            Token::Name(_) => Ok(Value::Other),
            Token::Punctuator('$') => self.name().map(|name| Value::Variable(name.to_owned())),
            Token::Punctuator('[') => {
                let mut items = Vec::new();
                while !self.take(']')? {
                    items.push(self.value(depth)?);
                }
                Ok(Value::List(items))
            }
            Token::Punctuator('{') => {
                while !self.take('}')? {
                    self.name()?;
                    self.expect(':')?;
                    self.value(depth)?;
                }
                Ok(Value::Other)
            }
            Token::Punctuator(_) | Token::Spread | Token::End => Err(GraphqlError::Syntax),
        }
    }
}

/// What a string without escapes says.
fn plain(literal: &str) -> Option<&str> {
    let text = literal.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains(['\\', '"'])).then_some(text)
}

/// Fields such as `Shop.storefrontAccessTokens { accessToken }`: reading one is minting one, whatever the root field's class is.
fn is_credential(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    ["accesstoken", "apikey", "secret", "password", "credential", "multipass"].iter().any(|word| field.contains(word))
}
