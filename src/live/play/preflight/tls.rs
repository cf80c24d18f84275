//! Before a run: whether who speaks TLS has what it needs: a certificate that it is told of, authorities that can be read.

use super::Desk;
use crate::live::drivers::Trust;
use crate::live::engines;
use crate::live::play::target;
use crate::live::process::papers;
use crate::plan::RealService;
use crate::plan::real::Protocol;

impl Desk<'_> {
    pub(super) fn tls(&mut self, real: &RealService) {
        let name = self.name(real.service).to_owned();
        let made = target::has_made_certificate(self.plan, real.service);
        let origin = engines::resolved(self.plan, real).origin;
        for placeholder in papers::OWN.into_iter().filter(|word| origin.mentions(word) && !made) {
            let how = match real.ca {
                Some(_) => "with `ca` it has a certificate of its own; write its path instead, or leave `ca` out",
                None => "no certificate is made for it; write `tls: true`",
            };
            self.problems.push(format!("service `{name}`: `{placeholder}`: {how}"));
        }
        if made && !origin.mentions(papers::OWN[0]) {
            let how =
                "write {cert} and {key} in its `start` arguments or `env`, or name the authority of its own with `ca`";
            self.problems.push(format!("service `{name}`: `tls: true`, but it is not told its certificate; {how}"));
        }
        let services = &self.plan.real.services;
        let any_made = services.iter().any(|other| target::has_made_certificate(self.plan, other.service));
        if origin.mentions(papers::TRUSTED) && !any_made {
            let how = "no certificate is made in this run; write `tls: true` where one is needed";
            self.problems.push(format!("service `{name}`: `{}`: {how}", papers::TRUSTED));
        }
        if real.tls
            && !made
            && let Err(why) = (Trust { name: String::new(), authorities: real.ca.clone() }).roots()
        {
            self.problems.push(format!("service `{name}`: whom its callers trust: {why}"));
        }
        self.sessions(real);
    }

    fn sessions(&mut self, real: &RealService) {
        let kept = self.plan.edges.iter().filter(|edge| edge.to == real.service && edge.tls.is_some());
        let what = "the sessions of its `tls` are not played; over HTTP/2 all its requests share 2 connections";
        let lines = kept.map(|edge| format!("`{}`: {what}", edge.name));
        if real.tls && real.protocol == Protocol::Http2 {
            self.checked.warnings.extend(lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use crate::base::EdgeId;
    use crate::live::Trouble;
    use crate::plan::real::{Origin, Protocol};
    use crate::plan::{Effect, Plan, Target, Untrusted, fixture};

    /// The first service is real, and started with these arguments.
    fn plan(args: &str, tls: bool) -> Plan {
        let mut plan = fixture::chain(1.0, &[1.0]);
        let mut real = fixture::redis(0);
        let args = args.split_whitespace().map(str::to_owned).collect();
        real.origin = Origin::Start { program: "sh".into(), args, env: vec![], first: Default::default() };
        (real.protocol, real.tls) = (Protocol::Http, tls);
        plan.real.services.push(real);
        plan
    }

    fn problems(plan: &Plan) -> Vec<String> {
        match check(plan, false, 1) {
            Err(Trouble::Unplayable { problems }) => problems,
            Err(other) => panic!("{other}"),
            Ok(_) => Vec::new(),
        }
    }

    #[test]
    fn certificates_are_made_where_they_are_told_and_told_where_they_are_made() {
        assert_eq!(problems(&plan("{port} {cert} {key} {ca}", true)), Vec::<String>::new());
        let said = problems(&plan("{port} {cert} {key} {ca}", false));
        assert!(said.len() == 3 && said.iter().all(|line| line.contains("write `tls: true`")), "{said:#?}");
        let said = problems(&plan("{port}", true));
        assert!(said.len() == 1 && said[0].contains("not told its certificate"), "{said:#?}");
        let mut own = plan("{port}", true);
        own.real.services[0].ca = Some("nothing".into());
        let said = problems(&own);
        assert!(said.len() == 1 && said[0].contains("no certificate in it"), "{said:#?}");
    }

    #[test]
    fn a_wrong_certificate_needs_somebody_who_shows_one_and_somebody_who_looks() {
        let wrong = |mut plan: Plan| {
            let edge = Target::Edge(EdgeId(0));
            fixture::fault(&mut plan, edge, Effect::Certificate(Untrusted::Expired), 0.2, 0.4);
            problems(&plan).concat()
        };
        assert_eq!(wrong(plan("{port} {cert}", true)), "");
        assert!(wrong(plan("{port}", false)).contains("calls it without TLS"));
        assert!(wrong(fixture::chain(1.0, &[1.0])).contains("a stand-in speaks no TLS"));
    }
}
