"""What a Videos API server means when it answers anything but a video.

`videos_api`, `listing` and `content` put their errors into words here. Whoever is told never sees
markup, more than a few hundred characters, or our key, which some servers repeat.
"""

import re

import httpx

from bot.errors import ProviderError, RateLimited, Rejected, Unauthorized
from bot.ports import Clock
from bot.providers import answers

MODERATION = re.compile(r"moderation|content policy|safety|blocked", re.IGNORECASE)
GONE = re.compile(r"shut ?down|retired|deprecated|decommissioned|sunset", re.IGNORECASE)
VERIFY = re.compile(r"\bverif", re.IGNORECASE)
MODEL = re.compile(
    r"model.{0,80}(not found|not exist|unknown|invalid|unsupported|not supported|no access)"
    r"|(unknown|invalid|unsupported|no such) model",
    re.IGNORECASE,
)
#: Waiting helps against 429, but not when the money is used up.
UNPAID = re.compile(r"insufficient quota|billing|out of credit|no credit", re.IGNORECASE)
UNAUTHORIZED = {401, 403}
MOVED = {301, 307, 308}


class Refusals:
    """Turns the answers of one server into errors."""

    def __init__(
        self, name: str, *, client: httpx.AsyncClient, clock: Clock, key_name: str | None
    ) -> None:
        self._name = name
        self._client = client
        self._clock = clock
        self._key_name = key_name

    def say(self, response: httpx.Response, what: str = "") -> str:
        """Return one sentence: who answered *what* with which status, in the server's words."""
        words = self.words(response)
        asked = f" {what} with" if what else ""
        return f"{self._name} answered{asked} {response.status_code}{': ' * bool(words)}{words}"

    def words(self, response: httpx.Response) -> str:
        """Return the server's words without our key."""
        key = self._client.headers.get("authorization", "").removeprefix("Bearer ").strip()
        words = answers.read_words(answers.decode(response.content))
        return words.replace(key, "[key]") if key else words

    def retry_after(self, response: httpx.Response) -> float | None:
        """Return the seconds the server asks us to wait."""
        return answers.read_retry_after(response.headers.get("retry-after"), self._clock.now())

    def error(self, response: httpx.Response, what: str = "") -> ProviderError:
        """Return what a 4xx means: nothing was done."""
        said = self.say(response, what)
        meant = f"{said} {answers.read_code(answers.decode(response.content))}".replace("_", " ")
        unpaid = UNPAID.search(meant)
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS and not unpaid:
            return RateLimited(said, retry_after=self.retry_after(response))
        if response.status_code in UNAUTHORIZED:
            return Unauthorized(said, hint=self._check_key(meant))
        if unpaid or response.status_code == httpx.codes.PAYMENT_REQUIRED:
            return Rejected(said, hint="Add credit at the provider.")
        return Rejected(said, hint=_advice(response.status_code, meant))

    def _check_key(self, said: str) -> str:
        where = f" in {self._key_name}" if self._key_name else ""
        if VERIFY.search(said):
            return f"Verify your organization at the provider; the key{where} may well be right."
        return f"Check the key{where} and what it is allowed to do."


def is_final(response: httpx.Response) -> bool:
    """Whether a look or a listing was refused in a way that concerns every request."""
    return response.status_code in UNAUTHORIZED | {httpx.codes.TOO_MANY_REQUESTS}


def say_lost(error: httpx.HTTPError) -> str:
    """Return what went wrong in a few words; httpx leaves timeouts without any."""
    return answers.clean(str(error), 200).rstrip(".") or type(error).__name__


def _advice(status: int, said: str) -> str:
    """Return what helps against words and code of a refusal, blanks for underscores."""
    if MODERATION.search(said):
        return "Change the prompt: the provider does not allow it."
    if status == httpx.codes.GONE or GONE.search(said):
        return "Choose another model or provider: this one is no longer offered."
    if MODEL.search(said):
        return "Check the name of the model in schedules.yaml: the provider does not know it."
    if status in MOVED | {404, 405}:
        return "Check the provider's base URL and the name of the model."
    return "Change what the provider names, then try again."
