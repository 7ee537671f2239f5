"""The Web API's methods: which arguments each knows, which scope it needs, what it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.fake_slack.refusal import Refusal
from tests.fake_slack.workspace import Token, Workspace


@dataclass
class Call:
    """One call as it arrived, and what became of it."""

    method: str
    args: dict
    token: str
    workspace: Workspace
    at: datetime
    #: Where the fake is reached, without a slash at the end.
    base: str = ""
    #: What was done and answered; None when nothing was.
    answer: dict | None = None
    #: The fault that hit it.
    fault: object = None

    @property
    def happened(self) -> bool:
        """Whether it had its effect."""
        return bool(self.answer and self.answer["ok"])

    def need(self, *names: str) -> list:
        """Return arguments that must be there."""
        missing = [name for name in names if self.args.get(name) in (None, "")]
        if missing:
            words = [f"missing required field: {name}" for name in missing]
            raise Refusal("invalid_arguments", *words)
        return [self.args[name] for name in names]


@dataclass(frozen=True)
class Method:
    name: str
    does: Callable[[Call], dict]
    #: One of them is needed; none for methods that any token may call.
    scopes: tuple[str, ...] = ()
    arguments: frozenset[str] = field(default_factory=frozenset)
    #: `bot` or `app`.
    kind: str = "bot"

    def run(self, call: Call, token: Token) -> dict:
        """Return the answer; `Refusal` for what Slack would refuse."""
        if token.kind != self.kind:
            raise Refusal("not_allowed_token_type")
        if self.scopes and not token.scopes.intersection(self.scopes):
            provided = ",".join(sorted(token.scopes))
            raise Refusal("missing_scope", needed=self.scopes[0], provided=provided)
        unknown = sorted(set(call.args) - self.arguments - _ALWAYS)
        if unknown:
            raise Refusal("invalid_arguments", *(f"unknown argument: {name}" for name in unknown))
        return {"ok": True, **self.does(call)}


#: The official clients send it with every call.
_ALWAYS = {"team_id"}

METHODS: dict[str, Method] = {}


def method(name: str, arguments: str = "", *, scopes: str = "", kind: str = "bot") -> Callable:
    """Register a function as the Web API's method *name*."""

    def register(does: Callable[[Call], dict]) -> Callable[[Call], dict]:
        known = frozenset(arguments.split())
        METHODS[name] = Method(name, does, tuple(scopes.split()), known, kind)
        return does

    return register


def page(call: Call, items: list, default: int = 100) -> tuple[list, dict]:
    """Return one page of *items* and the `response_metadata` that leads to the next."""
    limit, start = int(call.args.get("limit") or default), int(call.args.get("cursor") or 0)
    if not 0 < limit <= 1000:
        raise Refusal("invalid_limit")
    end = start + limit
    return items[start:end], {"next_cursor": str(end) if end < len(items) else ""}
