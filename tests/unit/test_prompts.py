"""prompts/*.j2: what they render to, and what is said when they are wrong."""

import itertools
import re
import textwrap
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from unicodedata import east_asian_width

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.domain.prompt import Prompt, Variable
from bot.errors import ConfigError, TemplateError
from bot.prompts import JinjaPrompts
from bot.prompts.front_matter import FrontMatter, VariableShape, VideoShape
from bot.prompts.library import MAX_BYTES
from bot.prompts.sandbox import FILTERS

SHIPPED = Path(__file__).parents[2] / "prompts"

Write = Callable[[str], JinjaPrompts]
Refuse = Callable[..., TemplateError]


def first(choices: Sequence[str]) -> str:
    return choices[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "prompts"
    folder.mkdir()
    return folder


@pytest.fixture
def write(folder: Path) -> Write:
    def write(source: str, name: str = "cat") -> JinjaPrompts:
        (folder / f"{name}.j2").write_text(source, encoding="utf-8")
        return JinjaPrompts(folder, pick=first)

    return write


@pytest.fixture
def refuse(write: Write) -> Refuse:
    def refuse(source: str, lang: str | None = None, **variables: str) -> TemplateError:
        with pytest.raises(TemplateError) as caught:
            write(source).render("cat", variables, lang)
        return caught.value

    return refuse


CAT = """---
description: A cat.
caption: {en: A {{ mood }} cat, ja: '{{ {"shy": "内気な", "bold": "大胆な"}[mood] }}猫'}
alt: {en: A cat, ja: 猫}
variables:
  mood: {choices: [shy, bold]}
  place: the lake
  name:
video: {seconds: 4, size: 720x1280, model: m}
---
A {{ mood }} cat called {{ name }}
at {{ place }}.
""".replace("A {{ mood }} cat, ja", '"A {{ mood }} cat", ja', 1)


# --- what a good template says --------------------------------------------------------------------


def test_a_template_tells_what_it_needs(write: Write):
    template = write(CAT).get("cat")

    assert template.description == "A cat."
    assert template.variables == (
        Variable(name="mood", choices=("shy", "bold")),
        Variable(name="place", default="the lake"),
        Variable(name="name"),
    )
    assert template.languages == ("en", "ja")
    assert (template.seconds, template.size, template.model) == (4, "720x1280", "m")


def test_a_prompt_records_all_it_was_made_with(write: Write):
    library = write(CAT)
    prompt = library.render("cat", {"name": "Miso"})

    assert prompt == Prompt(
        text="A shy cat called Miso\nat the lake.",
        caption="A shy cat",
        alt_text="A cat",
        template="cat",
        digest=library.get("cat").digest,
        variables={"mood": "shy", "place": "the lake", "name": "Miso"},
    )


def test_a_choice_without_a_default_is_picked_for_each_video(folder: Path, write: Write):
    write(CAT)
    picks = iter(["bold", "shy"])
    library = JinjaPrompts(folder, pick=lambda choices: next(picks))

    made = [library.render("cat", {"name": "Miso"}).variables["mood"] for _ in range(2)]

    assert made == ["bold", "shy"]


def test_by_itself_every_choice_is_picked_sooner_or_later(folder: Path, write: Write):
    write(CAT)
    library = JinjaPrompts(folder)
    made = {library.render("cat", {"name": "Miso"}).variables["mood"] for _ in range(64)}
    assert made == {"shy", "bold"}


def test_a_choice_with_a_default_is_not_left_to_chance(write: Write):
    library = write(CAT.replace("bold]}", "bold], default: bold}"))
    assert library.render("cat", {"name": "Miso"}).variables["mood"] == "bold"


@pytest.mark.parametrize(
    "lang, caption", [(None, "A shy cat"), ("en", "A shy cat"), ("ja", "内気な猫")]
)
def test_words_come_in_the_language_asked_for(write: Write, lang: str | None, caption: str):
    assert write(CAT).render("cat", {"name": "Miso"}, lang).caption == caption


def test_words_without_a_language_serve_every_language(write: Write):
    library = write("---\ndescription: d\ncaption: Meow\nalt: {en: Cat, ja: 猫}\n---\nA cat\n")
    prompt = library.render("cat", {}, "ja")
    assert (prompt.caption, prompt.alt_text) == ("Meow", "猫")
    assert library.get("cat").languages == ("en", "ja")


def test_the_prompt_never_stands_in_for_a_caption(write: Write):
    prompt = write("---\ndescription: d\n---\nA cat\n").render("cat", {})
    assert (prompt.caption, prompt.alt_text) == (None, None)


def test_a_caption_that_comes_out_blank_is_none(write: Write):
    source = "---\ndescription: d\nvariables: {a: x}\ncaption: '{{ a }}'\n---\n{{ a }} cat\n"
    assert write(source).render("cat", {"a": " "}).caption is None


def test_values_are_text_not_templates(write: Write):
    prompt = write(CAT).render("cat", {"name": "{{ mood }}<b>&"})
    assert "{{ mood }}<b>&" in prompt.text


def test_lines_with_conditions_leave_no_blank_lines(write: Write):
    source = (
        "---\ndescription: d\nvariables: {a: x}\n---\n"
        "{% if a == 'x' %}\none\n{% else %}\ntwo\n{% endif %}\nthree {# four #}\n"
    )
    assert write(source).render("cat", {}).text == "one\nthree"


def test_an_edited_file_is_taken_up_at_once(folder: Path, write: Write):
    """Even one that keeps its size and is saved within the file system's clock tick."""
    library = write("---\ndescription: d\n---\nA cat\n")
    before = library.render("cat", {})
    (folder / "cat.j2").write_text("---\ndescription: d\n---\nA dog\n")
    after = library.render("cat", {})
    assert (before.text, after.text) == ("A cat", "A dog")
    assert before.digest != after.digest


def test_an_unchanged_file_is_compiled_once(write: Write):
    library = write(CAT)
    assert library.get("cat") is library.get("cat")


def test_windows_lines_and_a_byte_order_mark_do_no_harm(folder: Path, write: Write):
    write("")
    (folder / "cat.j2").write_bytes("\ufeff---\r\ndescription: d\r\n---\r\nA cat\r\n".encode())
    assert JinjaPrompts(folder).render("cat", {}).text == "A cat"


def test_templates_are_listed_by_name(write: Write):
    write(CAT, "b")
    write(CAT, ".hidden")
    assert [template.name for template in write(CAT, "a").list()] == ["a", "b"]


# --- what is said of a bad one --------------------------------------------------------------------


def _body(text: str, front: str = "") -> str:
    return f"---\ndescription: d\n{front}---\n{text}\n"


BAD = [
    ("", "prompts/cat.j2:1: it does not begin with a front matter"),
    ("A cat\n", "prompts/cat.j2:1: it does not begin with a front matter"),
    ("---\ndescription: d\nA cat\n", "prompts/cat.j2:1: the front matter has no end"),
    ("---\n---\nA cat\n", "prompts/cat.j2: there is nothing in it"),
    ("---\ncaption: x\n---\nA cat\n", "prompts/cat.j2:2: description: is missing"),
    ("---\n\ndescription: [\n---\nA cat\n", "prompts/cat.j2:3: this is not YAML"),
    (_body(""), "prompts/cat.j2:4: there is no prompt"),
    (_body("A cat", "captoin: x\n"), "prompts/cat.j2:3: captoin: there is no such key"),
    (_body("A cat", "caption: ''\n"), "prompts/cat.j2:3: caption: must not be empty"),
    (_body("A cat", "caption: {'': x}\n"), "prompts/cat.j2:3: caption: a language has no name"),
    (_body("A cat", "caption: {english: x}\n"), "prompts/cat.j2:3: caption.english: is not a lang"),
    (
        _body("A cat", "caption: {en: x, ja: y}\nalt: {en: x}\n"),
        "prompts/cat.j2:4: alt: caption and alt differ in ja",
    ),
    (_body("A cat", "caption: '{{ mood'\n"), "prompts/cat.j2:3: caption: this is not Jinja: "),
    (
        _body("A cat", "caption:\n  en: x\n  ja: '{{ mood }}'\n"),
        "prompts/cat.j2:5: variable 'mood' is not declared",
    ),
    (_body("One\n{{ mood }}"), "prompts/cat.j2:5: variable 'mood' is not declared"),
    (_body("One\n{% if %}"), "prompts/cat.j2:5: this is not Jinja: "),
    (
        _body("A cat", "variables: {mood: shy}\n"),
        "prompts/cat.j2:3: variables.mood: nothing uses it",
    ),
    (
        _body("{{ mood }}", "variables:\n  mood: {choices: [a, b], default: c}\n"),
        "prompts/cat.j2:4: variables.mood: its default is not among its choices",
    ),
    (
        _body("{{ mood }}", "variables:\n  mood: {choices: [a]}\n"),
        "prompts/cat.j2:4: variables.mood.choices: must have 2 or more entries",
    ),
    (
        _body("{{ self }}", "variables: {self: x}\n"),
        "prompts/cat.j2:3: variables.self: is not a var",
    ),
    (_body("{{ a }}", "variables: {a: 3}\n"), "prompts/cat.j2:3: variables.a: must be a mapping"),
    (_body("A cat", "video: {seconds: 4s}\n"), "prompts/cat.j2:3: video.seconds: must be a whole"),
    (_body("A cat", "video: {size: hd}\n"), "prompts/cat.j2:3: video.size: is not a size"),
    (
        _body("{{ {'a': 1}[mood] }}", "variables:\n  mood: {choices: [a, b]}\n"),
        "prompts/cat.j2:6: nothing fits: ",
    ),
    (
        _body(
            "A cat", "caption: '{{ {\"a\": 1}[mood] }}'\nvariables:\n  mood: {choices: [a, b]}\n"
        ),
        "prompts/cat.j2:3: caption: nothing fits: ",
    ),
    (_body("x" * 33_000), "prompts/cat.j2:4: the prompt comes to 33,000 characters"),
    (_body("x" * MAX_BYTES), "prompts/cat.j2: is larger than 64 KB"),
    (_body("{{ 'a' > 1 }}"), "prompts/cat.j2:4: it cannot be worked out: "),
]


@pytest.mark.parametrize("source, message", BAD)
def test_a_bad_template_is_told_with_its_line(refuse: Refuse, source: str, message: str):
    error = refuse(source)
    assert str(error).startswith(message)
    assert "\n" not in str(error)


def test_a_variable_that_is_not_given_is_told_with_its_first_use(refuse: Refuse):
    error = refuse(CAT)
    assert str(error) == "prompts/cat.j2:11: variable 'name' is not given"
    assert error.hint == "Give it: --var name=…, or vars: {name: …} in a schedule."


def test_a_misspelt_variable_is_told_with_the_nearest(refuse: Refuse):
    error = refuse(CAT, moood="shy", name="Miso")
    assert str(error) == "prompts/cat.j2: there is no variable 'moood'"
    assert error.hint == "Did you mean 'mood'?"


def test_a_misspelt_use_is_told_with_the_nearest(refuse: Refuse):
    error = refuse(_body("{{ moood }} {{ mood }}", "variables: {mood: shy}\n"))
    assert str(error) == "prompts/cat.j2:5: variable 'moood' is not declared"
    assert error.hint == "Did you mean 'mood'?"


def test_a_value_outside_the_choices_is_told_with_them(refuse: Refuse):
    error = refuse(CAT, mood="angry", name="Miso")
    assert str(error) == "prompts/cat.j2:11: variable 'mood' cannot be 'angry'"
    assert error.hint == "Choose from shy, bold."


def test_an_overlong_value_is_refused(refuse: Refuse):
    assert "variable 'name' is no short text" in str(refuse(CAT, name="x" * 2001))


def test_a_missing_language_is_told_with_those_there_are(refuse: Refuse):
    error = refuse(CAT, "fr", name="Miso")
    assert str(error) == "prompts/cat.j2: it has no words in 'fr'"
    assert error.hint == "It has en, ja."


@pytest.mark.parametrize(
    "name", ["cta", "../prompts/cat", "cat.j2", "", "a/b", "CAT", "c\0t", "..", "~"]
)
def test_an_unknown_name_is_told_with_the_nearest(write: Write, name: str):
    with pytest.raises(TemplateError) as caught:
        write(CAT).get(name)
    assert str(caught.value) == f"there is no template {name!r}"
    assert "cat" in (caught.value.hint or "")


def test_the_first_broken_template_spoils_the_list(write: Write):
    write("---\n", "a")
    with pytest.raises(TemplateError, match=r"^prompts/a\.j2:1: "):
        write(CAT, "b").list()


def test_a_file_name_that_nobody_could_address_is_refused(write: Write):
    with pytest.raises(TemplateError, match="'My Cat'"):
        write(CAT, "My Cat").list()


def test_a_missing_folder_is_told(tmp_path: Path):
    with pytest.raises(TemplateError, match="no such folder"):
        JinjaPrompts(tmp_path / "gone").list()


# --- what a template cannot do --------------------------------------------------------------------

ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''|attr('__class__') }}",
    "{{ mood.__init__.__globals__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ self.__init__.__globals__.__builtins__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ joiner() }}",
    "{{ namespace(a=1) }}",
    "{{ range(10**9)|list }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for c in 'abc' recursive %}{{ loop(c) }}{% endfor %}",
    "{{ 'x' * 10**9 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:>1000000000}'.format(1) }}",
    "{{ '{0.__class__}'.format(mood) }}",
    "{{ 'x'|center(1000000000) }}",
    "{{ 'x'|replace('x', 'xx') }}",
    "{{ [1]|batch(1000000000, 0)|list }}",
    "{{ ['a']|map('attr', '__class__')|list }}",
    "{{ ['a', 'b']|random }}",
    "{% set a = 'x' %}{% set a = a ~ a %}",
    "{% set a %}x{% endset %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include '/etc/passwd' %}",
    "{% import 'cat' as c %}",
    "{% from 'cat' import c %}",
    "{% extends 'cat' %}",
    "{% block a %}{% endblock %}",
    "{% call mood() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% do mood %}",
    "{{ mood is callable }}",
    "{{ mood[:1] }}",
    "{{ mood[mood] }}",
    "{{ mood() }}",
    "{{ " + "(" * 500 + "1" + ")" * 500 + " }}",
    "{{ " + "not " * 5000 + "1 }}",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_the_sandbox_holds(refuse: Refuse, escape: str):
    source = _body(f"{{{{ mood }}}}\n{escape}", "variables: {mood: shy}\n")
    assert re.match(r"prompts/cat\.j2:[56]: ", str(refuse(source)))


