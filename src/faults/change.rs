//! What a fault changes of the Plan itself while it lasts: values that the author named by path, or an edit of the entries that were
//! read. The compiler lays all changes of a moment over the scenario and lowers the difference to `Effect::Set`.

use crate::plan::Plan;
use crate::scenario::overlay::Setting;
use std::fmt;
use std::rc::Rc;

#[derive(Clone)]
pub enum Change {
    /// A value of the scenario, by its path.
    Setting(Setting),
    /// An edit of services, edges and clients; never of how many there are.
    Edit(Rc<dyn Fn(&mut Plan)>),
}

impl Change {
    pub fn edit(edit: impl Fn(&mut Plan) + 'static) -> Change {
        Change::Edit(Rc::new(edit))
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Change::Setting(setting) => write!(f, "{}", setting.path),
            Change::Edit(_) => write!(f, "an edit"),
        }
    }
}
