"""What survives a power cut."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Have a renamed file's new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
