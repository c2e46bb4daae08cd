"""Faults of the set-up, each told in one sentence."""

import errno
import signal
import sys


class SetupError(Exception):
    """What went wrong and what to do, in a sentence for whoever typed `make`."""


# What a child program prints -> what we say. The first that matches wins.
KNOWN_OUTPUT = (
    (
        ("No space left on device", "ENOSPC", "Disk quota exceeded", "File too large"),
        "The disk is full: make room and run the same command again.",
    ),
    (
        (
            "Temporary failure resolving",
            "Temporary failure in name resolution",
            "Could not resolve",
            "Could not connect",
            "Cannot initiate the connection",
            "Unable to connect",
            "Failed to establish a new connection",
            "Cannot connect to proxy",
            "Max retries exceeded",
            "Network is unreachable",
            "ENOTFOUND",
            "EAI_AGAIN",
            "ECONNREFUSED",
            "ENETUNREACH",
            "ETIMEDOUT",
            "Connection timed out",
        ),
        "There is no network: connect this machine and run the same command again.",
    ),
)


def sentence_for(output, otherwise):
    """The sentence for what a failed program printed.

    :param str output: all that the program printed
    :param str otherwise: the sentence when nothing known is in it
    :return: str
    """
    for marks, sentence in KNOWN_OUTPUT:
        if any(mark in output for mark in marks):
            return sentence
    return otherwise


def _stop(signum, _frame):
    """A polite kill goes the same way out as Ctrl-C: servers are stopped, locks released."""
    raise KeyboardInterrupt(signal.Signals(signum).name)


def told_in_a_sentence(command):
    """Run a command; any fault ends it with one sentence on stderr.

    :param command: callable without arguments, returns an exit status or None
    :return: int, the exit status
    """
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _stop)
    try:
        return command() or 0
    except SetupError as fault:
        sentence = str(fault)
    except KeyboardInterrupt:
        print("\nStopped. Run the same command again to go on.", file=sys.stderr)
        return 130
    except PermissionError as fault:
        sentence = (
            f"{fault.filename} may not be used by this user: run the command as who owns this "
            "clone, or give the clone back to yourself (chown)."
        )
    except OSError as fault:
        if fault.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        sentence = KNOWN_OUTPUT[0][1]
    sys.stdout.flush()
    print(sentence, file=sys.stderr)
    return 1
