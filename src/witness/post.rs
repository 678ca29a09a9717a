//! Lines on their way to somebody else's machine. Each is sent once, in order, by a task of its
//! own: an address that is slow or gone never delays the file, nor the service.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, redirect, retry};
use tokio::sync::mpsc;
use tracing::warn;
use url::{Host, Url};

use super::error::WitnessError;

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many may wait while the address is slow; what comes then is not sent.
const QUEUE: usize = 32;

/// Where lines are handed over.
#[derive(Debug, Clone)]
pub(super) struct Post {
    queue: mpsc::Sender<String>,
}

impl Post {
    /// Starts the task, which ends when nobody can hand over anything any more. Must be called
    /// within a runtime.
    pub(super) fn start(url: Url) -> Result<Self, WitnessError> {
        let builder = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).retry(retry::never());
        // Without TLS, this machine need not have any root certificates.
        let builder = if url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        // A proxy, if there is one, leads elsewhere.
        let builder = if is_loopback(&url) { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(WitnessError::NoClient)?;
        let (queue, mut waiting) = mpsc::channel::<String>(QUEUE);
        tokio::spawn(async move {
            while let Some(line) = waiting.recv().await {
                if let Err(error) = send(&client, &url, line).await {
                    // The address may have a secret in it.
                    let error = error.without_url();
                    warn!(%error, "a witness was not taken at [record] checkpoint_url; the next one makes up for it");
                }
            }
        });
        Ok(Self { queue })
    }

    /// Hands over a line; never waits.
    pub(super) fn hand_over(&self, line: String) {
        if self.queue.try_send(line).is_err() {
            warn!("[record] checkpoint_url is too slow; a witness is not sent there");
        }
    }
}

async fn send(client: &Client, url: &Url, line: String) -> Result<(), reqwest::Error> {
    let request = client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(line);
    request.send().await?.error_for_status()?;
    Ok(())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
