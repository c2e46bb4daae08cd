"""Locks between processes. The kernel drops them when their holder dies, however it dies."""

import contextlib
import fcntl


@contextlib.contextmanager
def alone(path):
    """Only one process at a time in this block.

    :param Path path: the lock's file; made when missing, never removed
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Users:
    """Who uses a shared thing: each holds a shared lock on one file while they do."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a")

    def join(self):
        """Be one of the users."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def am_last(self):
        """Leave, and tell whether nobody else is left.

        Call it under a lock that those who join hold too, else one may join in between.

        :return: bool
        """
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            self._file.close()
