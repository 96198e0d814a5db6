"""Reports the type of a folder's file system, and whether a folder has been unmounted."""

from pathlib import Path

from daemon.folders import Folders

_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "lustre", "glusterfs", "vboxsf", "prl_fs", "fuse.", "virtiofs")


def file_system(path: Path) -> str:
    """Return the type of a path's file system, such as `ext4`; empty if the system does not say."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    real, best, kind = path.resolve(), Path("/"), ""
    for mount in mounts:
        mount_fields, _, type_fields = mount.partition(" - ")
        point = Path(mount_fields.split()[4].replace("\\040", " "))
        if real.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, type_fields.split()[0]
    return kind


def is_network(kind: str) -> bool:
    """Whether other machines can change such a file system without an event here."""
    return kind.startswith(_NETWORK)


class Mounts:
    """Remembers which watched folders were mount points, so that an unmounted one does not count as emptied."""

    def __init__(self, folders: Folders) -> None:
        self._watched = folders.watched
        self._mounted: set[Path] = set()

    def gone(self) -> list[Path]:
        """Return the watched folders that do not exist or have been unmounted."""
        self._mounted |= {folder for folder in self._watched if is_mount(folder)}
        return [f for f in self._watched if not f.is_dir() or (f in self._mounted and not is_mount(f))]


def is_mount(folder: Path) -> bool:
    """Whether a folder, or the target of a link, is a mount point."""
    try:
        return folder.resolve().is_mount()
    except OSError:
        return False
