"""What several commands take: arguments and options, and what completes them in a shell."""

from collections.abc import Callable, Iterable
from typing import Annotated

import typer

Completed = list[tuple[str, str]]


def _quietly(complete: Callable[[], Iterable[tuple[str, str]]]) -> Callable[[str], Completed]:
    """Return *complete* as typer wants it; somebody who types must never meet an error."""

    def completed(incomplete: str) -> Completed:
        try:
            return [each for each in complete() if each[0].startswith(incomplete)]
        except Exception:  # noqa: BLE001  # a broken file completes nothing
            return []

    return completed


def _schedules() -> Completed:
    from bot.app import load, load_settings

    plan, _ = load(load_settings(quiet=True))
    return [(schedule.id, schedule.cron) for schedule in plan.schedules]


def _templates() -> Completed:
    from bot.settings import Settings

    return [(path.stem, "") for path in sorted(Settings.load().prompts.glob("*.j2"))]


def _runs() -> Completed:
    import asyncio

    from bot.app import load_settings, reading

    async def newest() -> Completed:
        async with reading(load_settings(quiet=True)) as store:
            runs = await store.list_runs(limit=20)
        return [(run.id, f"{run.state.value}, {run.request.source}") for run in runs]

    return [*asyncio.run(newest()), ("last", "the newest run")]


def _videos() -> Completed:
    import asyncio

    from bot.app import load_settings, reading

    async def newest() -> Completed:
        async with reading(load_settings(quiet=True)) as store:
            runs = await store.videos(limit=20)
        return [(run.id, f"{run.video_status}, {run.request.provider}") for run in runs]

    return [*asyncio.run(newest()), ("last", "the newest video")]


def _providers() -> Completed:
    from bot.app import load, load_settings

    plan, _ = load(load_settings(quiet=True))
    return [(name, entry.type.value) for name, entry in plan.providers.items()]


Json = Annotated[bool, typer.Option("--json", metavar="", help="Print the result as JSON.")]
Detach = Annotated[bool, typer.Option("--detach", metavar="", help="Do not wait for it to finish.")]
Variables = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="A variable of the template; again for more."),
]
Language = Annotated[
    str | None, typer.Option(metavar="LANG", help="The language of caption and alt text: en, ja…")
]
RunId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="A run's id, the beginning of it, or `last`.",
        autocompletion=_quietly(_runs),
    ),
]
ScheduleId = Annotated[
    str,
    typer.Argument(
        metavar="SCHEDULE",
        help="The id of a schedule.",
        autocompletion=_quietly(_schedules),
    ),
]
TemplateName = Annotated[
    str,
    typer.Argument(
        metavar="TEMPLATE",
        help="A file of prompts/, without .j2.",
        autocompletion=_quietly(_templates),
    ),
]
Template = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A template of prompts/ instead of a prompt.",
        autocompletion=_quietly(_templates),
    ),
]
OnlySchedule = Annotated[
    str | None,
    typer.Argument(metavar="SCHEDULE", help="Only this one.", autocompletion=_quietly(_schedules)),
]
ImageSource = Annotated[
    str | None,
    typer.Option(
        metavar="IMAGE",
        help="The first frame: a PNG, JPEG or WebP file, its https address, or a data: URL.",
    ),
]
Characters = Annotated[
    list[str] | None,
    typer.Option(
        "--character",
        metavar="ID",
        help="Who appears in it, as `videos character` printed; again for more.",
    ),
]
_VIDEO = "The id of a video's run, the beginning of it, or `last`."
VideoId = Annotated[
    str, typer.Argument(metavar="ID", help=_VIDEO, autocompletion=_quietly(_videos))
]
VideoIds = Annotated[
    list[str], typer.Argument(metavar="ID...", help=_VIDEO, autocompletion=_quietly(_videos))
]
Provider = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A provider of schedules.yaml.",
        autocompletion=_quietly(_providers),
    ),
]
Yes = Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask.")]
