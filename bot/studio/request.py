"""What may be asked of each POST, as plain values.

Called by `routes` with the fields that `body` found. Invariant: what passes can be rendered once
the videos and characters it names are found, and nothing here touches the studio's disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.studio import fields, image, model
from bot.studio.body import Upload
from bot.studio.problem import Problem, too_large, wrong_type


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRequest:
    """A request that holds. `seed` is the studio's own extension; without it every job differs."""

    prompt: str
    model: str
    size: str
    seconds: int
    seed: int | None
    reference: bytes | None
    #: Ids.
    characters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """A video made from another: the id of one here, or a file."""

    prompt: str
    video: str | Upload
    #: What an extension adds; None for an edit or a remix.
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterRequest:
    """Somebody to be seen in videos, known from a clip."""

    name: str
    video: Upload


def video(given: Mapping[str, Any]) -> VideoRequest:
    """`POST /videos`. Raises the Problem of the first field that is wrong, like all of these."""
    fields.only(
        given, "prompt", "model", "seconds", "size", "seed", "input_reference", "characters"
    )
    prompt = _prompt(given)
    name = fields.choice(given, "model", model.MODELS, model.MODEL)
    size = fields.choice(given, "size", model.MODELS[name], model.DEFAULT_SIZE)
    return VideoRequest(
        prompt=prompt,
        model=name,
        size=size,
        seconds=int(fields.choice(given, "seconds", model.SECONDS, model.DEFAULT_SECONDS)),
        seed=fields.seed(given),
        reference=image.reference(given.get("input_reference"), size),
        characters=_characters(given.get("characters")),
    )


def remix(given: Mapping[str, Any], video_id: str) -> ChangeRequest:
    """`POST /videos/{video_id}/remix`."""
    fields.only(given, "prompt")
    return ChangeRequest(prompt=_prompt(given), video=video_id)


def edit(given: Mapping[str, Any]) -> ChangeRequest:
    """`POST /videos/edits`."""
    fields.only(given, "prompt", "video")
    return ChangeRequest(prompt=_prompt(given), video=_video(given))


def extension(given: Mapping[str, Any]) -> ChangeRequest:
    """`POST /videos/extensions`."""
    fields.only(given, "prompt", "video", "seconds")
    return ChangeRequest(
        prompt=_prompt(given),
        video=_video(given),
        seconds=int(fields.choice(given, "seconds", model.SECONDS)),
    )


def character(given: Mapping[str, Any]) -> CharacterRequest:
    """`POST /videos/characters`."""
    fields.only(given, "name", "video")
    name = fields.text(given, "name", at_most=model.MAX_NAME_CHARS)
    clip = fields.required(given, "video")
    if not isinstance(clip, Upload):
        raise wrong_type("video", "a file", clip)
    return CharacterRequest(name=name, video=_bounded(clip))


def _prompt(given: Mapping[str, Any]) -> str:
    return fields.text(given, "prompt", at_most=model.MAX_PROMPT_CHARS)


def _video(given: Mapping[str, Any]) -> str | Upload:
    clip = fields.required(given, "video")
    return _bounded(clip) if isinstance(clip, Upload) else fields.identifier(clip, "video")


def _bounded(clip: Upload) -> Upload:
    if clip.size > model.MAX_FOOTAGE_BYTES:
        raise too_large("The file of 'video'", model.MAX_FOOTAGE_BYTES, param="video")
    return clip


def _characters(given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise wrong_type("characters", "an array", given)
    if len(given) > model.MAX_CHARACTERS:
        raise Problem(
            f"Invalid 'characters': array too long. Expected an array with maximum length "
            f"{model.MAX_CHARACTERS}, but got an array with length {len(given)} instead.",
            code="array_above_max_length",
            param="characters",
        )
    return tuple(fields.identifier(one, f"characters[{i}]") for i, one in enumerate(given))
