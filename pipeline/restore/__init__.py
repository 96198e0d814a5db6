"""The restorers behind one protocol, and their weights. Importing this package loads neither torch nor a decoder."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.restore.loading import Loaded
    from pipeline.settings import Settings


def load(settings: "Settings") -> "Loaded":
    """Build the restorer that the settings ask for; see `pipeline.restore.loading.load`."""
    from pipeline.restore.loading import load as load_restorer

    return load_restorer(settings)
