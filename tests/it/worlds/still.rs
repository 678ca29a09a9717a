//! Knows when nothing can happen any more until somebody makes it: every task waits. The runtime says
//! so by parking its only thread.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use tokio::runtime::{Builder, Runtime};

/// Shared between the runtime, which parks, and whoever waits for that.
#[derive(Clone, Default)]
pub struct Stillness(Arc<Mutex<Option<Waker>>>);

impl Stillness {
    /// A runtime of one thread that reports here.
    pub fn runtime(&self) -> Runtime {
        let stillness = self.clone();
        let mut builder = Builder::new_current_thread();
        builder.enable_all().on_thread_park(move || {
            if let Some(waker) = stillness.take() {
                waker.wake();
            }
        });
        builder.build().expect("a runtime")
    }

    /// Waits until every other task waits.
    pub async fn wait(&self) {
        let mut asked = false;
        poll_fn(|context| {
            if asked && self.lock().is_none() {
                return Poll::Ready(());
            }
            asked = true;
            *self.lock() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn take(&self) -> Option<Waker> {
        self.lock().take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
