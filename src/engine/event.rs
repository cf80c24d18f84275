//! What comes later, and what comes next.

use super::gate::Stage;
use super::slab::Handle;
use crate::base::{FaultId, Outcome, ServiceId};

/// Something that is due at a moment. Handles may be stale by then; a stale event is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The next open-loop request of a client.
    Arrival(u32),
    /// A drawn piece of work of a frame is done.
    WorkDone(Handle),
    /// A request reaches the called service.
    Deliver(Handle),
    /// An answer reaches the caller.
    Reply(Handle, u16, Outcome),
    /// The total timeout of an attempt.
    Timeout(Handle, u16),
    /// The wait timeout of an attempt.
    WaitTimeout(Handle, u16),
    /// The deadline of an attempt.
    Deadline(Handle, u16),
    /// An attempt has been at a stage of its way out for as long as it may.
    StageTimeout(Handle, u16, Stage),
    /// The packet that opens a connection is sent again, so many times now.
    Connect(Handle, u16, u8),
    /// The connection for an attempt is open.
    Connected(Handle, u16),
    /// An attempt was not answered for so long that a hedge is due.
    Hedge(Handle, u16),
    /// The pause before an attempt is over.
    Attempt(Handle),
    /// A user's pause is over: after a failure, after thinking, until an agent's turn; or a session has come to its end.
    Return(Handle),
    /// A health check of a replica is due; its time is over; the time of an ejection is.
    Check(u32, u32),
    CheckTimeout(u32, u32, Handle),
    Readmit(u32, u32),
    /// An open page of a client asks again, or is closed.
    Page(u32, Handle),
    /// A statement of a database, or a publisher at a broker, goes on: it was acknowledged, or given up.
    Statement(Handle),
    /// The copies of a database choose a leader; the second is the number of the election.
    Election(u32, u32),
    /// A control looks, or what it ordered is there.
    Tick(u32),
    /// The first work on the cores of a replica of a service is done, if this is the latest such event there.
    CoreDone(u32, u32, u32),
    /// A batch of this replica of this service starts although it is not full.
    BatchDue(u32, u32),
    /// A frame has waited long enough for a lock; which of its waits that was.
    LockTimeout(Handle, u32),
    /// Something is due among the copies of a broker.
    Copies(u32),
    /// The pause before a message of a broker comes again is over.
    ComeAgain(u32, Handle),
    /// A replica that died of a message is started again.
    Revive(u32, u32, FaultId),
    /// The next step of the fault schedule.
    Step(u32),
    /// The next cell of the recording begins.
    Cell(u32),
}

/// What must happen now, after what is being done is finished. Keeps answers from nesting inside the calls that caused them.
#[derive(Clone, Copy, Debug)]
pub(super) enum Soon {
    Reply(Handle, u16, Outcome),
    Advance(Handle),
    Attempt(Handle),
    TakeNext(ServiceId, u32),
    /// An attempt in line was handed what it waited for.
    Proceed(Handle, u16),
    /// Work left the cores of a replica before it was done.
    Cores(ServiceId, u32),
    HandOut(ServiceId),
}
