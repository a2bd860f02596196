"""File locks that the kernel drops when their holders die, so that none is ever stale."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Held for a moment by some thread. A child forked in that moment would hold them for its life.
_held: set[int] = set()


def shared(path: Path, *, wait: bool) -> int:
    """Take the lock beside others and return its descriptor, to be closed by the caller.

    Raises BlockingIOError when it would have to wait and must not.
    """
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | (0 if wait else fcntl.LOCK_NB))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def made_exclusive(descriptor: int) -> bool:
    """Whether no one else has the lock, which is exclusive from then on; if not, it is lost."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def exclusive(path: Path) -> Iterator[int]:
    """Wait for the lock and hold it."""
    with _opened(path) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor


@contextmanager
def if_free(path: Path) -> Iterator[int | None]:
    """Hold the lock if nobody else does; else give None."""
    with _opened(path) as descriptor:
        yield descriptor if made_exclusive(descriptor) else None


def is_open_at(descriptor: int, path: Path) -> bool:
    """Whether the descriptor is still open, and on the file that is at this path now."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


def _open(path: Path) -> int:
    # Read-only is enough to lock, and the file may be another user's.
    return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = _open(path)
    _held.add(descriptor)
    try:
        yield descriptor
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def _close_in_child() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_close_in_child)
