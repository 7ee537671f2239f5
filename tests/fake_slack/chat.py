"""chat.* and reactions.*: messages."""

import json

from tests.fake_slack.blocks import check_message
from tests.fake_slack.method import Call, method
from tests.fake_slack.refusal import Refusal
from tests.fake_slack.workspace import BOT_USER, Channel

#: Longer texts are cut, with a warning.
TEXT = 40_000
_CONTENT = (
    "channel text blocks attachments metadata mrkdwn parse link_names unfurl_links unfurl_media"
)


def content(call: Call) -> dict:
    """Return text, blocks and metadata of a message, checked."""
    text, blocks = call.args.get("text") or "", call.args.get("blocks")
    checked = check_message(blocks) if blocks else None
    if not text and not checked and not call.args.get("attachments"):
        raise Refusal("no_text")
    metadata = call.args.get("metadata")
    if metadata is not None and (
        not isinstance(metadata, dict)
        or set(metadata) != {"event_type", "event_payload"}
        or not isinstance(metadata["event_payload"], dict)
    ):
        raise Refusal("invalid_metadata_format")
    return {"text": text[:TEXT], "blocks": checked, "metadata": metadata}


def warned(call: Call) -> dict:
    """Return the warning that a text was cut, if it was."""
    if len(call.args.get("text") or "") <= TEXT:
        return {}
    word = "message_truncated"
    return {"warning": word, "response_metadata": {"warnings": [word]}}


def own(call: Call, channel: Channel) -> dict:
    message = call.workspace.message(channel, call.need("ts")[0])
    if message.get("user") != BOT_USER:
        raise Refusal(f"cant_{call.method.removeprefix('chat.')}_message")
    return message


@method(
    "chat.postMessage",
    f"{_CONTENT} thread_ts reply_broadcast client_msg_id username icon_emoji icon_url",
    scopes="chat:write",
)
def post_message(call: Call) -> dict:
    channel = call.workspace.writable(_place(call))
    message = call.workspace.own(**content(call))
    thread = call.args.get("thread_ts")
    if thread and not any(m["ts"] == thread for m in channel.messages):
        raise Refusal("cannot_reply_to_message")
    message = call.workspace.post(channel, message, thread)
    return {"channel": channel.id, "ts": message["ts"], "message": message, **warned(call)}


def _place(call: Call) -> str:
    """Return the channel; a user's id stands for the direct messages with that user."""
    place = str(call.need("channel")[0])
    return call.workspace.direct(place).id if place.startswith("U") else place


@method("chat.update", f"{_CONTENT} ts as_user reply_broadcast file_ids", scopes="chat:write")
def update(call: Call) -> dict:
    channel = call.workspace.writable(call.need("channel")[0])
    message = own(call, channel)
    new = content(call)
    message["text"] = new["text"]
    for name in ("blocks", "metadata"):
        if call.args.get(name) is not None:
            message[name] = new[name] or []
    if not call.args.get("blocks"):
        message["edited"] = {"user": BOT_USER, "ts": call.workspace.stamp()}
    return {
        "channel": channel.id,
        "ts": message["ts"],
        "text": message["text"],
        "message": message,
        **warned(call),
    }


@method("chat.delete", "channel ts as_user", scopes="chat:write")
def delete(call: Call) -> dict:
    channel = call.workspace.writable(call.need("channel")[0])
    message = own(call, channel)
    channel.messages.remove(message)
    return {"channel": channel.id, "ts": message["ts"]}


@method(
    "chat.postEphemeral",
    "channel user text blocks attachments thread_ts parse link_names username icon_emoji icon_url",
    scopes="chat:write",
)
def post_ephemeral(call: Call) -> dict:
    place, user = call.need("channel", "user")
    channel = call.workspace.writable(place)
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    message = call.workspace.own(**content(call))
    show_ephemeral(call, channel, user, message)
    return {"message_ts": message["ts"]}


def show_ephemeral(call: Call, channel: Channel, user: str, message: dict) -> None:
    message.update(ts=call.workspace.stamp(), is_ephemeral=True)
    call.workspace.ephemerals.append((channel.id, user, message))


@method("chat.getPermalink", "channel message_ts")
def get_permalink(call: Call) -> dict:
    place, ts = call.need("channel", "message_ts")
    channel = call.workspace.visible(place)
    message = call.workspace.message(channel, ts)
    return {"channel": channel.id, "permalink": permalink(channel, message)}


def permalink(channel: Channel, message: dict) -> str:
    link = f"https://reelbot.slack.com/archives/{channel.id}/p{message['ts'].replace('.', '')}"
    thread = message.get("thread_ts")
    if thread in {None, message["ts"]}:
        return link
    return f"{link}?thread_ts={thread}&cid={channel.id}"


@method("reactions.add", "channel name timestamp", scopes="reactions:write")
def add_reaction(call: Call) -> dict:
    place, name, ts = call.need("channel", "name", "timestamp")
    message = call.workspace.message(call.workspace.writable(place), ts)
    reactions = message.setdefault("reactions", [])
    known = next((r for r in reactions if r["name"] == name), None)
    if known and BOT_USER in known["users"]:
        raise Refusal("already_reacted")
    if known:
        known["users"].append(BOT_USER)
    else:
        reactions.append({"name": name, "users": [BOT_USER], "count": 1})
    return {}


def decoded(value: object) -> object:
    """Return a structured argument as a value; forms carry it as JSON text."""
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
