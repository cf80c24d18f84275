//! Answers before the request is whole, and faults that change nothing.

use super::*;

/// Such a client waits for a word before it sends the body, so the word must not wait for the body.
#[test]
fn an_http_fault_answers_at_the_head_of_whoever_waits_to_send_the_body() {
    let head = b"POST /up HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    let any = || Wanted::Http { method: None, path: None, header: None };
    let busy = || Does::Answer(Answer::Http { status: 503, body: "busy".into() });
    let busy_rules = rules(&[spoil(any(), busy())]);
    let out = play(0, &busy_rules, &[head], &[]);
    let text = out.text(Direction::Down);
    assert!(text.starts_with("HTTP/1.1 503 ") && text.ends_with("busy"), "{text}");
    assert_eq!(out.ends, [None, Some(End::Shut)], "the body is still taken from whoever sends it");
    // It may send the body all the same, and it goes nowhere.
    let out = play(0, &busy_rules, &[head, b"hello", b"GET /next HTTP/1.1\r\n\r\n"], &[]);
    assert_eq!((out.text(Direction::Up), out.text(Direction::Down)), (String::new(), text.clone()));
    // Behind another's answer it waits for its turn, and no longer.
    let of = Wanted::Http { method: Some("POST".into()), path: None, header: None };
    let first = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let out = play(0, &rules(&[spoil(of, busy())]), &[first, head], &[answer]);
    assert_eq!(out.text(Direction::Down), String::from_utf8_lossy(answer).into_owned() + &text);
    assert_eq!(out.ends[1], Some(End::Shut));
    let out = play(0, &rules(&[spoil(any(), Does::Reset)]), &[head], &[]);
    assert_eq!(out.ends[1], Some(End::Reset));
}

#[test]
fn a_message_that_is_held_for_no_time_is_not_touched() {
    let any = || Wanted::Http { method: None, path: None, header: None };
    let rules = rules(&[spoil(any(), Does::Hold), spoil(any(), Does::HoldAnswer)]);
    play(0, &rules, &[HTTP_UP], &[HTTP_DOWN]);
    assert_eq!(touched(&rules), [0, 0]);
}
