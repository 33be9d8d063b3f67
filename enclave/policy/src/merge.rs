//! How two decisions about one operation, and the decisions about several, become one.

use alloy_primitives::B256;
use contracts_bindings::registry::{Limit, Subject};
use contracts_bindings::rule_text;

use crate::asked::Answered;
use crate::prove::Judged;

/// Rule of a refusal for projections that differ.
pub(crate) const PROJECTION_CONFLICT: &str = "projection.conflict";
/// Rule of a refusal for answers about different portfolios.
pub(crate) const SUBJECT_CONFLICT: &str = "subject.conflict";
/// Stands for a rule that is not short ASCII: it goes to callers and receipts.
const UNNAMED: &str = "rule.unnamed";

/// What is allowed, all operations together.
pub(crate) struct Merged {
    pub(crate) subject: Subject,
    pub(crate) projection: B256,
    pub(crate) limits: Vec<(Subject, Limit)>,
}

/// Every operation must be allowed at both heads, for one portfolio, with one projection. `Err` is the rule.
pub(crate) fn merge(judged: Vec<Judged>) -> Result<Merged, String> {
    let mut merged: Option<Merged> = None;
    for Judged { finalized, attested } in judged {
        // The attested head's word is the newer one.
        for answer in [&attested, &finalized] {
            if !answer.decision.allowed {
                return Err(rule_text(answer.decision.rule).unwrap_or_else(|| UNNAMED.to_owned()));
            }
        }
        if finalized.subject.portfolio != attested.subject.portfolio {
            return Err(SUBJECT_CONFLICT.to_owned());
        }
        let both = agree(finalized.decision.projection, attested.decision.projection)?;
        let subject = attested.subject.clone();
        let limits = both_limits(finalized, attested);
        match &mut merged {
            None => merged = Some(Merged { subject, projection: both, limits }),
            Some(merged) => {
                if merged.subject.portfolio != subject.portfolio {
                    return Err(SUBJECT_CONFLICT.to_owned());
                }
                merged.projection = agree(merged.projection, both)?;
                // Two operations are two uses: their limits add up.
                merged.limits.extend(limits);
            }
        }
    }
    merged.ok_or_else(|| UNNAMED.to_owned())
}

/// One of them, if they are the same or the other is none.
fn agree(a: B256, b: B256) -> Result<B256, String> {
    match (a.is_zero(), b.is_zero()) {
        (_, true) => Ok(a),
        (true, false) => Ok(b),
        (false, false) if a == b => Ok(a),
        (false, false) => Err(PROJECTION_CONFLICT.to_owned()),
    }
}

/// The union of both heads' limits, each with the subject whose portfolio and tenure name its bucket.
///
/// One use must not be counted twice because two heads say the same: a limit of one head is paired with at most one of the other that has
/// the same bucket, period, portfolio and tenure, and the stricter of each number stands, the larger cost and the smaller capacity.
fn both_limits(finalized: Answered, attested: Answered) -> Vec<(Subject, Limit)> {
    let mut unpaired = attested.decision.limits;
    let same_tenure =
        (finalized.subject.portfolio, finalized.subject.tenure) == (attested.subject.portfolio, attested.subject.tenure);
    let mut limits = Vec::new();
    for mut limit in finalized.decision.limits {
        let pair = unpaired
            .iter()
            .position(|other| same_tenure && other.bucket == limit.bucket && other.period == limit.period)
            .map(|index| unpaired.remove(index));
        if let Some(other) = pair {
            limit.cost = limit.cost.max(other.cost);
            limit.capacity = limit.capacity.min(other.capacity);
        }
        limits.push((finalized.subject.clone(), limit));
    }
    limits.extend(unpaired.into_iter().map(|limit| (attested.subject.clone(), limit)));
    limits
}

#[cfg(test)]
mod tests {
    use contracts_bindings::registry::Decision;
    use contracts_bindings::rule;

    use super::*;

    const BUCKET: B256 = B256::repeat_byte(1);
    const VIEW: B256 = B256::repeat_byte(2);
    const OTHER_VIEW: B256 = B256::repeat_byte(3);

    fn limit(bucket: B256, cost: u128, capacity: u128, period: u32) -> Limit {
        Limit { bucket, cost, capacity, period }
    }

    fn allowed(limits: &[Limit]) -> Answered {
        Answered {
            decision: Decision { allowed: true, rule: rule("granted").unwrap(), projection: B256::ZERO, limits: limits.to_vec() },
            subject: Subject { portfolio: 1, tenure: 1, ..Subject::default() },
        }
    }

    fn refused(text: &str) -> Answered {
        let mut answer = allowed(&[]);
        answer.decision.allowed = false;
        answer.decision.rule = rule(text).unwrap();
        answer
    }

    fn projected(projection: B256) -> Answered {
        let mut answer = allowed(&[]);
        answer.decision.projection = projection;
        answer
    }

    fn of_portfolio(portfolio: u64) -> Answered {
        let mut answer = allowed(&[]);
        answer.subject.portfolio = portfolio;
        answer
    }

    fn one(finalized: Answered, attested: Answered) -> Result<Merged, String> {
        merge(vec![Judged { finalized, attested }])
    }

