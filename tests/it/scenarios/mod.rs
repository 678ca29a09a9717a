//! Calls as stories, by name.

mod caller_leaves;
mod first_wins;
mod limits;
mod nobody;
mod odd_callers;
mod organiser_drops;
mod orphans;
mod screening;
mod trouble;
mod two_calls;
mod waiting;
mod without_database;
mod without_rest;
