"""The folder of templates, as `PromptLibrary`."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import choice

from bot.document import read_text, suggest
from bot.domain.prompt import Prompt, PromptTemplate
from bot.errors import TemplateError
from bot.prompts.template import Pick, Template

MAX_BYTES = 64 * 1024

_STEM = re.compile("[a-z0-9_-]{1,64}")


class JinjaPrompts:
    """Renders the `.j2` files of one folder; an edited file is taken up by the next call."""

    def __init__(self, folder: Path, *, pick: Pick = choice) -> None:
        self._folder = folder
        self._pick = pick
        #: By name, with the source each was compiled from: a time stamp would miss quick edits.
        self._compiled: dict[str, tuple[str, Template]] = {}

    def list(self) -> Sequence[PromptTemplate]:
        """Return all templates by name. Raises `TemplateError` for the first broken one."""
        return [self.get(name) for name in self._names()]

    def get(self, name: str) -> PromptTemplate:
        """Return the template *name*; `TemplateError` naming the known ones if there is none."""
        return self._template(name).facts

    def render(self, name: str, variables: Mapping[str, str], lang: str | None = None) -> Prompt:
        """Return the rendered prompt; what is left to chance is picked anew each time.

        Raises `TemplateError` naming template, variable and line.
        """
        return self._template(name).render(variables, lang, self._pick)

    def _names(self) -> Sequence[str]:
        if not self._folder.is_dir():
            raise TemplateError(f"{self._folder.name}/: there is no such folder")
        files = sorted(p for p in self._folder.glob("*.j2") if not p.name.startswith("."))
        return [file.stem for file in files]

    def _template(self, name: str) -> Template:
        path = self._folder / f"{name}.j2"
        if not _STEM.fullmatch(name) or not path.is_file():
            hint = suggest(name, self._names())
            raise TemplateError(f"there is no template {name[:64]!r}", hint=hint)
        shown = f"{self._folder.name}/{path.name}"
        source = read_text(path, name=shown, max_bytes=MAX_BYTES, error=TemplateError)
        known = self._compiled.get(name)
        if known is None or known[0] != source:
            known = self._compiled[name] = (source, Template(name, shown, source))
        return known[1]
