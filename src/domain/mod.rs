//! The rules of a call, and the words for them. Pure: values in, values out. Nothing here knows
//! a database, a socket, a runtime or the time of day.
//!
//! Start reading at [`decide`]: it takes the [`house`] as it is and one [`input`], and says
//! what is to change, what goes on record, what Twilio must be told and what the reply is.

pub mod call;
pub mod case_name;
pub mod columns;
pub mod command;
pub mod contact;
pub mod decide;
pub mod erased;
pub mod errand;
pub mod event;
pub mod fold;
pub mod house;
pub mod ids;
pub mod input;
pub mod leg;
pub mod line;
pub mod note;
pub mod organiser;
pub mod phone;
pub mod privacy;
pub mod recent;
pub mod reply;
pub mod settings;
pub mod texts;
pub mod time;
pub mod words;

#[cfg(test)]
mod tests;
