"""The catalogue: one SQLite file, and all SQL. Call `open_catalogue` to write it and `open_for_reading` to read it.

`ledger` and `requeue` change jobs, `drops` records files that arrive, `publications` and `results` record what is
published. Whatever people and programs are shown is a data class of `reading`.

Only the daemon and `gifrestored retry` write the catalogue. It is in WAL mode while the daemon runs. It is in DELETE
mode when the daemon is stopped, because a reader can't open a WAL database in a folder where it may not write.
"""

from daemon.catalogue.backup import back_up
from daemon.catalogue.database import (
    close_catalogue,
    is_temporary,
    open_catalogue,
    open_for_reading,
    open_for_writing,
    timestamp,
    transaction,
)
from daemon.catalogue.versions import LaterVersion

__all__ = [
    "LaterVersion",
    "back_up",
    "close_catalogue",
    "is_temporary",
    "open_catalogue",
    "open_for_reading",
    "open_for_writing",
    "timestamp",
    "transaction",
]
