"""Slack's error words, as one sentence with what to do.

A word that a person can put right pauses the target, so that the post goes out once it is; any
other refusal is final. The words: docs.slack.dev/reference/methods, errors of `files.*`.
"""

from collections.abc import Mapping

from bot.domain.post import Target
from bot.errors import PostRejected, PublishError, TargetPaused

#: What a call is about, for the words: a target, or whatever else people call it.
Place = Target | str

#: The bot token is no good; nothing can be done with it.
TOKEN = {
    "account_inactive",
    "invalid_auth",
    "not_authed",
    "org_login_required",
    "token_expired",
    "token_revoked",
}
_FORBIDDEN = {
    "access_denied",
    "blocked_file_type",
    "ekm_access_denied",
    "enterprise_is_restricted",
    "file_type_not_allowed",
    "file_uploads_disabled",
    "file_uploads_except_images_disabled",
    "no_permission",
    "not_allowed",
    "posting_to_channel_denied",
    "restricted_action",
    "restricted_action_read_only_channel",
    "slack_connect_file_upload_sharing_blocked",
    "team_access_not_granted",
}
#: Word: what happened, what to do. The target goes on by itself afterwards.
_PAUSED = {
    "channel_not_found": (
        "Slack shows no channel {target} to the app.",
        "Check its name, or name it by its id (C…); if it is private, invite the app there.",
    ),
    "is_archived": ("{target} is archived.", "Unarchive it, or name another channel."),
    "not_allowed_token_type": (
        "SLACK_BOT_TOKEN holds a token of another kind.",
        "Put the bot token there; it begins with xoxb-.",
    ),
    "not_in_channel": (
        "The Slack app is not in {target}.",
        "Type /invite and the app's name in that channel.",
    ),
    "storage_limit_reached": (
        "The workspace's storage for files is full.",
        "Delete files in Slack, or extend its plan.",
    ),
}
_REJECTED = {
    "file_deleted": (
        "Somebody has deleted the clip in Slack.",
        "Look whether it had been posted; `retry` posts it again.",
    ),
    "file_upload_size_restricted": (
        "The clip is larger than this workspace takes.",
        "Make it shorter or smaller, or raise the workspace's limit.",
    ),
    "msg_too_long": ("The caption is too long for Slack.", "Shorten the caption."),
}


def refuse(word: str, target: Place, answer: Mapping[str, object] | None = None) -> PublishError:
    """Return what Slack's *word* means for a post to *target*; nothing was posted."""
    if word == "missing_scope":
        needed = str((answer or {}).get("needed") or "it needs")
        return TargetPaused(
            f"The Slack app lacks the permission {needed}.",
            hint=f"Add the scope {needed} to the app and install it anew.",
        )
    if word in TOKEN:
        return TargetPaused(
            f"Slack does not accept the bot token ({word}).",
            hint="Install the app anew and put its token into SLACK_BOT_TOKEN.",
        )
    if word in _FORBIDDEN:
        return TargetPaused(
            f"Slack does not let the app post videos to {target} ({word}).",
            hint="Ask an admin of the workspace to allow it.",
        )
    for words, kind in ((_PAUSED, TargetPaused), (_REJECTED, PostRejected)):
        if word in words:
            said, hint = words[word]
            return kind(said.format(target=target), hint=hint)
    return PostRejected(
        f"Slack refused the post to {target}: {_clean(word)}.", hint=_details(answer or {})
    )


def _details(answer: Mapping[str, object]) -> str:
    """Return what Slack says beside the word."""
    more = answer.get("response_metadata")
    messages = more.get("messages") if isinstance(more, dict) else None
    if isinstance(messages, list) and messages:
        return _clean("; ".join(map(str, messages)), 300)
    return "Look the word up in Slack's documentation of files.completeUploadExternal."


def _clean(text: str, longest: int = 80) -> str:
    return "".join(c for c in text if c.isprintable())[:longest]
