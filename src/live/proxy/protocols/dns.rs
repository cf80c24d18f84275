//! Questions to a DNS server, one datagram each (RFC 1035), read and answered by hickory-proto. It never looks at the answers of the server.

use crate::live::proxy::evidence::Count;
use crate::live::proxy::rules::Rules;
use crate::live::proxy::stages::Delays;
use crate::plan::spoil::{Answer, Does, Glob, Rcode, Wanted};
use hickory_proto::op::{Message, MessageType, Metadata, ResponseCode};

/// What becomes of a datagram of a client.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on, so late.
    Goes(Delays),
    /// This comes back, so late.
    Answered(Vec<u8>, Delays),
    Dropped,
}

/// A datagram has come from a client. One that is no question goes on, and the rules learn of it.
pub fn judge(bytes: &[u8], rules: &Rules) -> Verdict {
    let mut late = Delays::new();
    if rules.spoils().next().is_none() {
        return Verdict::Goes(late);
    }
    let Some(question) =
        Message::from_vec(bytes).ok().filter(|message| message.metadata.message_type == MessageType::Query)
    else {
        rules.spoils().for_each(|(rule, _)| rule.tally.add(Count::NotUnderstood, 1));
        return Verdict::Goes(late);
    };
    for (rule, spoil) in rules.spoils() {
        let Wanted::Dns { name } = &spoil.of else { continue };
        if !asks_for(&question, name.as_ref()) {
            continue;
        }
        let Some(by) = rule.picks() else { continue };
        rule.tally.add(Count::of(&spoil.does), 1);
        if by > crate::base::Span::ZERO {
            late.push((rule.stamp, by));
        }
        match &spoil.does {
            Does::Drop => return Verdict::Dropped,
            Does::Answer(Answer::Dns(code)) => match answer(&question, *code) {
                Some(answer) => return Verdict::Answered(answer, late),
                None => continue,
            },
            _ => {}
        }
    }
    Verdict::Goes(late)
}

fn asks_for(question: &Message, like: Option<&Glob>) -> bool {
    let Some(like) = like else { return true };
    question.queries.iter().any(|query| {
        let name = query.name().to_ascii();
        like.matches_in_any_case(name.strip_suffix('.').unwrap_or(&name).as_bytes())
    })
}

fn answer(question: &Message, code: Rcode) -> Option<Vec<u8>> {
    let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
    answer.metadata = Metadata::response_from_request(&question.metadata);
    answer.metadata.recursion_available = true;
    answer.metadata.response_code = match code {
        Rcode::NxDomain => ResponseCode::NXDomain,
        Rcode::ServFail => ResponseCode::ServFail,
    };
    answer.queries.clone_from(&question.queries);
    answer.to_vec().ok()
}
