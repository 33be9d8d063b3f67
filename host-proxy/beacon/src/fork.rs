//! Forks by their names in the API.

use crate::shape::Shape;

/// A fork with light-client objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fork {
    /// Altair.
    Altair,
    /// Bellatrix: as Altair.
    Bellatrix,
    /// Capella: execution headers.
    Capella,
    /// Deneb: blob gas in execution headers.
    Deneb,
    /// Electra: longer branches.
    Electra,
    /// Fulu: as Electra.
    Fulu,
    /// Gloas: an execution block hash instead of the execution header; branches of progressive containers.
    Gloas,
    /// Heze: as Gloas.
    Heze,
}

impl Fork {
    /// The fork that `version` names.
    #[must_use]
    pub fn named(version: &str) -> Option<Self> {
        Some(match version {
            "altair" => Self::Altair,
            "bellatrix" => Self::Bellatrix,
            "capella" => Self::Capella,
            "deneb" => Self::Deneb,
            "electra" => Self::Electra,
            "fulu" => Self::Fulu,
            "gloas" => Self::Gloas,
            "heze" => Self::Heze,
            _ => return None,
        })
    }

    pub(crate) const fn shape(self) -> Shape {
        match self {
            Self::Altair | Self::Bellatrix => Shape::ALTAIR,
            Self::Capella | Self::Deneb => Shape::CAPELLA,
            Self::Electra | Self::Fulu => Shape::ELECTRA,
            Self::Gloas | Self::Heze => Shape::GLOAS,
        }
    }
}
