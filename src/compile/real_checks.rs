//! Parts of a live service that must fit together: the process behind an address, TLS. Reads fields; starts nothing.

use crate::plan::RealService;
use crate::plan::real::{Foreign, Which};
use crate::scenario::Fields;

/// The process behind an address, as it is named.
pub fn foreign(fields: &Fields) -> Option<Foreign> {
    let named: Vec<&str> = ["pid", "pid_file"].into_iter().filter(|name| fields.has(name)).collect();
    if let (Some(name), true) = (named.first(), !fields.has("address")) {
        let note = fields.error(name, "firedrill knows the processes that it starts");
        note.help(format!("leave `{name}` out, or name the `address` of one that runs already")).code("wrong-value");
        return None;
    }
    let may_end = fields.flag("may_end").unwrap_or(false);
    match (fields.count("pid"), fields.text("pid_file")) {
        (Some(_), Some(_)) => {
            let note = fields.error("pid_file", "`pid` and `pid_file`: it can only be one of them");
            note.help("remove one of them").code("wrong-value");
            None
        }
        (Some(pid), None) => Some(Foreign { which: Which::Pid(pid_number(pid, fields)?), may_end }),
        (None, Some(path)) => Some(Foreign { which: Which::File(path.to_owned()), may_end }),
        (None, None) => {
            if fields.has("may_end") {
                let note = fields.error("may_end", "no process is named that could be ended");
                note.help("name it with `pid` or `pid_file`, or leave this out").code("wrong-value");
            }
            None
        }
    }
}

fn pid_number(pid: u64, fields: &Fields) -> Option<i32> {
    let number = i32::try_from(pid).ok().filter(|pid| *pid > 0);
    if number.is_none() {
        fields.error("pid", "no process has this number").help("such as `pid: 1234`").code("wrong-value");
    }
    number
}

/// What only makes sense together.
pub fn check_tls(real: &RealService, fields: &Fields) {
    if real.tls && !real.protocol.over_tls() {
        let message = format!("firedrill does not call `{}` over TLS", real.protocol.word());
        let help = "only `http` and `http2`; leave `tls` out, or let a process of yours make the calls";
        fields.error("tls", message).help(help).code("wrong-value");
    }
    if fields.node("ca").is_some() && !real.tls {
        fields.error("ca", "nobody asks for a certificate without `tls`").help("write `tls: true`").code("wrong-value");
    }
}
