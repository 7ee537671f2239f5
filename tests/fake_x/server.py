"""The fake itself, as tests hold it: what it is told, what it is asked, and HTTP on loopback."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from tests.fake_x.accounts import SCOPES, Account, Level, OAuth1Token, OAuth2Token
from tests.fake_x.fault import Fault, Planned
from tests.fake_x.oauth2 import LIFE
from tests.fake_x.operation import Call
from tests.fake_x.posts import Post
from tests.fake_x.service import Service
from tests.fake_x.wire import address, listening


class FakeX(Service):
    """See `tests.fake_x`."""

    url = ""

    # --- what tests look at and set --------------------------------------------------------------

    def account(self, handle: str, name: str | None = None, id: str | None = None) -> Account:  # noqa: A002 X's word
        """Let an account exist; the first one is at the browser."""
        made = self.people.add(handle, name, id)
        self.person = self.person or made
        return made

    def oauth1(self, account: Account, level: Level = "read-write") -> OAuth1Token:
        """Return a new token of OAuth 1.0a."""
        return self.people.issue_oauth1(account, level)

    def oauth2(
        self, account: Account, scopes: frozenset[str] = SCOPES, life: float = LIFE
    ) -> OAuth2Token:
        """Return a new token of OAuth 2.0 that lives for so many seconds."""
        until = self.world.now() + timedelta(seconds=life)
        return self.people.issue_oauth2(account, until, scopes)

    def consent(self, url: str, account: Account) -> str:
        """Let *account* say yes at the authorize page *url*; return where the browser goes."""
        return self.consents.grant(url, account, self.world.now())

    def deny(self, url: str) -> str:
        """Let somebody say no at the authorize page *url*; return where the browser goes."""
        return self.consents.deny(url)

    def fail(
        self,
        call: str,
        fault: Fault,
        *,
        times: int = 1,
        after: int = 0,
        account: Account | None = None,
    ) -> None:
        """Let *times* calls of that name (or `any`) meet *fault*, when *after* others are over."""
        handle = account.handle if account else None
        self._planned.append(Planned(call, fault, handle, after, times))

    def called(self, name: str) -> list[Call]:
        return [call for call in self.calls if call.name == name]

    def count(self, name: str) -> int:
        """Return how many calls of that name arrived."""
        return len(self.called(name))

    @property
    def posts(self) -> list[Post]:
        """The posts that exist now, oldest first, whether or not a timeline shows them."""
        return [post for post in self.feed.all if not post.deleted]

    # --- serving ---------------------------------------------------------------------------------

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["FakeX"]:
        """Serve on a free port of 127.0.0.1 in this event loop."""
        config, state = self._config(), ServerState()
        config.load()
        loop = asyncio.get_running_loop()
        with listening() as listener:
            self.url = address(listener)
            server = await loop.create_server(
                lambda: config.http_protocol_class(config, state, {}), sock=listener
            )
            try:
                yield self
            finally:
                server.close()
                for connection in list(state.connections):
                    connection.transport.abort()
                await asyncio.gather(*state.tasks, return_exceptions=True)

    @contextmanager
    def serve(self, port: int = 0) -> Iterator["FakeX"]:
        """Serve from a thread: it outlives a client that is killed."""
        with listening(port) as listener:
            self.url = address(listener)
            server = uvicorn.Server(self._config())
            work = lambda: asyncio.run(server.serve(sockets=[listener]))  # noqa: E731
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.should_exit = server.force_exit = True
                thread.join(10)

    def _config(self) -> uvicorn.Config:
        fake = self

        class Counted(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                fake.connections += 1
                fake._fresh.add(transport)
                super().connection_made(transport)

        return uvicorn.Config(
            self,
            http=Counted,
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
        )
