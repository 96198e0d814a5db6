"""What lies under a folder: the type of its file system, and whether what was mounted there still is."""

from pathlib import Path

from daemon.folders import Folders

_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "lustre", "glusterfs", "vboxsf", "prl_fs", "fuse.", "virtiofs")


def file_system(path: Path) -> str:
    """The type of the file system that a path lies on, such as `ext4`; empty where the system does not tell."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    real, best, kind = path.resolve(), Path("/"), ""
    for mount in mounts:
        left, _, right = mount.partition(" - ")
        point = Path(left.split()[4].replace("\\040", " "))
        if real.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, right.split()[0]
    return kind


def is_network(kind: str) -> bool:
    """Whether changes that other machines make on such a file system send no events here."""
    return kind.startswith(_NETWORK)


class Mounts:
    """Remembers which watched folders something was mounted on: an empty one of those was unmounted, not emptied."""

    def __init__(self, folders: Folders) -> None:
        self._watched = folders.watched
        self._mounted: set[Path] = set()

    def gone(self) -> list[Path]:
        """The watched folders that are not there, or from which what was mounted has been taken away."""
        self._mounted |= {folder for folder in self._watched if is_mount(folder)}
        return [f for f in self._watched if not f.is_dir() or (f in self._mounted and not is_mount(f))]


def is_mount(folder: Path) -> bool:
    """Whether a folder, or where a link leads, is where another file system begins."""
    try:
        return folder.resolve().is_mount()
    except OSError:
        return False
