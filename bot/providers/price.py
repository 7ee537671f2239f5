"""What a request costs, and whether it can be made at all: asked before anything is spent.

`videos_api` calls `estimate`. Its one invariant: what it lets through is in the configured
capabilities, and has a known price.
"""

from collections.abc import Sequence
from decimal import Decimal

from bot.domain.video import Capabilities, Derivation, Model, Origin, VideoRequest
from bot.errors import RequestError


def estimate(name: str, capabilities: Capabilities, request: VideoRequest) -> Decimal:
    """Return the price of *request* at the provider *name*, USD: new seconds times the model's.

    Raises `RequestError` for what the capabilities lack, and for an unknown price.
    """
    model = capabilities.models.get(request.model)
    if model is None:
        known = ", ".join(capabilities.models) or "none"
        raise RequestError(f"{name} has no model {request.model}.", hint=f"Its models: {known}.")
    if request.origin is None:
        _check_shape(request, model)
    else:
        _check_origin(name, capabilities, request, request.origin, model)
    _check_company(name, capabilities, request)
    if model.usd_per_second is None:
        raise RequestError(
            f"The price of {model.name} at {name} is unknown.",
            hint="Give the model a price per second in the configuration of the provider.",
        )
    return model.usd_per_second * request.new_seconds


def _check_shape(request: VideoRequest, model: Model) -> None:
    if request.size not in model.sizes:
        raise _no_such(model.name, request.size, model.sizes)
    if request.seconds not in model.seconds:
        raise _no_such(model.name, f"{request.seconds} seconds", model.seconds)


def _check_origin(
    name: str, capabilities: Capabilities, request: VideoRequest, origin: Origin, model: Model
) -> None:
    """Check what is made of another video, whose size (and but for extensions length) it keeps."""
    if origin.how not in capabilities.derivations:
        can = ", ".join(how.verb for how in Derivation if how in capabilities.derivations)
        raise RequestError(
            f"{name} cannot {origin.how.verb} videos.",
            hint=f"It can: {can}." if can else "Make a new one with `reelbot make`.",
        )
    if request.reference or request.characters:
        raise RequestError(
            f"A {origin.how} takes neither a reference image nor characters.",
            hint="Leave them out: its pictures come from the video it grows out of.",
        )
    if origin.how is not Derivation.EXTENSION:
        return
    if origin.seconds is None:
        raise RequestError(
            "How long the video is that is to be extended is unknown.",
            hint="Extend one that this bot has made.",
        )
    if request.new_seconds not in model.seconds:
        asked = f"a video {request.new_seconds} seconds longer"
        raise _no_such(model.name, asked, model.seconds)


def _check_company(name: str, capabilities: Capabilities, request: VideoRequest) -> None:
    if request.reference is not None and not capabilities.reference:
        raise RequestError(f"{name} takes no reference image.", hint="Remove the reference.")
    if request.characters and not capabilities.characters:
        raise RequestError(f"{name} keeps no characters.", hint="Leave the characters out.")


def _no_such(model: str, asked: str, known: Sequence[object]) -> RequestError:
    return RequestError(
        f"{model} cannot make {asked}.", hint=f"It can: {', '.join(map(str, known))}."
    )
