"""Step 1, render: template and variables -> prompt."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.post import Target
from bot.domain.prompt import Prompt
from bot.errors import (
    RequestError,
)
from bot.pipeline.work import Work


async def render(work: Work) -> None:
    """Template and variables -> prompt."""
    request = work.run.request
    if request.template:
        prompt = work.ports.prompts.render(request.template, request.variables, request.lang)
    else:
        prompt = Prompt(text=request.prompt or "", caption=None, alt_text=None)
    if request.caption:
        prompt = replace(prompt, caption=request.caption)
    if request.asked_in is None:  # a card can ask for the words
        _check_captions(request.targets, prompt)
    work.stage(prompt=prompt)


def _check_captions(targets: Sequence[Target], prompt: Prompt) -> None:
    silent = [str(t) for t in targets if t.needs_words and not prompt.caption]
    if silent:
        raise RequestError(
            f"A post to {', '.join(silent)} needs a caption.",
            hint="Give one with --caption or in the template; the prompt is never used as one.",
        )
