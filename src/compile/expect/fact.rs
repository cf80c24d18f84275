//! Questions that need no run: `overlap(routes, people) == 0`, `cut_points(office, wires) == 0`. They are answered here, from the facts of
//! the scenario and its calls, so that the judge only compares.

use super::cursor::{Cursor, Piece, did_you_mean, listed};
use super::{ExpectError, Names, Parsed, metric::Unit, nothing_left, value, window};
use crate::plan::expectation::{Bound, Metric};
use crate::plan::facts::{Graph, Members};
use std::collections::BTreeSet;

/// The graph of the calls themselves, which every scenario has.
pub const CALLS: &str = "calls";

type Things = BTreeSet<String>;
type Answer = Result<(f64, Things), ExpectError>;

/// One question.
struct Question {
    name: &'static str,
    /// How it is written.
    form: &'static str,
    args: (usize, usize),
    answer: fn(&[Arg], &Names) -> Answer,
}

static QUESTIONS: [Question; 8] = [
    Question { name: "size", form: "size(SET)", args: (1, 1), answer: |args, names| args[0].size(names) },
    Question { name: "overlap", form: "overlap(SET, SET)", args: (2, 2), answer: overlap },
    Question { name: "missing", form: "missing(SET, SET)", args: (2, 2), answer: missing },
    Question { name: "combinations", form: "combinations(SET, SET, …)", args: (1, usize::MAX), answer: combinations },
    Question { name: "reach", form: "reach(NAME[, GRAPH])", args: (1, 2), answer: reach },
    Question { name: "cut_points", form: "cut_points(NAME[, GRAPH])", args: (1, 2), answer: cut_points },
    Question { name: "cut_off", form: "cut_off(NAME, LOST[, GRAPH])", args: (2, 3), answer: cut_off },
    Question { name: "cyclic", form: "cyclic(GRAPH)", args: (1, 1), answer: cyclic },
];

/// What stands between the parentheses: a name, or `needs(NAME[, GRAPH])`.
struct Arg<'a> {
    piece: Piece<'a>,
    needs: Option<Vec<Piece<'a>>>,
}

/// Reads such a line; `None` for any other.
pub fn read(text: &str, names: &Names) -> Result<Option<Parsed>, ExpectError> {
    let mut cursor = Cursor::new(text);
    let word = cursor.take_while(|c| c.is_alphanumeric() || c == '_');
    let Some(question) = QUESTIONS.iter().find(|question| question.name == word.text) else { return Ok(None) };
    let args = args(&mut cursor, question)?;
    let (value, found) = (question.answer)(&args, names)?;
    let compare = value::compare(&mut cursor)?;
    let bound = Bound::Value(value::read(&mut cursor)?.resolve(Unit::Count)?);
    if !cursor.done() {
        let error = cursor.word().error("this holds at any time, so it takes no window");
        return Err(error.help("leave the window out"));
    }
    nothing_left(&mut cursor)?;
    let metric = Metric::Fact { value, found: found.into_iter().collect() };
    Ok(Some(Parsed { metric, compare, bound, window: window::whole(names) }))
}

fn args<'a>(cursor: &mut Cursor<'a>, question: &Question) -> Result<Vec<Arg<'a>>, ExpectError> {
    let wrong = |error: ExpectError| error.help(format!("write `{}`", question.form));
    let begin = cursor.at;
    if !cursor.eat('(') {
        return Err(wrong(cursor.error_here("expected `(`")));
    }
    let mut args = Vec::new();
    loop {
        args.push(arg(cursor).map_err(wrong)?);
        if !cursor.eat(',') {
            break;
        }
    }
    if !cursor.eat(')') {
        return Err(wrong(cursor.error_here("expected `)`")));
    }
    let (least, most) = question.args;
    if args.len() < least || args.len() > most {
        let piece = Piece { start: begin, end: cursor.at, text: &cursor.text[begin..cursor.at] };
        return Err(wrong(piece.error(format!("`{}` does not take {} names", question.name, args.len()))));
    }
    Ok(args)
}

fn arg<'a>(cursor: &mut Cursor<'a>) -> Result<Arg<'a>, ExpectError> {
    let piece = name(cursor)?;
    if piece.text != "needs" || !cursor.eat('(') {
        return Ok(Arg { piece, needs: None });
    }
    let mut inside = vec![name(cursor)?];
    if cursor.eat(',') {
        inside.push(name(cursor)?);
    }
    if !cursor.eat(')') {
        return Err(cursor.error_here("expected `)`"));
    }
    Ok(Arg { piece, needs: Some(inside) })
}

