"""The dialogs: opened within the three seconds of a click, read when they are submitted.

A submission is answered in its ack: what is wrong stands beside its field. So reading one looks at
nothing but the plan, the templates and our own database. What comes of it is done after the ack.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import structlog

from bot.domain.post import Target, Words
from bot.domain.room import Right
from bot.domain.run import Run
from bot.domain.schedule import VideoDefaults
from bot.domain.video import Derivation
from bot.errors import BotError, PublishError, RequestError
from bot.intake import Wish
from bot.slack.asked import Asked
from bot.slack.modal import (
    Choice,
    Offer,
    Origin,
    caption_fault,
    edit_modal,
    inputs,
    make_modal,
    post_modal,
    read_answers,
    read_choice,
    read_edit,
    remix_modal,
    resolve_modal,
)
from bot.slack.modal.form import caption_of
from bot.slack.mood import mood_of
from bot.slack.room.acts import Acts
from bot.slack.room.office import Office, Unanswerable
from bot.slack.room.pictures import fetch_image

log = structlog.get_logger()

View = Mapping[str, Any]
#: What is left to do after the ack; errors for the fields, if there are any.
Outcome = tuple[Callable[[], Awaitable[None]] | None, dict[str, str]]
_GONE = frozenset({"hash_conflict", "not_found"})
_LATE = frozenset({"expired_trigger_id", "exchanged_trigger_id", "trigger_expired"})


class Dialogs:
    """Opens dialogs and takes what they say."""

    def __init__(self, office: Office, acts: Acts) -> None:
        self._office = office
        self._acts = acts
        self._read: dict[str, Callable[[Asked, Origin, View], Awaitable[Outcome]]] = {
            "make": self._read_make,
            "edit": self._read_edit,
            "remix": self._read_remix,
            "post": self._read_post,
            "resolve": self._read_resolve,
        }

    # --- opening --------------------------------------------------------------------------------

    async def open_make(self, asked: Asked, choice: Choice) -> None:
        """Ask for a video."""
        scene = await self._office.scenery.scene()
        await self._open(asked, make_modal(self._offer(choice), choice, scene, _origin(asked)))

    async def open_again(self, asked: Asked, run: Run) -> None:
        """Ask for a video like *run*'s, in other words."""
        request = run.request
        choice = Choice(
            prompt=request.prompt,
            template=request.template,
            variables=request.variables,
            provider=request.provider,
            model=request.video.model,
            size=request.video.size,
            seconds=request.video.seconds,
            targets=tuple(map(str, request.targets)),
            caption=request.caption,
        )
        await self.open_make(asked, choice)

    async def open_edit(self, asked: Asked, run: Run) -> None:
        """Ask for other words."""
        if run.posts is None or run.deliveries or run.state.is_terminal:
            await self._office.say_stale(asked, run)
            return
        scene = await self._office.scenery.scene(run)
        await self._open(asked, edit_modal(run, scene, _origin(asked, run)))

    async def open_remix(self, asked: Asked, run: Run, wish: Wish | None = None) -> None:
        """Ask what should be different; what was wished for already is filled in."""
        await self._office.rights.require(asked, Right.GENERATE)
        scene = await self._office.scenery.scene(run)
        wish = wish or Wish(by=asked.by)
        origin = replace(_origin(asked, run), targets=wish.targets)
        usd = self._remix_price(run, wish)
        view = remix_modal(
            run,
            scene,
            origin,
            how=[Derivation.REMIX],
            usd=usd,
            prompt=wish.prompt,
            caption=wish.caption,
        )
        await self._open(asked, view)

    def _remix_price(self, run: Run, wish: Wish) -> Decimal | None:
        """Return what the remix would cost in all, USD; None where nobody knows."""
        wish = replace(wish, prompt=wish.prompt or "–")
        with suppress(BotError):
            return self._acts.whole_price(self._acts.grown(run, wish, Derivation.REMIX))
        return None

    async def open_post(self, asked: Asked, run: Run) -> None:
        """Ask where to, and with which words."""
        scene = await self._office.scenery.scene(run)
        if not scene.may_post_x:
            raise Unanswerable("answer.no_x")
        alt_text = run.prompt.alt_text if run.prompt else None
        prices = self._post_prices(scene.may_post_x, caption_of(run), alt_text)
        await self._open(asked, post_modal(run, scene, _origin(asked, run), usd=prices))

    async def open_resolve(self, asked: Asked, run: Run) -> None:
        """Ask what became of an uncertain write."""
        scene = await self._office.scenery.scene(run)
        late = mood_of(run) == "late"
        await self._open(asked, resolve_modal(run, scene, _origin(asked, run), late=late))

    async def _open(self, asked: Asked, view: View) -> None:
        answer = await self._office.api.read(
            "views.open", "dialog", expect=_LATE, trigger_id=asked.trigger, view=view
        )
        if not answer["ok"]:
            raise Unanswerable("answer.too_late")

    def _offer(self, choice: Choice) -> Offer:
        office, plan = self._office, self._office.plan()
        first = plan.ad_hoc.provider
        names = [first, *(name for name in office.providers if name != first)]
        models = {n: tuple(office.providers[n].capabilities.models.values()) for n in names}
        named = [plan.ad_hoc.targets, *(schedule.targets for schedule in plan.schedules)]
        targets = tuple(dict.fromkeys(t for targets in named for t in targets))
        return Offer(
            templates=office.prompts.list(),
            models={name: listed for name, listed in models.items() if listed},
            targets=targets,
            post_usd=self._post_prices(targets, *self._words_of(choice)),
            with_image=frozenset(n for n in names if office.providers[n].capabilities.reference),
        )

    def _words_of(self, choice: Choice) -> tuple[str | None, str | None]:
        """Return caption and alt text of what is chosen so far, as far as anybody can know."""
        made = None
        if choice.template:
            with suppress(BotError):  # a variable is still missing
                made = self._office.prompts.render(choice.template, choice.variables)
        caption = choice.caption or (made.caption if made else None)
        return caption, made.alt_text if made else None

    def _post_prices(
        self, targets: Sequence[Target], caption: str | None, alt_text: str | None
    ) -> Mapping[str, Decimal]:
        """Return what a post costs by target as text; nothing is listed that is free."""
        publishers = self._office.publishers
        prices = {
            str(t): publishers[t.network].estimate(t, caption, alt_text).usd
            for t in targets
            if t.network in publishers
        }
        return {target: usd for target, usd in prices.items() if usd}

    # --- while it is open -----------------------------------------------------------------------

    async def change(self, view: View) -> None:
        """Draw the dialog that asks for a video again: its fields and its price follow choices."""
        if view["callback_id"] != "make":
            return
        choice = read_choice(view["state"]["values"])
        scene = await self._office.scenery.scene()
        origin = Origin.unpack(view["private_metadata"])
        try:
            await self._office.api.read(
                "views.update",
                "dialog",
                expect=_GONE,  # a newer choice is on its way, or it was closed
                view_id=view["id"],
                hash=view["hash"],
                view=make_modal(self._offer(choice), choice, scene, origin),
            )
        except PublishError as error:
            log.info("a dialog was not drawn again", why=str(error))

    # --- what it says ---------------------------------------------------------------------------

    async def read(self, asked: Asked, view: View) -> Outcome:
        """Return what is to be done, or what stands beside which field."""
        read = self._read.get(view["callback_id"])
        if read is None:
            return None, {}
        origin = Origin.unpack(view["private_metadata"])
        return await read(
            replace(asked, channel=origin.channel, thread=origin.thread), origin, view
        )

    async def _read_make(self, asked: Asked, _origin: Origin, view: View) -> Outcome:
        choice = read_choice(view["state"]["values"])
        wish = _wish(asked, choice)
        try:
            price = self._acts.price(wish)
        except BotError as error:
            return None, _beside(view, ("prompt", "template", "caption"), error)
        if dear := self._unconfirmed(view, price):
            return None, dear

        async def make() -> None:
            pictured = wish
            if choice.image:
                await self._office.rights.require(asked, Right.GENERATE)
                image = await fetch_image(self._office, choice.image)
                pictured = replace(wish, image=image)
            await self._acts.make(asked, pictured)

        return make, {}

    def _unconfirmed(self, view: View, price: Decimal) -> dict[str, str]:
        """Return what stands beside a field while a dear wish lacks its tick.

        The dialog follows choices; whoever is faster than it sends one that shows another price.
        """
        limit = self._office.config.confirm_over_usd
        if price <= limit or inputs(view["state"]["values"]).get("dear"):
            return {}
        usd, words = self._office.words.usd(limit), self._office.words
        return _beside(view, ("dear", "prompt"), RequestError(words("make.price.over", limit=usd)))

    async def _read_edit(self, asked: Asked, origin: Origin, view: View) -> Outcome:
        run, stale = await self._run_of(asked, origin)
        if stale:
            return stale, {}
        captions = dict(read_edit(run, view["state"]["values"]))
        faults = {t: _fault(t, text, self._office) for t, text in captions.items()}
        if wrong := [why for why in faults.values() if why]:
            return None, {first_input(view): wrong[0]}
        if not captions:
            return None, {}
        return (lambda: self._acts.edit(asked, run, captions)), {}

    async def _read_remix(self, asked: Asked, origin: Origin, view: View) -> Outcome:
        run, _ = await self._run_of(asked, origin)
        choice = read_choice(view["state"]["values"])
        wish = replace(
            _wish(asked, choice), provider=None, video=VideoDefaults(), targets=origin.targets
        )
        how = choice.how or Derivation.REMIX
        if (price := self._remix_price(run, wish)) and (dear := self._unconfirmed(view, price)):
            return None, dear
        return (lambda: self._acts.remix(asked, run, wish, how)), {}

    async def _read_post(self, asked: Asked, origin: Origin, view: View) -> Outcome:
        run, stale = await self._run_of(asked, origin)
        if stale:
            return stale, {}
        answers = read_answers(view["state"]["values"])
        target, caption = answers["target"], answers.get("caption")
        if why := _fault(target, caption or "", self._office):
            return None, {"caption": why}
        return (lambda: self._acts.post(asked, run, target, caption)), {}

    async def _read_resolve(self, asked: Asked, origin: Origin, view: View) -> Outcome:
        run, stale = await self._run_of(asked, origin)
        if stale:
            return stale, {}
        answers = dict(read_answers(view["state"]["values"]))
        return (lambda: self._acts.resolve(asked, run, answers)), {}

    async def _run_of(
        self, asked: Asked, origin: Origin
    ) -> tuple[Run, Callable[[], Awaitable[None]] | None]:
        """Return the run of the dialog, and what tells that it has moved on since, if it has."""
        run = await self._office.store.get_run(origin.run_id or "")
        if run.generation == origin.generation:
            return run, None
        return run, lambda: self._office.say_stale(asked, run)


