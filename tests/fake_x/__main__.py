"""Serve a fake X in a process of its own, for benchmarks: `python -m tests.fake_x`.

The first line is its address, the second (JSON) the credentials of @reel. `GET /-/log` tells of
the connections, calls and octets so far. The retired upload of version 1.1 is served as well.
"""

import argparse
import json
import threading

from tests.fake_x import FakeX, Processing


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds of a round trip")
    parser.add_argument("--working", type=float, default=0.0, help="seconds of work on media")
    given = parser.parse_args()
    x = FakeX(hashing=False)
    x.delay, x.retired = given.delay, True
    x.library.processing = Processing(pending=0, working=given.working, check_after=1)
    token = x.oauth1(x.account("@reel"))
    app = x.people.app
    said = {
        "consumer_key": app.consumer_key,
        "consumer_secret": app.consumer_secret,
        "token": token.key,
        "token_secret": token.secret,
        "access_token": x.oauth2(token.account).access,
    }
    with x.serve(given.port):
        print(x.url, json.dumps(said), sep="\n", flush=True)  # noqa: T201 it is the answer
        threading.Event().wait()


main()
