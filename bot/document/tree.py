"""From YAML text to plain data, with the line of every piece.

The tree that ruamel.yaml composes is read here instead of being constructed by it: so duplicate
keys, merges and aliases keep their lines, numbers stay exactly as written, a date stays a text,
and no tag can build an object.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

#: Where a piece stands: `("schedules", 1, "cron")`.
Location = tuple[str | int, ...]

#: Pieces of one document with its aliases written out; a thousand schedules have some 20 000.
MAX_PIECES = 100_000

#: Control characters no database or network takes; tab and newline are fine.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

#: What helps where a sign cannot begin a word, as ruamel spells it.
_SIGNS = {r"'\t'": "Indent with spaces, never with tabs.", "'@'": 'Put it in quotes: "@reelbot".'}

_TAG = "tag:yaml.org,2002:"
_DEEP = "it is nested too deeply, or an anchor contains itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with a document."""

    location: Location
    what: str
    hint: str | None = None


class Syntax(Exception):
    """The text has no tree; *line* counts from 0."""

    def __init__(self, line: int, what: str, hint: str | None = None) -> None:
        super().__init__(what)
        self.line, self.hint = line, hint


def compose(text: str) -> Node | None:
    """Return the tree of *text*, None for an empty one; `Syntax` if it is not YAML."""
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    try:
        return yaml.compose(text)  # type: ignore[no-any-return]  # ruamel leaves it untyped
    except MarkedYAMLError as error:
        raise _marked(error) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position)
        raise Syntax(line, "there is a character that YAML does not allow") from error
    except RecursionError as error:
        raise Syntax(0, _DEEP) from error
    except (
        YAMLError,
        ArithmeticError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        # What ruamel lets through of its own: for it, "\UFFFFFFFF" is an OverflowError.
        raise Syntax(0, "this is not YAML") from error


def _marked(error: MarkedYAMLError) -> Syntax:
    mark = error.problem_mark or error.context_mark
    what = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", error.problem or error.context or "")
    hint = next((hint for sign, hint in _SIGNS.items() if sign in what), None)
    return Syntax(mark.line if mark else 0, f"this is not YAML: {what}", hint)


class TreeReader:
    """Turns a tree into plain data; notes the line (from 0) of each piece, and what is wrong."""

    def __init__(self) -> None:
        self.lines: dict[Location, int] = {}
        self.faults: list[Fault] = []
        self._left = MAX_PIECES

    def read(self, node: Node, at: Location = ()) -> Any:
        """Return the data of *node*, which stands at *at*."""
        self._count()
        self.lines.setdefault(at, node.start_mark.line)
        try:
            return self._data(node, at)
        except RecursionError as error:
            raise Syntax(0, _DEEP) from error

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Syntax(0, f"it unfolds to more than {MAX_PIECES:,} pieces")

    def _data(self, node: Node, at: Location) -> Any:
        if isinstance(node, MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, at)
        if isinstance(node, SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.read(child, (*at, i)) for i, child in enumerate(node.value)]
        if isinstance(node, ScalarNode):
            return self._scalar(node, at)
        return self._refuse(at, node, "type tags (!) are not understood here", "Leave it out.")

    def _mapping(self, node: MappingNode, at: Location) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if _is_merge(key):
                merged = self._merged(value, at) | merged
        own: dict[str, Any] = {}
        for key, value in node.value:
            if not _is_merge(key):
                self._pair(key, value, own, at)
        return merged | own

    def _merged(self, node: Node, at: Location) -> dict[str, Any]:
        """Return what `<<` brings: of several mappings the first one wins, as YAML has it."""
        merged: dict[str, Any] = {}
        for each in node.value if isinstance(node, SequenceNode) else [node]:
            self._count()
            if not isinstance(each, MappingNode):
                self._refuse(at, node, "<< takes a mapping or a list of them")
                return {}
            merged = self._mapping(each, at) | merged
        return merged

    def _pair(self, key: Node, value: Node, own: dict[str, Any], at: Location) -> None:
        if not isinstance(key, ScalarNode) or key.tag != f"{_TAG}str":
            self._refuse(at, key, "a key must be a text", "Put it in quotes.")
        elif key.value in own:
            self._refuse((*at, key.value), key, "the key is there twice", "Keep one of them.")
        else:
            self.lines[*at, key.value] = key.start_mark.line
            own[key.value] = self.read(value, (*at, key.value))

    def _scalar(self, node: ScalarNode, at: Location) -> Any:
        kind, text = str(node.tag).removeprefix(_TAG), node.value
        if kind == "null":
            return None
        if kind == "bool":
            return {"true": True, "false": False}.get(text.lower(), text)
        if kind in {"int", "float"}:
            return _number(text)
        if kind not in {"str", "timestamp"}:
            return self._refuse(at, node, "type tags (!) are not understood here", "Leave it out.")
        if UNPRINTABLE.search(text):
            return self._refuse(at, node, "there is a control character in it")
        return text

    def _refuse(self, at: Location, node: Node, what: str, hint: str | None = None) -> None:
        self.lines[at] = node.start_mark.line
        self.faults.append(Fault(location=at, what=what, hint=hint))


def _is_merge(key: Node) -> bool:
    return key.tag == f"{_TAG}merge"


def _number(text: str) -> int | Decimal | str:
    """Return the number exactly as written; `007` and `1_000` stay texts, nobody agrees on them."""
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text):
        return int(text)
    if not re.fullmatch(r"[-+]?[0-9]{0,30}\.?[0-9]{0,30}([eE][-+]?[0-9]{1,3})?", text):
        return text
    try:
        return Decimal(text)
    except InvalidOperation:
        return text
