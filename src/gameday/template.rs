//! The commented plan that a game day begins with: what the scenario knows is filled in or hinted at, what only people know is blank.

use super::blanks::MARK;
use crate::plan::{Expectation, FaultInfo, Plan};
use std::fmt::Write;

/// The text of a new plan; `name` is the game day's, `scenario` as the file shall name it.
pub fn template(name: &str, scenario: &str, plan: &Plan) -> String {
    let mut text = head(name, scenario, plan);
    for fault in &plan.faults {
        text += &hypothesis(fault, plan);
    }
    text += &tail(plan);
    text
}

fn head(name: &str, scenario: &str, plan: &Plan) -> String {
    let client = plan.clients.first().map_or("users", |client| client.name.as_str());
    format!(
        "# The plan of a game day. Fill in every {MARK} and every \"\": `firedrill gameday check` names those that are left,
# and rehearses the roll-back; `firedrill gameday run` begins only when nothing is left.
gameday: {name}

# {title}
scenario: {scenario}
# variant: NAME              # of the scenario; default: its base
# world: live                # where it is played unless the command line says otherwise; default: sim

# What is true of the system as long as it is well: lines of the expectation language, without a window. They are looked at before
# each fault, and again after each roll-back. `firedrill explain expectations` shows the language.
steady_state:
  - {MARK}                     # such as: success({client}) >= 99%

# For each fault: when X, Y stays as it is, because Z, and the lines that would show it. Write down what you believe, not what you hope:
# a hypothesis that breaks is what a game day is for.
hypotheses:
",
        title = if plan.title.is_empty() { &plan.scenario } else { &plan.title },
    )
}

fn hypothesis(fault: &FaultInfo, plan: &Plan) -> String {
    let FaultInfo { name, label, on, from, to, .. } = fault;
    let mut text = format!(
        "  {name}:                      # {label} on {on}, from {from} to {to}
    when: \"\"                  # what happens, in a word
    stays: \"\"                 # what stays as it is
    because: \"\"               # why you believe so
    expect:
      - {MARK}
"
    );
    let lines = plan.expectations.iter().chain(&plan.symptoms);
    let about = |line: &&Expectation| line.text.split_whitespace().any(|word| word == name);
    for line in lines.filter(about) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "      # the scenario says: {}", line.text);
    }
    text
}

fn tail(plan: &Plan) -> String {
    let client = plan.clients.first().map_or("users", |client| client.name.as_str());
    let own: String =
        plan.stop_if.iter().map(|line| format!("  # the scenario has this one already: {}\n", line.text)).collect();
    format!(
        "
# Who may notice it at the worst, and what keeps it to them.
blast_radius:
  who: {MARK}
  # limits: {{requests: 10%, longest_fault: 5m}}     # as `limits:` of a scenario: it is refused, or stopped, beyond them

# What aborts it by itself, beside the `a` key: everything is undone within a second.
stop_if:
  - {MARK}                     # such as: errors({client}) > 50% for 5s
{own}
# How it is undone. `check` and `run` rehearse it first: each fault alone, healed when half of its time is over.
rollback:
  how: {MARK}                  # beside firedrill itself
  within: {MARK}               # such as 10s: so long after a fault is healed the steady state is back
  verified: {MARK}             # who has tried it, and when

roles:
  owner: \"\"                  # answers for the system, and decides to abort
  coordinator: \"\"            # leads through the day: go, no-go
  reporter: \"\"               # writes down what is seen (`m`)
  observers: [\"\"]            # watch the charts and the pagers

comms:
  channel: \"\"                # where it is talked about while it lasts
  announced_to: \"\"           # who was told beforehand

calendar:
  begins: \"\"                 # day and time, with the time zone
  ends: \"\"                   # when it is over at the latest
  clear_of: \"\"               # what it must not meet: freezes, releases, sales
"
    )
}
