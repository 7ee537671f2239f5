"""One place for every text, the same in every language, and nothing that nobody says."""

import ast
import re
import string
import unicodedata
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import BotError
from bot.pipeline.obey.answer import RESOLVE_FIRST
from bot.slack.buttons import Action
from bot.slack.words import ENGINE, LANGUAGES, Entry, words

ROOM = Path(__file__).parents[3] / "bot" / "slack"
#: Foreign things, and what only a programmer sees.
NOT_FOR_PEOPLE = {
    " is no value of a button",
    "it is starting",
    r"(\S+) fired (\S+)",
    r"([1-9][0-9]{0,3})(?:s|sec|秒)?",
    "ˋ",
    "ˍ",
}
WORDS = {"en.py", "engine_ja.py", "ja.py", "room_en.py", "room_ja.py"}
MODULES = [p for p in sorted(ROOM.rglob("*.py")) if p.name not in WORDS]
#: They speak to those who run the bot, by HTTP and `/readyz`.
FOR_OPERATORS = {"connection.py", "events.py"}
EN, JA = LANGUAGES["en"], LANGUAGES["ja"]


def forms(entry: Entry) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def gaps(text: str) -> set[str]:
    return {gap for _, gap, _, _ in string.Formatter().parse(text) if gap}


def literals(path: Path) -> list[str]:
    """Return the texts of a module, docstrings left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    logged = {id(part) for call in ast.walk(tree) if _is_log(call) for part in ast.walk(call)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if id(node) not in documents | logged
    ]


def _is_log(node: ast.AST) -> bool:
    """Whether the log is told something: whoever reads it reads English."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "log"
    )


