"""Signatures of OAuth 1.0a, checked by RFC 5849 alone, so that no library checks itself."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.fake_x.accounts import OAuth1Token, People
from tests.fake_x.refusal import unauthorized

#: Seconds that a signature may be off X's clock.
SKEW = 300


@dataclass(frozen=True)
class Signed:
    """What of a request is signed."""

    method: str
    #: Whole, with the query.
    url: str
    authorization: str
    #: The body of a form that is no multipart; else empty.
    form: str = ""


def _encode(text: str) -> str:
    """Encode as §3.6 asks."""
    return quote(text, safe="-._~")


def header_parameters(authorization: str) -> dict[str, str]:
    """Return the parameters of the header, decoded (§3.5.1); one that comes twice is refused."""
    found: dict[str, str] = {}
    for part in authorization.removeprefix("OAuth").split(","):
        matched = re.fullmatch(r'\s*([^=\s]+)="([^"]*)"\s*', part)
        if matched is None or matched[1] in found:
            raise unauthorized()
        found[unquote(matched[1])] = unquote(matched[2])
    return found


def base_string(request: Signed, oauth: dict[str, str]) -> str:
    """Return what is signed (§3.4.1)."""
    split = urlsplit(request.url)
    port = "" if split.port in {None, 80 if split.scheme == "http" else 443} else f":{split.port}"
    uri = f"{split.scheme.lower()}://{(split.hostname or '').lower()}{port}{split.path or '/'}"
    pairs = parse_qsl(split.query, keep_blank_values=True)
    pairs += parse_qsl(request.form, keep_blank_values=True)
    pairs += [(k, v) for k, v in oauth.items() if k not in {"oauth_signature", "realm"}]
    encoded = sorted((_encode(k), _encode(v)) for k, v in pairs)
    parameters = "&".join(f"{k}={v}" for k, v in encoded)
    return f"{request.method.upper()}&{_encode(uri)}&{_encode(parameters)}"


def signature(base: str, consumer_secret: str, token_secret: str) -> str:
    """Return the HMAC-SHA1 (§3.4.2)."""
    key = f"{_encode(consumer_secret)}&{_encode(token_secret)}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()


class Signatures:
    """Checks signatures, and remembers the nonces it has seen."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._seen: set[tuple[str, str, str]] = set()

    def check(self, request: Signed, now: datetime) -> OAuth1Token:
        """Return whose token signed *request*; a 401 for all else."""
        oauth = header_parameters(request.authorization)
        token = self._people.oauth1.get(oauth.get("oauth_token", ""))
        app = self._people.app
        if token is None or token.revoked or oauth.get("oauth_consumer_key") != app.consumer_key:
            raise unauthorized()
        if oauth.get("oauth_signature_method") != "HMAC-SHA1":
            raise unauthorized()
        if oauth.get("oauth_version", "1.0") != "1.0":
            raise unauthorized()
        expected = signature(base_string(request, oauth), app.consumer_secret, token.secret)
        if not hmac.compare_digest(expected, oauth.get("oauth_signature", "")):
            raise unauthorized()
        self._check_freshness(oauth, now)
        return token

    def _check_freshness(self, oauth: dict[str, str], now: datetime) -> None:
        """Refuse a signature that is old, early, or here a second time (§3.3)."""
        stamp, nonce = oauth.get("oauth_timestamp", ""), oauth.get("oauth_nonce", "")
        if not re.fullmatch(r"[0-9]+", stamp) or not nonce:
            raise unauthorized()
        if abs(int(stamp) - now.timestamp()) > SKEW:
            raise unauthorized()
        once = (oauth["oauth_token"], stamp, nonce)
        if once in self._seen:
            raise unauthorized()
        self._seen.add(once)
