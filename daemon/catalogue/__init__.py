"""The catalogue: one SQLite file, and all SQL there is. Call `open_catalogue`, or `open_for_reading` and `reading`.

Jobs change through `ledger` and `requeue`, files that arrive through `drops`, results through `publications` and
`results`. Every answer that people and programs see is a data class of `reading`.

Only the daemon writes the catalogue (and `retry`, one transaction at a time). It is in WAL mode while the daemon runs
and in DELETE mode when it is stopped: a WAL database in a folder that the reader can't write to could not be opened.
"""

from daemon.catalogue.backup import back_up
from daemon.catalogue.database import (
    close_catalogue,
    may_pass,
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
    "may_pass",
    "open_catalogue",
    "open_for_reading",
    "open_for_writing",
    "timestamp",
    "transaction",
]
