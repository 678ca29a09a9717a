//! What somebody waits for who reads the record: the list of calls, and the page of one call, from the database to the
//! finished text.

use std::path::Path;

use anyhow::Result;
use chrono_tz::Tz;
use serde::Serialize;

use super::seen::{Spread, spread};
use super::service;
use crate::review::{gather, html, terminal};
use crate::simulator::clock::VirtualClock;
use crate::store::story::{CallFilter, CallFound};
use crate::store::{self, Reader};

/// How many calls are on a page of the list.
const PAGE: u32 = 50;

/// How often each is read.
const TIMES: usize = 100;

/// How long it took.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Pages {
    pub(super) list: Spread,
    pub(super) call: Spread,
}

/// Reads both again and again, the page for one call after the other, from the newest backwards.
pub(super) async fn read(folder: &Path) -> Result<Pages> {
    let reader = store::open_reader(&service::database(folder)).await?;
    let clock = VirtualClock::start(1.0);
    let newest = CallFilter { limit: TIMES as u32, ..CallFilter::default() };
    let (mut lists, mut pages) = (Vec::new(), Vec::new());
    for CallFound { call_sid, .. } in reader.calls(&newest).await? {
        let began = clock.now();
        list(&reader).await?;
        let between = clock.now();
        page(&reader, call_sid).await?;
        lists.push(between - began);
        pages.push(clock.now() - between);
    }
    reader.close().await;
    Ok(Pages { list: spread(lists), call: spread(pages) })
}

async fn list(reader: &Reader) -> Result<String> {
    let calls = reader.calls(&CallFilter { limit: PAGE, ..CallFilter::default() }).await?;
    let lines = calls.iter().map(|call| gather::line(call, &[])).collect::<Result<Vec<_>, _>>()?;
    Ok(terminal::list(&lines, Tz::UTC))
}

async fn page(reader: &Reader, call_sid: String) -> Result<String> {
    let named = CallFilter { call: Some(call_sid), limit: 1, ..CallFilter::default() };
    let mut pages = String::new();
    for call in reader.calls(&named).await? {
        let undeleted = reader.undeleted(Some(&call.call_sid)).await?;
        pages += &html::page(&gather::story(reader, &call, &undeleted, Tz::UTC).await?)?;
    }
    Ok(pages)
}
