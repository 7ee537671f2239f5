"""The fake Slack speaks Slack's Web API, as the official client understands it."""

import asyncio
import hashlib

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.clock import FakeClock
from tests.fake_slack import BOT_USER, FakeSlack, Hang, RateLimit, Refuse, Reset, Slow, Status

BUTTON = {
    "type": "button",
    "text": {"type": "plain_text", "text": "Approve"},
    "action_id": "approve",
}


@pytest.fixture
async def slack():
    fake = FakeSlack(FakeClock())
    fake.workspace.add_channel("#cats")
    fake.workspace.add_user("U0JANE", "jane")
    async with fake.serving():
        yield fake


@pytest.fixture
def client(slack):
    return AsyncWebClient("xoxb-test", base_url=slack.api_url, timeout=5, retry_handlers=[])


def channel(slack, name="#cats"):
    return slack.workspace.find(name)


async def refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response["error"]


def section(text):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def modal(**more):
    title = {"type": "plain_text", "text": "Make a video"}
    return {"type": "modal", "title": title, "blocks": [section("Hello")], **more}


async def test_a_token_is_recognised(slack, client):
    answer = await client.auth_test()
    assert answer["user_id"] == BOT_USER
    assert "chat:write" in answer.headers["x-oauth-scopes"]


async def test_a_message_is_posted_changed_and_deleted(slack, client):
    metadata = {"event_type": "run", "event_payload": {"id": "r1"}}
    posted = await client.chat_postMessage(
        channel=channel(slack).id, text="Making…", blocks=[section("Making…")], metadata=metadata
    )
    assert posted["message"]["metadata"] == metadata
    assert posted["message"]["blocks"][0]["block_id"]
    await client.chat_update(channel=channel(slack).id, ts=posted["ts"], text="Done")
    assert [m["text"] for m in slack.messages("#cats")] == ["Done"]
    link = await client.chat_getPermalink(channel=channel(slack).id, message_ts=posted["ts"])
    assert posted["ts"].replace(".", "") in link["permalink"]
    await client.chat_delete(channel=channel(slack).id, ts=posted["ts"])
    assert slack.messages("#cats") == []


async def test_stamps_are_unique_though_no_time_goes_by(slack, client):
    posts = [await client.chat_postMessage(channel="#cats", text="x") for _ in range(5)]
    assert len({p["ts"] for p in posts}) == 5


async def test_replies_stay_in_their_thread(slack, client):
    parent = await client.chat_postMessage(channel="#cats", text="parent")
    place = parent["channel"]
    await client.chat_postMessage(channel=place, text="reply", thread_ts=parent["ts"])
    history = await client.conversations_history(channel=place)
    replies = await client.conversations_replies(channel=place, ts=parent["ts"])
    assert [m["text"] for m in history["messages"]] == ["parent"]
    assert [m["text"] for m in replies["messages"]] == ["parent", "reply"]
    stray = client.chat_postMessage(channel=place, text="?", thread_ts="1.000001")
    assert await refused(stray) == "cannot_reply_to_message"


async def test_metadata_is_told_to_those_who_ask_for_it(slack, client):
    metadata = {"event_type": "run", "event_payload": {"id": "r1"}}
    place = channel(slack).id
    await client.chat_postMessage(channel=place, text="x", metadata=metadata)
    plain = await client.conversations_history(channel=place)
    asked = await client.conversations_history(channel=place, include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert asked["messages"][0]["metadata"] == metadata


async def test_what_only_one_person_sees_is_not_in_the_history(slack, client):
    place = channel(slack)
    call = client.chat_postEphemeral(channel=place.id, user="U0JANE", text="help")
    assert await refused(call) == "user_not_in_channel"
    place.members.add("U0JANE")
    await client.chat_postEphemeral(channel=place.id, user="U0JANE", text="help")
    assert (await client.conversations_history(channel=place.id))["messages"] == []
    assert [m["text"] for m in slack.seen_by("U0JANE")] == ["help"]


async def test_channels_come_in_pages(slack, client):
    for n in range(5):
        slack.workspace.add_channel(f"c{n}", archived=n == 4)
    slack.workspace.add_channel("hidden", members=(), private=True)
    names, cursor = [], None
    while cursor != "":
        answer = await client.conversations_list(
            limit=2, cursor=cursor, exclude_archived=True, types="public_channel,private_channel"
        )
        assert len(answer["channels"]) <= 2
        names += [c["name"] for c in answer["channels"]]
        cursor = answer["response_metadata"]["next_cursor"]
    assert names == ["cats", "c0", "c1", "c2", "c3"]


async def test_the_bot_cannot_write_where_it_is_not(slack, client):
    slack.workspace.add_channel("open", members=())
    slack.workspace.add_channel("hidden", members=(), private=True)
    slack.workspace.add_channel("old", archived=True)
    for name, word in [
        ("open", "not_in_channel"),
        ("hidden", "channel_not_found"),
        ("old", "is_archived"),
        ("none", "channel_not_found"),
    ]:
        assert await refused(client.chat_postMessage(channel=f"#{name}", text="x")) == word
    await client.conversations_join(channel=channel(slack, "open").id)
    await client.chat_postMessage(channel="#open", text="x")


async def test_people_and_groups_are_known(slack, client):
    slack.workspace.usergroups["S0APPROVERS"] = ["U0JANE"]
    assert (await client.users_info(user="U0JANE"))["user"]["name"] == "jane"
    assert (await client.usergroups_users_list(usergroup="S0APPROVERS"))["users"] == ["U0JANE"]
    assert (await client.conversations_members(channel=channel(slack).id))["members"] == [BOT_USER]
    assert (await client.team_info())["team"]["id"]
    assert (await client.bots_info(bot="B0REELBOT"))["bot"]["user_id"] == BOT_USER
    opened = await client.conversations_open(users="U0JANE")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="hi")
    assert await refused(client.users_info(user="U0NONE")) == "user_not_found"


