"""What can go wrong with a task besides the errors of `pipeline.errors`."""


class WorkerDied(Exception):
    """The worker ended without an answer; the message says how. `killed`: by a SIGKILL that its parent did not send."""

    def __init__(self, message: str, killed: bool = False) -> None:
        super().__init__(message)
        self.killed = killed


class CallFailed(Exception):
    """The function raised something that is no error of `pipeline.errors`; `kind` is its class's name."""

    def __init__(self, kind: str, message: str, errno: int | None = None) -> None:
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.errno = errno


class Stopped(Exception):
    """The executor stopped a task that hung, grew or took too long."""


class Grew(Stopped):
    """It used more memory than it may."""
