//! `[server]`: where we listen, and the address under which Twilio and people find us.

use std::net::{Ipv4Addr, SocketAddr};

use url::Url;

use super::keys::Keys;
use super::values::{base_address, parsed};

const ADDRESS: &str = "write an IP address and a port, like 127.0.0.1:7000";

/// The `[server]` section.
#[derive(Debug, Clone)]
pub struct ServerSection {
    /// What the service listens on, usually behind a proxy that has the certificate.
    pub listen: SocketAddr,
    /// What Twilio calls; signatures are checked against it. May have a path of its own.
    pub public_url: Url,
}

impl ServerSection {
    pub(super) fn read(keys: &mut Keys<'_>) -> Option<Self> {
        let cure = "write the address that Twilio calls, like public_url = \"https://hotline.example.org\"";
        let public_url = keys.need("public_url", cure, base_address);
        Some(Self {
            listen: keys.or("listen", SocketAddr::from((Ipv4Addr::LOCALHOST, 7000)), parsed(ADDRESS)),
            public_url: public_url?,
        })
    }

    /// The public address without a slash at its end: with a request's path and query behind it,
    /// it is the URL that Twilio signed.
    pub fn public_base(&self) -> &str {
        self.public_url.as_str().trim_end_matches('/')
    }
}
