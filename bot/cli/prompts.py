"""`prompts …`: the templates, and what they render to."""

from typing import TYPE_CHECKING

import typer

from bot.cli import session, show
from bot.cli.make import variables
from bot.cli.options import Json, Language, TemplateName, Variables
from bot.domain.prompt import Prompt, PromptTemplate, Variable
from bot.errors import TemplateError

if TYPE_CHECKING:
    from bot.ports import PromptLibrary

app = typer.Typer(no_args_is_help=True)


def _library() -> "PromptLibrary":
    from bot.app import prompt_library

    return prompt_library(session.settings())


@app.command("list")
def list_prompts(json: Json = False) -> None:
    """List the templates and what they need."""
    templates = _library().list()
    if json:
        show.as_json(templates)
    elif templates:
        show.table(("template", "what it makes and from what"), map(_row, templates))
    else:
        show.result("There are no templates yet.")


def _row(template: PromptTemplate) -> tuple[str, str]:
    needs = ", ".join(_variable(v) for v in template.variables)
    return template.name, f"{template.description} {f'[{needs}]' if needs else ''}".strip()


def _variable(variable: Variable) -> str:
    if variable.choices:
        return f"{variable.name}={'|'.join(variable.choices)}"
    if variable.default is None:
        return f"{variable.name} (needed)"
    return f"{variable.name}={variable.default}"


@app.command()
def render(
    template: TemplateName, var: Variables = None, lang: Language = None, json: Json = False
) -> None:
    """Render a template as a run would, and show prompt, caption and alt text.

    [bold]reelbot prompts render cute_cat --var mood=sleepy --lang ja[/]
    """
    prompt = _library().render(template, variables(var), lang)
    if json:
        show.as_json(prompt)
        return
    words = {"prompt": prompt.text, "caption": prompt.caption}
    if prompt.caption:
        words["on X"] = _counted(prompt.caption, may_cut=prompt.may_cut)
    words["alt text"] = prompt.alt_text
    picked = ", ".join(f"{name}={value}" for name, value in prompt.variables.items())
    show.facts(
        (name, " ".join((text or "–").split()))
        for name, text in (words | {"made of": picked}).items()
    )


def _counted(caption: str, *, may_cut: bool) -> str:
    from bot.domain.caption import LONGEST, caption_length

    n, most = caption_length("x", caption), LONGEST["x"]
    told = f"{n} of {most} characters"
    return told if n <= most else f"{told}: {'will be cut' if may_cut else 'too long'}"


@app.command()
def check(json: Json = False) -> None:
    """Render every template in every language; a needed variable gets its own name."""
    library = _library()
    try:
        templates = library.list()
        for template in templates:
            _try(library, template)
    except TemplateError as e:
        if json:
            show.as_json({"ok": False, "errors": [{"message": str(e), "hint": e.hint}]})
            raise typer.Exit(2) from None
        raise
    if json:
        show.as_json({"ok": True, "templates": [template.name for template in templates]})
    else:
        show.result(f"{len(templates)} template(s) are fine.")


def _try(library: "PromptLibrary", template: PromptTemplate) -> list[Prompt]:
    needed = {v.name: v.name for v in template.variables if v.default is None and not v.choices}
    languages = template.languages or (None,)
    return [library.render(template.name, needed, lang) for lang in languages]
