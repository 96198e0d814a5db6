"""The daemon: takes what the inbox finds, has it restored, publishes and records it."""

from daemon.config import Config


class Refused(Exception):
    """The daemon can't start here; the message names what stands in the way and what to do."""


def run(config: Config, once: bool = False) -> int:
    """Watch `config.data_root` until SIGTERM or Ctrl-C; with `once`, until nothing is left to do.

    Returns 0, or 1 where a file failed while it ran. Raises `Refused` where another daemon holds the data root or its
    folders overlap.
    """
    raise NotImplementedError