    fn numbers(merged: &Merged) -> Vec<(B256, u128, u128, u32)> {
        merged.limits.iter().map(|(_, l)| (l.bucket, l.cost, l.capacity, l.period)).collect()
    }

    #[test]
    fn both_heads_must_allow_and_the_attested_rule_goes_first() {
        assert!(one(allowed(&[]), allowed(&[])).is_ok());
        assert_eq!(one(refused("old"), allowed(&[])).err().unwrap(), "old");
        assert_eq!(one(allowed(&[]), refused("new")).err().unwrap(), "new");
        assert_eq!(one(refused("old"), refused("new")).err().unwrap(), "new");
    }

    #[test]
    fn no_answer_is_no_permission() {
        assert!(merge(Vec::new()).is_err());
    }

    #[test]
    fn every_operation_must_be_allowed() {
        let judged = vec![
            Judged { finalized: allowed(&[]), attested: allowed(&[]) },
            Judged { finalized: refused("second"), attested: allowed(&[]) },
        ];
        assert_eq!(merge(judged).err().unwrap(), "second");
    }

    #[test]
    fn a_rule_that_is_not_short_ascii_is_not_repeated() {
        let mut answer = refused("x");
        answer.decision.rule = B256::repeat_byte(0xff);
        assert_eq!(one(answer, allowed(&[])).err().unwrap(), UNNAMED);
    }

    #[test]
    fn projections_agree_or_one_is_none() {
        let none = B256::ZERO;
        for (finalized, attested, both) in [
            (none, none, Some(none)),
            (VIEW, none, Some(VIEW)),
            (none, VIEW, Some(VIEW)),
            (VIEW, VIEW, Some(VIEW)),
            (VIEW, OTHER_VIEW, None),
        ] {
            let merged = one(projected(finalized), projected(attested));
            match both {
                Some(both) => assert_eq!(merged.ok().unwrap().projection, both),
                None => assert_eq!(merged.err().unwrap(), PROJECTION_CONFLICT),
            }
        }
    }

    #[test]
    fn operations_with_two_projections_are_refused() {
        let judged = vec![
            Judged { finalized: projected(VIEW), attested: projected(VIEW) },
            Judged { finalized: projected(OTHER_VIEW), attested: projected(OTHER_VIEW) },
        ];
        assert_eq!(merge(judged).err().unwrap(), PROJECTION_CONFLICT);
    }

    #[test]
    fn answers_about_two_portfolios_are_refused() {
        assert_eq!(one(of_portfolio(1), of_portfolio(2)).err().unwrap(), SUBJECT_CONFLICT);
        let judged = vec![
            Judged { finalized: of_portfolio(1), attested: of_portfolio(1) },
            Judged { finalized: of_portfolio(2), attested: of_portfolio(2) },
        ];
        assert_eq!(merge(judged).err().unwrap(), SUBJECT_CONFLICT);
    }

    #[test]
    fn a_limit_at_both_heads_is_reserved_once_at_its_strictest() {
        let merged = one(allowed(&[limit(BUCKET, 1, 10, 60)]), allowed(&[limit(BUCKET, 3, 20, 60)])).ok().unwrap();
        assert_eq!(numbers(&merged), [(BUCKET, 3, 10, 60)]);
    }

    #[test]
    fn limits_of_either_head_are_reserved() {
        let other = B256::repeat_byte(9);
        let merged = one(allowed(&[limit(BUCKET, 1, 10, 60)]), allowed(&[limit(other, 2, 20, 60)])).ok().unwrap();
        assert_eq!(numbers(&merged), [(BUCKET, 1, 10, 60), (other, 2, 20, 60)]);
        let merged = one(allowed(&[limit(BUCKET, 1, 10, 60)]), allowed(&[limit(BUCKET, 1, 10, 0)])).ok().unwrap();
        assert_eq!(numbers(&merged), [(BUCKET, 1, 10, 60), (BUCKET, 1, 10, 0)]);
    }

    #[test]
    fn a_bucket_named_twice_in_one_decision_counts_twice() {
        let twice = [limit(BUCKET, 1, 10, 60), limit(BUCKET, 2, 10, 60)];
        let merged = one(allowed(&twice), allowed(&twice)).ok().unwrap();
        assert_eq!(numbers(&merged), [(BUCKET, 1, 10, 60), (BUCKET, 2, 10, 60)]);
    }

    #[test]
    fn two_operations_on_one_bucket_count_twice() {
        let judged =
            || Judged { finalized: allowed(&[limit(BUCKET, 1, 10, 60)]), attested: allowed(&[limit(BUCKET, 1, 10, 60)]) };
        let merged = merge(vec![judged(), judged()]).ok().unwrap();
        assert_eq!(merged.limits.len(), 2);
    }

    #[test]
    fn limits_of_two_tenures_are_reserved_in_each() {
        let mut attested = allowed(&[limit(BUCKET, 1, 10, 60)]);
        attested.subject.tenure = 2;
        let merged = one(allowed(&[limit(BUCKET, 1, 10, 60)]), attested).ok().unwrap();
        assert_eq!(merged.limits.iter().map(|(subject, _)| subject.tenure).collect::<Vec<_>>(), [1, 2]);
    }
}