async def test_a_reaction_is_added_once(slack, client):
    posted = await client.chat_postMessage(channel="#cats", text="x")
    react = {"channel": posted["channel"], "timestamp": posted["ts"], "name": "eyes"}
    await client.reactions_add(**react)
    assert await refused(client.reactions_add(**react)) == "already_reacted"


# --- refusals ------------------------------------------------------------------------------------


async def test_a_missing_scope_is_named(slack, client):
    slack.token("xoxb-test").scopes = frozenset({"commands"})
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="#cats", text="x")
    answer = caught.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "chat:write",
        "commands",
    )


@pytest.mark.parametrize(
    "token, word",
    [("", "not_authed"), ("xoxb-other", "invalid_auth"), ("xapp-test", "not_allowed_token_type")],
)
async def test_a_wrong_token_is_refused(slack, token, word):
    client = AsyncWebClient(token, base_url=slack.api_url)
    assert await refused(client.auth_test()) == word


async def test_a_revoked_token_is_refused(slack, client):
    slack.token("xoxb-test").revoked = True
    assert await refused(client.auth_test()) == "token_revoked"


async def test_unknown_methods_and_arguments_are_refused(slack, client):
    assert await refused(client.api_call("chat.shout")) == "unknown_method"
    call = client.chat_postMessage(channel="#cats", text="x", colour="red")
    assert await refused(call) == "invalid_arguments"


BAD_BLOCKS = {
    "51 blocks": [{"type": "divider"}] * 51,
    "an unknown block": [{"type": "carousel_of_cats"}],
    "an unknown field": [{"type": "divider", "colour": "red"}],
    "a long section": [section("x" * 3001)],
    "an empty section": [section("")],
    "a long field": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]}],
    "11 fields": [{"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 11}],
    "a long header": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
    "a header with markup": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
    "a long button": [
        {
            "type": "actions",
            "elements": [{**BUTTON, "text": {"type": "plain_text", "text": "x" * 76}}],
        }
    ],
    "a long value": [{"type": "actions", "elements": [{**BUTTON, "value": "x" * 2001}]}],
    "a green button": [{"type": "actions", "elements": [{**BUTTON, "style": "green"}]}],
    "26 buttons": [
        {"type": "actions", "elements": [{**BUTTON, "action_id": str(n)} for n in range(26)]}
    ],
    "no button": [{"type": "actions", "elements": []}],
    "an action twice": [{"type": "actions", "elements": [BUTTON, BUTTON]}],
    "a block id twice": [{"type": "divider", "block_id": "a"}] * 2,
    "a picture without words": [{"type": "image", "image_url": "https://example.test/a.png"}],
    "11 pieces of context": [
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}
    ],
    "long markdown": [{"type": "markdown", "text": "x" * 12_001}],
    "101 options": [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "static_select",
                    "action_id": "a",
                    "options": [
                        {"text": {"type": "plain_text", "text": "x"}, "value": str(n)}
                        for n in range(101)
                    ],
                }
            ],
        }
    ],
    "a long option": [
        {
            "type": "actions",
            "elements": [
                {
                    "type": "static_select",
                    "action_id": "a",
                    "options": [{"text": {"type": "plain_text", "text": "x" * 76}, "value": "1"}],
                }
            ],
        }
    ],
    "a long question": [
        {
            "type": "actions",
            "elements": [
                {
                    **BUTTON,
                    "confirm": {
                        "title": {"type": "plain_text", "text": "x" * 101},
                        "text": {"type": "plain_text", "text": "x"},
                        "confirm": {"type": "plain_text", "text": "x"},
                        "deny": {"type": "plain_text", "text": "x"},
                    },
                }
            ],
        }
    ],
}


