//! Classes of requests: who is more important than whom.
//!
//! A client's `class`, or that of a call (which otherwise passes on the class of the request it is made for), is a number from 0, the
//! most important, to 15, or a name. Names get their numbers from the lists in which queues use them: `classes: [paying, free, batch]`
//! of a queue by priority, the `lanes` of a queue, the `classes` of a `work`, or the `class` of a fault. Two lists of queues may not
//! contradict each other about who is more important. Who says nothing is of class 0; names that no list by priority has are numbered
//! after it.
//!
//! ```yaml
//! name: class-example
//! length: 60s
//! warmup: 5s
//! clients:
//!   people: {calls: api, rate: 50/s, class: people}
//!   crawler: {calls: api, rate: 80/s, class: crawler}
//! services:
//!   api: {workers: 10, work: exp(100ms), queue: {order: priority, classes: [people, crawler], capacity: 50}, overflow: drop-oldest}
//! expect:
//!   - success(people) >= 99%
//!   - p99(people) < 800ms
//!   - success(crawler) <= 70%
//! ```

use crate::model::Page;
use crate::plan::CLASSES;
use crate::scenario::{Diagnostics, Entry, FieldDoc, Node, Shape, help_for, quote, values};

pub const PAGE: Page = Page { name: "class", page: include_str!("class.rs"), fields: &[&TABLE] };

pub const SHAPE: Shape = Shape::OneOf(&[Shape::Count, Shape::Name]);
pub const FIELD: FieldDoc = FieldDoc::optional("class", SHAPE, "0", "how important its requests are");

static TABLE: [FieldDoc; 1] = [FIELD];

/// The lists of classes in the works of a service: its own, and those of its steps.
fn works_of(service: &Node) -> Vec<&Node> {
    let own = service.get("work").and_then(|work| work.get("classes"));
    let calls = service.get("calls").into_iter();
    let steps = calls.flat_map(|calls| calls.items().iter().chain(std::iter::once(calls)));
    own.into_iter().chain(steps.flat_map(works_of)).collect()
}

/// The names of classes; a name's place is its number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Classes {
    names: Vec<String>,
}

impl Classes {
    /// Gathers the names from the queues of these services: lists by priority first, which say who is more important. Then those that
    /// only work and faults tell apart.
    pub fn gather(services: &[Entry], faults: &[Entry], diags: &Diagnostics) -> Classes {
        let queues = || services.iter().filter_map(|service| service.value.get("queue"));
        let mut classes = Classes::default();
        for list in queues().filter_map(|queue| queue.get("classes")) {
            let names = list.items().iter().filter_map(|item| item.scalar().map(|name| (name, item)));
            classes.merge(names, diags);
        }
        if classes.names.is_empty() {
            // Nobody's name: who says nothing is of class 0, and in no lane that somebody named.
            classes.names.push(String::new());
        }
        for entry in queues().filter_map(|queue| queue.get("lanes")).flat_map(Node::entries) {
            classes.add(&entry.key);
        }
        for entry in services.iter().flat_map(|service| works_of(&service.value)).flat_map(Node::entries) {
            classes.add(&entry.key);
        }
        for name in faults.iter().filter_map(|fault| fault.value.get("class")).filter_map(Node::scalar) {
            classes.add(name);
        }
        if classes.names.len() > CLASSES {
            let place = queues().next().map(|queue| queue.place);
            let note = diags.error(place, format!("{} classes are told apart", classes.names.len()));
            note.help(format!("there is room for {CLASSES}")).code("wrong-value");
        }
        classes
    }

    fn merge<'a>(&mut self, names: impl Iterator<Item = (&'a str, &'a Node)>, diags: &Diagnostics) {
        let mut last = None;
        for (name, item) in names {
            let number = self.add(name);
            if last.is_some_and(|last| number <= last) {
                let message = format!("{} is listed as more important elsewhere, or twice", quote(name));
                diags.error(item.place, message).help("list classes in one order everywhere").code("wrong-value");
            }
            last = Some(number);
        }
    }

    /// The number of a name, which is new if it was not known. A number is its own.
    fn add(&mut self, name: &str) -> usize {
        if let Ok(number) = name.parse::<usize>() {
            return number;
        }
        self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    /// The number of a class as somebody wrote it.
    pub fn number(&self, text: &str, place: crate::scenario::Place, diags: &Diagnostics) -> Option<u8> {
        if let Ok(number) = text.parse::<usize>() {
            if number < CLASSES {
                return Some(number as u8);
            }
            let note = diags.error(place, format!("there is no class {number}"));
            note.help(format!("classes are 0, the most important, to {}", CLASSES - 1)).code("wrong-value");
            return None;
        }
        let found = self.names.iter().position(|name| name == text).filter(|number| *number < CLASSES);
        if found.is_none() {
            let note = diags.error(place, format!("nothing tells a class {} apart", quote(text)));
            let near = help_for(text, self.names.iter().map(String::as_str).filter(|name| !name.is_empty()));
            let list = format!(
                "list it in `classes:` or `lanes:` of a queue, or in the `classes:` of a `work`, or give a number from 0 to {}",
                CLASSES - 1
            );
            note.help(near.filter(|help| help.starts_with("did")).unwrap_or(list)).code("unknown-name");
        }
        found.map(|number| number as u8)
    }

    /// Reads a class that a value names.
    pub fn read(&self, node: &Node, diags: &Diagnostics) -> Option<u8> {
        self.number(values::read_text(node, diags)?, node.place, diags)
    }
}
