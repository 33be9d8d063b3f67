//! The table at the end, and the line that counts.

use std::time::Duration;

use crate::process::Count;

/// How a suite ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok,
    Failed,
    NotRun,
}

/// One suite, or a part of one that could not run.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) suite: String,
    pub(crate) outcome: Outcome,
    pub(crate) count: Count,
    pub(crate) time: Duration,
    pub(crate) why: String,
}

/// All rows, in order.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    /// Adds one, and says it.
    pub(crate) fn add(&mut self, row: Row) {
        println!("{}", line(&row));
        self.0.push(row);
    }

    /// Whether nothing failed and, if `strict`, nothing was left out.
    pub(crate) fn good(&self, strict: bool) -> bool {
        self.0.iter().all(|row| match row.outcome {
            Outcome::Ok => true,
            Outcome::Failed => false,
            Outcome::NotRun => !strict,
        })
    }

    /// Prints everything; the last line is the count alone.
    pub(crate) fn print(&self, strict: bool) {
        println!("\n{}", header());
        for row in &self.0 {
            println!("{}", line(row));
        }
        println!("\n{}", self.sum(strict));
    }

    /// `N passed, N failed`, and what was skipped if anything was. A suite that failed without a failed test counts as one.
    fn sum(&self, strict: bool) -> String {
        let mut sum = Count::default();
        for row in &self.0 {
            sum.add(row.count);
            match row.outcome {
                Outcome::Ok => {}
                Outcome::Failed => sum.failed += u64::from(row.count.failed == 0),
                Outcome::NotRun if strict => sum.failed += 1,
                Outcome::NotRun => sum.ignored += 1,
            }
        }
        let skipped = if sum.ignored > 0 { format!(", {} skipped", sum.ignored) } else { String::new() };
        format!("{} passed, {} failed{skipped}", sum.passed, sum.failed)
    }
}

fn header() -> String {
    format!("{:<12} {:<8} {:>6} {:>8}  why", "suite", "result", "passed", "seconds")
}

fn line(row: &Row) -> String {
    let outcome = match row.outcome {
        Outcome::Ok => "ok",
        Outcome::Failed => "failed",
        Outcome::NotRun => "not run",
    };
    let text = format!("{:<12} {:<8} {:>6} {:>8.1}  {}", row.suite, outcome, row.count.passed, row.time.as_secs_f64(), row.why);
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(outcome: Outcome, count: Count) -> Table {
        Table(vec![Row { suite: "chain".to_owned(), outcome, count, time: Duration::ZERO, why: String::new() }])
    }

    #[test]
    fn what_could_not_run_fails_where_nothing_may_be_left_out() {
        let table = table(Outcome::NotRun, Count::default());
        assert!(table.good(false) && !table.good(true));
        assert_eq!(table.sum(false), "0 passed, 0 failed, 1 skipped");
        assert_eq!(table.sum(true), "0 passed, 1 failed");
    }

    #[test]
    fn a_suite_that_dies_without_a_failed_test_has_failed() {
        let table = table(Outcome::Failed, Count { passed: 3, ..Count::default() });
        assert!(!table.good(false));
        assert_eq!(table.sum(false), "3 passed, 1 failed");
    }

    #[test]
    fn a_good_run_is_counted() {
        let table = table(Outcome::Ok, Count { passed: 3, ..Count::default() });
        assert!(table.good(true));
        assert_eq!(table.sum(true), "3 passed, 0 failed");
    }
}
