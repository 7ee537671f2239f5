"""conversations.*: channels and who is in them."""

from tests.fake_slack.method import Call, method, page
from tests.fake_slack.refusal import Refusal
from tests.fake_slack.workspace import BOT_USER, Channel

_READ = "channels:read groups:read im:read"
_HISTORY = "channels:history groups:history im:history"
_KINDS = {"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read"}


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def _require(call: Call, scope: str) -> None:
    """Raise without the scope for this very kind of conversation."""
    scopes = call.workspace.tokens[call.token].scopes
    if scope not in scopes:
        provided = ",".join(sorted(scopes))
        raise Refusal("missing_scope", needed=scope, provided=provided)


@method("conversations.list", "cursor exclude_archived limit types", scopes=_READ)
def list_channels(call: Call) -> dict:
    types = str(call.args.get("types") or "public_channel").replace(" ", "").split(",")
    for kind in types:
        if kind not in {*_KINDS, "mpim"}:
            raise Refusal("invalid_types")
        if kind in _KINDS:
            _require(call, _KINDS[kind])
    hidden = str(call.args.get("exclude_archived", "")).lower() in {"true", "1"}
    found = [
        c.shape
        for c in call.workspace.channels.values()
        if _kind(c) in types
        and not (hidden and c.is_archived)
        and (_kind(c) == "public_channel" or BOT_USER in c.members)
    ]
    channels, more = page(call, found)
    return {"channels": channels, "response_metadata": more}


@method("conversations.info", "channel include_locale include_num_members", scopes=_READ)
def info(call: Call) -> dict:
    channel = call.workspace.visible(call.need("channel")[0])
    _require(call, _KINDS[_kind(channel)])
    return {"channel": channel.shape}


@method("conversations.members", "channel cursor limit", scopes=_READ)
def members(call: Call) -> dict:
    channel = call.workspace.visible(call.need("channel")[0])
    users, more = page(call, sorted(channel.members))
    return {"members": users, "response_metadata": more}


@method("conversations.join", "channel", scopes="channels:join")
def join(call: Call) -> dict:
    channel = call.workspace.visible(call.need("channel")[0])
    if channel.is_archived:
        raise Refusal("is_archived")
    channel.members.add(BOT_USER)
    return {"channel": channel.shape}


@method("conversations.open", "channel users return_im prevent_creation", scopes="im:write")
def open_direct(call: Call) -> dict:
    users = str(call.need("users")[0]).split(",")
    if len(users) != 1:
        raise Refusal("not_supported_by_this_fake")
    return {"channel": {"id": call.workspace.direct(users[0]).id}}


def _between(call: Call, messages: list[dict]) -> list[dict]:
    oldest, latest = call.args.get("oldest") or "0", call.args.get("latest") or "9" * 12
    inclusive = str(call.args.get("inclusive", "")).lower() in {"true", "1"}
    low, high = float(oldest), float(latest)
    found = [
        m
        for m in messages
        if low < float(m["ts"]) < high or (inclusive and float(m["ts"]) in {low, high})
    ]
    if str(call.args.get("include_all_metadata", "")).lower() in {"true", "1"}:
        return found
    return [{k: v for k, v in m.items() if k != "metadata"} for m in found]


_SPAN = "channel cursor inclusive latest limit oldest include_all_metadata"


@method("conversations.history", _SPAN, scopes=_HISTORY)
def history(call: Call) -> dict:
    channel = call.workspace.visible(call.need("channel")[0])
    _require(call, _KINDS[_kind(channel)].replace(":read", ":history"))
    if BOT_USER not in channel.members:
        raise Refusal("not_in_channel")
    roots = [m for m in channel.messages if m.get("thread_ts", m["ts"]) == m["ts"]]
    messages, more = page(call, _between(call, roots)[::-1])
    return {
        "messages": messages,
        "has_more": bool(more["next_cursor"]),
        "response_metadata": more,
    }


@method("conversations.replies", f"{_SPAN} ts", scopes=_HISTORY)
def replies(call: Call) -> dict:
    channel = call.workspace.visible(call.need("channel")[0])
    _require(call, _KINDS[_kind(channel)].replace(":read", ":history"))
    if BOT_USER not in channel.members:
        raise Refusal("not_in_channel")
    ts = call.need("ts")[0]
    thread = [m for m in channel.messages if ts in {m["ts"], m.get("thread_ts")}]
    if not thread:
        raise Refusal("thread_not_found")
    messages, more = page(call, _between(call, thread))
    return {
        "messages": messages,
        "has_more": bool(more["next_cursor"]),
        "response_metadata": more,
    }
