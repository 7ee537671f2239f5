"""The part of Jinja that a template may use: texts, choices between them, a few filters.

There are no loops, assignments, calls or attributes. Nothing here can grow or run for long, so
a template needs no time limit; the sandbox of Jinja stands behind as a second wall.
"""

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import TemplateSyntaxError, UndefinedError
from jinja2.filters import do_capitalize, do_lower, do_title, do_trim, do_upper
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.document import Wrong, suggest

FILTERS = {
    "lower": do_lower,
    "upper": do_upper,
    "title": do_title,
    "capitalize": do_capitalize,
    "trim": do_trim,
    "length": len,
}

_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr),
    *(nodes.Name, nodes.Const, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Getitem),
    *(nodes.Filter, nodes.Concat, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)

#: What people try, and the word for it.
_WORDS: Mapping[type[nodes.Node], str] = {
    nodes.For: "a loop",
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.Macro: "a macro",
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% import %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.Call: "a call",
    nodes.Getattr: "an attribute",
    nodes.Test: "a test (is …)",
}
_HINT = f"There are {{{{ variables }}}}, {{% if %}} and the filters {', '.join(FILTERS)}."


class LineError(Wrong):
    """A text is wrong at one of its lines, counted from 1."""

    def __init__(self, line: int, what: str, hint: str | None = None) -> None:
        super().__init__(what, hint)
        self.line = line


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters = dict(FILTERS)
    environment.globals = {}
    environment.tests = {}
    return environment


_ENVIRONMENT = _environment()


@dataclass(frozen=True, slots=True)
class Use:
    """A variable and the first line that uses it."""

    name: str
    line: int


class Snippet:
    """One compiled text of a template."""

    def __init__(self, source: str) -> None:
        """Compile *source*; `LineError` if it is no Jinja or more than is allowed."""
        try:
            tree = _ENVIRONMENT.parse(source)
            _check(tree)
            self.uses = tuple(_uses(tree))
            self._template = _ENVIRONMENT.from_string(source)
        except TemplateSyntaxError as error:
            raise LineError(error.lineno, f"this is not Jinja: {error.message}", _HINT) from error
        except (RecursionError, MemoryError, SyntaxError) as error:
            raise LineError(1, "its expressions are nested too deeply") from error

    def render(self, variables: Mapping[str, str]) -> str:
        """Return the text without blank ends; `LineError` if an expression cannot be worked out."""
        try:
            return self._template.render(variables).strip()
        except UndefinedError as error:
            hint = "Give every value a case of its own, or use {% if %}."
            raise LineError(_line(error), f"nothing fits: {error.message}", hint) from error
        except Exception as error:  # expressions are code: they may raise anything
            raise LineError(_line(error), f"it cannot be worked out: {error}") from error


def _check(tree: nodes.Template) -> None:
    line = 1
    for node in _walk(tree):
        line = node.lineno or line  # some have none; then it is near the one before
        if not isinstance(node, _ALLOWED):
            word = _WORDS.get(type(node), type(node).__name__.lower())
            raise LineError(line, f"{word} has no place in a prompt template", _HINT)
        if isinstance(node, nodes.Filter) and node.name not in FILTERS:
            what = f"there is no filter {node.name!r} here"
            raise LineError(line, what, suggest(node.name, FILTERS))


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _uses(tree: nodes.Template) -> Iterator[Use]:
    seen = set[str]()
    for node in tree.find_all(nodes.Name):
        if node.name not in seen:
            seen.add(node.name)
            yield Use(node.name, node.lineno)


def _line(error: Exception) -> int:
    """Return the line of the template that raised *error*; Jinja writes it into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 1 for f in reversed(frames) if f.filename == "<template>"), 1)
