"""Everything the control room says, in one place per language.

The views look a text up by its key and fill its gaps; no other module of the room holds a word
that people read. The invariant: every language has the same keys with the same gaps.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from bot.slack.words import en, engine_ja, ja, room_en, room_ja

#: A text, or its forms by number: `one` and `other`.
Entry = str | Mapping[str, str]

LANGUAGES: Mapping[str, Mapping[str, Entry]] = {
    "en": {**en.TEXTS, **room_en.TEXTS},
    "ja": {**ja.TEXTS, **room_ja.TEXTS},
}

#: The engine's own sentences, which are English, in other languages.
ENGINE: Mapping[str, Mapping[str, str]] = {"ja": engine_ja.SAID}

_CENT = Decimal("0.01")
#: Below this, cents hide what something costs.
_SMALL = Decimal("0.10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts of one language."""

    language: str
    texts: Mapping[str, Entry]

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of *key* with *values* in its gaps; `n` chooses the form.

        Values go in as they are: what people wrote is escaped by whoever knows where it will
        stand. `KeyError` for a key or a gap that is not there.
        """
        entry = self.texts[key]
        if isinstance(entry, Mapping):
            one = values.get("n") == 1 and "one" in entry
            entry = entry["one" if one else "other"]
        return string.Formatter().vformat(entry, (), values)

    def said(self, sentence: str) -> str:
        """Return what the engine said, in this language as far as it is known there."""
        for said, own in ENGINE.get(self.language, {}).items():
            if found := _pattern(said).fullmatch(sentence):
                gaps = found.groupdict()
                return own.format_map(gaps | {"state": self._state(gaps.get("state", ""))})
        return sentence

    def _state(self, said: str) -> str:
        """Return the engine's word for how a run stands, and who ended it."""
        state, by, who = said.partition(" by ")
        key = f"engine.{state}"
        own = str(self.texts[key]) if self.has(key) else state
        return self("engine.by", state=own, who=who) if by else own

    def has(self, key: str) -> bool:
        """Return whether there is such a text."""
        return key in self.texts

    def usd(self, amount: Decimal) -> str:
        """Return *amount* as people say dollars: to the cent, small ones to a hundredth of it."""
        if amount == 0:
            return self("price.free")
        if abs(amount) >= _SMALL or amount == round(amount, 2):
            return f"${amount.quantize(_CENT, ROUND_HALF_UP):,f}"
        return f"${amount.quantize(_CENT / 100, ROUND_HALF_UP).normalize():f}"

    def price(self, amount: Decimal, *, settled: bool = False) -> str:
        """Return *amount* as a price: "about" it until it is settled."""
        usd = self.usd(amount)
        return usd if settled or amount == 0 else self("price.about", usd=usd)

    def listed(self, things: list[str]) -> str:
        """Return *things* in a row, the last one joined as the language does; "–" for none."""
        *rest, last = things or ["–"]
        return self("list.and", rest=self("list.comma").join(rest), last=last) if rest else last

    def told(self, *sentences: str) -> str:
        """Return *sentences*, the empty ones left out, one after the other."""
        return self("list.sentences").join(filter(None, sentences))


def words(language: str) -> Words:
    """Return the texts of *language*; `KeyError` if the room does not speak it."""
    return Words(language=language, texts=LANGUAGES[language])


@cache
def _pattern(said: str) -> re.Pattern[str]:
    """Return what the sentence *said* looks like with its gaps filled."""
    parts = [
        re.escape(text) + (f"(?P<{gap}>.+?)" if gap else "")
        for text, gap, _, _ in string.Formatter().parse(said)
    ]
    return re.compile("".join(parts), re.DOTALL)
