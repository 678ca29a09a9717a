//! Errands as commands hand them in: tried again while another process is in the way, and cut into
//! pieces that the desk takes. What an errand does is not decided here.

use anyhow::{Context, Result};

use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::desk::DeskError;
use crate::domain::errand::{Errand, ReadKind, Refusal};
use crate::domain::ids::CallSid;
use crate::store::Lock;

/// How many calls one errand names at most: each takes 37 bytes of a line, which may have a million.
const CALLS_AT_ONCE: usize = 10_000;

/// Has an errand done.
pub(super) async fn done(config: &Config, errand: Errand) -> Result<()> {
    Ok(patiently(config, errand, &Clock::system()).await??)
}

/// Puts on record that somebody reads, before they get to see anything.
pub(super) async fn on_record(config: &Config, kind: ReadKind, calls: Vec<CallSid>) -> Result<()> {
    for errand in readings(kind, &calls) {
        done(config, errand).await.context("that you read this could not be put on record")?;
    }
    Ok(())
}

/// One reading, in as many errands as it takes.
fn readings(kind: ReadKind, calls: &[CallSid]) -> Vec<Errand> {
    if calls.is_empty() {
        return vec![Errand::Read { kind, calls: Vec::new() }];
    }
    calls.chunks(CALLS_AT_ONCE).map(|calls| Errand::Read { kind, calls: calls.to_vec() }).collect()
}

/// Tries again while the database is taken and no service answers: another command needs a moment, a
/// service that starts or stops some seconds.
async fn patiently(config: &Config, errand: Errand, clock: &Clock) -> Result<Result<(), Refusal>> {
    let until = clock.now() + Lock::PATIENCE;
    let mut told = false;
    loop {
        let answer = app::errand(config, errand.clone()).await;
        let absent = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(DeskError::Absent { .. }));
        if !answer.as_ref().is_err_and(absent) || clock.now() >= until {
            return answer;
        }
        if !told {
            let (path, seconds) = (config.database.path.display(), Lock::PATIENCE.as_secs());
            eprintln!(
                "Another process has {path}: a command, or a service that starts or stops; \
                 waiting for it, up to {seconds} s."
            );
            told = true;
        }
        clock.sleep(Lock::AGAIN).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::LONGEST_LINE;

    const HOTLINE: &str = r#"
        [server]
        public_url = "https://hotline.example.org"
        [twilio]
        account_sid = "AC00000000000000000000000000000001"
        auth_token = "0123456789abcdef0123456789abcdef"
        phone_number = "+15550006666"
        [[organisers]]
        name = "Ada"
        number = "+15550000001"
    "#;

    fn sid(index: usize) -> CallSid {
        format!("CA{index:032}").parse().expect("a SID")
    }

    #[test]
    fn a_reading_of_everything_fits_through_the_desk_and_leaves_no_call_out() {
        let calls: Vec<CallSid> = (0..60_000).map(sid).collect();
        let mut named = Vec::new();
        for errand in readings(ReadKind::Exported, &calls) {
            let line = serde_json::to_string(&errand).expect("JSON");
            assert!((line.len() as u64) < LONGEST_LINE, "{} bytes", line.len());
            let Errand::Read { calls, .. } = errand else { panic!("{errand:?}") };
            assert!(!calls.is_empty(), "no call would be all calls");
            named.extend(calls);
        }
        assert_eq!(named, calls);
        let all = Errand::Read { kind: ReadKind::Listed, calls: Vec::new() };
        assert_eq!(readings(ReadKind::Listed, &[]), [all]);
    }

    #[tokio::test]
    async fn who_waits_in_vain_is_told_what_has_the_database() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("hotline.db");
        std::fs::write(&database, "").expect("a file");
        let env = [("SHAREDPHONE__DATABASE__PATH".to_owned(), database.display().to_string())];
        let config = Config::parse("test.toml", HOTLINE, env.into_iter()).expect("a configuration");
        let _lock = Lock::take(&database).expect("the lock");
        let errand = Errand::Read { kind: ReadKind::Listed, calls: Vec::new() };
        let error = patiently(&config, errand, &Clock::faster(100.0)).await.expect_err("nobody is there").to_string();
        for part in ["another command", "starts or stops", "fuser", "hotline.db.lock"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(!error.contains("as the service's user"), "{error}");
    }
}
