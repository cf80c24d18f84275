//! A schedule of faults as a hunt varies it: what, when, how long, how strong; drawn, changed a little, and written as settings of a scenario.

use super::budget::{Budget, Size, Template};
use crate::base::Dice;
use crate::explore::quantity;

/// The shortest fault, as a share of the longest.
const SHORTEST: f64 = 0.02;
/// Digits of times and sizes while searching.
const DIGITS: usize = 3;

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Blow {
    /// Which of the budget's.
    pub template: usize,
    /// Seconds.
    pub at: f64,
    pub lasts: f64,
    /// 0: barely, 1: fully.
    pub strength: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Schedule(pub Vec<Blow>);

impl Blow {
    /// In the middle, as long and as strong as may be.
    pub fn strongest(template: &Template, budget: &Budget) -> Blow {
        let lasts = budget.longest.as_secs_f64();
        let (from, to) = (budget.from.as_secs_f64(), budget.to.as_secs_f64());
        let index = budget.templates.iter().position(|one| one == template).unwrap_or(0);
        Blow { template: index, at: from + (to - from - lasts) * 0.3, lasts, strength: 1.0 }
    }

    pub fn drawn(budget: &Budget, dice: &mut Dice) -> Blow {
        let longest = budget.longest.as_secs_f64();
        let lasts = longest * libm::pow(SHORTEST, dice.unit());
        let (from, to) = (budget.from.as_secs_f64(), budget.to.as_secs_f64());
        let at = from + dice.unit() * (to - from - lasts).max(0.0);
        Blow { template: dice.below(budget.templates.len() as u64) as usize, at, lasts, strength: dice.unit() }
    }

    fn kept(self, budget: &Budget) -> Blow {
        let (from, to, longest) = (budget.from.as_secs_f64(), budget.to.as_secs_f64(), budget.longest.as_secs_f64());
        let lasts = self.lasts.clamp(longest * SHORTEST, longest);
        Blow { at: self.at.clamp(from, (to - lasts).max(from)), lasts, strength: self.strength.clamp(0.0, 1.0), ..self }
    }

    /// `{kind: slow, on: db, at: 12s, for: 3s, factor: 4}`.
    pub fn written(&self, template: &Template) -> String {
        let seconds = |value: f64| format!("{}s", rounded(value));
        let mut parts = vec![
            format!("kind: {}", template.kind),
            format!("on: {}", template.on),
            format!("at: {}", seconds(self.at)),
        ];
        if !template.is_moment {
            parts.push(format!("for: {}", seconds(self.lasts)));
        }
        parts.extend(
            template.size.map(|size| format!("{}: {}{}", size.field, rounded(size.at(self.strength)), size.unit)),
        );
        format!("{{{}}}", parts.join(", "))
    }
}

impl Size {
    /// By ratio: half of the strength is the geometric mean.
    pub fn at(&self, strength: f64) -> f64 {
        self.least * libm::pow(self.most / self.least, strength)
    }
}

impl Schedule {
    pub fn drawn(budget: &Budget, dice: &mut Dice) -> Schedule {
        let count = 1 + dice.below(budget.most as u64) as usize;
        Schedule((0..count).map(|_| Blow::drawn(budget, dice)).collect()).kept(budget)
    }

    /// The same, with one thing changed.
    pub fn changed(&self, other: &Schedule, budget: &Budget, dice: &mut Dice) -> Schedule {
        let mut blows = self.0.clone();
        let one = dice.below(blows.len() as u64) as usize;
        match dice.below(7) {
            0 => blows[one].at += dice.normal() * 0.1 * budget.to.since(budget.from).as_secs_f64(),
            1 => blows[one].lasts *= libm::exp2(dice.normal()),
            2 => blows[one].strength += 0.3 * dice.normal(),
            3 => blows[one].template = dice.below(budget.templates.len() as u64) as usize,
            // A further fault, where it meets one that is there, or from another schedule.
            4 if blows.len() < budget.most => {
                let near =
                    Blow { at: blows[one].at + (dice.unit() - 0.5) * blows[one].lasts, ..Blow::drawn(budget, dice) };
                blows.push(near);
            }
            5 if blows.len() < budget.most => {
                let of_other = dice.below(other.0.len() as u64) as usize;
                blows.push(other.0[of_other].clone());
            }
            6 if blows.len() > 1 => drop(blows.remove(one)),
            // Longer and stronger is the way to the edge.
            _ => {
                blows[one].lasts *= 1.5;
                blows[one].strength += 0.2;
            }
        }
        Schedule(blows).kept(budget)
    }

    fn kept(self, budget: &Budget) -> Schedule {
        Schedule(self.0.into_iter().map(|blow| blow.kept(budget)).collect())
    }

    /// In the place of the scenario's own faults.
    pub fn settings(&self, budget: &Budget) -> Vec<String> {
        self.settings_with(budget, &budget.templates)
    }

    pub fn settings_with(&self, budget: &Budget, templates: &[Template]) -> Vec<String> {
        let gone = budget.removed.iter().map(|name| format!("faults.{name}="));
        let put = self.in_order().into_iter().enumerate().map(|(index, blow)| {
            let template = templates.get(blow.template).unwrap_or(&templates[0]);
            format!("faults.{}={}", name(index), blow.written(template))
        });
        gone.chain(put).collect()
    }

    /// By the time at which they begin.
    pub fn in_order(&self) -> Vec<&Blow> {
        let mut blows: Vec<&Blow> = self.0.iter().collect();
        blows.sort_by(|a, b| a.at.total_cmp(&b.at));
        blows
    }
}

/// The name of a fault in the scenario.
pub fn name(index: usize) -> String {
    format!("hunted-{}", index + 1)
}

fn rounded(value: f64) -> String {
    let text = format!("{value:.*e}", DIGITS - 1);
    quantity::number(text.parse().unwrap_or(value))
}
