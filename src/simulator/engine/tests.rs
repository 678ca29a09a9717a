//! The rules of the world, without sockets and without waiting.

mod calls;
mod documents;
mod rooms;
mod support;
