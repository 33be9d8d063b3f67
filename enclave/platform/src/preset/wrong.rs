//! What a data file is refused for.

/// Why a data file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Not JSON of this shape, or a member that is not known.
    #[error("not a preset's json")]
    Format,
    /// A field's name, kind or form.
    #[error("a field is not sound")]
    Field,
    /// A name stands twice.
    #[error("a name stands twice")]
    Twice,
    /// A field that is not declared.
    #[error("a field is not declared")]
    Unknown,
    /// A template that names what there is not.
    #[error("a template is not sound")]
    Template,
    /// A template that could lack a value.
    #[error("a template could lack a value")]
    MayBeAbsent,
    /// A place that a value can't have.
    #[error("a place is not sound")]
    Place,
    /// A secret in a URL, and no word of why.
    #[error("a secret would be in a url")]
    SecretInUrl,
    /// Neither a value in a place nor HTTP Basic.
    #[error("what is put is not sound")]
    Put,
    /// A user of HTTP Basic that could have a colon.
    #[error("user of http basic could have a colon")]
    Basic,
    /// A JSON number that could be none.
    #[error("a number could be none")]
    Number,
    /// A condition on what is no choice.
    #[error("a condition is not sound")]
    Condition,
    /// Neither or several of the schemes.
    #[error("a signer is not sound")]
    Sign,
    /// A signature without a secret.
    #[error("a signature would have no key")]
    Key,
    /// An algorithm that the scheme does not have.
    #[error("an algorithm is not the scheme's")]
    Algorithm,
    /// A selector that could not be compared.
    #[error("a selector is not sound")]
    Selector,
    /// A grant that can't be asked for.
    #[error("a grant is not sound")]
    Grant,
    /// A host that is none, or is of two presets.
    #[error("a host is not sound")]
    Host,
    /// An app where the host is the connection's to say (T71).
    #[error("an app's secret could go anywhere")]
    App,
    /// Not a pointer to one place.
    #[error("a pointer is not sound")]
    Pointer,
    /// A case that says nothing.
    #[error("a case says nothing")]
    Case,
    /// A probe that would show a secret or prove nothing.
    #[error("the probe is not sound")]
    Probe,
}
