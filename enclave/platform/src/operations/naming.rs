//! From a request to operations.

use alloy_primitives::B256;
use contracts_bindings::registry::Param;
use policy::Operation;
use protocol::http::{Request, Response};

use super::parameter::Parameter;
use super::reading::Reading;
use super::table::{Asked, Known, Scope, Table};
use crate::name::NameError;

/// What a request is.
#[derive(Debug)]
pub enum Named {
    /// One operation for each thing that it does; at least one.
    Operations(Vec<Operation>),
    /// The preset's own token endpoint. The vault gives this answer, whose tokens are placeholders, and sends nothing.
    OwnTokenEndpoint(Response),
}

impl Table {
    /// What a request to the store at `host` is, under a store.
    ///
    /// # Errors
    /// [`NameError`] names the rule.
    pub fn name(&self, request: &Request, host: &str) -> Result<Named, NameError> {
        if request.scheme != "https" {
            return Err(NameError::Scheme);
        }
        if request.authority != host && !self.has_token_host(&request.authority) {
            return Err(NameError::Host);
        }
        let reading = Reading::of(request)?;
        if let Some(answer) = self.placeholder_of(&reading) {
            return Ok(Named::OwnTokenEndpoint(answer));
        }
        if reading.host != host {
            return Err(NameError::Host);
        }
        if let Some(endpoint) = &self.endpoint
            && let Some(path) = endpoint.asked(&reading)
        {
            return endpoint.name(self, &reading, &path).map(Named::Operations);
        }
        if self.containers.iter().any(|(selector, _)| selector.read(&reading).is_some()) {
            return Err(NameError::Container);
        }
        let mut found = None;
        for known in &self.operations {
            if let Asked::Http(selector) = &known.asked
                && let Some(path) = selector.read(&reading)
            {
                // The table holds no two that could; if it did, none is the name.
                if found.is_some() {
                    return Err(NameError::Unknown);
                }
                selector.check(&reading)?;
                found = Some(known.operation(&known.params, &path, &reading)?);
            }
        }
        match found {
            Some(operation) => Ok(Named::Operations(vec![operation])),
            None if self.has_path(&reading) => Err(NameError::Unknown),
            None => Err(NameError::Path),
        }
    }

    /// Whether some operation has this path, whatever else it wants.
    fn has_path(&self, reading: &Reading<'_>) -> bool {
        self.operations.iter().any(|known| match &known.asked {
            Asked::Http(selector) => selector.paths.iter().any(|path| path.read(&reading.path).is_some()),
            Asked::Graphql(..) => false,
        })
    }
}

impl Known {
    /// The operation with its parameters, sorted.
    pub(super) fn operation(
        &self,
        params: &[Parameter],
        path: &[(&str, &str)],
        reading: &Reading<'_>,
    ) -> Result<Operation, NameError> {
        if self.scope == Scope::App {
            return Err(NameError::AppScope);
        }
        let mut values: Vec<Param> = Vec::new();
        for param in params {
            values.extend(param.values(path, reading)?);
        }
        values.sort_by_key(|param: &Param| -> (B256, B256) { (param.name, param.value) });
        Ok(Operation { name: self.name.clone(), class: self.class, params: values })
    }
}
