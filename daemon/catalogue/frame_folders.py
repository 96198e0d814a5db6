"""The folders of single frames that the daemon has published, and whose they are."""

import sqlite3


def record_frames(db: sqlite3.Connection, path: str, clip: int) -> None:
    """Enter a folder that a clip has published."""
    db.execute("INSERT OR REPLACE INTO frame_folders (path, clip_id) VALUES (?, ?)", (path, clip))


def owner_of_frames(db: sqlite3.Connection, path: str) -> int | None:
    """The job that has published a folder; None where it is nobody's, or somebody's own."""
    query = "SELECT job_id FROM frame_folders JOIN clips ON clips.id = clip_id WHERE path = ?"
    row = db.execute(query, (path,)).fetchone()
    return None if row is None else int(row[0])


def stale_frames(db: sqlite3.Connection, job: int) -> list[str]:
    """The folders of a job's clips of which there is a newer version elsewhere, or none."""
    query = "SELECT path FROM frame_folders JOIN clips ON clips.id = clip_id WHERE job_id = ? AND NOT is_latest"
    return [row[0] for row in db.execute(query, (job,))]


def forget_frames(db: sqlite3.Connection, path: str) -> None:
    """A folder was removed: its name is free."""
    db.execute("DELETE FROM frame_folders WHERE path = ?", (path,))
