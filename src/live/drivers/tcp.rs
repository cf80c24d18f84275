//! Calls to a server whose protocol is not known: a connection for each request, so many bytes there, and so many back or as many as
//! come before the server closes.

use super::{Kind, Peer, Speaker, filler, kind_of_io};
use crate::base::{ErrorKind, Outcome};
use crate::plan::real::Protocol;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const KIND: Kind = Kind {
    how: "a TCP connection for each request: its bytes there, the answer's bytes back",
    ..Kind::new(
        Protocol::Tcp,
        |peer| Ok(Speaker::Tcp(Tcp { peer })),
        |setup| {
            Box::pin(async move {
                TcpStream::connect(setup.address).await.map(drop).map_err(|error| format!("connecting failed: {error}"))
            })
        },
    )
};

pub struct Tcp {
    peer: Peer,
}

impl Tcp {
    pub async fn call(&self) -> Outcome {
        match self.exchange().await {
            Ok(()) => Outcome::Ok,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Outcome::Failed(ErrorKind::Reset),
            Err(error) => Outcome::Failed(kind_of_io(&error)),
        }
    }

    /// Reads while it writes: a server that echoes would otherwise be stuck with full buffers, and we with it.
    async fn exchange(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.peer.setup.address).await?;
        let _ = stream.set_nodelay(true);
        let (mut back, mut there) = stream.split();
        let send = async {
            filler::send(&mut there, self.peer.request_bytes).await?;
            there.flush().await
        };
        let read = async {
            let mut buffer = [0; 4096];
            let (mut read, wanted) = (0, self.peer.response_bytes);
            while read < wanted {
                match back.read(&mut buffer).await? {
                    0 if read == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    0 => break,
                    count => read += count as u64,
                }
            }
            Ok(())
        };
        tokio::try_join!(send, read).map(drop)
    }
}
