"""X's schemas of what it is sent, in short, as far as this fake goes (version 2.167)."""

from typing import Any

ID = {"type": "string", "pattern": "^[0-9]{1,19}$"}
TEXT = {"type": "string"}
YES = {"type": "boolean"}
WHO_REPLIES = {"enum": ["following", "mentionedUsers", "subscribers", "verified"]}


def closed(*required: str, **properties: Any) -> dict:
    """Return the schema of an object that has no other properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def several(items: dict, low: int, high: int) -> dict:
    return {"type": "array", "items": items, "minItems": low, "maxItems": high}


_TYPES = (
    "video/mp4 video/webm video/mp2t video/quicktime text/srt text/vtt image/jpeg image/gif "
    "image/bmp image/png image/webp image/pjpeg image/tiff model/gltf-binary model/vnd.usdz+zip"
)
_CATEGORIES = "amplify_video tweet_gif tweet_image tweet_video dm_gif dm_image dm_video subtitles"

INITIALIZE = closed(
    "media_type",
    "total_bytes",
    "media_category",
    media_type={"enum": _TYPES.split()},
    media_category={"enum": _CATEGORIES.split()},
    total_bytes={"type": "integer", "minimum": 0, "maximum": 17179869184},
    shared=YES,
    additional_owners={"type": "array", "items": ID},
)
APPEND = closed(
    "media",
    "segment_index",
    media=TEXT,
    segment_index={"type": "integer", "minimum": 0, "maximum": 999},
)
METADATA = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": ID,
        "metadata": {
            "type": "object",
            "properties": {
                "alt_text": {
                    "type": "object",
                    "required": ["text"],
                    "properties": {"text": {"type": "string", "maxLength": 1000}},
                },
                "allow_download_status": {
                    "type": "object",
                    "properties": {"allow_download": YES},
                },
            },
        },
    },
}
POST = closed(
    text=TEXT,
    made_with_ai=YES,
    paid_partnership=YES,
    nullcast=YES,
    for_super_followers_only=YES,
    share_with_followers=YES,
    community_id=ID,
    quote_tweet_id=ID,
    card_uri=TEXT,
    direct_message_deep_link=TEXT,
    reply_settings=WHO_REPLIES,
    edit_options=closed("previous_post_id", previous_post_id=ID),
    geo=closed("place_id", place_id=TEXT),
    media=closed(
        "media_ids",
        media_ids=several(ID, 1, 4),
        title=TEXT,
        description=TEXT,
        embeddable=YES,
        preview_media_id=ID,
        tagged_user_ids=several(ID, 0, 10),
        call_to_actions={"type": "object"},
    ),
    poll=closed(
        "options",
        "duration_minutes",
        options=several({"type": "string", "minLength": 1, "maxLength": 25}, 2, 4),
        duration_minutes={"type": "integer", "minimum": 5, "maximum": 10080},
        reply_settings=WHO_REPLIES,
    ),
    reply=closed(
        "in_reply_to_tweet_id",
        in_reply_to_tweet_id=ID,
        auto_populate_reply_metadata=YES,
        exclude_reply_user_ids={"type": "array", "items": TEXT},
    ),
)

_POST_FIELDS = [
    "article",
    "article_title",
    "attachments",
    "card_uri",
    "community_id",
    "context_annotations",
    "conversation_id",
    "created_at",
    "display_text_range",
    "edit_controls",
    "entities",
    "geo",
    "id",
    "lang",
    "matched_media_notes",
    "media_metadata",
    "non_public_metrics",
    "note_post",
    "note_request_suggestions",
    "organic_metrics",
    "paid_partnership",
    "possibly_sensitive",
    "promoted_metrics",
    "public_metrics",
    "reply_settings",
    "scopes",
    "source",
    "suggested_source_links",
    "suggested_source_links_with_counts",
    "text",
    "withheld",
]
#: What `tweet.fields`, the older and still documented name of `post.fields`, takes beside them.
_TWEET_FIELDS = [*_POST_FIELDS, "author_id", "edit_history_tweet_ids", "in_reply_to_user_id"]
_FIELDS = {
    "post.fields": _POST_FIELDS,
    "tweet.fields": _TWEET_FIELDS,
    "media.fields": [
        "alt_text",
        "duration_ms",
        "height",
        "media_key",
        "non_public_metrics",
        "organic_metrics",
        "preview_image_url",
        "promoted_metrics",
        "public_metrics",
        "type",
        "url",
        "variants",
        "width",
    ],
    "user.fields": [
        "confirmed_email",
        "connection_status",
        "created_at",
        "description",
        "entities",
        "id",
        "is_identity_verified",
        "location",
        "name",
        "parody",
        "profile_banner_url",
        "profile_image_url",
        "protected",
        "public_metrics",
        "receives_your_dm",
        "subscribes_to_you",
        "subscription",
        "subscription_type",
        "url",
        "username",
        "verified",
        "verified_followers_count",
        "verified_type",
        "withheld",
    ],
    "expansions": [
        "article.cover_media",
        "article.media_entities",
        "attachments.media_keys",
        "attachments.media_source_tweet",
        "attachments.poll_ids",
        "author_id",
        "edit_history_post_ids",
        "entities.mentions.username",
        "geo.place_id",
        "in_reply_to_user_id",
        "referenced_posts",
        "username",
    ],
}
_POST_PARAMETERS = ("post.fields", "tweet.fields", "media.fields", "user.fields", "expansions")

#: By call: its parameters; a list is a comma separated choice, a dict a schema.
PARAMETERS: dict[str, dict[str, Any]] = {
    "status": {"media_id": ID, "command": {"enum": ["STATUS"]}},
    "me": {name: _FIELDS[name] for name in ("user.fields", "post.fields", "tweet.fields")}
    | {"expansions": ["affiliation", "most_recent_post_id", "pinned_post_id"]},
    "read": {name: _FIELDS[name] for name in _POST_PARAMETERS},
    "timeline": {name: _FIELDS[name] for name in _POST_PARAMETERS}
    | {
        "max_results": {"type": "integer", "minimum": 5, "maximum": 100},
        "pagination_token": {"type": "string", "minLength": 1},
        "start_time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"},
        "end_time": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"},
        "since_id": ID,
        "until_id": ID,
        "exclude": ["replies", "retweets"],
    },
    "usage": {
        "days": {"type": "integer", "minimum": 1, "maximum": 90},
        "usage.fields": [
            "cap_reset_day",
            "daily_client_app_usage",
            "daily_project_usage",
            "project_cap",
            "project_id",
            "project_usage",
        ],
    },
}
