"""How the fake says no: in X's own words.

The bodies were looked up in what X answered to others (2025–2026). The address of a problem's type
begins with api.twitter.com or api.x.com, by the part of X that answers and by the year: only its
last part can be told by.
"""

from dataclasses import dataclass, field

PROBLEMS = "https://api.x.com/2/problems/"
SUSPENDED = "Your account is suspended and is not permitted to access this feature."
LOCKED = (
    "To protect our users from spam and other malicious activity, this account is temporarily "
    "locked. Please log in to https://x.com to unlock your account."
)


@dataclass
class Refusal(Exception):
    """An answer with that HTTP status and body; nothing happens."""

    status: int
    body: dict | str
    headers: dict = field(default_factory=dict)


def problem(status: int, title: str, detail: str, kind: str = "about:blank", **more) -> Refusal:
    """Return a problem as RFC 7807 shapes it."""
    kind = kind if ":" in kind else PROBLEMS + kind
    return Refusal(
        status, {"title": title, "type": kind, "status": status, "detail": detail, **more}
    )


def invalid(message: str, parameters: dict[str, list[str]] | None = None) -> Refusal:
    """Return the 400 of a request that is wrong in itself."""
    error = {"parameters": parameters or {}, "message": message}
    return Refusal(
        400,
        {
            "errors": [error],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": PROBLEMS + "invalid-request",
        },
    )


def unauthorized() -> Refusal:
    return problem(401, "Unauthorized", "Unauthorized")


def forbidden(detail: str = "Forbidden") -> Refusal:
    """Return a 403; the plain one is what a missing scope gets."""
    return problem(403, "Forbidden", detail)


def read_only() -> Refusal:
    detail = (
        "Your client app is not configured with the appropriate oauth1 app permissions for this "
        "endpoint."
    )
    return problem(403, "Forbidden", detail, "oauth1-permissions")


def app_only() -> Refusal:
    detail = (
        "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported "
        "authentication types are [OAuth 1.0a User Context, OAuth 2.0 User Context]."
    )
    return problem(403, "Unsupported Authentication", detail, "unsupported-authentication")


def duplicate() -> Refusal:
    return forbidden("You are not allowed to create a Tweet with duplicate content.")


def too_long() -> Refusal:
    return invalid(
        "Your Tweet text is too long. For more information on how Twitter determines text length "
        "see https://github.com/twitter/twitter-text."
    )


def invalid_media(ids: list[str]) -> Refusal:
    return invalid("Your media IDs are invalid.", {"media.media_ids": ids})


def no_credits(owner: str) -> Refusal:
    """Return the 402 of an empty balance; it names no `status`."""
    detail = f"Your enrolled account [{owner}] does not have any credits to fulfill this request."
    kind = "https://api.twitter.com/2/problems/credits"
    return Refusal(402, {"title": "CreditsDepleted", "detail": detail, "type": kind})


def too_many(headers: dict) -> Refusal:
    refused = problem(429, "Too Many Requests", "Too Many Requests")
    refused.headers = headers
    return refused


def not_found(resource: str, name: str) -> dict:
    """Return the problem that stands in the `errors` of a 200."""
    return {
        "value": name,
        "detail": f"Could not find {resource} with id: [{name}].",
        "title": "Not Found Error",
        "resource_type": resource,
        "parameter": "id",
        "resource_id": name,
        "type": PROBLEMS + "resource-not-found",
    }


def oauth(status: int, word: str, description: str) -> Refusal:
    """Return how the token endpoint refuses (RFC 6749 §5.2)."""
    return Refusal(status, {"error": word, "error_description": description})
