"""Hears from the file system of changes below files and folders (``watchfiles``).

What is heard says only *that* something changed: the run that follows looks for itself, so that
an event that is lost, comes twice or names a file by another path does no harm.
"""

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from watchfiles import Change, watch

from retrieval.documents.formats.files import has_supported_suffix

_STEP = 50  # milliseconds between looks at what the system told
_TOGETHER = 200  # milliseconds after which a look returns, with or without changes

_REMOTE = {
    "9p", "afs", "ceph", "cifs", "davfs", "drvfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs",
    "nfs4", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs",
}  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")


class FileEvents:
    """Listens from when it is made until it is closed.

    Args:
        roots: files and folders, all there.
        ignored: a folder in which changes mean nothing, or None.
        heard: called, in a thread of its own, when something changed.

    Attributes:
        gone: the roots that went away.
        failure: why nothing is heard any more, if so.

    Raises:
        OSError: one of them is not there, or there are more folders than the system watches.
        RuntimeError: the system does not tell of changes.
    """

    def __init__(
        self, roots: Sequence[Path], ignored: Path | None, heard: Callable[[], None]
    ) -> None:
        self.gone: set[Path] = set()
        self.failure: str | None = None
        self._roots = roots
        self._ignored = ignored
        self._heard = heard
        self._end = threading.Event()
        self._changes = watch(
            *roots,
            watch_filter=self._matters,
            debounce=_TOGETHER,
            step=_STEP,
            stop_event=self._end,
            rust_timeout=_TOGETHER,
            yield_on_timeout=True,
            force_polling=False,
        )
        if next(self._changes):  # begins to listen
            heard()
        self._thread = threading.Thread(target=self._listen, name="file events", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._end.set()
        self._thread.join()

    def _listen(self) -> None:
        try:
            for changes in self._changes:
                if changes:
                    self._heard()
        except (OSError, RuntimeError) as error:
            self.failure = str(error)

    def _matters(self, change: Change, name: str) -> bool:
        path = Path(name)
        root = next((root for root in self._roots if path.is_relative_to(root)), None)
        if root is None or (self._ignored and path.is_relative_to(self._ignored)):
            return False
        if path == root:
            if change is Change.deleted:
                self.gone.add(root)
            return True
        if any(part.startswith(".") for part in path.relative_to(root).parts):
            return False  # nor are they read
        # What is there no more may have been a folder.
        return has_supported_suffix(path) or not path.is_file()


def remote_system(path: Path, mounts: str | None = None) -> str | None:
    """The network file system that a path is on, which tells nothing of what others change there.

    Args:
        path: to a file or folder.
        mounts: a table of what is mounted, as Linux has it in ``/proc/self/mountinfo``; by
            default this machine's. Without one, nothing is known to be remote.

    Returns:
        The name of its kind, such as ``nfs4``; None where it is another, or not there.
    """
    try:
        device = path.stat().st_dev
        table = _MOUNTS.read_text(encoding="utf-8", errors="replace") if mounts is None else mounts
    except OSError:
        return None
    for line in table.splitlines():
        # 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
        mount, _, system = line.partition(" - ")
        fields, kind = mount.split(), system.partition(" ")[0]
        if len(fields) > 2 and fields[2] == f"{os.major(device)}:{os.minor(device)}":
            return kind if kind in _REMOTE or kind.startswith("fuse.") else None
    return None
