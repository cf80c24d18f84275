//! Expressions and what they choose; mistakes and what is said of them.

use super::*;

fn picked(text: &str) -> Vec<&'static str> {
    let filter = Filter::read(text).unwrap_or_else(|mistake| panic!("{mistake}"));
    let tags = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let all = [
        ("storm", "retry-storm", None, tags(&["retry", "slow"])),
        ("storm/budget", "retry-storm", Some("budget"), tags(&["retry", "slow"])),
        ("cache", "slow-cache", None, tags(&["cache"])),
        ("lost", "retries-lost", None, tags(&["retry"])),
    ];
    let has = |name, variant, tags| filter.has(&Subject { name, variant, tags });
    all.iter().filter(|(_, name, variant, tags)| has(name, *variant, tags)).map(|(short, ..)| *short).collect()
}

#[test]
fn sets_are_joined_as_one_reads_them() {
    for (text, wanted) in [
        ("all()", &["storm", "storm/budget", "cache", "lost"][..]),
        ("none()", &[]),
        ("tag(retry) & !tag(slow)", &["lost"]),
        ("tag(retry)&!tag( slow )", &["lost"]),
        ("tag(retry) and not tag(slow)", &["lost"]),
        ("tag(cache) | tag(retry) & base() & tag(slow)", &["storm", "cache"]),
        ("(tag(cache) || tag(retry)) && base()", &["storm", "cache", "lost"]),
        ("!!name(cache)", &["cache"]),
        ("name(retr)", &["storm", "storm/budget", "lost"]),
        ("name(=retry-storm)", &["storm", "storm/budget"]),
        ("name(=retry)", &[]),
        ("name(retr*t)", &["lost"]),
        ("name(*-?torm) & variant(*)", &["storm/budget"]),
        ("variant(budg)", &["storm/budget"]),
        ("tag(ret)", &[]),
        ("tag(re*)", &["storm", "storm/budget", "lost"]),
    ] {
        assert_eq!(picked(text), wanted, "{text}");
    }
}

#[test]
fn mistakes_have_a_place_and_a_way_out() {
    for (text, wanted) in [
        ("tga(retry)", "there is no set `tga`\n  tga(retry)\n  ^^^\n  did you mean `tag`?"),
        (
            "tag(a) & retry",
            "`retry` is no set by itself\n  tag(a) & retry\n           ^^^^^\n  write tag(retry) for a tag, name(retry) for a part of a name",
        ),
        ("(tag(a)", "this `(` is not closed\n  (tag(a)\n  ^\n  add a `)`"),
        ("tag(a", "this `(` is not closed\n  tag(a\n     ^\n  add a `)`"),
        ("tag(a))", "this `)` closes nothing\n  tag(a))\n        ^"),
        (
            "tag(a) &",
            "a set is missing at the end\n  tag(a) &\n          ^\n  sets are tag(…), name(…), variant(…), base() and all()",
        ),
        ("tag()", "tag() is empty\n  tag()\n  ^^^\n  write a word into it, such as tag(retry)"),
        ("all(x)", "all() takes no word\n  all(x)\n  ^^^\n  write all()"),
        (
            "tag(a), tag(b)",
            "`,` cannot stand here\n  tag(a), tag(b)\n        ^\n  sets are joined by `&` (both) and `|` (either)",
        ),
        ("", "there is nothing in it\n  \n  ^\n  sets are tag(…), name(…), variant(…), base() and all()"),
    ] {
        assert_eq!(Filter::read(text).map_err(|mistake| mistake.to_string()), Err(wanted.to_owned()), "{text}");
    }
    for hostile in ["!".repeat(10_000), "(".repeat(10_000), "é".repeat(100), "tag(é) | ü".to_owned()] {
        assert!(Filter::read(&hostile).is_err());
    }
    // Backtracking does not explode.
    assert!(!is_like(&"*a".repeat(40).chars().collect::<Vec<_>>(), &"a".repeat(39).chars().collect::<Vec<_>>()));
}

#[test]
fn words_that_fit_nothing_are_told_even_behind_a_not() {
    let tags = ["slow".to_owned()];
    let all = [Subject { name: "shop", variant: None, tags: &tags }];
    let idle = |text: &str| Filter::read(text).expect("an expression").idle(&all);
    assert_eq!(idle("name(shop) & !tag(slwo)"), ["no scenario has a tag `slwo`: did you mean `slow`?"]);
    assert_eq!(idle("variant(wide)"), ["no variant has a name with `wide` in it"]);
    assert!(idle("all() & base() | none()").is_empty());
}
