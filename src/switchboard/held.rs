//! Webhooks that are held back: their callers hear ringing until the call is decided. A held
//! webhook costs one entry here and asks nobody anything.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::domain::ids::CallSid;

/// The held webhooks, by call.
#[derive(Debug, Default)]
pub struct HeldCalls {
    calls: Mutex<HashMap<CallSid, Waiters>>,
}

#[derive(Debug, Default)]
struct Waiters {
    count: usize,
    bell: Arc<Notify>,
}

impl HeldCalls {
    /// Registers a webhook of this call. To be done before the question is asked whose answer
    /// may be to wait, or the bell may ring in between.
    pub fn hold(self: &Arc<Self>, call_sid: &CallSid) -> Hold {
        let mut calls = self.lock();
        let waiters = calls.entry(call_sid.clone()).or_default();
        waiters.count += 1;
        let mut rung = Box::pin(waiters.bell.clone().notified_owned());
        rung.as_mut().enable();
        Hold { held: self.clone(), call_sid: call_sid.clone(), rung }
    }

    /// Wakes every held webhook of this call.
    pub fn wake(&self, call_sid: &CallSid) {
        if let Some(waiters) = self.lock().get(call_sid) {
            waiters.bell.notify_waiters();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CallSid, Waiters>> {
        // Nothing here can be left half done, so a panic elsewhere does no harm.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One held webhook; dropping it lets it go.
#[derive(Debug)]
pub struct Hold {
    held: Arc<HeldCalls>,
    call_sid: CallSid,
    rung: std::pin::Pin<Box<OwnedNotified>>,
}

impl Hold {
    /// Waits until the call is decided.
    pub async fn rung(&mut self) {
        self.rung.as_mut().await;
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut calls = self.held.lock();
        if let Some(waiters) = calls.get_mut(&self.call_sid) {
            waiters.count -= 1;
            if waiters.count == 0 {
                calls.remove(&self.call_sid);
            }
        }
    }
}
