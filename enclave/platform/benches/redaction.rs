//! What searching an answer costs, beside a multi-substring search for the same secret's plain forms: `cargo bench -p platform`.
//!
//! The floor (`aho-corasick`, memchr's search for several substrings) looks for 26 fixed texts. Redaction looks for those and for every
//! mix of escapes in them.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
use std::hint::black_box;
use std::time::Instant;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use platform::Redactor;

const SECRET: &str = "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";
/// Small enough that most rounds are over before another process has its turn.
const SIZE: usize = 64 << 10;
const ROUNDS: usize = 400;

fn main() {
    let redactor = Redactor::new("a.myshopify.com", &[SECRET.as_bytes(), &SECRET.as_bytes()[6..]]).unwrap();
    let needles = needles();
    // Which of the two is faster depends on the text; the faster one is the floor.
    let floors = [true, false].map(|prefilter| {
        let kind = Some(AhoCorasickKind::DFA);
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).kind(kind).prefilter(prefilter).build(&needles).unwrap()
    });
    println!("{} fixed texts in the floor", needles.len());
    for (name, body) in [("compact json", compact()), ("pretty json", pretty()), ("csv, CRLF", csv()), ("bytes", bytes())] {
        let (mut ours, mut theirs) = (Vec::new(), [Vec::new(), Vec::new()]);
        for _ in 0..ROUNDS {
            ours.push(time(|| {
                black_box(redactor.scrub(black_box(&body)).unwrap());
            }));
            for (floor, times) in floors.iter().zip(&mut theirs) {
                times.push(time(|| {
                    black_box(floor.find_iter(black_box(&body)).count());
                }));
            }
        }
        let [with, without] = theirs.map(median);
        let (ours, theirs) = (median(ours), with.min(without));
        let size = f64::from(u32::try_from(body.len()).unwrap());
        let speed = |seconds: f64| size / seconds / 1e6;
        println!("{name}: {:.0} MB/s here, {:.0} MB/s the floor, {:.2} x", speed(ours), speed(theirs), theirs / ours);
    }
}

fn needles() -> Vec<Vec<u8>> {
    let percent = |upper: bool| {
        let byte = |byte: u8| if upper { format!("%{byte:02X}") } else { format!("%{byte:02x}") };
        SECRET.bytes().map(byte).collect::<Vec<_>>().concat()
    };
    let mut needles = vec![SECRET.to_owned(), SECRET.to_uppercase(), percent(true), percent(false)];
    needles.extend([hex::encode(SECRET), hex::encode_upper(SECRET)]);
    needles.push(SECRET.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<Vec<_>>().concat());
    needles.push(SECRET.bytes().map(|byte| format!("\\u{byte:04X}")).collect::<Vec<_>>().concat());
    for before in 0..3 {
        for text in [
            STANDARD_NO_PAD.encode([&[0; 2][..before], SECRET.as_bytes()].concat()),
            URL_SAFE_NO_PAD.encode([&[0; 2][..before], SECRET.as_bytes()].concat()),
        ] {
            needles.push(text[(before * 8).div_ceil(6)..(before + SECRET.len()) * 8 / 6].to_owned());
        }
    }
    let mut needles: Vec<Vec<u8>> = needles.into_iter().map(String::into_bytes).collect();
    let wide: Vec<Vec<u8>> = needles[..6].iter().flat_map(|text| [utf16(text, false), utf16(text, true)]).collect();
    needles.extend(wide);
    needles
}

fn utf16(text: &[u8], big: bool) -> Vec<u8> {
    text.iter().flat_map(|byte| if big { [0, *byte] } else { [*byte, 0] }).collect()
}

fn repeated(row: impl Fn(usize) -> String) -> Vec<u8> {
    let mut body = Vec::new();
    for number in 0.. {
        body.extend(row(number).into_bytes());
        if body.len() >= SIZE {
            break;
        }
    }
    body
}

fn compact() -> Vec<u8> {
    repeated(|n| {
        format!(
            r##"{{"node":{{"id":"gid://shopify/Order/{}","name":"#{n}","createdAt":"2026-11-{:02}T08:{:02}:00Z","note":"left at the door, 2\" deep","totalPriceSet":{{"shopMoney":{{"amount":"{}.{:02}","currencyCode":"EUR"}}}},"customer":{{"email":"buyer{n}@example.com","tags":["vip","b2b"]}}}}}},"##,
            n * 7919,
            n % 28 + 1,
            n % 60,
            n * 31 % 977,
            n % 100
        )
    })
}

fn pretty() -> Vec<u8> {
    repeated(|n| {
        format!(
            "  {{\n    \"AmazonOrderId\": \"{:03}-{:07}-{:07}\",\n    \"OrderStatus\": \"Shipped\",\n    \"OrderTotal\": {{\n      \"Amount\": \"{}.00\"\n    }}\n  }},\n",
            n % 999,
            n * 7919 % 9_999_999,
            n * 104_729 % 9_999_999,
            n
        )
    })
}

fn csv() -> Vec<u8> {
    repeated(|n| format!("{n},SKU-{:05},Blue cotton shirt size {},19.{:02},EUR,DE,shipped\r\n", n * 31 % 99_999, n % 46, n % 100))
}

fn bytes() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_le_bytes()[7]
    };
    (0..SIZE).map(|_| next()).collect()
}

fn time(mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
