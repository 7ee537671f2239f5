"""Bodies, however they are spelled; what is refused is told in `test_studio`."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bot.studio import body, envelope
from bot.studio.body import Upload
from bot.studio.problem import Problem


async def echo(request: Request) -> JSONResponse:
    async with body.fields(request) as fields:
        return JSONResponse(
            {name: _shown(value) for name, value in fields.items()}, headers={"x-ok": "1"}
        )


def _shown(value: object) -> object:
    return {"file": value.file.read().decode()} if isinstance(value, Upload) else value


APP = Starlette(
    routes=[Route("/", echo, methods=["POST"])], exception_handlers={Problem: envelope.refuse}
)


async def post(**sent: Any) -> httpx.Response:
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
        return await client.post("/", **sent)


def form(*parts: tuple[str, str]) -> list[tuple[str, tuple[None, str]]]:
    return [(name, (None, value)) for name, value in parts]


@pytest.mark.parametrize(
    "parts,fields",
    [
        ([("prompt", "a cat"), ("seed", "7")], {"prompt": "a cat", "seed": "7"}),
        ([("video[id]", "v")], {"video": {"id": "v"}}),
        (
            [("characters[][id]", "a"), ("characters[][id]", "b")],
            {"characters": [{"id": "a"}, {"id": "b"}]},
        ),
        (
            [("characters[0][id]", "a"), ("characters[1][id]", "b")],
            {"characters": [{"id": "a"}, {"id": "b"}]},
        ),
        (
            [("c[][id]", "a"), ("c[][name]", "x"), ("c[][id]", "b")],
            {"c": [{"id": "a", "name": "x"}, {"id": "b"}]},
        ),
        ([("odd[", "a"), ("odd[]", "b")], {"odd[": "a", "odd[]": "b"}),
    ],
)
async def test_a_form_spells_objects_and_lists_in_brackets(
    parts: list[tuple[str, str]], fields: dict[str, Any]
) -> None:
    assert (await post(files=form(*parts))).json() == fields


@pytest.mark.parametrize(
    "names",
    [
        ("a", "a"),
        ("a[b]", "a[b]"),
        ("a", "a[b]"),
        ("a[b]", "a"),
        ("a[][b]", "a[b]"),
        ("a[b]", "a[][b]"),
        ("a", "a[][b]"),
    ],
)
async def test_a_name_cannot_mean_two_things(names: tuple[str, ...]) -> None:
    answer = await post(files=form(*((name, "x") for name in names)))
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Duplicate parameter: 'a")


async def test_files_come_as_they_were_sent() -> None:
    files = {"video": ("cat.mp4", b"x" * 3_000_000), "prompt": (None, "a cat")}
    fields = (await post(files=files)).json()
    assert fields == {"video": {"file": "x" * 3_000_000}, "prompt": "a cat"}


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
async def test_json_comes_as_it_was_sent(fields: dict[str, Any]) -> None:
    headers = {"content-type": "application/json; charset=utf-8"}
    answer = await post(content=json.dumps(fields), headers=headers)
    assert answer.json() == json.loads(json.dumps(fields))


@given(st.binary(max_size=200))
async def test_no_bytes_break_a_form(content: bytes) -> None:
    start = b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n'
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await post(content=start + content + b"\r\n--b--\r\n", headers=headers)
    assert answer.status_code in {200, 400}
