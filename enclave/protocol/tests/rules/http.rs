use std::io::Cursor;

use bhttp::{Message, Mode, StatusCode};
use protocol::http::{HttpError, Request, Response, bucket};
use protocol::limits;
use protocol::ohttp::{REQUEST_OVERHEAD, RESPONSE_OVERHEAD};

fn request() -> Request {
    Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: "shop.example".to_owned(),
        path: "/a/b?c=d".to_owned(),
        headers: vec![("accept".to_owned(), b"*/*".to_vec()), ("x-long".to_owned(), vec![b'x'; 300])],
        body: vec![9; 20_000],
    }
}

fn response() -> Response {
    Response { status: 207, headers: vec![("etag".to_owned(), b"\"1\"".to_vec())], body: b"hello".to_vec() }
}

#[test]
fn a_request_is_what_another_implementation_reads_and_writes() {
    let bytes = request().encode().unwrap();
    let theirs = Message::read_bhttp(&mut Cursor::new(bytes.as_slice())).unwrap();
    assert_eq!(theirs.control().method(), Some(b"POST".as_slice()));
    assert_eq!(theirs.control().scheme(), Some(b"https".as_slice()));
    assert_eq!(theirs.control().authority(), Some(b"shop.example".as_slice()));
    assert_eq!(theirs.control().path(), Some(b"/a/b?c=d".as_slice()));
    assert_eq!(theirs.header().get(b"accept"), Some(b"*/*".as_slice()));
    assert_eq!(theirs.content(), request().body);
    let mut again = Vec::new();
    theirs.write_bhttp(Mode::KnownLength, &mut again).unwrap();
    assert_eq!(again, *bytes);
    assert!(Request::decode(&again).unwrap() == request());
}

#[test]
fn a_response_is_what_another_implementation_reads_and_writes() {
    let mut theirs = Message::response(StatusCode::try_from(207_u64).unwrap());
    theirs.put_header("etag", "\"1\"");
    theirs.write_content("hello");
    let mut bytes = Vec::new();
    theirs.write_bhttp(Mode::KnownLength, &mut bytes).unwrap();
    assert_eq!(response().encode().unwrap(), bytes);
    assert!(Response::decode(&bytes).unwrap() == response());
}

#[test]
fn refuses_what_has_another_form() {
    let good = request().encode().unwrap().to_vec();
    let read = |bytes: &[u8]| Request::decode(bytes).map(|_| ());
    assert_eq!(read(&good), Ok(()));
    assert_eq!(read(&[]), Err(HttpError::Short));
    for framing in [1, 2, 3, 63] {
        assert_eq!(read(&[&[framing], &good[1..]].concat()), Err(HttpError::Framing), "{framing}");
    }
    assert_eq!(read(&[good.clone(), vec![0, 0, 1]].concat()), Err(HttpError::Trailing));
    assert_eq!(read(&[good.clone(), vec![0, 0, 0]].concat()), Ok(()));
    assert_eq!(read(&good[..good.len() - 2]), Err(HttpError::Short));
    let trailer = [&good[..good.len() - 1], &[4, 1, b'a', 1, b'b']].concat();
    assert_eq!(read(&trailer), Err(HttpError::Trailers));
    let huge = [&good[..1], &[0xff; 8]].concat();
    assert_eq!(read(&huge), Err(HttpError::Short));
    assert_eq!(read(&vec![0; limits::OHTTP_REQUEST]), Err(HttpError::Size));
    let informational = [1, 0x40, 103, 0];
    assert_eq!(Response::decode(&informational).map(|_| ()), Err(HttpError::Status));
    assert_eq!(Response::decode(&good).map(|_| ()), Err(HttpError::Framing));
}

#[test]
fn empty_sections_may_be_cut_off_at_the_end() {
    let short = with(Vec::new(), Vec::new());
    let bytes = short.encode().unwrap();
    for end in bytes.len() - 3..=bytes.len() {
        assert!(Request::decode(&bytes[..end]).unwrap() == short, "{end}");
    }
    assert_eq!(Request::decode(&bytes[..bytes.len() - 4]).map(|_| ()), Err(HttpError::Short));
}

