"""One compiled file of `prompts/`: everything that can be wrong with it is told when it is read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256

from bot.document import Fault, Location, suggest
from bot.domain.prompt import Prompt, PromptTemplate, Variable, in_language
from bot.errors import TemplateError
from bot.prompts.front_matter import FrontMatter, LongCaption, split
from bot.prompts.sandbox import LineError, Snippet, Use

#: What the OpenAI Videos API takes; the `prompt` of its create call is 1 to 32 000 characters.
MAX_PROMPT = 32_000
#: A variable is a few words.
MAX_VALUE = 2000

#: Chooses one of several values; random, except in tests.
Pick = Callable[[Sequence[str]], str]


class Template:
    """A template that can be rendered."""

    def __init__(self, stem: str, name: str, source: str) -> None:
        """Compile *source* of the file *name*; `TemplateError` naming line and key."""
        self.name = name
        self._document, body, self._first_line = split(source, name)
        self._front = self._document.parse(FrontMatter)
        self._captions = self._words("caption", self._front.caption)
        self._alts = self._words("alt", self._front.alt)
        self._body = self._compile(body)
        self._uses = {use.name: line for use, line in reversed(list(self._all_uses()))}
        self._check_languages()
        self._check_variables()
        self.facts = self._facts(stem, source)
        self._rehearse()

    def render(self, given: Mapping[str, str], lang: str | None, pick: Pick) -> Prompt:
        """Return the prompt; `TemplateError` naming the variable or the line."""
        if lang and self.facts.languages and lang not in self.facts.languages:
            what = f"{self.name}: it has no words in {lang!r}"
            raise TemplateError(what, hint=f"It has {', '.join(self.facts.languages)}.")
        return self._prompt(self._values(given, pick), lang)

    def _prompt(self, values: Mapping[str, str], lang: str | None) -> Prompt:
        return Prompt(
            text=self._render_body(values),
            caption=self._render_words(("caption",), self._captions, lang, values),
            alt_text=self._render_words(("alt",), self._alts, lang, values),
            may_cut=self._front.long_caption is LongCaption.CUT,
            template=self.facts.name,
            digest=self.facts.digest,
            variables=values,
        )

    # --- reading ---

    def _words(self, key: str, texts: Mapping[str, str] | None) -> dict[str, Snippet]:
        compiled = {}
        for lang, source in (texts or {}).items():
            at: Location = (key, lang) if lang else (key,)
            try:
                compiled[lang] = Snippet(source)
            except LineError as error:
                raise self._refuse(at, str(error), error.hint) from error
        return compiled

    def _compile(self, body: str) -> Snippet:
        if not body.strip():
            hint = "Write after the second --- what the video shows."
            raise TemplateError(f"{self.name}:{self._first_line}: there is no prompt", hint=hint)
        try:
            return Snippet(body)
        except LineError as error:
            raise self._at(error) from error

    def _all_uses(self) -> Iterator[tuple[Use, int]]:
        """Yield every variable that is used and its line in the file, the body's first."""
        for use in self._body.uses:
            yield use, use.line + self._first_line - 1
        for key, texts in (("caption", self._captions), ("alt", self._alts)):
            for lang, text in texts.items():
                line = self._document.line((key, lang) if lang else (key,))
                yield from ((use, line) for use in text.uses)

    def _check_languages(self) -> None:
        for key, texts in (("caption", self._captions), ("alt", self._alts)):
            named = [lang for lang in texts if lang]
            missing = [lang for lang in self._front.languages if lang not in named]
            extra = [lang for lang in named if lang not in self._front.languages]
            if named and (missing or extra):
                what = f"caption and alt differ in {', '.join([*missing, *extra])}"
                raise self._refuse((key,), what, "Give both in the same languages.")

    def _check_variables(self) -> None:
        declared = self._front.variables
        for name, line in self._uses.items():
            if name not in declared:
                hint = suggest(name, declared) or f"Add it to the front matter: variables: {name}."
                raise TemplateError(
                    f"{self.name}:{line}: variable {name!r} is not declared", hint=hint
                )
        for name in declared:
            if name not in self._uses:
                hint = "Use it in the prompt, the caption or the alt text, or leave it out."
                raise self._refuse(("variables", name), "nothing uses it", hint)

    def _facts(self, stem: str, source: str) -> PromptTemplate:
        front = self._front
        return PromptTemplate(
            name=stem,
            description=front.description.strip(),
            variables=tuple(
                Variable(name=name, default=shape.default, choices=shape.choices or ())
                for name, shape in front.variables.items()
            ),
            languages=front.languages,
            seconds=front.video.seconds,
            size=front.video.size,
            model=front.video.model,
            digest=sha256(source.encode()).hexdigest(),
        )

    def _rehearse(self) -> None:
        """Render once with every choice, so that no unlucky pick fails at night."""
        plain = {
            each.name: each.default or (each.choices or (each.name,))[0]
            for each in self.facts.variables
        }
        choices = [(each.name, value) for each in self.facts.variables for value in each.choices]
        for values in [plain, *({**plain, name: value} for name, value in choices)]:
            for lang in self.facts.languages or (None,):
                self._prompt(values, lang)

    # --- rendering ---

    def _values(self, given: Mapping[str, str], pick: Pick) -> dict[str, str]:
        known = [variable.name for variable in self.facts.variables]
        for name in given:
            if name not in known:
                hint = suggest(name, known) or "It has no variables."
                raise TemplateError(f"{self.name}: there is no variable {name[:64]!r}", hint=hint)
        return {each.name: self._value(each, given, pick) for each in self.facts.variables}

    def _value(self, variable: Variable, given: Mapping[str, str], pick: Pick) -> str:
        if variable.name not in given:
            return self._unsaid(variable, pick)
        value = given[variable.name]
        if variable.choices and value not in variable.choices:
            hint = f"Choose from {', '.join(variable.choices)}."
            raise self._wrong(variable, f"cannot be {value[:64]!r}", hint)
        if len(value) > MAX_VALUE or "\0" in value:
            raise self._wrong(variable, "is no short text", f"Use at most {MAX_VALUE} characters.")
        return value

    def _unsaid(self, variable: Variable, pick: Pick) -> str:
        if variable.default is not None:
            return variable.default
        if variable.choices:
            return pick(variable.choices)
        hint = f"Give it: --var {variable.name}=…, or vars: {{{variable.name}: …}} in a schedule."
        raise self._wrong(variable, "is not given", hint)

    def _render_body(self, values: Mapping[str, str]) -> str:
        try:
            text = self._body.render(values)
        except LineError as error:
            raise self._at(error) from error
        if not 0 < len(text) <= MAX_PROMPT:
            what = f"the prompt comes to {len(text):,} characters"
            hint = f"It must have 1 to {MAX_PROMPT:,}."
            raise TemplateError(f"{self.name}:{self._first_line}: {what}", hint=hint)
        return text

    def _render_words(
        self,
        at: Location,
        texts: Mapping[str, Snippet],
        lang: str | None,
        values: Mapping[str, str],
    ) -> str | None:
        text = in_language(texts, lang)
        if text is None:
            return None
        try:
            return text.render(values) or None
        except LineError as error:
            raise self._refuse(at, str(error), error.hint) from error

    # --- words for people ---

    def _at(self, error: LineError) -> TemplateError:
        line = error.line + self._first_line - 1
        return TemplateError(f"{self.name}:{line}: {error}", hint=error.hint)

    def _wrong(self, variable: Variable, what: str, hint: str) -> TemplateError:
        line = self._uses[variable.name]
        return TemplateError(f"{self.name}:{line}: variable {variable.name!r} {what}", hint=hint)

    def _refuse(self, at: Location, what: str, hint: str | None) -> TemplateError:
        error = self._document.refuse([Fault(location=at, what=what, hint=hint)])
        return TemplateError(str(error), hint=error.hint)
