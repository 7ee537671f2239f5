"""files.*: the upload in three steps, what became of it, taking it down."""

from tests.fake_slack.blocks import check_message
from tests.fake_slack.method import Call, method
from tests.fake_slack.refusal import Refusal
from tests.fake_slack.workspace import BOT_USER, TEAM, File


@method("files.getUploadURLExternal", "filename length alt_txt snippet_type", scopes="files:write")
def get_upload_url(call: Call) -> dict:
    name, length = call.need("filename", "length")
    if not str(length).isdecimal():
        raise Refusal("invalid_arguments", "length must be an integer")
    if int(length) == 0:
        raise Refusal("file_upload_size_zero")
    if int(length) > call.workspace.max_bytes:
        raise Refusal("file_upload_size_restricted")
    file = File(
        id=call.workspace.number("F"),
        name=name,
        length=int(length),
        alt_txt=call.args.get("alt_txt"),
    )
    call.workspace.files[file.id] = file
    return {"upload_url": f"{call.base}/upload/v1/{file.id}", "file_id": file.id}


@method(
    "files.completeUploadExternal",
    "files channel_id channels initial_comment thread_ts blocks username icon_url icon_emoji",
    scopes="files:write",
)
def complete(call: Call) -> dict:
    """Once per file. What carries alt text is taken and never shows (python-slack-sdk#1818)."""
    wanted = call.need("files")[0]
    if not isinstance(wanted, list) or not all(isinstance(f, dict) for f in wanted):
        raise Refusal("invalid_arguments", "invalid `files`")
    unknown = {key for f in wanted for key in set(f) - {"id", "title", "highlight_type"}}
    if unknown:
        raise Refusal("invalid_arguments", *(f"unknown argument: files/{k}" for k in unknown))
    places = _places(call)
    blocks = None
    if call.args.get("blocks") and not call.args.get("initial_comment"):
        blocks = check_message(call.args["blocks"])
        if any(b["type"] == "markdown" for b in blocks):  # python-slack-sdk#1756
            raise Refusal("internal_error")
    files = [_uploaded(call, f["id"]) for f in wanted]
    for file, asked in zip(files, wanted, strict=True):
        file.title, file.completed_at = asked.get("title") or file.name, call.workspace.now()
        comment = call.args.get("initial_comment") or ""
        shares = [(place, call.args.get("thread_ts"), comment, blocks) for place in places]
        if call.workspace.drop_shares and shares:
            call.workspace.drop_shares -= 1
        elif not file.alt_txt:
            file.pending = shares
    call.workspace.show_shares()
    return {"files": [_shape(file) for file in files]}


def _places(call: Call) -> list[str]:
    named = call.args.get("channels") or call.args.get("channel_id") or ""
    names = [name for name in str(named).split(",") if name]
    if call.args.get("thread_ts") and len(names) > 1:
        raise Refusal("invalid_arguments", "thread_ts needs exactly one channel")
    places = []
    for name in names:
        if call.workspace.find(name) and name not in call.workspace.channels:
            raise Refusal("channel_not_found")  # a name is no id here
        channel = call.workspace.writable(
            call.workspace.direct(name).id if name.startswith("U") else name
        )
        if thread := call.args.get("thread_ts"):
            call.workspace.message(channel, thread)
        places.append(channel.id)
    return places


def _uploaded(call: Call, file_id: str) -> File:
    file = call.workspace.files.get(file_id)
    if file is None or file.received is None or file.completed_at or file.deleted:
        raise Refusal("file_not_found")
    return file


def _shape(file: File) -> dict:
    """Return a file as `files.info` shows it; kinds of places without any are left out."""
    public, private = (list(file.shares.get(k, {})) for k in ("public", "private"))
    created = int(file.completed_at.timestamp()) if file.completed_at else 0
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": "video/mp4" if file.name.endswith(".mp4") else "application/octet-stream",
        "filetype": file.name.rpartition(".")[2],
        "size": file.received,
        "user": BOT_USER,
        "user_team": TEAM,
        "created": created,
        "timestamp": created,
        "mode": "hosted",
        "pretty_type": "MPEG 4 Video" if file.name.endswith(".mp4") else "Binary",
        "editable": False,
        "file_access": "visible",
        "public_url_shared": False,
        "display_as_bot": False,
        "is_starred": False,
        "has_rich_preview": False,
        "comments_count": 0,
        "is_external": False,
        "is_public": bool(public),
        "permalink": f"https://reelbot.slack.com/files/{BOT_USER}/{file.id}/{file.name}",
        "url_private": file.address
        or f"https://files.slack.com/files-pri/T0-{file.id}/{file.name}",
        "url_private_download": f"https://files.slack.com/files-pri/T0-{file.id}/download",
        "shares": file.shares,
        "channels": public,
        "groups": [c for c in private if c not in file.ims],
        "ims": file.ims,
    }


def _completed(call: Call) -> File:
    file = call.workspace.files.get(call.need("file")[0])
    if file is None or file.completed_at is None:
        raise Refusal("file_not_found")
    if file.deleted:
        raise Refusal("file_deleted")
    return file


@method("files.info", "file count cursor limit page", scopes="files:read")
def info(call: Call) -> dict:
    file = _completed(call)
    return {"file": _shape(file), "comments": [], "response_metadata": {"next_cursor": ""}}


@method("files.delete", "file", scopes="files:write")
def delete(call: Call) -> dict:
    """Its messages go with it where nothing else is in them."""
    file = _completed(call)
    file.deleted, file.pending = True, []
    for channel in call.workspace.channels.values():
        channel.messages = [
            m for m in channel.messages if {"id": file.id} not in m.get("files", ())
        ]
    return {}
