//! A lesson beside a scenario: `NAME.lesson.yaml` next to `NAME.yaml`. Played with `firedrill learn play NAME`.
//!
//! The player reads `brief`, looks at charts in which no fault is named and what is asked for is covered, predicts, sees what the simulation
//! says, names the cause, reads how it came (`reveal`), turns one knob at a time until the goal holds, and answers the quiz. Every answer is
//! asked of the simulation, none is typed: `firedrill learn check` plays the scenario at its seed and five others and says where a key does
//! not hold.
//!
//! A prediction has `answer`, a figure and its window (`goodput(users) between 170s and 200s`), which is drawn beside the guess, or `choices`,
//! option texts with the condition under which each is right, or with several that hold together; exactly one option must be right. A hypothesis
//! has `evidence`: a condition that holds if it is right and is broken if it is wrong. Conditions are written as in `expect:`. Options and
//! causes are offered in an order that follows from the scenario's seed. A lesson may be `brief`, `reveal`, `what_if` and `fix` alone; with a
//! `level` it is a rung of the ladder and has all parts.
//!
//! A knob turns a path, several paths at once (each value is then a list), or `variant`. Its first value is the scenario's own, `null` where
//! the scenario has nothing there; `names` says for each value what the player reads. `firedrill learn check --figures` tells which settings
//! reach the goal.
//!
//! Title, brief and questions name no fault, and say its kind of nothing that it acts on: the service that a `slow` fault slows is not called
//! slow there, others may be.
//!
//! ```yaml
//! lesson: timeout-inversion
//! title: The dashboards are green and nobody can log in
//! level: 4
//! minutes: 20
//! concepts: [timeouts, wasted work]
//! brief: "Every request fails. The application and the database work at their record and report no errors."
//! show: [load, saturation]
//! predict:
//!   - ask: How many requests a second end well for a user in the last 30 s?
//!     choices:
//!       more than 50: goodput(users) > 50/s between 170s and 200s
//!       fewer: goodput(users) <= 50/s between 170s and 200s
//! hypotheses:
//!   - {text: The answers come too late, right: true, evidence: waste(db) >= 90% between 60s and 100s, feedback: Nobody waits for them.}
//!   - {text: The database does less than usual, evidence: throughput(db) < 100/s between 60s and 100s, feedback: It works at its record.}
//! hints:
//!   - {cost: 5, text: Compare how long one waits with how long the other works.}
//! reveal: The application waits longer than its own caller does.
//! what_if:
//!   knobs:
//!     - {knob: services.app.workers, values: [750, 250], label: workers of the application}
//!     - {knob: variant, values: [null, fewer-workers], names: [nothing, a third of the workers], label: what is done}
//! fix: fewer-workers
//! quiz:
//!   - {ask: "750 wait and 125 a second are served. How many seconds does the last one wait?", answer: 6, why: 750 / 125 = 6}
//! debrief: [Which chart would have told you sooner?]
//! simplified: [one region]
//! ```

use crate::report::html::alone::Picture;
use crate::scenario::{FieldDoc, Shape};

const TEXTS: Shape = Shape::List(&Shape::Text);
const CONDITIONS: Shape = Shape::OneOf(&[Shape::Text, TEXTS]);
const PATHS: Shape = Shape::OneOf(&[Shape::Text, TEXTS]);

