//! What a preset signs.

use super::super::Wrong;
use super::super::field::Form;
use super::super::raw;
use super::{Compiler, For};
use crate::request::condition::Condition;
use crate::sign::crypto::Algorithm;
use crate::sign::payload::Piece;
use crate::sign::{Component, HttpSignature, Oauth1, Payload, Scheme, Signer};
use crate::template::Template;

impl Compiler<'_> {
    pub(super) fn signer(&self, sign: &raw::Sign, of: For) -> Result<Signer, Wrong> {
        let when = self.condition(&sign.when)?;
        let scheme = match (&sign.template, &sign.http_signature, &sign.oauth1) {
            (Some(template), None, None) => self.template_scheme(template, &when, of)?,
            (None, Some(scheme), None) => {
                let key = self.field(&scheme.key)?;
                if self.form(&key) != Some(Form::Ed25519) || !self.is_sure(&key, &when, of) || scheme.components.is_empty() {
                    return Err(Wrong::Key);
                }
                let components: Vec<Component> = scheme.components.iter().map(|text| Component::parse(text)).collect();
                Scheme::HttpSignature(HttpSignature { components, key })
            }
            (None, None, Some(scheme)) => {
                let hmac = matches!(scheme.algorithm, Algorithm::HmacSha1 | Algorithm::HmacSha256 | Algorithm::HmacSha512);
                if !hmac {
                    return Err(Wrong::Algorithm);
                }
                let texts = [&scheme.consumer_key, &scheme.consumer_secret, &scheme.token, &scheme.token_secret];
                let mut templates = Vec::new();
                for text in texts {
                    let template = self.template(text)?;
                    self.total(&template, &when, of)?;
                    templates.push(template);
                }
                let templates = <[Template; 4]>::try_from(templates).map_err(|_| Wrong::Sign)?;
                Scheme::Oauth1(Oauth1::new(scheme.algorithm, templates, scheme.carrier))
            }
            _ => return Err(Wrong::Sign),
        };
        Ok(Signer { when, scheme })
    }

    fn template_scheme(&self, template: &raw::Template, when: &Condition, of: For) -> Result<Scheme, Wrong> {
        let key = self.template(&template.key)?;
        self.total(&key, when, of)?;
        if template.algorithm.keyed() != key.names_secret() {
            return Err(Wrong::Key);
        }
        let mut pieces = Vec::new();
        for piece in &template.payload {
            pieces.push(match piece {
                raw::Piece::Text(text) => {
                    let text = self.template(text)?;
                    self.total(&text, when, of)?;
                    if text.names_signature() {
                        return Err(Wrong::Template);
                    }
                    Piece::Text(text)
                }
                raw::Piece::Path { strip } => Piece::Path { strip: strip.clone() },
                raw::Piece::Sorted { from, skip, skip_empty } => {
                    Piece::Sorted { from: from.clone(), skip: skip.clone(), skip_empty: *skip_empty }
                }
                raw::Piece::Body { unless } => Piece::Body { unless: unless.clone() },
                raw::Piece::Query {} => Piece::Query,
            });
        }
        // A bare hash without a secret in it would be no signature.
        let secret = pieces.iter().any(|piece| matches!(piece, Piece::Text(text) if text.names_secret()));
        if !template.algorithm.keyed() && !secret {
            return Err(Wrong::Key);
        }
        let put = self.put(&template.put, of)?;
        if !put.names_signature() {
            return Err(Wrong::Sign);
        }
        Ok(Scheme::Template { payload: Payload { algorithm: template.algorithm, key, pieces, encoding: template.encoding }, put })
    }

    pub(super) fn signers(&self, signers: &[raw::Sign], of: For) -> Result<Vec<Signer>, Wrong> {
        signers.iter().map(|sign| self.signer(sign, of)).collect()
    }
}
