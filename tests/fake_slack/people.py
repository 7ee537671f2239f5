"""auth.*, users.*, usergroups.*, team.*, bots.*, apps.*: who is who."""

from tests.fake_slack.method import Call, method
from tests.fake_slack.refusal import Refusal
from tests.fake_slack.workspace import APP, BOT, BOT_USER, TEAM


@method("auth.test")
def auth_test(call: Call) -> dict:
    return {
        "url": "https://reelbot.slack.com/",
        "team": "Reelbot",
        "user": "reelbot",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


@method("apps.connections.open", scopes="connections:write", kind="app")
def open_connection(call: Call) -> dict:
    ticket = call.workspace.number("ticket-")
    return {"url": f"{call.base.replace('http', 'ws', 1)}/link?ticket={ticket}"}


@method("users.info", "user include_locale", scopes="users:read")
def user_info(call: Call) -> dict:
    user = call.workspace.users.get(call.need("user")[0])
    if user is None:
        raise Refusal("user_not_found")
    return {"user": user}


@method("usergroups.users.list", "usergroup include_disabled", scopes="usergroups:read")
def group_users(call: Call) -> dict:
    users = call.workspace.usergroups.get(call.need("usergroup")[0])
    if users is None:
        raise Refusal("no_such_subteam")
    return {"users": users}


@method("team.info", "team domain", scopes="team:read")
def team_info(call: Call) -> dict:
    team = {"id": TEAM, "name": "Reelbot", "domain": "reelbot", "email_domain": "", "icon": {}}
    return {"team": team}


@method("bots.info", "bot", scopes="users:read")
def bot_info(call: Call) -> dict:
    if call.args.get("bot", BOT) != BOT:
        raise Refusal("bot_not_found")
    bot = {"id": BOT, "app_id": APP, "user_id": BOT_USER, "name": "reelbot", "deleted": False}
    return {"bot": {**bot, "updated": 1700000000, "icons": {}}}
