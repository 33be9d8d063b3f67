//! When a change on chain takes effect, and how that is said.

use serde_json::{Value, json};

use crate::calendar::{span, utc};

/// When a change holds for the vault, once its transaction is in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// It tightens: the newest attested head is enough.
    AtOnce,
    /// It loosens: the finalized head has to have it too.
    AtFinality,
    /// The contract makes it wait first, so many seconds from its block on; `None` if that is not known here.
    After(Option<u64>),
}

/// What is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    /// For people.
    pub(super) words: String,
    when: &'static str,
    not_before: Option<u64>,
}

impl Takes {
    /// A delay of nothing is none.
    pub(super) const fn after(seconds: Option<u64>) -> Self {
        match seconds {
            Some(0) => Self::AtFinality,
            other => Self::After(other),
        }
    }

    /// In words; `time` is its block's, or for a transaction that is not sent yet the present.
    pub(super) fn effect(self, time: Option<u64>, sent: bool) -> Effect {
        let at = |seconds: u64| time.map(|time| time.saturating_add(seconds));
        let (when, not_before, words) = match self {
            Self::AtOnce => (
                "at_once",
                time,
                "takes effect at once: the vault sees it at its next attested head, a slot or two after the block".to_owned(),
            ),
            Self::AtFinality => (
                "at_finality",
                time,
                "takes effect at finality: as soon as the vault has a finalized head that is no older than the block".to_owned(),
            ),
            Self::After(None) => {
                ("after_delay", None, "takes effect after its delay, counted from its block, and then at finality".to_owned())
            }
            Self::After(Some(seconds)) => {
                let if_now = if sent { "" } else { ", if it is in a block now" };
                let date = at(seconds).map(|at| format!(": not before {}{if_now}", utc(at))).unwrap_or_default();
                let words = format!("takes effect {} after its block{date}, and then at finality", span(seconds));
                ("after_delay", at(seconds), words)
            }
        };
        Effect { words, when, not_before }
    }
}

impl Effect {
    pub(super) fn json(&self) -> Value {
        json!({
            "when": self.when, "not_before": self.not_before, "not_before_utc": self.not_before.map(utc), "words": self.words,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_is_told_with_its_date() {
        let effect = Takes::after(Some(604_800)).effect(Some(1_795_564_800), true);
        assert_eq!(effect.words, "takes effect 7 days after its block: not before 2026-12-02T00:00:00Z, and then at finality");
        assert_eq!(effect.json()["not_before"], 1_795_564_800_u64 + 604_800);
        let effect = Takes::after(Some(60)).effect(Some(1_795_564_800), false);
        assert!(effect.words.contains("not before 2026-11-25T00:01:00Z, if it is in a block now"), "{}", effect.words);
        assert_eq!(Takes::after(None).effect(Some(7), true).json()["not_before"], Value::Null);
    }

    #[test]
    fn without_a_delay_a_loosening_waits_for_finality_and_a_tightening_for_nothing() {
        assert_eq!(Takes::after(Some(0)), Takes::AtFinality);
        assert_eq!(Takes::AtFinality.effect(Some(1), true).json()["when"], "at_finality");
        assert_eq!(Takes::AtOnce.effect(Some(1), true).json()["when"], "at_once");
    }
}
