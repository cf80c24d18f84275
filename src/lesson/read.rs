//! Nodes to a lesson: every mistake at once, each with its place. It plays nothing; whether the answers are right is `check`'s to say.

use super::fields::{HINT, HYPOTHESIS, PREDICT, QUIZ, TABLE, WHAT_IF};
use super::knob::{Knob, VARIANT};
use super::line::{Line, Sort};
use super::shuffle;
use super::story::{Answer, Choice, Hint, Hypothesis, Lesson, Prediction, Question};
use crate::compile;
use crate::library;
use crate::plan::Plan;
use crate::report::html::alone::Picture;
use crate::scenario::{Diagnostics, Entry, Fields, Loaded, Node, Value, quote, values};

/// The offline page holds one run for each way in which the knobs can stand, so there are at most this many.
pub const RUNS_MAX: usize = 75;
const WITHIN: f64 = 1.5;
const MINUTES: u64 = 15;

/// What the parts of a lesson are read against.
pub struct Reader<'a> {
    pub file: &'a Loaded,
    pub scenario: &'a Loaded,
    pub base: &'a Plan,
    pub diags: &'a Diagnostics,
}

impl Reader<'_> {
    /// The lesson; `None` when there is any mistake.
    pub fn lesson(&self) -> Option<Lesson> {
        let fields = Fields::open(&self.file.root, "a lesson", &TABLE, self.diags);
        self.check_head(&fields);
        let text = |name: &str| fields.text(name).unwrap_or_default().trim().to_owned();
        let (knobs, goal) = self.what_if(&fields);
        let pictures: Vec<Picture> =
            self.texts(&fields, "show").iter().filter_map(|word| self.picture(word, &fields)).collect();
        let mut lesson = Lesson {
            scenario: text("lesson"),
            at: self.file.sources.location(fields.place()),
            title: text("title"),
            level: fields.count("level"),
            minutes: fields.count("minutes").unwrap_or(MINUTES),
            needs: self.texts(&fields, "needs"),
            concepts: self.texts(&fields, "concepts"),
            brief: text("brief"),
            brief_at: self.file.sources.location(fields.place_of("brief")),
            show: if pictures.is_empty() { vec![Picture::Latency, Picture::Load] } else { pictures },
            predictions: fields.list("predict").iter().filter_map(|node| self.prediction(node)).collect(),
            hypotheses: fields.list("hypotheses").iter().filter_map(|node| self.hypothesis(node)).collect(),
            hints: fields.list("hints").iter().map(|node| self.hint(node)).collect(),
            reveal: text("reveal"),
            knobs,
            goal,
            fix: fields.text("fix").map(str::to_owned),
            quiz: fields.list("quiz").iter().map(|node| self.question(node)).collect(),
            debrief: self.texts(&fields, "debrief"),
            simplified: self.texts(&fields, "simplified"),
            assumed: self.texts(&fields, "assumed"),
            source: fields.text("source").map(str::to_owned),
        };
        self.check_whole(&fields, &lesson);
        shuffle::shuffle(&mut lesson, self.base.seed);
        (!self.diags.has_errors()).then_some(lesson)
    }

    fn check_head(&self, fields: &Fields) {
        if let Some(name) = fields.text("lesson").filter(|name| *name != self.base.scenario) {
            let note = fields.error(
                "lesson",
                format!("the scenario beside it is {}, not {}", quote(&self.base.scenario), quote(name)),
            );
            note.help(format!("write `lesson: {}`", self.base.scenario)).code("wrong-value");
        }
        for node in fields.list("needs") {
            let known = node.scalar().and_then(library::named).is_some_and(|entry| entry.lesson.is_some());
            if let Some(name) = node.scalar().filter(|_| !known) {
                let note = self.diags.error(node.place, format!("there is no lesson {}", quote(name)));
                note.help("`firedrill learn list` shows all").code("unknown-name");
            }
        }
        let variants = compile::variants(&self.scenario.root);
        if let Some(name) = fields.text("fix") {
            match variants.iter().find(|variant| variant.name == name) {
                Some(variant) if !variant.still_broken => {}
                Some(_) => {
                    let note = fields.error("fix", format!("{} is a wrong fix (`still_broken`)", quote(name)));
                    note.help("name a variant that holds").code("wrong-value");
                }
                None => {
                    let help = crate::scenario::help_for(name, variants.iter().map(|variant| variant.name.as_str()));
                    fields
                        .error("fix", format!("there is no variant {}", quote(name)))
                        .maybe_help(help)
                        .code("unknown-name");
                }
            }
        }
    }

    /// A rung of the ladder has all parts; causes to choose from have a right one and a wrong one.
    fn check_whole(&self, fields: &Fields, lesson: &Lesson) {
        if fields.has("level") {
            for part in ["predict", "hypotheses", "hints", "what_if", "fix", "quiz", "debrief"] {
                if !fields.has(part) {
                    let note = fields.error("level", format!("a lesson of the ladder has `{part}`"));
                    note.help(format!("add `{part}`, or leave `level` out")).code("missing-key");
                }
            }
        }
        let right = lesson.hypotheses.iter().filter(|one| one.right).count();
        if fields.has("hypotheses") && (right == 0 || right == lesson.hypotheses.len()) {
            let note =
                fields.error("hypotheses", "there is nothing to choose: one at least is right, and one is wrong");
            note.help("mark the right ones with `right: true`").code("wrong-value");
        }
    }

    fn texts(&self, fields: &Fields, name: &str) -> Vec<String> {
        fields
            .list(name)
            .iter()
            .filter_map(|node| values::read_text(node, self.diags))
            .map(|text| text.trim().to_owned())
            .collect()
    }

    fn picture(&self, word: &str, fields: &Fields) -> Option<Picture> {
        let found = Picture::from_word(word);
        if found.is_none() {
            let help = crate::scenario::help_for(word, Picture::WORDS);
            fields.error("show", format!("there is no chart {}", quote(word))).maybe_help(help).code("unknown-name");
        }
        found
    }

    fn prediction(&self, node: &Node) -> Option<Prediction> {
        let fields = Fields::open(node, "a prediction", &PREDICT, self.diags);
        if fields.has("answer") == fields.has("choices") {
            let note = fields.error("ask", "a prediction has either `answer` or `choices`");
            note.help("`answer: p99(users) between 60s and 90s`, or `choices:` with a condition for each option")
                .code("missing-key");
            return None;
        }
        let answer = match fields.node("answer") {
            Some(line) => {
                let within = fields.factor("within").unwrap_or(WITHIN);
                if within <= 1.0 {
                    fields
                        .error("within", "no guess lies within that factor")
                        .help("write a factor above 1, such as 1.5x")
                        .code("wrong-value");
                }
                Answer::Number { figure: self.line(line, Sort::Figure)?, within }
            }
            None => {
                let options = fields.entries("choices");
                if options.len() < 2 {
                    fields.error("choices", "one option is no choice").help("add others").code("wrong-value");
                }
                Answer::Choice(options.iter().filter_map(|option| self.choice(option)).collect())
            }
        };
        let ask = fields.text("ask").unwrap_or_default().trim().to_owned();
        Some(Prediction { ask, at: self.file.sources.location(node.place), answer })
    }

    fn choice(&self, option: &Entry) -> Option<Choice> {
        let lines = match &option.value.value {
            Value::List(lines) => lines.iter().collect(),
            _ => vec![&option.value],
        };
        let when: Option<Vec<Line>> = lines.into_iter().map(|line| self.line(line, Sort::Condition)).collect();
        Some(Choice { text: option.key.clone(), when: when.filter(|lines| !lines.is_empty())? })
    }

    fn hypothesis(&self, node: &Node) -> Option<Hypothesis> {
        let fields = Fields::open(node, "a hypothesis", &HYPOTHESIS, self.diags);
        let text = |name: &str| fields.text(name).unwrap_or_default().trim().to_owned();
        let evidence = self.line(fields.node("evidence")?, Sort::Condition)?;
        Some(Hypothesis {
            text: text("text"),
            right: fields.flag("right").unwrap_or(false),
            evidence,
            feedback: text("feedback"),
        })
    }

    fn hint(&self, node: &Node) -> Hint {
        let fields = Fields::open(node, "a hint", &HINT, self.diags);
        let text = fields.text("text").unwrap_or_default().trim().to_owned();
        Hint { cost: fields.number("cost").unwrap_or_default(), text }
    }

    fn question(&self, node: &Node) -> Question {
        let fields = Fields::open(node, "a question of the quiz", &QUIZ, self.diags);
        let text = |name: &str| fields.text(name).unwrap_or_default().trim().to_owned();
        let (answer, choices) = (text("answer"), self.texts(&fields, "choices"));
        if !choices.is_empty() && !choices.contains(&answer) {
            let note = fields.error("answer", format!("{} is not one of the choices", quote(&answer)));
            note.help("the answer is one of them, letter by letter").code("wrong-value");
        }
        Question { ask: text("ask"), answer, choices, why: text("why") }
    }

    fn what_if(&self, fields: &Fields) -> (Vec<Knob>, Vec<Line>) {
        let Some(node) = fields.node("what_if") else { return (Vec::new(), Vec::new()) };
        let fields = Fields::open(node, "`what_if`", &WHAT_IF, self.diags);
        let knobs: Vec<Knob> = fields.list("knobs").iter().filter_map(|node| self.knob(node)).collect();
        let goal = fields.list("goal").iter().filter_map(|node| self.line(node, Sort::Condition)).collect();
        let runs: usize = knobs.iter().map(|knob| knob.settings.len()).product();
        if knobs.iter().filter(|knob| knob.path == VARIANT).count() > 1 {
            let note = fields.error("knobs", "two knobs turn variants, and a run has one variant at the most");
            note.help("put all variants into one knob").code("wrong-value");
        }
        if runs > RUNS_MAX {
            let note = fields.error("knobs", format!("the knobs can stand in {runs} ways, and each is a run"));
            note.help(format!("at most {RUNS_MAX}: take fewer knobs or values")).code("too-many");
        }
        (knobs, goal)
    }

    /// A value in the author's own letters.
    pub(super) fn written(&self, node: &Node) -> String {
        let text = self.file.sources.get(node.place.source).map_or("", |source| source.text.as_str());
        let cut = text.get(node.place.start as usize..node.place.end as usize).unwrap_or_default().trim();
        if cut.is_empty() { "null".to_owned() } else { cut.to_owned() }
    }

    fn line(&self, node: &Node, sort: Sort) -> Option<Line> {
        let text = values::read_text(node, self.diags)?.to_owned();
        let line = Line { text, at: self.file.sources.location(node.place), sort };
        match line.on(self.base) {
            Ok(_) => Some(line),
            Err(mistake) => {
                let place = node.part(mistake.start..mistake.end);
                self.diags.error(place, mistake.message).maybe_help(mistake.help).code("bad-expectation");
                None
            }
        }
    }
}