fn name<'a>(cursor: &mut Cursor<'a>) -> Result<Piece<'a>, ExpectError> {
    let piece = cursor.take_while(|c| !matches!(c, ',' | '(' | ')' | '<' | '>' | '=')).trimmed();
    if piece.text.is_empty() {
        return Err(cursor.error_here("expected a name"));
    }
    Ok(piece)
}

impl Arg<'_> {
    fn things(&self, names: &Names) -> Result<Things, ExpectError> {
        match self.members(names)? {
            Members::Named(members) => Ok(members.into_iter().collect()),
            Members::Count(_) => {
                let error = self.piece.error(format!("of `{}` only the number is known", self.piece.text));
                Err(error.help("list its names to compare it with another set"))
            }
        }
    }

    fn size(&self, names: &Names) -> Answer {
        Ok(match self.members(names)? {
            Members::Named(members) => (members.len() as f64, members.into_iter().collect()),
            Members::Count(count) => (count as f64, Things::new()),
        })
    }

    fn members(&self, names: &Names) -> Result<Members, ExpectError> {
        if let Some(inside) = &self.needs {
            let graph = graph(inside.get(1), names)?;
            let from = node(&inside[0], graph)?;
            return Ok(Members::Named(graph.reached(from, None).into_iter().map(str::to_owned).collect()));
        }
        let sets = &names.facts.sets;
        let found = sets.iter().find(|set| set.name == self.piece.text).map(|set| set.members.clone());
        found.ok_or_else(|| unknown(&self.piece, "set", sets.iter().map(|set| set.name.as_str())))
    }
}

fn overlap(args: &[Arg], names: &Names) -> Answer {
    let (one, other) = (args[0].things(names)?, args[1].things(names)?);
    Ok(counted(one.intersection(&other).cloned().collect()))
}

fn missing(args: &[Arg], names: &Names) -> Answer {
    let (one, other) = (args[0].things(names)?, args[1].things(names)?);
    Ok(counted(one.difference(&other).cloned().collect()))
}

fn combinations(args: &[Arg], names: &Names) -> Answer {
    let sizes = args.iter().map(|arg| arg.size(names).map(|(size, _)| size));
    Ok((sizes.product::<Result<f64, _>>()?, Things::new()))
}

fn reach(args: &[Arg], names: &Names) -> Answer {
    let graph = graph(args.get(1).map(|arg| &arg.piece), names)?;
    Ok(counted(graph.reached(node(&args[0].piece, graph)?, None).into_iter().map(str::to_owned).collect()))
}

fn cut_points(args: &[Arg], names: &Names) -> Answer {
    let graph = graph(args.get(1).map(|arg| &arg.piece), names)?;
    let from = node(&args[0].piece, graph)?;
    let needed = graph.reached(from, None);
    // Whatever is lost is itself no longer reached; a cut point takes more with it.
    let cuts = needed.iter().filter(|lost| graph.reached(from, Some(**lost)).len() + 1 < needed.len());
    Ok(counted(cuts.map(|&lost| lost.to_owned()).collect()))
}

fn cut_off(args: &[Arg], names: &Names) -> Answer {
    let graph = graph(args.get(2).map(|arg| &arg.piece), names)?;
    let (from, lost) = (node(&args[0].piece, graph)?, node(&args[1].piece, graph)?);
    let left = graph.reached(from, Some(lost));
    let gone = graph.reached(from, None).into_iter().filter(|thing| *thing != lost && !left.contains(thing));
    Ok(counted(gone.map(str::to_owned).collect()))
}

fn cyclic(args: &[Arg], names: &Names) -> Answer {
    let graph = graph(Some(&args[0].piece), names)?;
    let all: BTreeSet<&str> = graph.arrows.iter().map(|(from, _)| from.as_str()).collect();
    Ok(counted(all.into_iter().filter(|thing| graph.reached(thing, None).contains(thing)).map(str::to_owned).collect()))
}

fn counted(found: Things) -> (f64, Things) {
    (found.len() as f64, found)
}

fn graph<'n>(piece: Option<&Piece>, names: &'n Names) -> Result<&'n Graph, ExpectError> {
    let graphs = &names.facts.graphs;
    let named = |wanted: &str| graphs.iter().find(|graph| graph.name == wanted);
    match piece {
        None => Ok(named(CALLS).expect("every scenario has the graph of its calls")),
        Some(piece) => {
            let known = graphs.iter().map(|graph| graph.name.as_str());
            named(piece.text).ok_or_else(|| unknown(piece, "graph", known))
        }
    }
}

