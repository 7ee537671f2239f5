"""The addresses that come with commands and clicks: five posts each, within half an hour."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.fake_slack.blocks import check_message
from tests.fake_slack.refusal import Refusal
from tests.fake_slack.workspace import Channel, Workspace

USES, SECONDS = 5, 30 * 60
_KNOWN = {
    "attachments",
    "blocks",
    "delete_original",
    "metadata",
    "mrkdwn",
    "replace_original",
    "response_type",
    "text",
    "thread_ts",
    "unfurl_links",
    "unfurl_media",
}


@dataclass
class ResponseUrl:
    """One address."""

    user: str
    channel: Channel
    #: The message it is about; None for a slash command.
    message: dict | None
    until: datetime
    uses: int = 0


class ResponseUrls:
    """All addresses of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._issued: dict[str, ResponseUrl] = {}

    def issue(self, user: str, channel: Channel, message: dict | None) -> str:
        """Return the name of a new address."""
        name = self._workspace.number("r")
        until = self._workspace.now() + timedelta(seconds=SECONDS)
        self._issued[name] = ResponseUrl(user, channel, message, until)
        return name

    def use(self, name: str, body: dict) -> None:
        """Do what was posted to an address; `Refusal` for what Slack would refuse."""
        url = self._issued.get(name)
        if url is None or self._workspace.now() > url.until:
            raise Refusal("expired_url")
        if url.uses >= USES:
            raise Refusal("used_url")
        url.uses += 1
        if unknown := sorted(set(body) - _KNOWN):
            raise Refusal("invalid_arguments", *(f"unknown argument: {k}" for k in unknown))
        if body.get("delete_original"):
            self._delete(url)
        else:
            self._say(url, body)

    def _delete(self, url: ResponseUrl) -> None:
        space, original = self._workspace, url.message
        url.channel.messages[:] = [m for m in url.channel.messages if m is not original]
        space.ephemerals = [e for e in space.ephemerals if e[2] is not original]

    def _say(self, url: ResponseUrl, body: dict) -> None:
        space, original = self._workspace, url.message
        blocks = check_message(body["blocks"]) if body.get("blocks") else None
        if not body.get("text") and not blocks:
            raise Refusal("no_text")
        message = space.own(text=body.get("text", ""), blocks=blocks)
        if original and body.get("replace_original") in {True, "true"}:
            original.update(message)
        elif body.get("response_type") == "in_channel":
            space.post(url.channel, message, body.get("thread_ts"))
        else:
            message.update(ts=space.stamp(), is_ephemeral=True)
            space.ephemerals.append((url.channel.id, url.user, message))
