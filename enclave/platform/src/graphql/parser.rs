//! The executable grammar (October 2021, §2.2 to §2.12), read for its root fields.

use std::collections::BTreeSet;

use super::GraphqlError;
use super::lexer::{Lexer, Token};

const DEPTH: usize = 32;
const ROOT_FIELDS: usize = 8;

/// A document with exactly one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) kind: OperationKind,
    pub(crate) name: Option<String>,
    /// Field names, not aliases, one for each selection.
    pub(crate) roots: Vec<String>,
}

/// What the operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationKind {
    Query,
    Mutation,
}

/// Where a selection stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root(OperationKind),
    Nested,
}

/// Reads a document.
pub(crate) fn parse(document: &str) -> Result<Document, GraphqlError> {
    let mut lexer = Lexer::new(document)?;
    let next = lexer.next()?;
    let mut parser = Parser { lexer, next, roots: Vec::new(), defined: BTreeSet::new(), spread: BTreeSet::new() };
    let mut operation = None;
    loop {
        let header = match parser.next {
            Token::End => break,
            Token::Name("fragment") => {
                parser.fragment()?;
                continue;
            }
            Token::Punctuator('{') => (OperationKind::Query, None),
            Token::Name("query") => (OperationKind::Query, parser.header()?),
            Token::Name("mutation") => (OperationKind::Mutation, parser.header()?),
            Token::Name("subscription") => return Err(GraphqlError::Subscription),
            Token::Name(_) | Token::Punctuator(_) | Token::Spread | Token::Literal => return Err(GraphqlError::Syntax),
        };
        if operation.is_some() {
            return Err(GraphqlError::SeveralOperations);
        }
        parser.selection_set(Place::Root(header.0), DEPTH)?;
        operation = Some(header);
    }
    let (kind, name) = operation.ok_or(GraphqlError::NoOperation)?;
    if !parser.spread.is_subset(&parser.defined) {
        return Err(GraphqlError::Fragment);
    }
    Ok(Document { kind, name: name.map(str::to_owned), roots: parser.roots })
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    next: Token<'a>,
    roots: Vec<String>,
    defined: BTreeSet<&'a str>,
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
            Token::Punctuator(_) | Token::Spread | Token::Literal | Token::End => Err(GraphqlError::Syntax),
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
        if !self.defined.insert(name) {
            return Err(GraphqlError::Fragment);
        }
        self.selection_set(Place::Nested, DEPTH)
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
                Token::Spread if place == Place::Nested => self.inner_fragment(depth)?,
                Token::Spread => return Err(GraphqlError::RootFragment),
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
        self.arguments()?;
        match place {
            Place::Root(kind) => {
                if field.starts_with("__") {
                    return Err(GraphqlError::Introspection);
                }
                if self.roots.len() >= ROOT_FIELDS {
                    return Err(GraphqlError::RootFields);
                }
                self.roots.push(field.to_owned());
                // Shopify demands this one of some mutations. It names a key for retries and selects nothing.
                self.directives(if kind == OperationKind::Mutation { &["idempotent"] } else { &[] })?;
            }
            Place::Nested => {
                if field.starts_with("__") && field != "__typename" {
                    return Err(GraphqlError::Introspection);
                }
                if is_credential(field) {
                    return Err(GraphqlError::Credential);
                }
                self.directives(&["include", "skip"])?;
            }
        }
        if self.next == Token::Punctuator('{') { self.selection_set(Place::Nested, depth) } else { Ok(()) }
    }

    /// A spread or an inline fragment.
    fn inner_fragment(&mut self, depth: usize) -> Result<(), GraphqlError> {
        self.advance()?;
        match self.next {
            Token::Name("on") => {
                self.advance()?;
                self.name()?;
            }
            Token::Name(name) => {
                self.advance()?;
                self.spread.insert(name);
                return self.directives(&["include", "skip"]);
            }
            Token::Punctuator(_) | Token::Spread | Token::Literal | Token::End => {}
        }
        self.directives(&["include", "skip"])?;
        self.selection_set(Place::Nested, depth)
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

    fn arguments(&mut self) -> Result<(), GraphqlError> {
        if self.take('(')? {
            loop {
                self.name()?;
                self.expect(':')?;
                self.value(DEPTH)?;
                if self.take(')')? {
                    break;
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), GraphqlError> {
        let depth = depth.checked_sub(1).ok_or(GraphqlError::Depth)?;
        match self.advance()? {
            Token::Literal | Token::Name(_) => Ok(()),
            Token::Punctuator('$') => self.name().map(drop),
            Token::Punctuator('[') => {
                while !self.take(']')? {
                    self.value(depth)?;
                }
                Ok(())
            }
            Token::Punctuator('{') => {
                while !self.take('}')? {
                    self.name()?;
                    self.expect(':')?;
                    self.value(depth)?;
                }
                Ok(())
            }
            Token::Punctuator(_) | Token::Spread | Token::End => Err(GraphqlError::Syntax),
        }
    }
}

/// Fields such as `Shop.storefrontAccessTokens { accessToken }`: reading one is minting one, whatever the root field's class is.
fn is_credential(field: &str) -> bool {
    let field = field.to_ascii_lowercase();
    ["accesstoken", "apikey", "secret", "password", "credential", "multipass"].iter().any(|word| field.contains(word))
}
