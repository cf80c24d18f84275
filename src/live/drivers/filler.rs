//! A body of a given length without content, made as it is sent, so that a large answer takes no memory.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncWrite, AsyncWriteExt};

const BLOCK_BYTES: usize = 32 << 10;
static BLOCK: [u8; BLOCK_BYTES] = [b'.'; BLOCK_BYTES];

/// So many bytes left to send.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filler(pub u64);

impl Body for Filler {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let take = self.0.min(BLOCK_BYTES as u64);
        self.0 -= take;
        Poll::Ready((take > 0).then(|| Ok(Frame::data(Bytes::from_static(&BLOCK[..take as usize])))))
    }

    fn is_end_stream(&self) -> bool {
        self.0 == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

/// A value of so many bytes, for a store that takes it in one piece.
pub fn value(bytes: u64) -> Vec<u8> {
    vec![b'.'; usize::try_from(bytes).unwrap_or(usize::MAX)]
}

/// Writes so many bytes, in blocks.
pub async fn send(to: &mut (impl AsyncWrite + Unpin), bytes: u64) -> std::io::Result<()> {
    let mut left = bytes;
    while left > 0 {
        let take = left.min(BLOCK_BYTES as u64);
        to.write_all(&BLOCK[..take as usize]).await?;
        left -= take;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn it_is_as_long_as_it_says() {
        for bytes in [0, 1, BLOCK_BYTES as u64, 100_001] {
            let body = Filler(bytes);
            assert_eq!(body.size_hint().exact(), Some(bytes));
            assert_eq!(body.collect().await.expect("it cannot fail").to_bytes().len() as u64, bytes);
        }
    }
}
