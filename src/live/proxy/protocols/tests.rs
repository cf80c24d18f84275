//! Sessions without sockets: the same bytes in whatever pieces give the same result, bytes that nobody picks pass as they came, and
//! nothing that comes in makes them fall over.

use super::{Codec, http, postgres, redis, session};
use crate::base::{Dice, Dist, FaultId, Span, Time, Which};
use crate::live::proxy::evidence::Tally;
use crate::live::proxy::lane::End;
use crate::live::proxy::reader::{Piece, Reader, What};
use crate::live::proxy::rules::{Act, Direction, Key, Rule, Rules};
use crate::plan::spoil::{Answer, Does, Glob, Header, Wanted};
use crate::plan::{Effect, Spoil};
use proptest::prelude::*;
use std::sync::Arc;

mod early;

fn session(which: usize) -> session::Session {
    let codec: Box<dyn Codec> = match which {
        0 => Box::new(http::Http::default()),
        1 => Box::new(redis::Redis::default()),
        _ => Box::new(postgres::Postgres::default()),
    };
    session::Session::new(codec)
}

fn spoil(of: Wanted, does: Does) -> Spoil {
    Spoil { of, which: Which::ALL, late: None, does }
}

fn rules(spoils: &[Spoil]) -> Rules {
    let mut rules = Rules::none();
    for (stamp, spoil) in (1..).zip(spoils) {
        let name = format!("spoil/{stamp}");
        let act = Act::of(&Effect::Spoil(Box::new(spoil.clone())), Dice::named(7, &name)).expect("it acts on edges");
        rules = rules.with(Rule {
            stamp,
            key: Key::Fault(FaultId(stamp as u32)),
            tally: Arc::new(Tally::default()),
            dice_name: name.into(),
            seed: 7,
            since: 0,
            which: Which::ALL,
            draw: 0,
            act: Arc::new(act),
        });
    }
    rules
}

fn touched(rules: &Rules) -> Vec<u64> {
    rules.spoils().map(|(rule, _)| rule.tally.evidence().touched).collect()
}

/// What came out in each direction, and the end that a fault has put to it.
#[derive(Debug, Default, PartialEq)]
struct Out {
    bytes: [Vec<u8>; 2],
    ends: [Option<End>; 2],
    late: Span,
}

impl Out {
    fn take(&mut self, pieces: Vec<Piece>) {
        for piece in pieces {
            let at = piece.direction as usize;
            self.late = piece.late.iter().fold(self.late, |sum, (_, by)| sum + *by);
            match piece.what {
                // As a lane does: nothing stands behind an end.
                What::Bytes(bytes) if self.ends[at].is_none() => self.bytes[at].extend(bytes),
                What::Bytes(_) => {}
                What::End(end) => self.ends[at] = self.ends[at].or(Some(end)),
            }
        }
    }

    fn text(&self, direction: Direction) -> String {
        String::from_utf8_lossy(&self.bytes[direction as usize]).into_owned()
    }
}

/// The client's bytes come in these pieces, and then the server's.
fn play(which: usize, rules: &Rules, up: &[&[u8]], down: &[&[u8]]) -> Out {
    let (mut session, mut out) = (session(which), Out::default());
    for (direction, chunks) in [(Direction::Up, up), (Direction::Down, down)] {
        for chunk in chunks {
            let mut pieces = Vec::new();
            session.read(direction, chunk, Time::ZERO, rules, &mut pieces);
            out.take(pieces);
        }
    }
    for direction in Direction::BOTH {
        let mut pieces = Vec::new();
        session.ended(direction, Time::ZERO, rules, &mut pieces);
        pieces.retain(|piece| matches!(piece.what, What::Bytes(_)));
        out.take(pieces);
    }
    out
}

/// Cut at these places, taken round the length.
fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([0, bytes.len()]).collect();
    at.sort_unstable();
    at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).filter(|piece| !piece.is_empty()).collect()
}

const HTTP_UP: &[u8] = b"GET /a HTTP/1.1\r\nHost: x\r\nX-Tenant: blue\r\n\r\n\
POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world\
PUT /c?d=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n\
HEAD /a HTTP/1.1\r\n\r\nGET /e HTTP/1.1\r\n\r\n";
const HTTP_DOWN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc\
HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nETag: 1\r\n\r\n3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n\
HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end";
const REDIS_UP: &[u8] =
    b"*2\r\n$3\r\nGET\r\n$5\r\nuser1\r\n*3\r\n$3\r\nset\r\n$5\r\nuser2\r\n$12\r\nvalue\r\nvalue\r\n\
PING hello\r\n*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nGET\r\n$5\r\nuser3\r\n*1\r\n$4\r\nEXEC\r\n\
*4\r\n$4\r\nEVAL\r\n$1\r\nx\r\n$1\r\n1\r\n$5\r\nuser4\r\n";
const REDIS_DOWN: &[u8] = b"$3\r\nabc\r\n+OK\r\n>2\r\n+push\r\n:1\r\n$5\r\nhello\r\n+OK\r\n+QUEUED\r\n\
*2\r\n%1\r\n+a\r\n*0\r\n$-1\r\n|1\r\n+k\r\n+v\r\n~2\r\n:1\r\n_\r\n";

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat()
}