@pytest.mark.parametrize("fault", BAD_BLOCKS)
async def test_blocks_over_the_limits_are_refused_with_the_place(slack, client, fault):
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="#cats", text="x", blocks=BAD_BLOCKS[fault])
    assert caught.value.response["error"] == "invalid_blocks"
    assert "json-pointer:/blocks" in str(caught.value.response["response_metadata"]["messages"])
    assert slack.messages("#cats") == []


async def test_blocks_at_the_limits_are_taken(slack, client):
    blocks = [
        section("x" * 3000),
        {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
        {"type": "actions", "elements": [{**BUTTON, "value": "x" * 2000}]},
        *[{"type": "divider"}] * 47,
    ]
    await client.chat_postMessage(channel="#cats", text="x", blocks=blocks)
    assert len(slack.messages("#cats")[0]["blocks"]) == 50


@pytest.mark.parametrize(
    "view",
    [
        modal(title={"type": "plain_text", "text": "x" * 25}),
        modal(blocks=[section("x")] * 101),
        modal(private_metadata="x" * 3001),
        modal(callback_id="x" * 256),
        modal(colour="red"),
        modal(
            blocks=[
                {
                    "type": "input",
                    "label": {"type": "plain_text", "text": "Prompt"},
                    "element": {"type": "plain_text_input", "action_id": "p"},
                }
            ]
        ),
    ],
)
async def test_views_over_the_limits_are_refused(slack, client, view):
    trigger = slack.workspace.trigger("U0JANE")
    assert await refused(client.views_open(trigger_id=trigger, view=view)) == "invalid_arguments"


async def test_a_trigger_opens_one_view_within_three_seconds(slack, client):
    late = slack.workspace.trigger("U0JANE")
    await slack.workspace.clock.advance(3.1)
    trigger = slack.workspace.trigger("U0JANE")
    await client.views_open(trigger_id=trigger, view=modal())
    for used, word in [
        (trigger, "exchanged_trigger_id"),
        (late, "expired_trigger_id"),
        ("x", "invalid_trigger_id"),
    ]:
        assert await refused(client.views_open(trigger_id=used, view=modal())) == word


async def test_views_are_changed_stacked_and_published(slack, client):
    triggers = [slack.workspace.trigger("U0JANE") for _ in range(4)]
    first = (await client.views_open(trigger_id=triggers[0], view=modal()))["view"]
    changed = await client.views_update(view_id=first["id"], hash=first["hash"], view=modal())
    stale = client.views_update(view_id=first["id"], hash=first["hash"], view=modal())
    assert await refused(stale) == "hash_conflict"
    pushed = (await client.views_push(trigger_id=triggers[1], view=modal()))["view"]
    assert pushed["previous_view_id"] == changed["view"]["id"]
    await client.views_push(trigger_id=triggers[2], view=modal())
    over = client.views_push(trigger_id=triggers[3], view=modal())
    assert await refused(over) == "push_limit_reached"
    home = {"type": "home", "blocks": [section("Next: 12:00")]}
    await client.views_publish(user_id="U0JANE", view=home)
    assert slack.workspace.homes["U0JANE"].shape["blocks"][0]["text"]["text"] == "Next: 12:00"


# --- files ---------------------------------------------------------------------------------------


async def test_the_official_upload_shows_in_its_channel_after_a_while(slack, client):
    slack.workspace.share_lag = 5
    place = channel(slack).id
    await client.files_upload_v2(
        channel=place, content=b"x" * 1000, filename="a.mp4", initial_comment="A cat."
    )
    [upload] = slack.uploads
    assert upload.bytes == 1000
    assert upload.sha256 == hashlib.sha256(b"x" * 1000).hexdigest()
    assert (await client.files_info(file=upload.file_id))["file"]["shares"] == {}
    assert slack.messages("#cats") == []
    await slack.workspace.clock.advance(5)
    shown = (await client.files_info(file=upload.file_id))["file"]
    [message] = slack.messages("#cats")
    assert shown["shares"]["public"][place][0]["ts"] == message["ts"]
    assert shown["channels"] == [place]
    assert message["text"] == "A cat."
    await client.files_delete(file=upload.file_id)
    assert slack.messages("#cats") == []
    assert await refused(client.files_info(file=upload.file_id)) == "file_deleted"


async def test_a_file_is_there_once_it_is_completed_and_completed_once(slack, client):
    address = await client.files_getUploadURLExternal(filename="a.mp4", length=3)
    file = address["file_id"]
    complete = {"files": [{"id": file}], "channel_id": channel(slack).id}
    early = client.files_completeUploadExternal(**complete)
    assert await refused(early) == "file_not_found"
    assert await refused(client.files_info(file=file)) == "file_not_found"
    async with aiohttp.ClientSession() as session:
        wrong = await session.post(address["upload_url"], data=b"toolong")
        right = await session.post(address["upload_url"], data=b"abc")
        assert (wrong.status, right.status, await right.text()) == (400, 200, "OK - 3")
    await client.files_completeUploadExternal(**complete)
    again = client.files_completeUploadExternal(**complete)
    assert await refused(again) == "file_not_found"
    assert len(slack.clips("#cats")) == 1


async def test_alt_text_makes_a_file_vanish_as_it_does_at_slack(slack, client):
    await client.files_upload_v2(
        channel=channel(slack).id, content=b"x", filename="a.png", alt_txt="A cat."
    )
    assert slack.messages("#cats") == []


async def test_a_file_too_large_is_refused(slack, client):
    slack.workspace.max_bytes = 10
    call = client.files_getUploadURLExternal(filename="a.mp4", length=11)
    assert await refused(call) == "file_upload_size_restricted"


# --- faults --------------------------------------------------------------------------------------


async def test_a_planned_limit_hits_one_channel_and_names_the_pause(slack, client):
    slack.workspace.add_channel("dogs")
    slack.fail("chat.postMessage", RateLimit(7), channel=channel(slack).id)
    await client.chat_postMessage(channel=channel(slack, "dogs").id, text="x")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=channel(slack).id, text="x")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["retry-after"] == "7"
    await client.chat_postMessage(channel=channel(slack).id, text="x")


