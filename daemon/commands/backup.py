"""`gifrestored backup`: a copy of the catalogue."""

from datetime import UTC, datetime
from pathlib import Path

from daemon.catalogue import back_up
from daemon.folders import Folders, shown
from daemon.settings.config import Config


def backup(config: Config, into: Path | None) -> int:
    """Copy the catalogue and print the path, by default catalogue-<date>.sqlite3 in the current folder.

    Raises FileExistsError, FileNotFoundError.
    """
    copy = into or Path(f"catalogue-{datetime.now(UTC):%Y-%m-%d}.sqlite3")
    back_up(Folders(config.data_root).catalogue, copy)
    print(shown(str(copy)))
    return 0