fn start() -> Vec<u8> {
    let body = b"\0\x03\0\0user\0me\0\0";
    [&(body.len() as u32 + 4).to_be_bytes()[..], body].concat()
}

fn postgres_up() -> Vec<u8> {
    let ssl = [0u8, 0, 0, 8, 4, 210, 22, 47];
    [
        ssl.to_vec(),
        start(),
        message(b'p', b"secret\0"),
        message(b'Q', b"BEGIN\0"),
        message(b'P', b"s1\0insert into t values ($1)\0\0\0"),
        message(b'D', b"Ss1\0"),
        message(b'S', b""),
        message(b'B', b"\0s1\0\0\0\0\0\0\0"),
        message(b'E', b"\0\0\0\0\0"),
        message(b'S', b""),
        message(b'Q', &[&b"select '"[..], &[b'x'; 3000], b"'\0"].concat()),
        message(b'X', b""),
    ]
    .concat()
}

fn postgres_down() -> Vec<u8> {
    let ready = || message(b'Z', b"I");
    [
        b"N".to_vec(),
        message(b'R', &[0; 4]),
        message(b'S', b"server_version\x0015\0"),
        ready(),
        [message(b'C', b"BEGIN\0"), message(b'N', b"x\0"), ready()].concat(),
        [message(b'1', b""), message(b't', &[0, 0]), message(b'n', b""), ready()].concat(),
        [message(b'2', b""), message(b'C', b"INSERT 0 1\0"), ready()].concat(),
        [message(b'T', &[0; 30]), message(b'D', &[7; 4000]), message(b'C', b"SELECT 1\0"), ready()].concat(),
    ]
    .concat()
}

fn conversation(which: usize) -> (Vec<u8>, Vec<u8>) {
    match which {
        0 => (HTTP_UP.to_vec(), HTTP_DOWN.to_vec()),
        1 => (REDIS_UP.to_vec(), REDIS_DOWN.to_vec()),
        _ => (postgres_up(), postgres_down()),
    }
}

fn any_http() -> Wanted {
    Wanted::Http { method: None, path: None, header: None }
}