def test_a_forbidden_thing_is_named_with_what_there_is_instead(refuse: Refuse):
    error = refuse(_body("A\n{% for a in 'abc' %}{% endfor %}"))
    assert str(error) == "prompts/cat.j2:5: a loop has no place in a prompt template"
    assert "{{ variables }}, {% if %} and the filters lower, upper" in (error.hint or "")


QUIET = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TOKENS = "{{ }} {% %} {# #} mood if else endif |upper | ~ [ ] { } 'a' : 1 == and not --- . ( )"
JINJA = st.lists(
    st.sampled_from([*TOKENS.split(), "\n"]) | st.text(max_size=3),
    max_size=20,
).map(" ".join)


@QUIET
@given(body=JINJA)
@example(body="{{ mood ~ [1, 2] ~ {} }}")
@example(body="{{ mood['x'] }}")
@example(body="{{ mood < [] }}")
def test_arbitrary_bodies_raise_nothing_else(folder: Path, body: str):
    (folder / "cat.j2").write_text(_body(body, "variables: {mood: shy}\n"), "utf-8", "replace")
    with suppress(TemplateError):
        JinjaPrompts(folder).render("cat", {})


@QUIET
@given(raw=st.binary(max_size=100))
def test_arbitrary_bytes_raise_nothing_else(folder: Path, raw: bytes):
    (folder / "cat.j2").write_bytes(b"---\ndescription: " + raw)
    with suppress(ConfigError):
        JinjaPrompts(folder).render("cat", {})