pub static TABLE: [FieldDoc; 19] = [
    FieldDoc::required("lesson", Shape::Name, "the name of the scenario that it teaches"),
    FieldDoc::required("title", Shape::Text, "shown in place of the scenario's; it gives nothing away"),
    FieldDoc::optional("level", Shape::Count, "none", "its rung on the ladder, from 1"),
    FieldDoc::optional("minutes", Shape::Count, "15", "how long it takes"),
    FieldDoc::optional("needs", Shape::List(&Shape::Name), "none", "lessons that come before it"),
    FieldDoc::optional("concepts", TEXTS, "none", "what it is about, for lists"),
    FieldDoc::required("brief", Shape::Text, "what the person on call is told: symptoms, never the cause"),
    FieldDoc::optional(
        "show",
        Shape::List(&Shape::Choice(&Picture::WORDS)),
        "[latency, load]",
        "the charts that are shown before the answer",
    ),
    FieldDoc::optional(
        "predict",
        Shape::List(&Shape::Object(&PREDICT)),
        "none",
        "questions before the answer is shown",
    ),
    FieldDoc::optional("hypotheses", Shape::List(&Shape::Object(&HYPOTHESIS)), "none", "causes to choose from"),
    FieldDoc::optional(
        "hints",
        Shape::List(&Shape::Object(&HINT)),
        "none",
        "from a nudge to the solution, which is the last",
    ),
    FieldDoc::required("reveal", Shape::Text, "the chain of causes"),
    FieldDoc::optional("what_if", Shape::Object(&WHAT_IF), "none", "knobs to turn, and when it is mended"),
    FieldDoc::optional("fix", Shape::Name, "none", "the variant of the scenario that is the reference fix"),
    FieldDoc::optional("quiz", Shape::List(&Shape::Object(&QUIZ)), "none", "questions afterwards"),
    FieldDoc::optional("debrief", TEXTS, "none", "questions to talk about"),
    FieldDoc::optional("simplified", TEXTS, "none", "what the model leaves out"),
    FieldDoc::optional("assumed", TEXTS, "none", "figures that no source gives"),
    FieldDoc::optional("source", Shape::Text, "the scenario's", "where the story is told"),
];

pub static PREDICT: [FieldDoc; 4] = [
    FieldDoc::required("ask", Shape::Text, "the question"),
    FieldDoc::optional("answer", Shape::Text, "", "a figure and its window: `p99(users) between 60s and 90s`"),
    FieldDoc::optional("within", Shape::Factor, "1.5x", "a guess within this factor is right"),
    FieldDoc::optional(
        "choices",
        Shape::MapOf(&CONDITIONS),
        "",
        "option texts, each with the condition under which it is right, or a list of conditions that hold together",
    ),
];

pub static HYPOTHESIS: [FieldDoc; 4] = [
    FieldDoc::required("text", Shape::Text, "the cause as somebody would suspect it"),
    FieldDoc::optional("right", Shape::Flag, "false", "is it one?"),
    FieldDoc::required("evidence", Shape::Text, "a condition that holds if it is right and is broken if not"),
    FieldDoc::required("feedback", Shape::Text, "what the figure means"),
];

pub static HINT: [FieldDoc; 2] = [
    FieldDoc::required("cost", Shape::Number, "points of 100"),
    FieldDoc::required("text", Shape::Text, "what it says"),
];

pub static WHAT_IF: [FieldDoc; 2] = [
    FieldDoc::required("knobs", Shape::List(&Shape::Object(&KNOB)), "what can be turned"),
    FieldDoc::optional("goal", TEXTS, "the scenario's `expect`", "conditions that hold when it is mended"),
];

pub static KNOB: [FieldDoc; 4] = [
    FieldDoc::required(
        "knob",
        PATHS,
        "a path, as `--set` takes it; a list of paths that are turned together; or `variant`",
    ),
    FieldDoc::required(
        "values",
        Shape::List(&Shape::Any),
        "the scenario's own first (`null`: it has none, or no variant); of several paths each value is a list",
    ),
    FieldDoc::optional("names", TEXTS, "the values", "for each value what the player reads"),
    FieldDoc::required("label", Shape::Text, "what is turned, in words"),
];

pub static QUIZ: [FieldDoc; 4] = [
    FieldDoc::required("ask", Shape::Text, "the question"),
    FieldDoc::required("answer", Shape::Text, "a number, or a text; with `choices` one of them"),
    FieldDoc::optional("choices", TEXTS, "none", "options to choose from"),
    FieldDoc::required("why", Shape::Text, "said after the answer"),
];
