//! Twilio is there again after it could not be reached.

use std::time::Duration;

use super::World;
use crate::domain::command::{CommandKind, CommandResult};
use crate::domain::input::Input;

#[test]
fn when_twilio_is_there_again_what_could_not_reach_it_is_sent_at_once() {
    for (answer, hurries) in
        [(CommandResult::Busy { retry_after: None }, false), (CommandResult::Rejected { code: 21211 }, true)]
    {
        let mut world = World::rung();
        world.sends();
        let sent: Vec<_> = world.under_way.drain(..).map(|claimed| claimed.id).collect();
        world.submit(Input::CommandDone { id: sent[0], result: CommandResult::Unreachable });
        world.submit(Input::CommandDone { id: sent[1], result: CommandResult::Busy { retry_after: None } });
        world.later(0.1);
        world.submit(Input::CommandDone { id: sent[2], result: answer });
        let is_due = |id| world.house.command(id).is_some_and(|command| command.due_at == world.now);
        assert_eq!((is_due(sent[0]), is_due(sent[1])), (hurries, false));
    }
}

#[test]
fn what_was_on_its_way_when_twilio_came_back_is_sent_again_soon() {
    for (answer, again) in [(CommandResult::Unclear, 1.0), (CommandResult::Rejected { code: 21211 }, 0.25)] {
        let mut world = World::rung();
        world.twilio_says(CommandKind::Place, &CommandResult::Unreachable);
        world.later(1.0);
        world.twilio_says(CommandKind::Place, &CommandResult::Unreachable);
        world.later(1.0);
        world.sends();
        let sent: Vec<_> = world.under_way.drain(..).map(|claimed| claimed.id).collect();
        world.later(0.1);
        world.submit(Input::CommandDone { id: sent[0], result: answer });
        world.later(1.5);
        world.submit(Input::CommandDone { id: sent[1], result: CommandResult::Unreachable });
        let due_at = world.house.command(sent[1]).map(|command| command.due_at);
        assert_eq!(due_at, Some(world.now + Duration::from_secs_f64(again)));
    }
}