def built(path: Path) -> list[str]:
    """Return patterns of the keys that a module puts together: a fixed part, a dot, the rest."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [p.value if isinstance(p, ast.Constant) else None for p in node.values]
            if any(p and re.search(r"[a-z]\.|\.[a-z]", p) for p in parts):
                found.append("".join(".+" if p is None else re.escape(p) for p in parts))
    return found


def codes(error: type[BotError]) -> set[str]:
    return {error.code}.union(*(codes(narrower) for narrower in error.__subclasses__()))


def test_every_language_says_the_same_things():
    assert list(EN) == list(JA)


@pytest.mark.parametrize("key", EN)
def test_every_text_has_the_same_gaps_in_every_language(key):
    english, japanese = forms(EN[key])[-1], forms(JA[key])[-1]
    assert gaps(english) == gaps(japanese)


@pytest.mark.parametrize("key", EN)
def test_numbers_have_the_forms_that_the_language_has(key):
    if isinstance(EN[key], str):
        assert isinstance(JA[key], str)
    else:
        assert (list(EN[key]), list(JA[key])) == (["one", "other"], ["other"])
        assert gaps(EN[key]["one"]) - {"n"} == gaps(EN[key]["other"]) - {"n"}
        assert "n" in gaps(EN[key]["other"])


@pytest.mark.parametrize("key", EN)
def test_japanese_is_japanese(key):
    """A text that was forgotten would have English words, and no Japanese ones."""
    bare = re.sub(r"\{\w+\}|`[^`]*`", "", forms(JA[key])[-1])
    english = re.findall(r"[A-Za-z]{2,} [a-z]{2,}", bare)
    assert not english or re.search(r"[ぁ-んァ-ヶ一-龠]", bare)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_words_for_people_stand_anywhere_else(path):
    """Two words with a blank between, or a letter beyond ASCII, is what people would read."""
    spoken = {
        text
        for text in literals(path)
        if re.search(r"[A-Za-z]{2,} [a-z]{2,}", text)
        or any(ord(c) > 127 and unicodedata.category(c)[0] == "L" for c in text)
    }
    assert path.name in FOR_OPERATORS or spoken <= NOT_FOR_PEOPLE


def test_every_text_is_said_somewhere():
    said = {text for path in MODULES for text in literals(path)}
    patterns = [re.compile(p) for path in MODULES for p in built(path)]
    unsaid = [k for k in EN if k not in said and not any(p.fullmatch(k) for p in patterns)]
    assert unsaid == []


def test_everything_that_is_said_has_its_text():
    families = {key.split(".")[0] for key in EN}
    said = {text for path in MODULES for text in literals(path)}
    keys = {text for text in said if re.fullmatch(r"[a-z]+(\.[a-z_0-9-]+)+", text)}
    actions = {action.value for action in Action}
    assert {key for key in keys - actions if key.split(".")[0] in families} <= set(EN)


def sentences(*paths: str) -> set[str]:
    """Return what the engine refuses with, and what an inspection finds, its gaps filled with X."""
    trees = [ast.parse((ROOM.parent / path).read_text(encoding="utf-8")) for path in paths]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    refusals = {
        part
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused"
        for part in node.args
    }
    found = {key for node in nodes if isinstance(node, ast.Dict) for key in node.keys if key}
    added = {
        part
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "append"
        for part in node.args
    }
    texts = {filled(part) for part in refusals | found | added}
    return {text for text in texts if re.search(r"[a-z] [a-z]", text)}


def filled(part: ast.AST) -> str:
    match part:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(filled(each) or "X" for each in parts)
    return ""


OBEY = sorted((ROOM.parent / "pipeline" / "obey").glob("*.py"))
ENGINE_SAYS = {RESOLVE_FIRST} | sentences(
    "media/inspect.py",
    "pipeline/steps/files.py",
    *(f"pipeline/obey/{path.name}" for path in OBEY),
)


def test_what_the_engine_says_is_found():
    assert len(ENGINE_SAYS) > 30


@pytest.mark.parametrize("sentence", sorted(ENGINE_SAYS))
def test_what_the_engine_says_is_said_in_japanese(sentence):
    assert re.search(r"[ぁ-んァ-ヶ一-龠]", words("ja").said(sentence))
    assert words("en").said(sentence) == sentence


def test_gaps_of_the_engine_s_sentences_are_kept():
    for said, own in ENGINE["ja"].items():
        assert gaps(said) == gaps(own), said
    said = words("ja").said("The run is over: cancelled (rejected) by U1.")
    assert said == "すでに終了しています：却下（U1）。"
    assert words("ja").said("A vendor says no.") == "A vendor says no."


def test_every_error_has_its_words():
    known = codes(BotError) | {"internal", "given_up"}
    assert {key.removeprefix("error.") for key in EN if key.startswith("error.")} == known
    assert {key.removeprefix("do.") for key in EN if key.startswith("do.")} <= {
        *known,
        "late",
        "uncertain",
    }


@pytest.mark.parametrize(
    "amount,text",
    [
        ("0", "free"),
        ("0.8", "$0.80"),
        ("0.015", "$0.015"),
        ("0.02", "$0.02"),
        ("0.5376", "$0.54"),
        ("0.00004", "$0"),
        ("1234.5", "$1,234.50"),
    ],
)
def test_dollars(amount, text):
    assert words("en").usd(Decimal(amount)) == text


def test_a_price_is_about_right_until_it_is_settled():
    assert words("en").price(Decimal("0.8")) == "about $0.80"
    assert words("ja").price(Decimal("0.8")) == "約$0.80"
    assert words("en").price(Decimal("0.8"), settled=True) == "$0.80"
    assert words("en").price(Decimal(0)) == "free"


def test_plurals():
    english, japanese = words("en"), words("ja")
    assert english("make.seconds.n", n=1) == "1 second"
    assert english("make.seconds.n", n=8) == "8 seconds"
    assert japanese("make.seconds.n", n=1) == "1 秒"


def test_rows():
    assert words("en").listed(["a", "b", "c"]) == "a, b and c"
    assert words("ja").listed(["a", "b", "c"]) == "a、b、c"
    assert words("en").listed([]) == "–"
