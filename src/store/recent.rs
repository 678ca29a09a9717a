//! Loading what the limits look back on: a few index entries an organiser, however long the record is.

use std::collections::BTreeMap;

use sqlx::SqliteConnection;

use super::error::StoreError;
use crate::domain::leg::Leg;
use crate::domain::phone::CallerId;
use crate::domain::recent::{HOUR, LookBack, MINUTE, Recent, RecentCall};
use crate::domain::time::Timestamp;

/// Calls of the last minute, and what was rung in the last hour beside these legs, which are in the house.
pub(super) async fn recent(
    connection: &mut SqliteConnection,
    look_back: &LookBack,
    in_house: impl Iterator<Item = &Leg>,
) -> Result<Recent, StoreError> {
    let now = look_back.now;
    let (minute_ago, hour_ago, until) = ((now - MINUTE).to_string(), (now - HOUR).to_string(), now.to_string());
    let callers = sqlx::query!(
        r#"SELECT call_sid AS "call_sid!",
                  (SELECT value FROM personal
                    WHERE personal.call_sid = calls.call_sid AND field = 'caller') AS "caller?",
                  started_at
             FROM calls
            WHERE started_at > ?1 AND started_at <= ?3 AND outcome IS NOT 'refused'
            ORDER BY started_at DESC LIMIT ?2"#,
        minute_ago,
        look_back.calls,
        until
    );
    let mut calls = BTreeMap::new();
    for row in callers.fetch_all(&mut *connection).await? {
        let (Ok(call_sid), Ok(started_at)) = (row.call_sid.parse(), row.started_at.parse()) else { continue };
        calls.insert(call_sid, RecentCall { started_at, caller: row.caller.as_deref().map(CallerId::new) });
    }
    let rung = sqlx::query!(
        r#"SELECT organiser_id AS "organiser_id!",
                  (SELECT max(dialed_at) FROM legs
                    WHERE legs.organiser_id = organisers.organiser_id) AS "last_rung?: String",
                  (SELECT count(*) FROM legs
                    WHERE legs.organiser_id = organisers.organiser_id AND dialed_at > ?1 AND dialed_at <= ?2) AS "times!: u32"
             FROM organisers"#,
        hour_ago,
        until
    );
    let (mut last_rung, mut times) = (BTreeMap::new(), 0_u32);
    for row in rung.fetch_all(connection).await? {
        times = times.saturating_add(row.times);
        let last = row.last_rung.and_then(|at| at.parse::<Timestamp>().ok());
        last_rung.extend(row.organiser_id.parse().ok().zip(last));
    }
    let here = in_house.filter(|leg| leg.dialed_at.is_some_and(|at| at.is_within(HOUR, now))).count();
    let rung_elsewhere = times.saturating_sub(u32::try_from(here).unwrap_or(u32::MAX));
    Ok(Recent { at: Some(now), calls, last_rung, rung_elsewhere })
}
