//! The chunked transfer coding (RFC 9112, section 7.1): finds where it ends, byte by byte, and keeps nothing but its place. It never looks at
//! what the chunks hold.

#[derive(Clone, Copy, Debug, Default)]
pub struct Chunks {
    at: At,
}

#[derive(Clone, Copy, Debug)]
enum At {
    /// In the digits of a size: so far, and how many.
    Size(u64, u8),
    /// Behind the digits, up to the end of the line.
    Extension(u64),
    Data(u64),
    /// Behind the data: the end of its line, and whether the CR has come.
    DataEnd(bool),
    /// In a line behind the last chunk, so many bytes long.
    Trailer(u32),
}

/// More digits than a size of 64 bits can have.
const DIGITS_MAX: u8 = 16;
const LINE_MAX: u32 = 64 << 10;

impl Default for At {
    fn default() -> At {
        At::Size(0, 0)
    }
}

impl Chunks {
    /// How many of these bytes belong to the coding, and whether it ends with them; `None`: it is no such coding.
    pub fn take(&mut self, bytes: &[u8]) -> Option<(usize, bool)> {
        let mut taken = 0;
        while taken < bytes.len() {
            if let At::Data(left) = self.at {
                let step = left.min((bytes.len() - taken) as u64);
                taken += step as usize;
                self.at = if step == left { At::DataEnd(false) } else { At::Data(left - step) };
                continue;
            }
            let byte = bytes[taken];
            taken += 1;
            let Some(next) = self.at.after(byte)? else {
                *self = Chunks::default();
                return Some((taken, true));
            };
            self.at = next;
        }
        Some((taken, false))
    }
}

impl At {
    /// `Some(None)`: that was the end of it all. `None`: that cannot stand here.
    fn after(self, byte: u8) -> Option<Option<At>> {
        Some(Some(match (self, byte) {
            (At::Size(size, digits), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if digits < DIGITS_MAX => {
                At::Size(size << 4 | u64::from((byte as char).to_digit(16)?), digits + 1)
            }
            (At::Size(size, 1..), b';' | b' ' | b'\t' | b'\r') => At::Extension(size),
            (At::Size(size, 1..) | At::Extension(size), b'\n') => At::behind(size),
            (At::Extension(size), _) => At::Extension(size),
            (At::DataEnd(false), b'\r') => At::DataEnd(true),
            (At::DataEnd(_), b'\n') => At::default(),
            (At::Trailer(0), b'\n') => return Some(None),
            (At::Trailer(_), b'\n') => At::Trailer(0),
            (At::Trailer(long), b'\r') => At::Trailer(long),
            (At::Trailer(long), _) if long < LINE_MAX => At::Trailer(long + 1),
            _ => return None,
        }))
    }

    fn behind(size: u64) -> At {
        if size == 0 { At::Trailer(0) } else { At::Data(size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_in_whatever_pieces_it_comes() {
        let text = b"4\r\nWiki\r\n5;name=x\r\npedia\r\n0\r\nTrailer: x\r\n\r\nnext";
        let whole = text.len() - 4;
        assert_eq!(Chunks::default().take(text), Some((whole, true)));
        for split in 1..whole {
            let mut chunks = Chunks::default();
            assert_eq!(chunks.take(&text[..split]), Some((split, false)), "{split}");
            assert_eq!(chunks.take(&text[split..]), Some((whole - split, true)), "{split}");
        }
        for wrong in [&b"\r\n"[..], b"g\r\n", b"1\r\nab", b"11111111111111111\r\n"] {
            assert_eq!(Chunks::default().take(wrong), None, "{wrong:?}");
        }
    }
}
