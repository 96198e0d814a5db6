"""The catalogue: one SQLite file, and all SQL. Call `open_catalogue` to write it and `open_for_reading` to read it.

`ledger` and `requeue` change jobs, `drops` records files that arrive, `publications` and `results` record what is
published. Whatever people and programs are shown is a data class of `reading`.

Only the daemon and `gifrestored retry` write the catalogue. It is in WAL mode while the daemon runs. It is in DELETE
mode when the daemon is stopped, because a reader can't open a WAL database in a folder where it may not write.
"""

from daemon.catalogue.database import (
    back_up,
    close_catalogue,
    is_temporary,
    open_catalogue,
    open_for_reading,
    open_for_writing,
    timestamp,
    transaction,
)

__all__ = [
    "back_up",
    "close_catalogue",
    "is_temporary",
    "open_catalogue",
    "open_for_reading",
    "open_for_writing",
    "timestamp",
    "transaction",
]
