//! Counters in Prometheus text format. Every label is a word of this program, so there are only so many series.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the buckets of a conversation's time, in milliseconds.
const BUCKETS: [u64; 8] = [5, 20, 50, 100, 250, 1_000, 5_000, 30_000];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Series {
    Requests { route: &'static str, status: u16 },
    Conversations { kind: &'static str, outcome: &'static str },
    Needs { need: &'static str, supplied: bool },
    Relay { outcome: &'static str },
    RelayBytes { direction: &'static str },
}

#[derive(Clone, Copy, Debug, Default)]
struct Histogram {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum_ms: u64,
}

#[derive(Debug, Default)]
struct Values {
    counters: BTreeMap<Series, u64>,
    times: BTreeMap<&'static str, Histogram>,
}

/// All counters of a process.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<Values>);

impl Metrics {
    /// An HTTP request was answered.
    pub(crate) fn request(&self, route: &'static str, status: u16) {
        self.add(Series::Requests { route, status }, 1);
    }

    /// A conversation ended.
    pub(crate) fn conversation(&self, kind: &'static str, outcome: &'static str, time: Duration) {
        self.add(Series::Conversations { kind, outcome }, 1);
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let histogram = values.times.entry(kind).or_default();
        histogram.count += 1;
        histogram.sum_ms = histogram.sum_ms.saturating_add(ms);
        for (bucket, bound) in histogram.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(ms <= bound);
        }
    }

    /// A need was looked up.
    pub(crate) fn need(&self, need: &'static str, supplied: bool) {
        self.add(Series::Needs { need, supplied }, 1);
    }

    /// A relay connection ended, or was refused.
    pub(crate) fn relay(&self, outcome: &'static str) {
        self.add(Series::Relay { outcome }, 1);
    }

    /// Bytes that the relay moved.
    pub(crate) fn relay_bytes(&self, direction: &'static str, bytes: u64) {
        self.add(Series::RelayBytes { direction }, bytes);
    }

    fn add(&self, series: Series, n: u64) {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = values.counters.entry(series).or_default();
        *counter = counter.saturating_add(n);
    }

    /// Prometheus text, with these gauges in front: name, help, value.
    pub(crate) fn text(&self, gauges: &[(&str, &str, u64)]) -> String {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        for (name, help, value) in gauges {
            // Writing to a String can't fail.
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        }
        let mut named = "";
        for (series, value) in &values.counters {
            let (name, help) = series.name();
            if name != named {
                let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter");
                named = name;
            }
            let _ = writeln!(text, "{name}{{{}}} {value}", series.labels());
        }
        histograms(&mut text, &values.times);
        text
    }
}

impl Series {
    const fn name(&self) -> (&'static str, &'static str) {
        match self {
            Self::Requests { .. } => ("pst_vault_host_requests_total", "HTTP requests by route and status."),
            Self::Conversations { .. } => {
                ("pst_vault_host_conversations_total", "Conversations with the enclave by kind and outcome.")
            }
            Self::Needs { .. } => ("pst_vault_host_needs_total", "What the enclave needed, and whether it got it."),
            Self::Relay { .. } => ("pst_vault_host_relay_connections_total", "Egress connections by outcome."),
            Self::RelayBytes { .. } => ("pst_vault_host_relay_bytes_total", "Egress bytes by direction."),
        }
    }

    fn labels(&self) -> String {
        match self {
            Self::Requests { route, status } => format!("route=\"{route}\",status=\"{status}\""),
            Self::Conversations { kind, outcome } => format!("kind=\"{kind}\",outcome=\"{outcome}\""),
            Self::Needs { need, supplied } => format!("need=\"{need}\",supplied=\"{supplied}\""),
            Self::Relay { outcome } => format!("outcome=\"{outcome}\""),
            Self::RelayBytes { direction } => format!("direction=\"{direction}\""),
        }
    }
}

fn histograms(text: &mut String, times: &BTreeMap<&'static str, Histogram>) {
    let name = "pst_vault_host_conversation_seconds";
    let _ = writeln!(text, "# HELP {name} Time of conversations by kind.\n# TYPE {name} histogram");
    for (kind, Histogram { buckets, count, sum_ms }) in times {
        for (bucket, bound) in buckets.iter().zip(BUCKETS) {
            let _ = writeln!(text, "{name}_bucket{{kind=\"{kind}\",le=\"{}\"}} {bucket}", seconds(bound));
        }
        let _ = writeln!(text, "{name}_bucket{{kind=\"{kind}\",le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "{name}_sum{{kind=\"{kind}\"}} {}", seconds(*sum_ms));
        let _ = writeln!(text, "{name}_count{{kind=\"{kind}\"}} {count}");
    }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_prints() {
        let metrics = Metrics::default();
        metrics.request("/healthz", 200);
        metrics.request("/healthz", 200);
        metrics.conversation("call", "ok", Duration::from_millis(30));
        metrics.need("commit", true);
        metrics.relay("refused");
        metrics.relay_bytes("out", 7);
        let text = metrics.text(&[("pst_vault_host_ready", "Whether the vault serves.", 1)]);
        for line in [
            "pst_vault_host_ready 1",
            "pst_vault_host_requests_total{route=\"/healthz\",status=\"200\"} 2",
            "pst_vault_host_conversations_total{kind=\"call\",outcome=\"ok\"} 1",
            "pst_vault_host_conversation_seconds_bucket{kind=\"call\",le=\"0.020\"} 0",
            "pst_vault_host_conversation_seconds_bucket{kind=\"call\",le=\"0.050\"} 1",
            "pst_vault_host_conversation_seconds_sum{kind=\"call\"} 0.030",
            "pst_vault_host_needs_total{need=\"commit\",supplied=\"true\"} 1",
            "pst_vault_host_relay_connections_total{outcome=\"refused\"} 1",
            "pst_vault_host_relay_bytes_total{direction=\"out\"} 7",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }
}