fn faults(which: usize) -> Vec<Vec<Spoil>> {
    let page = || Answer::Http { status: 503, body: "busy".into() };
    let path = |path: &str| Wanted::Http { method: None, path: Some(Glob(path.into())), header: None };
    let header = |name: &str, value: Option<&str>| Header { name: name.into(), value: value.map(Into::into) };
    let error = || Answer::Postgres { state: "53100".into(), message: "full".into() };
    match which {
        0 => vec![
            vec![],
            vec![spoil(any_http(), Does::Answer(page()))],
            vec![spoil(path("/b"), Does::Answer(page())), spoil(path("/?"), Does::HoldAnswer)],
            vec![spoil(path("/c"), Does::Reset)],
            vec![spoil(any_http(), Does::AskWith(vec![header("X-Tenant", None), header("X-New", Some("1"))]))],
            vec![spoil(any_http(), Does::Replace { body: "other".into() })],
            vec![spoil(path("/b"), Does::CutShort { bytes: 4 })],
            vec![spoil(path("/b"), Does::AnswerWith(vec![header("etag", None)]))],
        ],
        1 => {
            let of = |key: &str| Wanted::Redis { commands: vec![], key: Some(Glob(key.into())) };
            let loading = || Does::Answer(Answer::Redis { error: "LOADING x".into() });
            vec![
                vec![],
                vec![spoil(of("user[234]"), loading())],
                vec![spoil(of("user?"), loading())],
                vec![Spoil { late: Some(Dist::Constant(0.1)), ..spoil(of("*"), Does::Hold) }],
            ]
        }
        _ => vec![
            vec![],
            vec![spoil(Wanted::PostgresStart, Does::Answer(error()))],
            vec![spoil(Wanted::Postgres { statement: Some(Glob("INSERT*".into())) }, Does::Answer(error()))],
            vec![spoil(Wanted::Postgres { statement: None }, Does::Answer(error()))],
        ],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_split_gives_the_same_result(
        which in 0usize..3,
        fault in 0usize..8,
        cuts in prop::collection::vec(any::<usize>(), 0..40),
        more in prop::collection::vec(any::<usize>(), 0..40),
    ) {
        let (up, down) = conversation(which);
        let faults = faults(which);
        let spoils = &faults[fault % faults.len()];
        let (one, other) = (rules(spoils), rules(spoils));
        let whole = play(which, &one, &[&up], &[&down]);
        let split = play(which, &other, &pieces(&up, &cuts), &pieces(&down, &more));
        prop_assert_eq!(whole, split);
        prop_assert_eq!(touched(&one), touched(&other));
    }

    #[test]
    fn whatever_comes_passes_as_it_came_where_nothing_is_picked(
        which in 0usize..3,
        with_rules in any::<bool>(),
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        let (mut up, mut down) = conversation(which);
        for (turn, (at, byte)) in changes.iter().enumerate() {
            let bytes = if turn % 2 == 0 { &mut up } else { &mut down };
            let at = at % bytes.len();
            match byte % 3 {
                0 => bytes[at] = *byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, *byte),
            }
        }
        // A rule of another protocol looks and never acts.
        let foreign = spoil(Wanted::Dns { name: None }, Does::Reset);
        let rules = rules(if with_rules { std::slice::from_ref(&foreign) } else { &[] });
        let out = play(which, &rules, &pieces(&up, &cuts), &pieces(&down, &cuts));
        prop_assert_eq!(&out.bytes, &[up, down]);
        prop_assert_eq!(out.ends, [None, None]);
    }

    #[test]
    fn mutated_input_under_faults_makes_nothing_fall_over(
        which in 0usize..3,
        fault in 0usize..8,
        noise in prop::collection::vec(any::<u8>(), 0..300),
        changes in prop::collection::vec((any::<usize>(), any::<u8>()), 0..6),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        let (mut up, mut down) = conversation(which);
        for (at, byte) in changes {
            let (u, d) = (at % up.len(), at % down.len());
            (up[u], down[d]) = (byte, byte);
        }
        let faults = faults(which);
        let rules = rules(&faults[fault % faults.len()]);
        play(which, &rules, &pieces(&up, &cuts), &pieces(&down, &cuts));
        play(which, &rules, &pieces(&noise, &cuts), &pieces(&noise, &cuts));
    }
}

#[test]
fn answers_of_ours_stand_in_their_turn() {
    let of = Wanted::Http { method: Some("POST".into()), path: None, header: None };
    let rules = rules(&[spoil(of, Does::Answer(Answer::Http { status: 503, body: "busy".into() }))]);
    let server = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 204 No Content\r\n\r\n";
    let out = play(0, &rules, &[HTTP_UP], &[server]);
    let answer =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 4\r\n\r\nbusy";
    let text = out.text(Direction::Down);
    assert_eq!(text, format!("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc{answer}HTTP/1.1 204 No Content\r\n\r\n"));
    assert!(!out.text(Direction::Up).contains("hello world") && out.text(Direction::Up).contains("PUT /c?d=1"));
    assert_eq!(touched(&rules), [1]);
}

#[test]
fn a_header_is_matched_and_headers_are_changed_and_nothing_else() {
    let of = Wanted::Http { method: None, path: None, header: Some(("x-tenant".into(), Glob("bl*".into()))) };
    let new = Header { name: "X-Tenant".into(), value: Some("red".into()) };
    let rules = rules(&[spoil(of, Does::AskWith(vec![new]))]);
    let out = play(0, &rules, &[HTTP_UP], &[]);
    let expected = String::from_utf8_lossy(HTTP_UP).replace("X-Tenant: blue", "X-Tenant: red");
    assert_eq!(out.text(Direction::Up), expected);
}