def _origin(asked: Asked, run: Run | None = None) -> Origin:
    return Origin(
        run_id=run.id if run else None,
        generation=run.generation if run else 0,
        channel=asked.channel,
        thread=asked.thread,
    )


def _wish(asked: Asked, choice: Choice) -> Wish:
    return Wish(
        by=asked.by,
        prompt=choice.prompt,
        template=choice.template,
        variables=choice.variables,
        provider=choice.provider,
        video=VideoDefaults(model=choice.model, seconds=choice.seconds, size=choice.size),
        targets=choice.targets,
        caption=choice.caption,
    )


def _fault(target: str, caption: str, office: Office) -> str | None:
    """Return why *caption* cannot go out to *target*; None if it can."""
    place = Target.parse(target)
    if why := caption_fault(place.network, caption, office.words):
        return why
    try:
        office.publishers[place.network].word(place, Words(caption=caption))
    except PublishError as error:
        return f"{error} {error.hint or ''}".strip()
    return None


def _beside(view: View, wanted: tuple[str, ...], error: BotError) -> dict[str, str]:
    """Return the error beside the first of the *wanted* fields that the dialog has."""
    there = [b["block_id"] for b in view["blocks"] if b["type"] == "input"]
    field = next((key for key in wanted if key in there), there[0])
    return {field: f"{error} {error.hint or ''}".strip()}


def first_input(view: View) -> str:
    """Return the field that an error is shown beside, where it is about none."""
    return str(next(b["block_id"] for b in view["blocks"] if b["type"] == "input"))
