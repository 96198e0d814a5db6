"""`python -m daemon` is `gifrestored`."""

import signal
import sys


def main() -> None:
    """Run the command line; a reload that comes while `run` still loads its modules waits until it can be heard."""
    if next((word for word in sys.argv[1:] if not word.startswith("-")), "") == "run":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    from daemon.cli import main as run_command

    run_command()


if __name__ == "__main__":
    main()
