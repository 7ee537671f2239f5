"""The fake X and X's own description agree; skipped where that does not lie beside the checkout."""

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.clock import FakeClock
from tests.fake_x import Account, FakeX
from tests.fake_x.operation import OPERATIONS
from tests.fake_x.schema import APPEND, INITIALIZE, METADATA, PARAMETERS, POST
from tests.fake_x.shape import DESCRIPTION, description
from tests.x_calls import append, begin, finalize, post, status, timeline

BODIES = {
    "InitializeMediaUploadRequest": INITIALIZE,
    "AppendMediaUploadRequest": APPEND,
    "CreatePostsRequest": POST,
}
#: The older name of `post.fields`, which the description no longer has and X still takes.
OLDER = "tweet.fields"


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    found = description()
    if found is None:
        pytest.skip(f"{DESCRIPTION} is not in ../shared/data")
    return found


def conforms(described: dict, method: str, path: str, answer: httpx.Response) -> None:
    responses = described["paths"][path][method]["responses"]
    shown = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
    Draft202012Validator(shown | {"components": described["components"]}).validate(answer.json())


async def test_every_answer_is_as_described(
    described: dict, x: FakeX, reel: Account, client: httpx.AsyncClient, clock: FakeClock
) -> None:
    media = await begin(client)
    first = x.called("initialize")[0].answer
    answers = {
        ("post", "/2/media/upload/{id}/append"): await append(client, media),
        ("post", "/2/media/upload/{id}/finalize"): await finalize(client, media),
    }
    await clock.advance(2)
    answers["get", "/2/media/upload"] = await status(client, media)
    await clock.advance(5)
    words = {"id": media, "metadata": {"alt_text": {"text": "a cat"}}}
    answers["post", "/2/media/metadata"] = await client.post("/2/media/metadata", json=words)
    made = await post(client, media={"media_ids": [media]}, made_with_ai=True)
    answers["post", "/2/tweets"] = made
    await clock.advance(20)
    one = f"/2/tweets/{made.json()['data']['id']}"
    answers["get", "/2/tweets/{id}"] = await client.get(one)
    answers["get", "/2/users/{id}/tweets"] = await timeline(client, reel.id)
    answers["get", "/2/users/me"] = await client.get("/2/users/me?user.fields=created_at,verified")
    answers["delete", "/2/tweets/{id}"] = await client.delete(one)
    bearer = {"authorization": f"Bearer {x.people.app.bearer}"}
    answers["get", "/2/usage/tweets"] = await client.get("/2/usage/tweets", headers=bearer)
    for (method, path), answer in answers.items():
        conforms(described, method, path, answer)
    known = {(one.method.lower(), one.path) for one in OPERATIONS}
    assert known - set(answers) == {("post", "/2/media/upload/initialize")}
    whole = httpx.Response(200, json=first)
    conforms(described, "post", "/2/media/upload/initialize", whole)


async def test_what_is_not_found_is_told_as_described(
    described: dict, client: httpx.AsyncClient
) -> None:
    conforms(described, "get", "/2/tweets/{id}", await client.get("/2/tweets/1"))
    conforms(described, "get", "/2/users/{id}/tweets", await client.get("/2/users/1/tweets"))


@pytest.mark.parametrize("name", BODIES)
def test_the_bodies_kept_here_have_the_described_properties(described: dict, name: str) -> None:
    theirs = described["components"]["schemas"][name]
    assert set(BODIES[name]["properties"]) == set(theirs["properties"])
    assert theirs["additionalProperties"] is False
    for key, ours in BODIES[name]["properties"].items():
        for word in ("minimum", "maximum", "pattern", "enum"):
            assert ours.get(word) == theirs["properties"][key].get(word), (key, word)


def test_the_metadata_kept_here_is_described(described: dict) -> None:
    theirs = described["components"]["schemas"]["CreateMediaMetadataMetadata"]["properties"]
    assert set(METADATA["properties"]["metadata"]["properties"]) <= set(theirs)


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_the_parameters_and_scopes_kept_here_are_the_described_ones(
    described: dict, one: Any
) -> None:
    theirs = described["paths"][one.path][one.method.lower()]
    given = [_resolved(described, one) for one in theirs.get("parameters", [])]
    names = {one["name"] for one in given if one["in"] == "query"}
    ours = set(PARAMETERS.get(one.name, {})) - {OLDER}
    assert ours == names - {"poll.fields", "place.fields"}
    scopes = [way["OAuth2UserToken"] for way in theirs["security"] if "OAuth2UserToken" in way]
    assert one.scopes == frozenset(*scopes)
    app = any("BearerToken" in way for way in theirs["security"])
    assert app == (one.app != "never")


def _resolved(described: dict, parameter: dict) -> dict:
    if "$ref" not in parameter:
        return parameter
    found: dict = described["components"]["parameters"][parameter["$ref"].rsplit("/", 1)[1]]
    return found


async def test_xs_own_schema_is_held_against_requests_too(
    described: dict, client: httpx.AsyncClient
) -> None:
    wrong = {"media_ids": ["1"], "call_to_actions": {"watch_now": {}}}  # ours is laxer here
    answer = await post(client, media=wrong)
    assert "$.media.call_to_actions.watch_now.url: is missing" in answer.text
