//! What a started service is given to speak TLS: a certificate and its key, made on the spot, and whom to trust; files in the private
//! folder, beside the data. They go with the folder.

use crate::live::certificates::{self, Authority};
use crate::live::drivers::Trust;
use std::fs;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const CERT: &str = "cert.pem";
/// HAProxy looks for the key of a certificate under this name by itself.
const KEY: &str = "cert.pem.key";
const CA: &str = "ca.pem";
/// The placeholders that only a service with a certificate of its own may have, and the one that tells it whom to trust.
pub const OWN: [&str; 2] = ["{cert}", "{key}"];
pub const TRUSTED: &str = "{ca}";
/// The name by which our own callers call what was started here.
const LOCAL: &str = "localhost";

#[derive(Debug)]
pub struct Papers {
    folder: PathBuf,
    authority: String,
}

impl Papers {
    /// With `own`, a certificate for the names of this machine and for this address is among them.
    pub fn write(folder: &Path, authority: &Authority, own: Option<Ipv4Addr>) -> io::Result<Papers> {
        let papers = Papers { folder: folder.to_owned(), authority: authority.pem() };
        write(&folder.join(CA), &papers.authority)?;
        if let Some(address) = own {
            let mut names = certificates::local_names();
            names.push(address.to_string());
            names.dedup();
            let issued = authority.issue(&names, None)?;
            write(&folder.join(CERT), &issued.cert_pem)?;
            write(&folder.join(KEY), &issued.key_pem)?;
        }
        Ok(papers)
    }

    pub fn files(&self) -> Vec<PathBuf> {
        [CA, CERT, KEY].iter().map(|name| self.folder.join(name)).filter(|path| path.exists()).collect()
    }

    pub fn filled_in(&self, text: &str) -> String {
        let path = |name: &str| self.folder.join(name).to_string_lossy().into_owned();
        text.replace(OWN[0], &path(CERT)).replace(OWN[1], &path(KEY)).replace(TRUSTED, &path(CA))
    }

    /// What makes such a certificate one to take.
    pub fn trust(&self) -> Trust {
        trust(self.authority.clone())
    }
}

/// Whom the callers of a started service trust: who is in this PEM.
pub fn trust(authorities: String) -> Trust {
    Trust { name: LOCAL.to_owned(), authorities: Some(authorities) }
}

/// A key is for its owner alone.
fn write(path: &Path, text: &str) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}
