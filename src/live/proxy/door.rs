//! The listener of a proxy, which a fault can close and its healing opens again on the same port. While it is closed, a socket that is
//! bound but does not listen keeps the port from being given to anybody else (Linux; elsewhere the port is simply free meanwhile).

use super::lock;
use socket2::{Domain, Socket, Type};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::task::{Poll, Waker};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;

#[derive(Debug)]
pub struct Door {
    pub address: SocketAddr,
    runtime: Handle,
    state: Mutex<State>,
    _keeper: Option<Socket>,
}

#[derive(Debug, Default)]
struct State {
    listener: Option<TcpListener>,
    /// Whether it should be open; it may still be closed if the port could not be had.
    wanted: bool,
    waker: Option<Waker>,
}

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 4096;

/// Pause after a failed attempt to accept or to listen again.
pub const RETRY_PAUSE: Duration = Duration::from_millis(20);

impl Door {
    /// Listens; port 0 takes a free port. Must be called in a tokio runtime.
    pub fn new(listen: SocketAddr) -> io::Result<Door> {
        let keeper = if cfg!(target_os = "linux") { Some(bound(listen)?) } else { None };
        let exact = match &keeper {
            Some(socket) => socket.local_addr()?.as_socket().unwrap_or(listen),
            None => listen,
        };
        let listener = listening(exact)?;
        let address = listener.local_addr()?;
        let state = Mutex::new(State { listener: Some(listener), wanted: true, waker: None });
        Ok(Door { address, runtime: Handle::current(), state, _keeper: keeper })
    }

    /// From here on new connections are refused; those not yet accepted are reset by the kernel.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.wanted = false;
        state.listener = None;
    }

    /// Listens again, at once if it can; otherwise `accept` tries on and reports each failure.
    pub fn open(&self) {
        let mut state = lock(&self.state);
        state.wanted = true;
        let _runtime = self.runtime.enter();
        state.listener = listening(self.address).ok();
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// The next connection. Waits while the door is closed; after an error the caller pauses and asks again.
    pub async fn accept(&self) -> io::Result<TcpStream> {
        poll_fn(|cx| {
            let mut state = lock(&self.state);
            if state.wanted && state.listener.is_none() {
                match listening(self.address) {
                    Ok(listener) => state.listener = Some(listener),
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            state.waker = Some(cx.waker().clone());
            match &state.listener {
                Some(listener) => listener.poll_accept(cx).map_ok(|(stream, _)| stream),
                None => Poll::Pending,
            }
        })
        .await
    }
}

fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Without this, connections that linger from before would keep the port from being bound again.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn listening(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = bound(address)?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
