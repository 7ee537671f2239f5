"""When an upload may serve another try, and what is remembered of the earlier ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.effect import Effect, EffectState
from bot.domain.post import Post, Target
from bot.domain.video import Asset
from bot.publishers.x.handle import (
    is_again,
    listed_from,
    of_earlier,
    of_upload,
    tried_keys,
)
from bot.x_api.upload import Media

NOW = datetime(2027, 1, 1, 12, tzinfo=UTC)
POST = Post(
    run_id="run-1",
    target=Target.parse("x:@reelbot"),
    caption="A cat.",
    alt_text="A tabby.",
    asset=Asset(sha256="0" * 64, path="clip.mp4", media_type="video/mp4", bytes=1),
    thumbnail=None,
    simulated=False,
)


def upload(number=1, at=NOW):
    return Media(id=f"{number}", key=f"7_{number}", expires_at=at + timedelta(hours=24))


def effect(state=EffectState.NOT_SENT, handle=None, at=NOW, generation=1):
    return Effect(
        key=f"run-1:post:x:@reelbot:{generation}",
        run_id="run-1",
        state=state,
        handle=of_upload(upload(), POST, (), at) if handle is None else handle,
        started_at=at,
    )


def test_the_upload_of_a_try_that_surely_did_not_post_serves_again():
    again = of_earlier(POST, [effect()], NOW)
    assert again
    assert (again["media"], again["key"]) == ("1", "7_1")
    assert is_again(again)
    assert not is_again(of_upload(upload(), POST, (), NOW))


@pytest.mark.parametrize("state", [EffectState.DONE, EffectState.UNCERTAIN, EffectState.SENDING])
def test_the_upload_of_a_try_that_may_have_posted_never_serves_again(state):
    assert of_earlier(POST, [effect(), effect(state, generation=2)], NOW) is None


@pytest.mark.parametrize(
    "post",
    [
        replace(POST, alt_text="A tabby in a boat."),
        replace(POST, alt_text=None),
        replace(POST, asset=replace(POST.asset, sha256="1" * 64)),
    ],
)
def test_another_video_or_description_is_uploaded(post):
    assert of_earlier(post, [effect()], NOW) is None


def test_other_words_need_no_other_upload():
    assert of_earlier(replace(POST, caption="Another cat."), [effect()], NOW)


@pytest.mark.parametrize("hours, serves", [(22.9, True), (23, False), (25, False)])
def test_an_upload_that_is_about_to_expire_does_not_serve(hours, serves):
    assert bool(of_earlier(POST, [effect()], NOW + timedelta(hours=hours))) is serves


@pytest.mark.parametrize("earlier", [[], [effect(handle={"post": "of a preview"})]])
def test_without_an_upload_there_is_none_to_take(earlier):
    assert of_earlier(POST, earlier, NOW) is None
    assert tried_keys(of_upload(upload(2), POST, earlier, NOW)) == frozenset()


def test_tries_that_may_be_out_are_remembered_from_the_first_one_on():
    hour = timedelta(hours=1)
    second = of_upload(upload(2), POST, [effect()], NOW + hour)
    earlier = [effect(EffectState.UNCERTAIN, handle=second, at=NOW + hour)]
    third = of_upload(upload(3), POST, earlier, NOW + 2 * hour)
    assert tried_keys(third) == {"7_1", "7_2"}
    assert listed_from(second) == NOW
    assert listed_from(third) == NOW + hour


def test_a_try_that_is_known_to_be_out_is_another_post():
    handle = of_upload(upload(2), POST, [effect(EffectState.DONE)], NOW + timedelta(hours=1))
    assert tried_keys(handle) == frozenset()
    assert listed_from(handle) == NOW + timedelta(hours=1)


def test_tries_of_days_ago_are_looked_for_no_further_back_than_a_day():
    late = NOW + timedelta(days=3)
    assert listed_from(of_upload(upload(2), POST, [effect()], late)) == late - timedelta(hours=24)


def test_an_upload_does_not_count_as_a_try_of_itself():
    again = of_earlier(POST, [effect()], NOW)
    assert again
    assert tried_keys(again) == frozenset()