async def test_the_official_client_waits_as_long_as_it_is_asked_to(slack):
    slack.fail("chat.postMessage", RateLimit(1))
    client = AsyncWebClient(
        "xoxb-test",
        base_url=slack.api_url,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
    )
    await client.chat_postMessage(channel="#cats", text="x")
    assert slack.count("chat.postMessage") == 2
    assert len(slack.messages("#cats")) == 1


async def test_posts_too_close_together_are_limited_by_the_clock(slack, client):
    slack.spacing["chat.postMessage"] = 1
    await client.chat_postMessage(channel="#cats", text="x")
    assert await refused(client.chat_postMessage(channel="#cats", text="y")) == "ratelimited"
    await slack.workspace.clock.advance(1)
    await client.chat_postMessage(channel="#cats", text="y")


@pytest.mark.parametrize("happens", [True, False])
@pytest.mark.parametrize("fault", [Reset, Hang, Status])
async def test_a_lost_answer_says_nothing_about_what_happened(slack, fault, happens):
    planned = Status(503, happens=happens) if fault is Status else fault(happens=happens)
    slack.fail("chat.postMessage", planned)
    client = AsyncWebClient("xoxb-test", base_url=slack.api_url, timeout=1, retry_handlers=[])
    with pytest.raises((SlackApiError, aiohttp.ClientError, asyncio.TimeoutError)):
        await client.chat_postMessage(channel="#cats", text="x")
    assert len(slack.messages("#cats")) == happens
    assert slack.calls[-1].happened is happens


async def test_a_slow_answer_comes(slack, client):
    slack.fail("auth.test", Slow(0.05))
    assert (await client.auth_test())["ok"]


async def test_a_planned_word_is_answered_once(slack, client):
    slack.fail("chat.postMessage", Refuse("restricted_action"))
    call = client.chat_postMessage(channel="#cats", text="x")
    assert await refused(call) == "restricted_action"
    await client.chat_postMessage(channel="#cats", text="x")


async def test_it_can_be_served_from_a_thread(slack):
    other = FakeSlack()
    other.workspace.add_channel("#cats")
    with other.serve():
        client = AsyncWebClient("xoxb-test", base_url=other.api_url)
        await client.chat_postMessage(channel="#cats", text="x")
        assert len(other.messages("#cats")) == 1
