"""How media went up until June 2025: `POST /1.1/media/upload.json`.

X has retired it. It is there for the benchmark, whose peer (tweepy) knows no other way, and only
when `FakeX.retired` says so; it takes any signature.
"""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from tests.fake_x.accounts import Account
from tests.fake_x.body import Bytes, multipart
from tests.fake_x.media import Library


def upload(
    library: Library, owner: Account, raw: bytes, content_type: str, now: datetime
) -> tuple[int, Any]:
    """Do one of the three commands; return the status and the answer."""
    fields: dict[str, Any] = dict(parse_qsl(raw.decode())) if b"\r\n" not in raw else {}
    content: Bytes = b""
    if content_type.startswith("multipart/"):
        fields, content = multipart(raw, content_type)
    if fields["command"] == "INIT":
        body = {"total_bytes": int(fields["total_bytes"]), "media_type": fields["media_type"]}
        category = fields.get("media_category", "tweet_video")
        media = library.initialize(body | {"media_category": category}, owner, now)
        return 202, {"media_id": int(media.id), "media_id_string": media.id}
    name = str(fields["media_id"])
    if fields["command"] == "APPEND":
        library.append(name, int(fields["segment_index"]), content, owner, now)
        return 204, None
    size = library.finalize(name, owner, now).size
    return 201, {"media_id": int(name), "media_id_string": name, "size": size}
