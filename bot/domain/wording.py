"""What may stand in a post on X, and what becomes of the words that a template made.

X's automation rules: no unasked-for mentions by programs; one cashtag a post. What a person wrote
is never changed here, only refused.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from bot.domain.account import Account, Manner
from bot.domain.caption import LONGEST, caption_length
from bot.domain.cut import cut
from bot.domain.entity import Entity, Kind, entities
from bot.domain.post import Words
from bot.errors import PostRejected

#: What is no character, and is refused by X wherever it stands.
_INVALID = "\ufffe\ufeff\uffff"
_BRACKETS = ("()", "[]", "（）", "【】", "「」")
_ENDS_A_PHRASE = ".,!?;:…。、！？"
_MOST_NAMED = 3


def word_for_x(words: Words, account: Account) -> Words:
    """Return *words* as they would go out from *account*; its own result comes back as it is.

    Raises `PostRejected` for no words, too many, or some that X or the account's rules do not take.
    """
    if words.generated and words.caption:
        words = _obey(words, account)
    caption = words.caption or ""
    _check(caption, account)
    n, most = caption_length("x", caption), LONGEST["x"]
    if n <= most:
        return words
    short = cut(caption, most) if words.generated and words.may_cut else ""
    if not short:
        raise _too_long(words, account, n)
    change = f"The caption was cut: it had {n} of {most} characters as X counts them."
    return replace(words, caption=short, changes=(*words.changes, change))


def _check(caption: str, account: Account) -> None:
    if not caption.strip():
        raise PostRejected(
            f"A post for x:{account.handle} needs a caption.",
            hint="Give the template a caption, or the request its own.",
        )
    if found := next((character for character in caption if character in _INVALID), None):
        raise PostRejected(
            f"The caption for x:{account.handle} has U+{ord(found):04X} in it, which X refuses.",
            hint="Type the words anew where they were pasted from elsewhere.",
        )
    tags = [each for each in entities(caption) if each.kind is Kind.CASHTAG]
    if len(tags) > 1:
        raise PostRejected(
            f"The caption for x:{account.handle} has {len(tags)} cashtags ({_named(tags)}); "
            "X takes one.",
            hint="Keep one of them.",
        )


def _too_long(words: Words, account: Account, n: int) -> PostRejected:
    most = LONGEST["x"]
    what = f"The caption for x:{account.handle} has {n} of {most} characters as X counts them."
    ours = words.generated and not words.may_cut
    return PostRejected(
        what,
        hint="Shorten it, or write long_caption: cut in its template." if ours else "Shorten it.",
    )


# --- what a template may say ---------------------------------------------------------------------


def _obey(words: Words, account: Account) -> Words:
    """Return words with nothing in them that the account does not keep."""
    caption, changes = unicodedata.normalize("NFC", words.caption or ""), list(words.changes)
    while found := _unwanted(caption, account):
        refused = [each for each in found if _manner(each, account) is Manner.REFUSE]
        if refused:
            raise _refusal(refused, account)
        caption = _without(caption, found[0])
        changes.append(f"The {found[0].kind} {found[0].text} was left out.")
    if changes and not caption.strip():
        raise PostRejected(
            f"Nothing is left of the caption for x:{account.handle}. {' '.join(changes)}",
            hint="Give the template words of its own.",
        )
    return replace(words, caption=caption, changes=tuple(dict.fromkeys(changes)))


def _unwanted(caption: str, account: Account) -> list[Entity]:
    return [each for each in entities(caption) if _manner(each, account) is not Manner.KEEP]


def _manner(entity: Entity, account: Account) -> Manner:
    if entity.kind is Kind.LINK:
        return account.links
    if entity.kind is Kind.CASHTAG:
        return account.cashtags
    is_other = entity.text[1:].split("/")[0].casefold() != account.handle[1:].casefold()
    return account.mentions if entity.kind is Kind.MENTION and is_other else Manner.KEEP


def _refusal(found: list[Entity], account: Account) -> PostRejected:
    kind = found[0].kind
    key = f'accounts: "{account.handle}": {kind}s: drop'
    same = [each for each in found if each.kind is kind]
    return PostRejected(
        f"The caption for x:{account.handle} has a {kind} in it ({_named(same)}), which a template "
        "may not put there.",
        hint=f"Change the template, or write {key} (or keep) in schedules.yaml.",
    )


def _named(found: Iterable[Entity]) -> str:
    texts = list(dict.fromkeys(each.text[:60] for each in found))
    more = ", …" if len(texts) > _MOST_NAMED else ""
    return ", ".join(texts[:_MOST_NAMED]) + more


def _without(text: str, entity: Entity) -> str:
    """Return *text* without *entity*, and without the blanks and brackets that were for it."""
    before, after = text[: entity.start], text[entity.end :]
    if before[-1:] + after[:1] in _BRACKETS:
        before, after = before[:-1], after[1:]
    if not before or before[-1].isspace():
        after = after.lstrip(" ")
    if not after or after[0].isspace() or after[0] in _ENDS_A_PHRASE:
        before = before.rstrip(" ")
    if (not before or before.endswith("\n")) and after.startswith("\n"):
        after = after[1:]
    return before + after if after else before.rstrip()
