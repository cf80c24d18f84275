//! Where in the text the parts of a Plan stand, for those who say something about one of them. It reads nothing anew.

use crate::plan::{Part, Plan};
use crate::scenario::{Node, Place};

/// A place for each part that has one of its own.
#[derive(Clone, Debug)]
pub struct Places {
    whole: Place,
    /// Where the call names the service.
    edges: Vec<Place>,
    services: Vec<Option<Place>>,
    clients: Vec<Option<Place>>,
    segments: Vec<Option<Place>>,
    controls: Vec<Option<Place>>,
    graphs: Vec<Option<Place>>,
    alerts: Vec<Option<Place>>,
    expectations: Vec<Place>,
}

impl Places {
    /// `root` is the text that the Plan was made of, changes included.
    pub(super) fn find(root: &Node, plan: &Plan, edges: Vec<Place>) -> Places {
        let section = |name: &str| root.get(name);
        let graphs = section("facts").and_then(|facts| facts.get("graphs"));
        let lines = section("expect").map_or(&[][..], Node::items);
        Places {
            whole: root.get("name").map_or(root.place, |name| name.place),
            edges,
            services: keys(section("services"), plan.services.iter().map(|one| one.name.as_str())),
            clients: keys(section("clients"), plan.clients.iter().map(|one| one.name.as_str())),
            segments: keys(section("links"), plan.segments.iter().map(|one| one.name.as_str())),
            controls: keys(section("controls"), plan.controls.iter().map(|one| one.name.as_str())),
            graphs: keys(graphs, plan.facts.graphs.iter().map(|one| one.name.as_str())),
            alerts: keys(section("alerts"), plan.alerts.iter().map(|one| one.name.as_str())),
            expectations: lines.iter().map(|line| line.place).collect(),
        }
    }

    /// Where this part is written; the scenario's name for what has no place of its own.
    pub fn of(&self, part: Part) -> Place {
        let key = |places: &[Option<Place>], index: usize| places.get(index).copied().flatten();
        let found = match part {
            Part::Scenario => None,
            Part::Client(id) => key(&self.clients, id.index()),
            Part::Service(id) => key(&self.services, id.index()),
            Part::Edge(id) => self.edges.get(id.index()).copied(),
            Part::Segment(id) => key(&self.segments, id.index()),
            Part::Control(id) => key(&self.controls, id.index()),
            Part::Graph(index) => key(&self.graphs, index),
            Part::Alert(index) => key(&self.alerts, index),
            Part::Expectation(index) => self.expectations.get(index).copied(),
        };
        found.unwrap_or(self.whole)
    }
}

/// The place of each name's key in a section.
fn keys<'a>(section: Option<&Node>, names: impl Iterator<Item = &'a str>) -> Vec<Option<Place>> {
    let entries = section.map_or(&[][..], Node::entries);
    // Both are in the order of the text, but entries with mistakes have no row in the Plan.
    let mut rest = entries.iter();
    names.map(|name| rest.find(|entry| entry.key == name).map(|entry| entry.key_place)).collect()
}
