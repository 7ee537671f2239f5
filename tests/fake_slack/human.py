"""The people of the workspace: what they type, press, fill in and open.

Each method does it, delivers what Slack would deliver, waits until the bot has acked it (or is too
late), and returns the `Delivery`. People can press only what is there: pressing a button that a
message does not have fails the test.
"""

import json
from copy import deepcopy
from typing import Any

from tests.fake_slack import views
from tests.fake_slack.blocks import check_view, elements
from tests.fake_slack.delivery import Delivery
from tests.fake_slack.workspace import APP, BOT_USER, TEAM, Channel, View, Workspace

#: Where an element's value stands in the state of a view, and whether it is a list.
_CHOICES = {
    "static_select": "selected_option",
    "radio_buttons": "selected_option",
    "external_select": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "overflow": "selected_option",
}
_VALUES = {
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
    "users_select": "selected_user",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
    "multi_users_select": "selected_users",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "file_input": "files",
    "rich_text_input": "rich_text_value",
}


class People:
    """Acts as the people of *workspace*."""

    workspace: Workspace
    base: str

    async def deliver(self, delivery: Delivery) -> Delivery:
        """Take *delivery* to the bot."""
        raise NotImplementedError

    def response_url(self, user: str, channel: Channel, message: dict | None = None) -> str:
        """Return an address that takes five posts within thirty minutes."""
        raise NotImplementedError

    # --- typing ----------------------------------------------------------------------------------

    async def slash(self, command: str, text: str = "", *, user: str, channel: str) -> Delivery:
        """Type a slash command."""
        place = self._place(channel)
        payload = {
            "token": "legacy",
            "team_id": TEAM,
            "team_domain": "reelbot",
            "channel_id": place.id,
            "channel_name": "directmessage" if place.is_im else place.name,
            "user_id": user,
            "user_name": self.workspace.users[user]["name"],
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self.response_url(user, place),
            "trigger_id": self.workspace.trigger(user),
        }
        return await self.deliver(Delivery("slash_commands", payload))

    def say(self, text: str, *, user: str, channel: str, thread_ts: str | None = None) -> dict:
        """Write a message that does not concern the bot; return it."""
        return self.workspace.post(self._place(channel), {"user": user, "text": text}, thread_ts)

    async def mention(
        self, text: str, *, user: str, channel: str, thread_ts: str | None = None
    ) -> Delivery:
        """Write a message that names the bot."""
        words = f"<@{BOT_USER}> {text}"
        message = self.say(words, user=user, channel=channel, thread_ts=thread_ts)
        place = self._place(channel)
        return await self._event({**message, "type": "app_mention", "channel": place.id})

    async def dm(self, text: str, *, user: str) -> Delivery:
        """Write to the bot directly."""
        place = self.workspace.direct(user)
        message = self.say(text, user=user, channel=place.id)
        return await self._event({**message, "channel": place.id, "channel_type": "im"})

    async def open_home(self, user: str, tab: str = "home") -> Delivery:
        """Open the bot's Home, or its `messages` tab."""
        event = {"type": "app_home_opened", "user": user, "tab": tab}
        home = self.workspace.homes.get(user)
        channel = self.workspace.direct(user).id
        shown = {"view": home.shape} if home else {}
        return await self._event({**event, "channel": channel, **shown})

    # --- pressing --------------------------------------------------------------------------------

    async def click(
        self,
        where: dict,
        action_id: str,
        user: str,
        *,
        channel: str | None = None,
        value: str | None = None,
    ) -> Delivery:
        """Press what has *action_id* in a message or a view; *value* picks an option."""
        block, element = self._element(where["blocks"], action_id)
        action = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block["block_id"],
            "action_ts": self.workspace.stamp(),
        }
        if element["type"] in _CHOICES:
            action |= {"selected_option": _option(element, value)}
        elif element["type"] in _VALUES:
            action |= {_VALUES[element["type"]]: value}
        else:
            action |= {k: element[k] for k in ("text", "value") if k in element}
        surface = (
            self._in_view(where) if "hash" in where else self._in_message(where, user, channel)
        )
        payload = self._interaction("block_actions", user) | surface | {"actions": [action]}
        return await self.deliver(Delivery("interactive", payload))

    async def shortcut(
        self, callback_id: str, user: str, *, message: dict | None = None
    ) -> Delivery:
        """Choose a shortcut: of *message*, or a global one."""
        if message is None:
            payload = self._interaction("shortcut", user) | {"callback_id": callback_id}
            return await self.deliver(Delivery("interactive", payload))
        place = self._home_of(message)
        payload = self._interaction("message_action", user) | {
            "callback_id": callback_id,
            "message": deepcopy(message),
            "message_ts": message["ts"],
            "channel": {"id": place.id, "name": place.name},
            "response_url": self.response_url(user, place, message),
        }
        return await self.deliver(Delivery("interactive", payload))

    async def submit(self, view: dict, values: dict[str, Any], user: str) -> Delivery:
        """Fill in *view* (`{action_id: value}`) and send it; what the ack says happens to it."""
        missing = set(values) - {e["action_id"] for _, e in elements(view["blocks"])}
        assert not missing, f"the view has no {', '.join(sorted(missing))}"
        state: dict[str, dict] = {}
        for block, element in elements(view["blocks"]):
            given = _filled(element, values.get(element["action_id"]))
            required = block["type"] == "input" and not block.get("optional")
            assert given.get("filled") or not required, f"{element['action_id']} must be filled in"
            given.pop("filled")
            state.setdefault(block["block_id"], {})[element["action_id"]] = given
        payload = self._interaction("view_submission", user) | {
            "view": {**deepcopy(view), "state": {"values": state}},
            "response_urls": [],
        }
        delivery = await self.deliver(Delivery("interactive", payload))
        if delivery.error is None:
            self._follow(self.workspace.views[view["id"]], delivery.ack or {}, user)
        return delivery

    async def close(self, view: dict, user: str) -> Delivery | None:
        """Close *view*; the bot hears of it if it asked to."""
        views.close(self.workspace, self.workspace.views[view["id"]])
        if not view.get("notify_on_close"):
            return None
        payload = self._interaction("view_closed", user) | {"view": view, "is_cleared": False}
        return await self.deliver(Delivery("interactive", payload))

    async def replay(self, delivery: Delivery) -> Delivery:
        """Deliver the same once more, as Slack does when an ack got lost."""
        again = Delivery(
            delivery.type, deepcopy(delivery.payload), delivery.envelope_id, delivery.retry + 1
        )
        return await self.deliver(again)

    def view_of(self, user: str) -> dict | None:
        """Return the view that lies on top before *user*."""
        view = views.top(self.workspace, user)
        return view.shape if view else None

    # --- the shapes ------------------------------------------------------------------------------

    async def _event(self, event: dict) -> Delivery:
        payload = {
            "token": "legacy",
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event_id": self.workspace.number("Ev"),
            "event_time": int(self.workspace.now().timestamp()),
            "is_ext_shared_channel": False,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": TEAM,
                    "user_id": BOT_USER,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "event": {"event_ts": self.workspace.stamp(), **deepcopy(event)},
        }
        return await self.deliver(Delivery("events_api", payload))

    def _interaction(self, kind: str, user: str) -> dict:
        name = self.workspace.users[user]["name"]
        return {
            "type": kind,
            "token": "legacy",
            "api_app_id": APP,
            "team": {"id": TEAM, "domain": "reelbot"},
            "user": {"id": user, "username": name, "name": name, "team_id": TEAM},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self.workspace.trigger(user),
            "action_ts": self.workspace.stamp(),
        }

    def _in_message(self, message: dict, user: str, channel: str | None) -> dict:
        place = self._place(channel) if channel else self._home_of(message)
        only_here = bool(message.get("is_ephemeral"))
        seen = {} if only_here else {"message": deepcopy(message)}
        return {
            "container": {
                "type": "message",
                "message_ts": message["ts"],
                "channel_id": place.id,
                "is_ephemeral": only_here,
            },
            "channel": {"id": place.id, "name": place.name},
            "response_url": self.response_url(user, place, message),
            "state": {"values": {}},
            **seen,
        }

    def _in_view(self, view: dict) -> dict:
        return {"container": {"type": "view", "view_id": view["id"]}, "view": deepcopy(view)}

    def _follow(self, view: View, ack: dict, user: str) -> None:
        """Do what the answer to a submission says."""
        action = ack.get("response_action")
        if action == "errors":
            inputs = {b["block_id"] for b in view.shape["blocks"] if b["type"] == "input"}
            unknown = set(ack["errors"]) - inputs
            assert not unknown, f"errors for blocks that are no inputs: {unknown}"
        elif action == "update":
            views.change(self.workspace, view, check_view(_plain(ack["view"])))
        elif action == "push":
            views.pushed(self.workspace, user, check_view(_plain(ack["view"])))
        elif action in {None, "clear"}:
            views.close(self.workspace, view, everything=action == "clear")
        else:
            raise AssertionError(f"unknown response_action {action!r}")

    def _place(self, channel: str) -> Channel:
        place = self.workspace.find(channel)
        assert place, f"there is no channel {channel}"
        return place

    def _home_of(self, message: dict) -> Channel:
        """Return the channel *message* is in."""
        for place in self.workspace.channels.values():
            if any(m["ts"] == message["ts"] for m in place.messages):
                return place
        for channel_id, _, shown in self.workspace.ephemerals:
            if shown["ts"] == message["ts"]:
                return self.workspace.channels[channel_id]
        raise AssertionError("the message is not there any more; name its channel")

    @staticmethod
    def _element(blocks: list, action_id: str) -> tuple[dict, dict]:
        found = [pair for pair in elements(blocks) if pair[1]["action_id"] == action_id]
        there = [e["action_id"] for _, e in elements(blocks)]
        assert found, f"there is no {action_id!r} to press, only {there}"
        return found[0]


def _plain(view: dict | str) -> dict:
    return json.loads(view) if isinstance(view, str) else view


def _option(element: dict, value: Any) -> dict:
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    options = [option for group in groups for option in group["options"]]
    found = [option for option in options if option["value"] == value]
    assert found, f"no option {value!r}, only {[o['value'] for o in options]}"
    return found[0]


def _filled(element: dict, value: Any) -> dict:
    """Return the state of *element* with *value*, or with its initial one."""
    kind = element["type"]
    if kind in _CHOICES:
        name = _CHOICES[kind]
        initial = element.get(name.replace("selected", "initial"))
        many = name.endswith("s")
        if value is None:
            chosen = initial or ([] if many else None)
        else:
            chosen = [_option(element, v) for v in value] if many else _option(element, value)
        return {"type": kind, name: chosen, "filled": bool(chosen)}
    name = _VALUES.get(kind, "value")
    if value is None:
        value = element.get(name.replace("selected", "initial").replace("value", "initial_value"))
    if kind == "plain_text_input" and value is not None:
        longest = element.get("max_length", 3000)
        assert len(value) <= longest, f"{element['action_id']} takes {longest} characters"
    return {"type": kind, name: value, "filled": value is not None and value != ""}
