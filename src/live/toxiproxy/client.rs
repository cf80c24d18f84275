//! A client of a Toxiproxy server, ours or another's: one request, one connection, and a look at every status. It blocks, because the
//! guardian undoes without a runtime; a server that does not answer is given up soon.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// For connecting, and for each read and write.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest answer that is read.
const ANSWER_MAX: u64 = 8 << 20;

/// Where a Toxiproxy server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api(pub SocketAddr);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
}

impl Api {
    /// The answer, whatever its status. HTTP/1.0, so that it comes in one piece and ends with the connection.
    pub fn ask(self, method: &str, path: &str, body: &str) -> io::Result<Reply> {
        let mut stream = TcpStream::connect_timeout(&self.0, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let (host, length) = (self.0, body.len());
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: firedrill\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all((head + body).as_bytes())?;
        let mut answer = Vec::new();
        stream.take(ANSWER_MAX).read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("the answer is not HTTP"))?;
        Ok(Reply { status, body: body.to_owned() })
    }

    /// The body of an answer with this status; everything else is a failure, told with what the server said.
    pub fn demand(self, method: &str, path: &str, body: &str, status: u16) -> Result<String, String> {
        let reply = self.ask(method, path, body);
        let reply = reply.map_err(|error| format!("the Toxiproxy at {} cannot be asked: {error}", self.0))?;
        if reply.status == status {
            return Ok(reply.body);
        }
        let said = reply.body.trim_end();
        Err(format!("the Toxiproxy at {} answered {method} {path} with {}: {said}", self.0, reply.status))
    }
}
