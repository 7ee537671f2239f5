"""What may be asked of a provider, and what it costs: decided before anything is sent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.domain.video import Capabilities, Derivation, Model, Origin, VideoRequest
from bot.errors import RequestError
from bot.providers.price import estimate

MODEL = Model(
    name="m", sizes=("1280x720", "720x1280"), seconds=(4, 8), usd_per_second=Decimal("0.10")
)
WHOLE = Capabilities(
    models={"m": MODEL, "unpriced": replace(MODEL, name="unpriced", usd_per_second=None)},
    reference=True,
    derivations=frozenset(Derivation),
    characters=True,
)
REQUEST = VideoRequest(prompt="a cat", model="m", seconds=8, size="1280x720")


def derived(how, *, seconds=8, origin_seconds=8, **changes):
    origin = Origin(how=how, video_id="v", run_id="r", seconds=origin_seconds)
    return replace(REQUEST, origin=origin, seconds=seconds, **changes)


@pytest.mark.parametrize(
    "request_,usd",
    [
        (REQUEST, "0.80"),
        (replace(REQUEST, characters=("char_1",), reference="cat.png"), "0.80"),
        (derived(Derivation.REMIX), "0.80"),
        (derived(Derivation.EDIT), "0.80"),
        (derived(Derivation.EXTENSION, seconds=12), "0.40"),  # what is there was paid for
        (derived(Derivation.EXTENSION, seconds=20, origin_seconds=16), "0.40"),
        # the shape is the origin's, whatever the model makes from words
        (derived(Derivation.REMIX, seconds=20, size="1920x1080"), "2.00"),
    ],
)
def test_only_new_seconds_are_paid_for(request_, usd):
    assert estimate("p", WHOLE, request_) == Decimal(usd)


@pytest.mark.parametrize(
    "request_,capabilities,says",
    [
        (derived(Derivation.REMIX), {"derivations": frozenset()}, "cannot remix"),
        (derived(Derivation.EDIT), {"derivations": frozenset({Derivation.REMIX})}, "cannot edit"),
        (derived(Derivation.EXTENSION, seconds=12), {"derivations": frozenset()}, "cannot extend"),
        (derived(Derivation.EXTENSION, seconds=11), {}, "3 seconds longer"),
        (derived(Derivation.EXTENSION, seconds=8), {}, "0 seconds longer"),
        (derived(Derivation.EXTENSION, seconds=4), {}, "-4 seconds longer"),
        (derived(Derivation.EXTENSION, origin_seconds=None), {}, "unknown"),
        (derived(Derivation.REMIX, reference="cat.png"), {}, "reference"),
        (derived(Derivation.EDIT, characters=("char_1",)), {}, "characters"),
        (derived(Derivation.REMIX, model="unpriced"), {}, "price"),
        (derived(Derivation.REMIX, model="gone"), {}, "no model"),
        (replace(REQUEST, characters=("char_1",)), {"characters": False}, "no characters"),
        (replace(REQUEST, reference="cat.png"), {"reference": False}, "no reference"),
    ],
)
def test_what_a_provider_lacks_is_refused(request_, capabilities, says):
    with pytest.raises(RequestError) as refused:
        estimate("p", replace(WHOLE, **capabilities), request_)
    assert says in str(refused.value)
    assert refused.value.hint
