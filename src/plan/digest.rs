//! The digest of a Plan: two runs are of the same thing exactly when their digests are equal.

use super::Plan;
use sha2::{Digest, Sha256};

/// `sha256:` and the hexadecimal SHA-256 of the Plan as compact JSON.
pub fn of(plan: &Plan) -> String {
    of_bytes(&serde_json::to_vec(plan).expect("a Plan is plain data"))
}

/// `sha256:` and the hexadecimal SHA-256 of the bytes.
pub fn of_bytes(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
    }
    text
}
