"""`python -m bot.studio --folder F --port P`: the studio as a process of its own."""

import argparse
from pathlib import Path

from bot.studio.server import serve


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m bot.studio", description="Serve the studio.")
    parser.add_argument("--folder", type=Path, required=True, help="where jobs and clips are kept")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, required=True, help="the port to listen on")
    arguments = parser.parse_args()
    serve(arguments.folder, arguments.host, arguments.port)


if __name__ == "__main__":
    main()
