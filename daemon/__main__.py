"""`gifrestored` and `python -m daemon`: signals first, so that none comes too early, then the command line."""

import signal
import sys
from types import FrameType


def main() -> None:
    """Run the command line; a reload that comes while `run` still loads its modules waits until it can be heard."""
    if next((word for word in sys.argv[1:] if not word.startswith("-")), "") == "run":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not under nohup
            signal.signal(number, _end)
    from daemon.cli import main as run_command

    run_command()


def _end(number: int, _: FrameType | None) -> None:
    """End as an error would, so that what was begun is cleared away; a second signal ends it at once."""
    signal.signal(number, signal.SIG_DFL)
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
