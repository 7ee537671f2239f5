"""A file from an address that a person names, fetched once.

`bot.app` offers it to whoever takes pictures from people. Whoever may name an address must not
reach through us what only we can reach: https alone, public hosts alone, and the connection goes to
the very address that was checked, so that a name cannot change its mind. The invariant: no more
bytes are read, and no longer, than was said.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

import httpx

from bot.errors import RequestError

SECONDS = 30.0
HOPS = 5
#: Characters of an address that people get to see.
_SHOWN = 100
#: What carries an IPv4 address inside an IPv6 one for networks without the former (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def fetch(
    url: str, *, most_bytes: int, own: bool = False, resolve: Resolve | None = None
) -> bytes:
    """Return what *url* serves, through at most five redirections.

    Args:
        url: https; with *own* also http, of this machine.
        most_bytes: more are refused.
        own: whether addresses of this machine may be asked: only for who sits at it.
        resolve: finds the addresses of a host and port; the system's own way without it.

    Raises `RequestError` for everything that goes wrong; nothing is tried again.
    """
    try:
        async with asyncio.timeout(SECONDS), httpx.AsyncClient(trust_env=False) as client:
            here = _parse(url)
            for _ in range(HOPS):
                request = await _checked(client, here, own=own, resolve=resolve or _look_up)
                own = own and _inner(request.url.host).is_loopback  # nobody else leads us home
                answer = await client.send(request, stream=True)
                try:
                    if not answer.has_redirect_location:
                        return await _read(answer, here, most_bytes)
                    here = here.join(answer.headers["location"])
                finally:
                    await answer.aclose()
    except TimeoutError as error:
        raise _not_fetched(url, f"it took longer than {SECONDS:.0f} seconds") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise _not_fetched(url, str(error).strip(". ") or type(error).__name__) from error
    raise _not_fetched(url, "it leads in circles")


def _parse(url: str) -> httpx.URL:
    parsed = httpx.URL(url)
    if parsed.userinfo:
        raise _not_fetched(f"The address at {parsed.host}", "it holds a name or password")
    if parsed.scheme not in {"https", "http"} or not parsed.host:
        raise _not_fetched(url, "it is not a web address")
    return parsed


async def _checked(
    client: httpx.AsyncClient, url: httpx.URL, *, own: bool, resolve: Resolve
) -> httpx.Request:
    """Return a request to an address of the host that may be asked."""
    port = url.port or (443 if url.scheme == "https" else 80)
    found = await resolve(url.host, port)
    inner = [_inner(address) for address in found]
    if not inner:
        raise _not_fetched(str(url), f"there is no host {url.host}")
    if not (own and all(address.is_loopback for address in inner)):
        if url.scheme != "https":
            raise _not_fetched(str(url), "it is not https")
        if not all(map(_is_public, inner)):
            raise _not_fetched(str(url), "it is not on the public internet")
    return client.build_request(
        "GET",
        url.copy_with(host=found[0]),
        headers={
            "host": url.netloc.decode(),
            "accept": "image/*",
            "accept-encoding": "identity",
            "user-agent": "reelbot",
        },
        extensions={"sni_hostname": url.raw_host.decode()},  # the certificate is the name's
    )


async def _look_up(host: str, port: int) -> Sequence[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"there is no host {host}") from error
    return [str(address[0]) for *_, address in found]


def _inner(text: str) -> Address:
    """Return an address, or the IPv4 one that it stands for."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved)


async def _read(answer: httpx.Response, url: httpx.URL, most_bytes: int) -> bytes:
    if not answer.is_success:
        raise _not_fetched(str(url), f"its server answered {answer.status_code}")
    content = bytearray()
    async for chunk in answer.aiter_raw():
        content += chunk
        if len(content) > most_bytes:
            raise _not_fetched(str(url), f"it is larger than {most_bytes // 1_000_000} MB")
    return bytes(content)


def _not_fetched(url: str, why: str) -> RequestError:
    shown = url if len(url) <= _SHOWN else f"{url[: _SHOWN - 1]}…"
    return RequestError(
        f"{shown} was not fetched: {why}.", hint="Download it yourself and name the file."
    )
