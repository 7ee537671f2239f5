"""The X accounts that a video can be posted to from Slack."""

from dataclasses import replace

from bot.domain.account import Account
from bot.domain.schedule import Plan
from bot.slack.scenery import Scenery
from tests.unit.test_x_watch import PLAN


def offered(plan: Plan, networks: tuple[str, ...] = ("slack", "x")) -> list[str]:
    scenery = Scenery(
        clock=None,
        store=None,
        plan=lambda: plan,
        providers={},
        publishers=dict.fromkeys(networks),
        next_moment=None,
        people=None,
        strips=None,
        stopped=None,
    )
    return [str(target) for target in scenery.accounts()]


def test_accounts_are_those_of_the_targets_and_those_that_the_file_names_each_once():
    named = {name: Account(handle=name) for name in ("@spare", "@REEL")}

    assert offered(PLAN) == ["x:@reel", "x:@other"]
    assert offered(replace(PLAN, accounts=named)) == ["x:@reel", "x:@other", "x:@spare"]


def test_without_x_there_are_none():
    assert offered(PLAN, ("slack",)) == []
