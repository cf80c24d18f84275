//! Certificates made on the spot: an authority of our own, and what it vouches for. Its key stays in memory; nothing is written here.

use crate::plan::Untrusted;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use std::fmt;
use std::io;

/// Whoever trusts it trusts what it has issued.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A server's certificate and its key.
#[derive(Clone, Debug)]
pub struct Issued {
    pub cert_pem: String,
    pub key_pem: String,
    pub cert_der: Vec<u8>,
    /// PKCS #8.
    pub key_der: Vec<u8>,
}

/// A name that nobody has (RFC 6761).
const WRONG_NAME: &str = "another-name.invalid";

impl Authority {
    pub fn new() -> io::Result<Authority> {
        Authority::named("firedrill, for one run")
    }

    fn named(name: &str) -> io::Result<Authority> {
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Authority { issuer })
    }

    /// What callers must trust.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub fn der(&self) -> Vec<u8> {
        self.issuer.der().to_vec()
    }

    /// A certificate for these names and addresses; with `wrong`, one that must not be taken.
    pub fn issue(&self, names: &[String], wrong: Option<Untrusted>) -> io::Result<Issued> {
        if wrong == Some(Untrusted::UnknownCa) {
            // Under a name of its own: one of the same name would be taken for the known one with a bad signature.
            return Authority::named("an authority that nobody knows")?.issue(names, None);
        }
        let names = if wrong == Some(Untrusted::WrongName) { vec![WRONG_NAME.to_owned()] } else { names.to_vec() };
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, "firedrill");
        let years = match wrong {
            Some(Untrusted::Expired) => Some((2020, 2021)),
            Some(Untrusted::NotYetValid) => Some((2120, 2121)),
            _ => None,
        };
        if let Some((from, to)) = years {
            (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let cert = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(Issued {
            cert_pem: cert.pem(),
            key_pem: key.serialize_pem(),
            cert_der: cert.der().to_vec(),
            key_der: key.serialize_der(),
        })
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

/// The names by which a server on this machine is called.
pub fn local_names() -> Vec<String> {
    vec!["localhost".to_owned(), "127.0.0.1".to_owned()]
}
