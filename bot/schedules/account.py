"""`accounts`: the X accounts of `schedules.yaml`, whose credentials serve them, their manners."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field, StrictInt

from bot.document import Fault, Location, Shape
from bot.domain.account import Account, Credentials, Manner, PostPrices, Replies
from bot.schedules.value import Community, Day, EnvironmentName, Name, Usd

_KEYS = ("api_key_env", "api_secret_env", "access_token_env", "access_token_secret_env")
_CLIENT = ("client_id_env", "client_secret_env")
_USUAL = Account(handle="@")
_PRICES = PostPrices()


class PricesShape(Shape):
    """What X charges for posts, USD, where that is not what reelbot knows."""

    post: Usd = Field(
        default=_PRICES.post,
        description="A post.",
        json_schema_extra={"default": float(_PRICES.post)},
    )
    post_with_link: Usd = Field(
        default=_PRICES.post_with_link,
        description="A post with an address in its words, instead of `post`.",
        json_schema_extra={"default": float(_PRICES.post_with_link)},
    )
    alt_text: Usd = Field(
        default=_PRICES.alt_text,
        description="The description of a video.",
        json_schema_extra={"default": float(_PRICES.alt_text)},
    )
    read: Usd = Field(
        default=_PRICES.read,
        description="Each post read to find a lost one; 0.005 where the developer app belongs to "
        "another account.",
        json_schema_extra={"default": float(_PRICES.read)},
    )
    user_read: Usd = Field(
        default=_PRICES.user_read,
        description="Asking whose the credentials are.",
        json_schema_extra={"default": float(_PRICES.user_read)},
    )
    delete: Usd = Field(
        default=_PRICES.delete,
        description="Taking a post down.",
        json_schema_extra={"default": float(_PRICES.delete)},
    )
    as_of: Day = Field(description="The day these prices were read; shown beside every price.")

    def prices(self) -> PostPrices:
        return PostPrices(
            post=self.post,
            post_with_link=self.post_with_link,
            alt_text=self.alt_text,
            read=self.read,
            user_read=self.user_read,
            delete=self.delete,
            as_of=date.fromisoformat(self.as_of),
        )


class AccountShape(Shape):
    """An account that posts go to, and what may stand in them."""

    api_key_env: EnvironmentName | None = Field(
        default=None,
        description="OAuth 1.0a: the name of the environment variable with the app's API key, "
        "never the key. Without any of these names the X_… settings serve, while the file has one "
        "account.",
    )
    api_secret_env: EnvironmentName | None = Field(
        default=None, description="OAuth 1.0a: the name of the one with the app's API key secret."
    )
    access_token_env: EnvironmentName | None = Field(
        default=None, description="OAuth 1.0a: the name of the one with the account's access token."
    )
    access_token_secret_env: EnvironmentName | None = Field(
        default=None,
        description="OAuth 1.0a: the name of the one with the account's access token secret.",
    )
    client_id_env: EnvironmentName | None = Field(
        default=None,
        description="OAuth 2.0: the name of the one with the app's client id, for an account that "
        "`reelbot x login` has logged in.",
    )
    client_secret_env: EnvironmentName | None = Field(
        default=None,
        description="OAuth 2.0: the name of the one with its client secret; left out for an app "
        "that has none.",
    )
    unlabelled_by: Name | None = Field(
        default=None,
        description='Who turned the label "made with AI" off; left out, every post has it.',
    )
    replies: Replies = Field(default=_USUAL.replies, description="Who may reply.")
    community: Community | None = Field(
        default=None, description="The id of the community it posts in; left out, for everybody."
    )
    mentions: Manner = Field(
        default=_USUAL.mentions,
        description="What becomes of @names in words that a template made: refuse, drop or keep.",
    )
    cashtags: Manner = Field(default=_USUAL.cashtags, description="The same of $TAGS.")
    links: Manner = Field(
        default=_USUAL.links,
        description="The same of addresses; X takes 13 times the price for a post with one.",
    )
    max_seconds: Annotated[StrictInt, Field(ge=1, le=14_400)] = Field(
        default=int(_USUAL.max_seconds), description="The longest video, seconds."
    )
    max_bytes: Annotated[StrictInt, Field(ge=1_000_000, le=16_000_000_000)] = Field(
        default=_USUAL.max_bytes, description="The largest video, bytes."
    )

    prices: PricesShape | None = Field(
        default=None,
        description=f"What X charges; left out, its public prices of {_PRICES.as_of}.",
    )

    def account(self, handle: str) -> Account:
        return Account(
            handle=handle,
            credentials=Credentials(**{key: getattr(self, key) for key in (*_KEYS, *_CLIENT)}),
            unlabelled_by=self.unlabelled_by,
            replies=self.replies,
            community=self.community,
            mentions=self.mentions,
            cashtags=self.cashtags,
            links=self.links,
            max_seconds=self.max_seconds,
            max_bytes=self.max_bytes,
            prices=self.prices.prices() if self.prices else _PRICES,
        )

    def faults(self, at: Location) -> Iterator[Fault]:
        """Yield why the names do not make whole credentials."""
        keys = [key for key in _KEYS if getattr(self, key)]
        client = [key for key in _CLIENT if getattr(self, key)]
        if keys and client:
            hint = "Name the four of OAuth 1.0a, or a client; not both."
            yield Fault(location=(*at, client[0]), what=f"does not go with {keys[0]}", hint=hint)
        for key in (key for key in _KEYS if keys and key not in keys):
            what = f"is missing beside {keys[0]}"
            yield Fault(location=(*at, key), what=what, hint="OAuth 1.0a needs all four.")
        if client == ["client_secret_env"]:
            what, hint = "is missing beside client_secret_env", "A secret alone says not whose."
            yield Fault(location=(*at, "client_id_env"), what=what, hint=hint)
