//! `cargo xtask test`: provide, build once, run, tell.

use std::process::Command;
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::compile::{self, Built, Program};
use crate::process::{self, Count};
use crate::repository;
use crate::suite::{self, Runs, Suite, Targets};
use crate::table::{Outcome, Row, Table};
use crate::tools;

/// Runs the suites and says whether all is well.
pub(crate) fn test(names: &[String]) -> Result<bool> {
    let suites = suite::chosen(names);
    let strict = repository::is_ci();
    let mut table = Table::default();

    let mut packages: Vec<&str> = Vec::new();
    let mut beside = Vec::new();
    for suite in &suites {
        let mut provided = true;
        for need in suite.needs {
            if let Err(missing) = tools::provide(*need) {
                provided = false;
                table.add(Row {
                    suite: suite.name.to_owned(),
                    outcome: Outcome::NotRun,
                    count: Count::default(),
                    time: Duration::ZERO,
                    why: format!("{}: {}", missing.part, missing.why),
                });
            }
        }
        match suite.runs {
            // A package's other tests run without what is missing; a check is one.
            Runs::Check(check) if provided => table.add(checked(suite.name, check)),
            Runs::Beside(check) if provided => beside.push((suite.name, check)),
            Runs::Package { package, .. } if !packages.contains(&package) => packages.push(package),
            Runs::Check(_) | Runs::Beside(_) | Runs::Package { .. } => {}
        }
    }
    if packages.is_empty() {
        for (name, check) in beside {
            table.add(checked(name, || check(false)));
        }
        table.print(strict);
        return Ok(table.good(strict));
    }
    // Without a choice it is the workspace, so that this build is the same as every other whole one.
    let selection: &[&str] = if names.is_empty() { &[] } else { &packages };
    println!("building {}", if selection.is_empty() { "the workspace".to_owned() } else { selection.join(", ") });
    let start = Instant::now();
    let built = compile::tests(selection)?;
    println!("built in {} s\n", start.elapsed().as_secs());

    std::thread::scope(|scope| -> Result<()> {
        let whole = selection.is_empty() && built.complete;
        let mut beside: Vec<ScopedJoinHandle<'_, Row>> =
            beside.iter().map(|(name, check)| scope.spawn(move || checked(name, || check(whole)))).collect();
        for suite in &suites {
            // It boots the image that is made beside.
            if matches!(suite.runs, Runs::Package { targets: Targets::Machine, .. }) {
                join(&mut beside, &mut table)?;
            }
            if matches!(suite.runs, Runs::Package { .. }) {
                table.add(programs(suite, &built)?);
            }
        }
        join(&mut beside, &mut table)
    })?;
    if built.complete
        && let Some(row) = examples(selection)?
    {
        table.add(row);
    }
    table.print(strict);
    Ok(table.good(strict))
}

/// Waits for what goes on beside.
fn join(beside: &mut Vec<ScopedJoinHandle<'_, Row>>, table: &mut Table) -> Result<()> {
    for check in beside.drain(..) {
        table.add(check.join().map_err(|_| anyhow!("a check panicked"))?);
    }
    Ok(())
}

fn checked(name: &str, check: impl FnOnce() -> Result<u64>) -> Row {
    let start = Instant::now();
    let (outcome, count, why) = match check() {
        Ok(passed) => (Outcome::Ok, Count { passed, ..Count::default() }, String::new()),
        Err(error) => {
            eprintln!("{error:#}");
            let why = format!("{error:#}").lines().next().unwrap_or_default().to_owned();
            (Outcome::Failed, Count { failed: 1, ..Count::default() }, why)
        }
    };
    Row { suite: name.to_owned(), outcome, count, time: start.elapsed(), why }
}

/// Runs a suite's programs, each in its package's folder as cargo does.
fn programs(suite: &Suite, built: &Built) -> Result<Row> {
    let start = Instant::now();
    let mut count = Count::default();
    let mut bad = Vec::new();
    let mut found = false;
    for program in built.programs.iter().filter(|program| belongs(program, suite)) {
        found = true;
        println!("  {}", program.label);
        let mut command = Command::new(&program.executable);
        command.current_dir(&program.folder).env("CARGO_MANIFEST_DIR", &program.folder);
        if matches!(suite.runs, Runs::Package { targets: Targets::Machine, .. }) {
            // Its figures are of interest when all is well, too.
            command.arg("--show-output");
        }
        run(command, &program.label, &mut count, &mut bad)?;
    }
    let why = match (found, built.complete) {
        (false, false) => "does not build".to_owned(),
        (false, true) => "has no test program".to_owned(),
        (true, false) if bad.is_empty() => "the build is not complete".to_owned(),
        (true, _) => bad.join(", "),
    };
    let outcome = if why.is_empty() { Outcome::Ok } else { Outcome::Failed };
    Ok(Row { suite: suite.name.to_owned(), outcome, count, time: start.elapsed(), why })
}

fn belongs(program: &Program, suite: &Suite) -> bool {
    match suite.runs {
        Runs::Package { package, targets } => program.package == package && targets.takes(&program.target),
        Runs::Check(_) | Runs::Beside(_) => false,
    }
}

/// The examples in the documentation, among them those that must not compile. This program has none, being no library.
fn examples(packages: &[&str]) -> Result<Option<Row>> {
    let libraries: Vec<&str> = packages.iter().copied().filter(|package| *package != env!("CARGO_PKG_NAME")).collect();
    if libraries.is_empty() && !packages.is_empty() {
        return Ok(None);
    }
    let start = Instant::now();
    let (mut count, mut bad) = (Count::default(), Vec::new());
    let mut command = repository::cargo();
    command.args(["test", "--doc", "--no-fail-fast", "--locked"]);
    compile::select(&mut command, &libraries);
    println!("  examples");
    run(command, "examples", &mut count, &mut bad)?;
    let outcome = if bad.is_empty() { Outcome::Ok } else { Outcome::Failed };
    Ok(Some(Row { suite: "examples".to_owned(), outcome, count, time: start.elapsed(), why: bad.join(", ") }))
}

/// Runs one program; shows what it printed if it failed.
fn run(command: Command, name: &str, count: &mut Count, bad: &mut Vec<String>) -> Result<()> {
    let ended = process::run(command, name)?;
    count.add(ended.count);
    for figure in ended.output.lines().filter_map(|line| line.strip_prefix("figure: ")) {
        println!("    {figure}");
    }
    if !ended.success {
        println!("---- {name}\n{}\n---- end of {name}", ended.output.trim_end());
        bad.push(name.to_owned());
    }
    Ok(())
}
