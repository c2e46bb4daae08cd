"""Work on a second core: a part of it goes to a process that shares the memory as it is.

A *beside* takes a function and gives one that waits for its result.
"""

import multiprocessing
import os


def run(work):
    """No second core: the work is done when its result is asked for.

    :param work: function without arguments
    :return: function that returns the work's result
    """
    return work


def fork(work):
    """Begin the work in a process of its own, forked from this one: only where no thread and no
    connection is to be shared, as in ``__main__.py``.

    :param work: function without arguments; its result is pickled
    :return: function that waits for the result
    :raises RuntimeError: when the process ended without one
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(work, sender))
    process.start()
    sender.close()

    def result():
        try:
            return receiver.recv()
        except EOFError as error:
            raise RuntimeError("A part of the search for duplicates died.") from error
        finally:
            process.join()

    return result


def _send(work, sender):
    sender.send(work())
    sender.close()


def best():
    """How to use this machine.

    :return: :func:`fork` where there is a second core, else :func:`run`
    """
    several = hasattr(os, "fork") and (os.cpu_count() or 1) > 1
    return fork if several else run
