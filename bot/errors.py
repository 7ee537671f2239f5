"""Every failure the bot can name, drawn as a tree.

* BotError
  + ConfigError               a file or a setting is wrong           exit code 2
    - TemplateError           a prompt template is wrong
    - RequestError            what was asked for cannot be done
  + ProviderError
    - Rejected                refused, and will be refused again
    - Unauthorized            the key is missing, wrong or not verified
    - RateLimited     (retry) asked to slow down
    - Unavailable     (retry) not reached; surely nothing was created
    - NotReady        (retry) the content is not there yet
    - Expired                 the content is gone
    - AmbiguousCreate         a video may or may not have been created
  + MediaError
    - Truncated       (retry) the file ends too early
    - Unusable                the file is not a video anyone can post
    - LowDisk         (retry) too little room to keep another video
  + PublishError
    - PostRejected            refused, and will be refused again
    - TargetUnavailable (retry) not reached; surely nothing was posted
    - TargetPaused    (wait)  the target takes no posts until a person acts
    - AmbiguousPost           a post may or may not have gone out
  + BudgetExceeded            the day's money is spoken for
  + Stopped           (wait)  a person stopped all paid and public requests
  + Settling          (wait)  a write's answer was lost; it is looked for after a while
  + InTheAir          (retry) an equal write is being sent; two could not be told apart
  + Uncertain                 an outside write cannot be settled without a person
  + StoreError
    - NotFound
    - Conflict                somebody else was first
    - LeaseLost               another worker holds this run now
    - EngineRunning           another engine owns this database
    - DatabaseUnusable        corrupt, newer than this program, or not writable

An adapter turns every foreign exception into one of these at its edge. The
runner alone retries, and only what says `retryable`. Outcomes that people chose
(rejected, expired, cancelled) are states of a Run, not errors.
"""

from typing import ClassVar


class BotError(Exception):
    """Something failed in a way the bot understands."""

    #: Stable, machine-readable name; used in logs, metrics, `--json` and stored Runs.
    code: ClassVar[str] = "error"
    #: May the runner try the same step again by itself?
    retryable: ClassVar[bool] = False
    #: May the outside write have happened all the same? Then it is never sent again blindly.
    ambiguous: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = None,
        *,
        hint: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])
        #: What a person can do about it, in one sentence.
        self.hint = hint
        #: Seconds the other side asked us to wait.
        self.retry_after = retry_after


class ConfigError(BotError):
    """A setting or a file is wrong."""

    code = "config"


class TemplateError(ConfigError):
    """A prompt template is missing, broken, or lacks a variable."""

    code = "template"


class RequestError(ConfigError):
    """What was asked for cannot be done."""

    code = "request"


class ProviderError(BotError):
    """A video provider failed."""

    code = "provider"


class Rejected(ProviderError):
    """The provider refused this request and will refuse it again."""

    code = "rejected"


class Unauthorized(ProviderError):
    """The provider does not accept the key."""

    code = "unauthorized"


class RateLimited(ProviderError):
    """The provider asked to slow down."""

    code = "rate_limited"
    retryable = True


class Unavailable(ProviderError):
    """The provider could not be reached."""

    code = "unavailable"
    retryable = True


class NotReady(ProviderError):
    """The video's content is not ready yet."""

    code = "not_ready"
    retryable = True


class Expired(ProviderError):
    """The provider has deleted the video's content."""

    code = "expired"


class AmbiguousCreate(ProviderError):
    """The request was sent, but no answer says whether a video was created."""

    code = "ambiguous_create"
    ambiguous = True


class MediaError(BotError):
    """A media file is wrong."""

    code = "media"


class Truncated(MediaError):
    """The file ends too early."""

    code = "truncated"
    retryable = True


class Unusable(MediaError):
    """The file is not a video that can be posted."""

    code = "unusable"


class LowDisk(MediaError):
    """Too little room is left on the disk to keep another video."""

    code = "low_disk"
    retryable = True


class PublishError(BotError):
    """A post was not delivered."""

    code = "publish"
    #: The target that refused it, as text; the publish step, which knows it, says so.
    target: str | None = None


class PostRejected(PublishError):
    """The target refused this post and will refuse it again."""

    code = "post_rejected"


class TargetUnavailable(PublishError):
    """The target could not be reached; nothing was posted."""

    code = "target_unavailable"
    retryable = True


class TargetPaused(PublishError):
    """The target takes no posts until a person has looked after it."""

    code = "target_paused"


class AmbiguousPost(PublishError):
    """The post was sent, but no answer says whether it went out."""

    code = "ambiguous_post"
    ambiguous = True


class BudgetExceeded(BotError):
    """This video would cost more than is left of the day's budget."""

    code = "budget_exceeded"


class Stopped(BotError):
    """A person has stopped all paid and public requests."""

    code = "stopped"


class Settling(BotError):
    """The answer to an outside write was lost; we shall look what became of it."""

    code = "settling"
    ambiguous = True


class InTheAir(BotError):
    """An equal request is being sent right now, and the two could not be told apart."""

    code = "in_the_air"
    retryable = True


class Uncertain(BotError):
    """An outside write may have happened, and only a person can tell."""

    code = "uncertain"
    ambiguous = True


class StoreError(BotError):
    """The database failed."""

    code = "store"


class NotFound(StoreError):
    """There is no such record."""

    code = "not_found"


class Conflict(StoreError):
    """Somebody else was first."""

    code = "conflict"


class LeaseLost(StoreError):
    """Another worker holds this run now."""

    code = "lease_lost"


class EngineRunning(StoreError):
    """Another engine is already running on this database."""

    code = "engine_running"


class DatabaseUnusable(StoreError):
    """The database cannot be used."""

    code = "database_unusable"