fn node<'a>(piece: &Piece<'a>, graph: &Graph) -> Result<&'a str, ExpectError> {
    let known: BTreeSet<&str> = graph.arrows.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    match known.contains(piece.text) {
        true => Ok(piece.text),
        false => Err(unknown(piece, &format!("thing in the graph `{}`, called", graph.name), known.iter().copied())),
    }
}

fn unknown<'k>(piece: &Piece, what: &str, known: impl Iterator<Item = &'k str> + Clone) -> ExpectError {
    let help = did_you_mean(piece.text, known.clone());
    let help = help.unwrap_or_else(|| match known.clone().next() {
        None => "there is none under `facts`".to_owned(),
        Some(_) => format!("choose from {}", listed(known)),
    });
    piece.error(format!("there is no {what} `{}`", piece.text)).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::facts::{Facts, Set};

    fn names() -> Names {
        let set = |name: &str, members: &[&str]| Set {
            name: name.to_owned(),
            members: Members::Named(members.iter().map(|&one| one.to_owned()).collect()),
        };
        let graph = |name: &str, arrows: &[(&str, &str)]| Graph {
            name: name.to_owned(),
            arrows: arrows.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect(),
        };
        let sets = vec![
            set("routes", &["flash", "help", "login"]),
            set("people", &["ada", "flash"]),
            Set { name: "pods".to_owned(), members: Members::Count(600) },
        ];
        let wires =
            [("office", "closet"), ("closet", "tickets"), ("closet", "code"), ("office", "radio"), ("radio", "code")];
        let locks = [("a", "b"), ("b", "a"), ("b", "c")];
        let graphs =
            vec![graph("wires", &wires), graph("locks", &locks), graph(CALLS, &[("users", "web"), ("web", "db")])];
        Names { facts: Facts { sets, graphs }, ..Names::default() }
    }

    fn answer(question: &str) -> (f64, Vec<String>) {
        let parsed = read(&format!("{question} == 0"), &names()).expect("it is understood").expect("it is a fact");
        let Metric::Fact { value, found } = parsed.metric else { panic!("{question} is no fact") };
        (value, found)
    }

    #[test]
    fn sets_are_counted_and_compared() {
        assert_eq!(answer("size(routes)").0, 3.0);
        assert_eq!(answer("overlap(routes, people)"), (1.0, vec!["flash".to_owned()]));
        assert_eq!(answer("missing(people, routes)"), (1.0, vec!["ada".to_owned()]));
        assert_eq!(answer("combinations(routes, people, pods)").0, 3600.0);
        assert_eq!(answer("overlap(needs(users), needs(web))"), (1.0, vec!["db".to_owned()]));
    }

    #[test]
    fn graphs_tell_what_hangs_on_what() {
        assert_eq!(answer("reach(office, wires)").0, 4.0);
        assert_eq!(answer("cut_points(office, wires)"), (1.0, vec!["closet".to_owned()]));
        assert_eq!(answer("cut_off(office, closet, wires)"), (1.0, vec!["tickets".to_owned()]));
        assert_eq!(answer("cut_off(office, radio, wires)").0, 0.0);
        assert_eq!(answer("cut_points(users)"), (1.0, vec!["web".to_owned()]));
        assert_eq!(answer("cyclic(locks)"), (2.0, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(answer("cyclic(wires)").0, 0.0);
    }

    #[test]
    fn mistakes_are_told_where_they_stand() {
        let wrong = |text: &str| read(text, &names()).expect_err(text);
        for (text, at, says) in [
            ("overlap(routes, poeple) == 0", 16..22, "did you mean `people`?"),
            ("overlap(routes) == 0", 7..15, "overlap(SET, SET)"),
            ("overlap(routes, pods) == 0", 16..20, "list its names"),
            ("cut_points(ofice, wires) == 0", 11..16, "did you mean `office`?"),
            ("cut_points(office, wirse) == 0", 19..24, "did you mean `wires`?"),
            ("cyclic(locks) == 0 during slow", 19..25, "leave the window out"),
            ("size routes == 0", 5..6, "size(SET)"),
        ] {
            let error = wrong(text);
            assert_eq!((error.start, error.end), (at.start, at.end), "{text}: {error:?}");
            assert!(error.help.as_deref().is_some_and(|help| help.contains(says)), "{text}: {error:?}");
        }
        assert_eq!(read("success(users) >= 99%", &names()), Ok(None));
    }

    #[test]
    fn the_reference_names_every_question() {
        let reference = include_str!("../../../docs/reference/expectations.md");
        for question in &QUESTIONS {
            assert!(reference.contains(&format!("| `{}` |", question.name)), "`{}`", question.name);
        }
    }
}
