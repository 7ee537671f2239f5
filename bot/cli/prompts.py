"""`prompts …`: the templates, and what they render to."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from bot.cli import session, show
from bot.cli.engine import variables
from bot.domain.prompt import Prompt, PromptTemplate, Variable

if TYPE_CHECKING:
    from bot.ports import PromptLibrary

app = typer.Typer(no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def _library() -> "PromptLibrary":
    from bot.app import prompt_library

    return prompt_library(session.settings())


@app.command("list")
def list_prompts(json: Json = False) -> None:
    """List the templates and what they need."""
    templates = _library().list()
    if json:
        show.as_json(templates)
    else:
        show.table(("template", "variables", "what it makes"), map(_row, templates))


def _row(template: PromptTemplate) -> tuple[str, ...]:
    needs = ", ".join(_variable(v) for v in template.variables)
    return template.name, escape(needs), escape(template.description)


def _variable(variable: Variable) -> str:
    if variable.choices:
        return f"{variable.name}={'|'.join(variable.choices)}"
    if variable.default is None:
        return f"{variable.name} (needed)"
    return f"{variable.name}={variable.default}"


@app.command()
def render(
    template: Annotated[str, typer.Argument(help="The template's name.")],
    var: Annotated[list[str] | None, typer.Option(help="A variable, name=value.")] = None,
    lang: Annotated[str | None, typer.Option(help="The language of the words.")] = None,
    json: Json = False,
) -> None:
    """Render a template as a run would, and show prompt, caption and alt text."""
    prompt = _library().render(template, variables(var or []), lang)
    if json:
        show.as_json(prompt)
        return
    rows = {"prompt": prompt.text, "caption": prompt.caption, "alt text": prompt.alt_text}
    show.table(("", ""), [(name, escape(text or "–")) for name, text in rows.items()])


@app.command()
def check() -> None:
    """Render every template with its defaults; a needed variable gets its own name."""
    library = _library()
    templates = library.list()
    for template in templates:
        _try(library, template)
    show.out.print(f"{len(templates)} template(s) are fine.")


def _try(library: "PromptLibrary", template: PromptTemplate) -> list[Prompt]:
    needed = {v.name: v.name for v in template.variables if v.default is None and not v.choices}
    languages = template.languages or (None,)
    return [library.render(template.name, needed, lang) for lang in languages]
