"""What a running daemon can take over of new settings."""

from dataclasses import replace

from daemon.settings.config import Config

_FIXED = ("data_root", "workers", "executor", "metrics", "log")


def taken_over(running: Config, read: Config) -> tuple[Config, list[str]]:
    """The settings to go on with, and the names of those that only a restart takes over."""
    fixed = {name: getattr(running, name) for name in _FIXED}
    fixed["watch"] = replace(read.watch, method=running.watch.method)
    waiting = [name for name, value in fixed.items() if value != getattr(read, name)]
    return replace(read, **fixed), ["watch.method" if name == "watch" else name for name in waiting]
