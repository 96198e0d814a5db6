"""Publishes and moves files so that they appear whole: written under a temporary name, synced, then linked.

A name in use is never overwritten, because linking fails where renaming would replace. If the destination's folder was
removed, it is created again.
"""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from daemon.digests import digest_or_none
from daemon.steps import reached

PREFIX = ".gifrestored-"
_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EACCES)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_again(folder: Path) -> None:
    """Create a folder that was removed, if its parent exists; leave an existing one unchanged."""
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        sync(folder.parent)


def publish(staged: Path, destination: Path, replace: bool = False) -> None:
    """Copy or link `staged` to `destination`, whole or not at all; `staged` stays.

    Raises FileExistsError if the name is in use, unless `replace` is true.
    """
    make_again(destination.parent)
    temporary = destination.parent / f"{PREFIX}{os.getpid()}-{hash(destination) & 0xFFFFFFFF:08x}.tmp"
    temporary.unlink(missing_ok=True)
    try:
        _link_or_copy(staged, temporary)
        sync(temporary)
        reached("linked")
        if replace:
            temporary.replace(destination)
        else:
            _rename_new(temporary, destination)
    finally:
        temporary.unlink(missing_ok=True)
    sync(destination.parent)


def move(source: Path, destination: Path) -> None:
    """Move a file to a free name, else raise FileExistsError. After an error the source is unchanged."""
    make_again(destination.parent)
    try:
        _rename_new(source, destination)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_across(source, destination)
    sync(destination.parent)
    sync(source.parent)


def publish_folder(staged: Path, destination: Path) -> None:
    """Move a folder of files to a free name, else raise FileExistsError; an equal folder of that name will do."""
    make_again(destination.parent.parent)
    make_again(destination.parent)
    if os.path.lexists(destination):
        if has_equal_files(staged, destination):
            return
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(destination))
    for file in staged.iterdir():
        sync(file)
    sync(staged)
    try:
        staged.rename(destination)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        temporary = destination.parent / f"{PREFIX}{destination.name}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.copytree(staged, temporary)
        temporary.rename(destination)
    sync(destination.parent)


def remove_frames(folder: Path) -> None:
    """Remove a folder of single frames; whatever else somebody has put into it stays, and then the folder too."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for file in folder.iterdir():
        if file.suffix == ".png" and file.stem.isdecimal():
            file.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def has_equal_files(one: Path, other: Path) -> bool:
    """Whether two folders hold the same names with the same contents; false where `other` is no folder."""
    if other.is_symlink() or not other.is_dir():
        return False
    names = sorted(file.name for file in one.iterdir())
    if names != sorted(file.name for file in other.iterdir()):
        return False
    return all((content := digest_or_none(one / n)) and content == digest_or_none(other / n) for n in names)


def sweep(folder: Path) -> None:
    """Remove the temporary files of interrupted publications."""
    for leftover in folder.glob(f"{PREFIX}*.tmp"):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                leftover.unlink()


def _link_or_copy(source: Path, destination: Path) -> None:
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copy2(source, destination, follow_symlinks=False)


def _rename_new(source: Path, destination: Path) -> None:
    """Rename without replacing. If the file system has no links, check for the name before the rename."""
    try:
        os.link(source, destination, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINKS or error.errno == errno.EXDEV:
            raise
        if os.path.lexists(destination):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(destination)) from None
        source.rename(destination)  # also for another user's file, which the kernel does not let us link
        return
    try:
        source.unlink()
    except OSError:
        destination.unlink()
        raise


def _move_across(source: Path, destination: Path) -> None:
    """Move to another file system: publish a synced copy, then remove the source."""
    publish(source, destination)
    try:
        source.unlink()
    except OSError:
        destination.unlink()
        raise