#[test]
fn a_body_is_replaced_with_its_length_and_a_cut_ends_both_directions() {
    let other = rules(&[spoil(any_http(), Does::Replace { body: "other".into() })]);
    let text = play(0, &other, &[HTTP_UP], &[HTTP_DOWN]).text(Direction::Down);
    assert!(text.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\notherHTTP/1.1 100 Continue"), "{text}");
    assert!(text.contains("201 Created\r\ncontent-length: 5\r\n\r\notherHTTP/1.1 204"), "{text}");
    assert!(text.contains("Content-Length: 1000\r\n\r\nHTTP"), "an answer to HEAD keeps what it says: {text}");
    assert!(text.ends_with("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nother"), "{text}");
    let cut = rules(&[spoil(any_http(), Does::CutShort { bytes: 3 })]);
    let out = play(0, &cut, &[HTTP_UP], &[HTTP_DOWN]);
    assert!(out.text(Direction::Down).ends_with("ETag: 1\r\n\r\n3;x"), "the first answer is no longer than that");
    assert_eq!((out.ends, touched(&cut)), ([Some(End::Shut); 2], vec![1]));
}

#[test]
fn what_is_no_http_passes_and_is_told_once() {
    let rules = rules(&[spoil(any_http(), Does::Reset)]);
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello";
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for bytes in [&hello[..], preface] {
        let out = play(0, &rules, &[bytes, bytes], &[bytes]);
        assert_eq!(out.bytes, [[bytes, bytes].concat(), bytes.to_vec()]);
    }
    let told = rules.spoils().map(|(rule, _)| rule.tally.evidence()).next().expect("a rule");
    assert_eq!((told.touched, told.details["connections not understood"]), (0, 2));
}

#[test]
fn a_transaction_of_redis_is_answered_by_its_server_alone() {
    let of = Wanted::Redis { commands: vec!["GET".into()], key: None };
    let rules = rules(&[spoil(of, Does::Answer(Answer::Redis { error: "LOADING x".into() }))]);
    let out = play(1, &rules, &[REDIS_UP], &[b"+OK\r\n"]);
    assert_eq!(out.text(Direction::Down), "-LOADING x\r\n+OK\r\n");
    assert_eq!(touched(&rules), [1], "the GET between MULTI and EXEC is not touched");
    assert!(out.text(Direction::Up).contains("user3"));
}

#[test]
fn a_statement_is_replaced_by_one_that_fails_and_its_error_by_ours() {
    let of = Wanted::Postgres { statement: Some(Glob("insert into t*".into())) };
    let answer = Answer::Postgres { state: "53100".into(), message: "no space".into() };
    let rules = rules(&[spoil(of, Does::Answer(answer))]);
    let refused = |status: &[u8]| [message(b'E', b"SERROR\0C42601\0\0"), message(b'Z', status)].concat();
    let begun = [b"N".to_vec(), message(b'R', &[0; 4]), message(b'Z', b"I"), message(b'Z', b"T")].concat();
    let down = [begun.clone(), refused(b"E"), refused(b"E")].concat();
    let up = postgres_up();
    let out = play(2, &rules, &[&up], &[&down]);
    let asked = out.text(Direction::Up);
    assert!(!asked.contains("insert into"), "the text of the statement goes nowhere");
    assert_eq!(asked.matches("firedrill: a fault stands here").count(), 2, "preparing it, and carrying it out");
    let ours = b"SERROR\0VERROR\0C53100\0Mno space\0\0";
    let expected = [begun, message(b'E', ours), message(b'Z', b"E"), message(b'E', ours), message(b'Z', b"E")].concat();
    assert_eq!(out.bytes[1], expected, "whether a transaction is open is the server's word");
    assert_eq!(touched(&rules), [2]);
}

#[test]
fn a_session_is_refused_in_the_server_s_words() {
    let answer = Answer::Postgres { state: "53300".into(), message: "sorry, too many clients already".into() };
    let rules = rules(&[spoil(Wanted::PostgresStart, Does::Answer(answer))]);
    let out = play(2, &rules, &[&start()], &[]);
    assert_eq!(out.bytes[0], b"", "the server is told nothing");
    assert_eq!(out.bytes[1], message(b'E', b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0"));
    assert_eq!(out.ends, [Some(End::Shut); 2]);
}

#[test]
fn a_fault_that_begins_while_a_request_is_under_way_touches_its_answer() {
    let replace = |path: &str| {
        let of = Wanted::Http { method: None, path: Some(Glob(path.into())), header: None };
        rules(&[spoil(of, Does::Replace { body: "away".into() })])
    };
    let answers = |rules: &Rules| {
        let (mut session, mut out) = (session(0), Out::default());
        let (up, down) =
            (b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
        let mut pieces = Vec::new();
        session.read(Direction::Up, up, Time::ZERO, &Rules::none(), &mut pieces);
        for body in [b"one", b"two"] {
            session.read(Direction::Down, &[&down[..], body].concat(), Time::ZERO, rules, &mut pieces);
        }
        out.take(pieces);
        (out.text(Direction::Down).matches("one").count(), out.text(Direction::Down).matches("away").count())
    };
    assert_eq!(answers(&Rules::none()), (1, 0));
    let (of_a, of_c) = (replace("/a"), replace("/c"));
    assert_eq!(answers(&of_a), (0, 1));
    assert_eq!((answers(&of_c), touched(&of_a), touched(&of_c)), ((1, 0), vec![1], vec![0]));
}
