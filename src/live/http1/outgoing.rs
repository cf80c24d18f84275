//! What is to be written to a connection: bytes, and behind them so much filler, which takes no memory.

use std::io::{self, ErrorKind, Write};
use std::net::TcpStream;

static FILLER: [u8; 32 << 10] = [b'.'; 32 << 10];

#[derive(Debug, Default)]
pub struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
    filler: u64,
}

impl Outgoing {
    /// Empty, to be written into.
    pub fn begin(&mut self) -> &mut Vec<u8> {
        self.bytes.clear();
        (self.sent, self.filler) = (0, 0);
        &mut self.bytes
    }

    /// So much filler goes behind what was written.
    pub fn fill(&mut self, bytes: u64) {
        // What is short goes out in one piece with the head.
        let ahead = bytes.min(FILLER.len() as u64);
        self.bytes.extend_from_slice(&FILLER[..ahead as usize]);
        self.filler = bytes - ahead;
    }

    pub fn is_done(&self) -> bool {
        self.sent == self.bytes.len() && self.filler == 0
    }

    /// Nobody takes the rest.
    pub fn give_up(&mut self) {
        (self.sent, self.filler) = (self.bytes.len(), 0);
    }

    /// Writes as much as goes now, and says how much that was.
    pub fn write(&mut self, stream: &mut TcpStream) -> io::Result<u64> {
        let mut written = 0;
        while !self.is_done() {
            let piece = match self.sent < self.bytes.len() {
                true => &self.bytes[self.sent..],
                false => &FILLER[..self.filler.min(FILLER.len() as u64) as usize],
            };
            match stream.write(piece) {
                Ok(count) => {
                    let ahead = count.min(self.bytes.len() - self.sent);
                    self.sent += ahead;
                    self.filler -= (count - ahead) as u64;
                    written += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }
}
