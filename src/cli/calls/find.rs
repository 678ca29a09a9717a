//! Finding calls for the other commands.

use anyhow::{Context, Result, bail};
use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

use crate::config::Config;
use crate::domain::ids::CallSid;
use crate::domain::time::Timestamp;
use crate::store::story::{CallFilter, CallFound};
use crate::store::{self, Reader};

/// The database, for reading.
pub(in crate::cli) async fn reader(config: &Config) -> Result<Reader> {
    let path = &config.database.path;
    if !path.exists() {
        let path = std::path::absolute(path)?;
        bail!("there is no database at {}; is this the right configuration, and folder?", path.display());
    }
    store::open_reader(path).await.with_context(|| format!("{} can't be read", path.display()))
}

/// The call of that name or SID. A name may be written as it is said: "Copper lantern".
pub(super) async fn call(reader: &Reader, name: &str) -> Result<CallFound> {
    let name = name.trim();
    let said = || name.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
    let written = if name.parse::<CallSid>().is_ok() { name.to_owned() } else { said() };
    let filter = CallFilter { call: Some(written), limit: 1, ..CallFilter::default() };
    let found = reader.calls(&filter).await?.pop();
    found.with_context(|| format!("there is no call {name:?}; sharedphone calls list has the names of all calls"))
}

/// Its SID.
pub(super) async fn sid(config: &Config, name: &str) -> Result<CallSid> {
    let reader = reader(config).await?;
    let found = call(&reader, name).await?;
    reader.close().await;
    Ok(found.call_sid.parse()?)
}

/// A period, from and to; either may be open.
pub(super) fn period(from: Option<&str>, to: Option<&str>, zone: Tz) -> Result<[Option<String>; 2]> {
    let from = from.map(|text| moment(text, zone)).transpose()?;
    let to = to.map(|text| moment(text, zone)).transpose()?;
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        bail!(
            "nothing lies between --from and --to: --to is the first day that is left out, and must be the later one"
        );
    }
    Ok([from, to].map(|time| time.map(|time| time.to_string())))
}

/// A day by the hotline's clocks, or a point in time.
fn moment(text: &str, zone: Tz) -> Result<Timestamp> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let day: Option<NaiveDate> = text.parse().ok();
    let day = day.with_context(|| {
        format!("{text:?} is neither a day that there is, like 2026-11-22, nor a time like 2026-11-22T02:14:00Z")
    })?;
    let midnight = zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
    let midnight = midnight.with_context(|| format!("there is no midnight on {text} in {zone}"))?;
    Ok(Timestamp::new(midnight.to_utc()))
}
