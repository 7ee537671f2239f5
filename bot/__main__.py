"""`python -m bot` and the command `reelbot`."""

import sys


def main() -> None:
    """Run the command line; exits 0 when done, 1 when the run failed, 2 on bad input."""
    from bot.cli import run  # noqa: PLC0415  # so that importing this module costs nothing

    sys.exit(run())


if __name__ == "__main__":
    main()