#[test]
fn t43_what_could_smuggle_is_refused_when_written_and_when_read() {
    type Change = fn(&mut Request);
    let cases: [(Change, HttpError); 12] = [
        (|r| r.headers[0].1 = b"a\r\nhost: evil".to_vec(), HttpError::HeaderValue),
        (|r| r.headers[0].1 = b"a\0".to_vec(), HttpError::HeaderValue),
        (|r| r.headers[0].1 = vec![b'a'; limits::HEADER_VALUE + 1], HttpError::HeaderValue),
        (|r| r.headers[0].0 = "Accept".to_owned(), HttpError::HeaderName),
        (|r| r.headers[0].0 = "a b".to_owned(), HttpError::HeaderName),
        (|r| r.headers[0].0 = ":path".to_owned(), HttpError::HeaderName),
        (|r| r.headers[0].0 = String::new(), HttpError::HeaderName),
        (|r| r.headers = vec![("a".to_owned(), vec![]); limits::HEADERS + 1], HttpError::HeaderCount),
        (|r| r.method = "GET /x HTTP/1.1\r\n".to_owned(), HttpError::Control),
        (|r| r.path = "/a b".to_owned(), HttpError::Control),
        (|r| r.authority = String::new(), HttpError::Control),
        (|r| r.authority = "\u{df}.example".to_owned(), HttpError::Control),
    ];
    for (change, expected) in cases {
        let mut changed = request();
        change(&mut changed);
        assert_eq!(changed.encode().map(|_| ()), Err(expected));
        // The same through another writer, which does not mind.
        let mut theirs = Message::request(
            changed.method.clone().into_bytes(),
            changed.scheme.clone().into_bytes(),
            changed.authority.clone().into_bytes(),
            changed.path.clone().into_bytes(),
        );
        for (name, value) in &changed.headers {
            theirs.put_header(name.as_bytes(), value.as_slice());
        }
        let mut bytes = Vec::new();
        theirs.write_bhttp(Mode::KnownLength, &mut bytes).unwrap();
        assert_eq!(Request::decode(&bytes).map(|_| ()), Err(expected));
    }
}

#[test]
fn t53_an_encapsulated_message_has_one_of_a_few_sizes() {
    const KIB: usize = 1 << 10;
    let sizes = [
        (0, 1),
        (1, 1),
        (KIB, 1),
        (KIB + 1, 4),
        (5 * KIB, 16),
        (17 * KIB, 64),
        (65 * KIB, 256),
        (257 * KIB, 512),
        (513 * KIB, 768),
    ];
    for (length, expected) in sizes {
        assert_eq!(bucket(length), Some(expected * KIB), "{length}");
    }
    assert_eq!(bucket(usize::MAX), None);
    for length in [0, 1, 700, 960, 5_000, 16_000, 64_000, 262_000, 300_000, 900_000] {
        let request = with(request().headers.clone(), vec![1; length]);
        let padded = request.encode_padded().unwrap();
        assert_eq!(Some(padded.len() + REQUEST_OVERHEAD), bucket(request.encode().unwrap().len() + REQUEST_OVERHEAD));
        assert!(Request::decode(&padded).unwrap() == request);
        let response = Response { body: vec![1; length], ..response() };
        let padded = response.encode_padded().unwrap();
        assert_eq!(Some(padded.len() + RESPONSE_OVERHEAD), bucket(response.encode().unwrap().len() + RESPONSE_OVERHEAD));
        assert!(Response::decode(&padded).unwrap() == response);
    }
    let largest = Response { body: vec![1; limits::UPSTREAM_BODY], ..response() };
    assert!(largest.encode_padded().is_ok());
    let over = with(Vec::new(), vec![1; limits::OHTTP_REQUEST]);
    assert_eq!(over.encode_padded().map(|_| ()), Err(HttpError::Size));
}

#[test]
fn a_receipt_and_evidence_fit_into_headers_of_ours_only() {
    let mut response = response();
    response.headers = vec![("pst-vault-receipt".to_owned(), vec![b'A'; 180_000])];
    assert!(Response::decode(&response.encode_padded().unwrap()).unwrap() == response);
    response.headers[0].0 = "x-receipt".to_owned();
    assert_eq!(response.encode(), Err(HttpError::HeaderValue));
}

#[test]
fn t52_debug_shows_no_value_and_no_body() {
    let shown = format!("{:?} {:?}", request(), response());
    assert!(!shown.contains("*/*") && !shown.contains("xxx") && !shown.contains("hello") && !shown.contains("c=d"));
}

/// [`Request`] has a destructor, so `..request()` can't be written.
fn with(headers: Vec<(String, Vec<u8>)>, body: Vec<u8>) -> Request {
    let mut request = request();
    request.headers = headers;
    request.body = body;
    request
}