@QUIET
@given(value=st.text(max_size=50), lang=st.none() | st.text(max_size=3))
def test_arbitrary_values_raise_nothing_else(folder: Path, value: str, lang: str | None):
    (folder / "cat.j2").write_text(CAT, encoding="utf-8")
    with suppress(TemplateError):
        assert value.strip() in JinjaPrompts(folder).render("cat", {"name": value}, lang).text


# --- the shipped templates ------------------------------------------------------------------------


def _prompts(name: str) -> list[Prompt]:
    """Return every prompt that the template can come to."""
    library = JinjaPrompts(SHIPPED)
    template = library.get(name)
    options = [v.choices or (v.default or f"some {v.name}",) for v in template.variables]
    names = [v.name for v in template.variables]
    return [
        library.render(name, dict(zip(names, values, strict=True)), lang)
        for values in itertools.product(*options)
        for lang in template.languages or (None,)
    ]


def _weight(text: str) -> int:
    """Return at least what X counts: 2 for all that is not Latin (developer.x.com, counting)."""
    return sum(1 if ord(c) <= 0x10FF and east_asian_width(c) not in "WF" else 2 for c in text)


NAMES = sorted(path.stem for path in SHIPPED.glob("*.j2"))


def test_there_are_templates_to_begin_with():
    assert len(NAMES) >= 6
    assert {"cute_cat", "product_teaser"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_shipped_templates_are_fit_to_post(name: str):
    for prompt in _prompts(name):
        assert prompt.caption
        assert prompt.alt_text
        assert _weight(prompt.caption) <= 280
        assert not re.search(r"https?:|www\.|@|\n|  ", prompt.caption + prompt.alt_text)
        assert prompt.caption not in prompt.text
        assert len(prompt.text) > 200


def test_an_hourly_cat_seldom_says_the_same_twice():
    """X refuses a post whose text equals a recent one."""
    captions = {prompt.caption for prompt in _prompts("cute_cat")}
    assert len(captions) >= 24 * 7


# --- the page -------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "docs/prompts.md"


def test_the_example_of_the_page_works(write: Write):
    source = PAGE.read_text(encoding="utf-8").split("```jinja\n")[1].split("   ```\n")[0]
    prompt = write(textwrap.dedent(source), "tea_time").render("tea_time", {"weather": "rain"})
    assert prompt.caption == "Green tea, and nothing else on the list. 🍵"
    assert "Drops run down the window" in prompt.text


def test_every_key_and_filter_is_documented():
    page = PAGE.read_text(encoding="utf-8")
    shapes = [FrontMatter, VariableShape, VideoShape]
    words = {key for shape in shapes for key in shape.model_fields} | set(FILTERS)
    assert [word for word in sorted(words) if not re.search(rf"`{word}`|{word}:", page)] == []


# --- captions that are too long ------------------------------------------------------------------


@pytest.mark.parametrize("line", ["", "long_caption: refuse\n"])
def test_a_long_caption_is_refused_unless_the_template_says_otherwise(write, line):
    source = "---\ndescription: d\ncaption: A cat.\n{}---\nA cat.\n"
    assert write(source.format(line)).render("cat", {}).may_cut is False
    assert write(source.format("long_caption: cut\n")).render("cat", {}).may_cut is True


def test_another_answer_is_told(refuse):
    source = "---\ndescription: d\ncaption: A cat.\nlong_caption: shorten\n---\nA cat.\n"
    assert "cat.j2:4: long_caption:" in str(refuse(source))
