"""The studio against the original's own description, with requests that schemathesis makes up.

The description is no part of the repository; the tests look for it beside the checkout, in
`../shared/data` or in `data` of the folder that REELBOT_SHARED names, and skip where it is not.
"""

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response, checks

from tests.studio_process import ROOT, StudioProcess

OPERATIONS = [
    ("POST", "/videos"),
    ("GET", "/videos"),
    ("POST", "/videos/characters"),
    ("GET", "/videos/characters/{character_id}"),
    ("POST", "/videos/edits"),
    ("POST", "/videos/extensions"),
    ("GET", "/videos/{video_id}"),
    ("DELETE", "/videos/{video_id}"),
    ("GET", "/videos/{video_id}/content"),
    ("POST", "/videos/{video_id}/remix"),
]
NAMED = [(method, path) for method, path in OPERATIONS if "{" in path]
EXAMPLES = 25


def _shared() -> list[Path]:
    named = os.environ.get("REELBOT_SHARED")
    return [Path(named)] if named else [parent / "shared" for parent in ROOT.parents]


@cache
def description() -> dict[str, Any]:
    for folder in _shared():
        path = folder / "data/openai-videos.openapi.json"
        if path.exists():
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return found
    pytest.skip("openai-videos.openapi.json is not in ../shared/data")


def operation(method: str, path: str) -> Any:
    return schemathesis.openapi.from_dict(description())[path][method]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    description()
    folder = tmp_path_factory.mktemp("studio")
    with StudioProcess(folder, renderer="tests.quick_renderer") as studio:
        yield studio


@pytest.fixture(scope="module")
def known(studio: StudioProcess) -> list[str]:
    """Ids of videos that complete, and of characters."""
    with httpx.Client(base_url=studio.url, trust_env=False) as client:
        videos = [client.post("/videos", json={"prompt": "a cat"}) for _ in range(6)]
        clip = {"video": ("clip.mp4", b"footage 640x360 2.5")}
        characters = [
            client.post("/videos/characters", data={"name": "Mog"}, files=clip) for _ in range(2)
        ]
        return [answer.json()["id"] for answer in (*videos, *characters)]


def judge(case: Case, studio: StudioProcess) -> None:
    answer = case.call(base_url=studio.url, timeout=30)
    judged = [checks.not_a_server_error, checks.response_headers_conformance]
    if answer.status_code == httpx.codes.OK:
        judged.append(checks.response_schema_conformance)
        if "image/jpeg" not in answer.headers["content-type"]:  # the guide's, not the description's
            judged.append(checks.content_type_conformance)
    else:
        assert_enveloped(answer)
    case.validate_response(answer, checks=judged)


def assert_enveloped(answer: Response) -> None:
    error = answer.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str)
    assert error["type"] in {"invalid_request_error", "rate_limit_error", "server_error"}


bounded = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def test_every_operation_of_the_description_is_tried() -> None:
    described = schemathesis.openapi.from_dict(description()).get_all_operations()
    assert sorted(found.ok().label for found in described) == sorted(map(" ".join, OPERATIONS))


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("method,path", OPERATIONS)
def test_whatever_is_asked_the_answer_conforms(
    studio: StudioProcess, method: str, path: str, mode: GenerationMode
) -> None:
    @bounded
    @given(case=operation(method, path).as_strategy(mode))
    def ask(case: Case) -> None:
        judge(case, studio)

    ask()


@pytest.mark.parametrize("method,path", NAMED)
def test_what_is_there_is_answered_as_described(
    studio: StudioProcess, known: list[str], method: str, path: str
) -> None:
    at = operation(method, path)
    name = path.split("{")[1].split("}", maxsplit=1)[0]

    def of(known_id: str) -> st.SearchStrategy[Case]:
        return at.as_strategy(path_parameters={name: known_id})

    @bounded
    @given(case=st.sampled_from(known).flatmap(of))
    def ask(case: Case) -> None:
        judge(case, studio)

    ask()
