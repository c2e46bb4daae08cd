"""Running other programs: what they print goes to a log, what failed is told in a sentence."""

import ctypes
import os
import shutil
import signal
import subprocess

from tools.faults import SetupError, sentence_for
from tools.places import LOGS

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def dies_with_us():
    """For preexec_fn: the kernel ends this child when we end, even by SIGKILL."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def say(text):
    """Tell the user what is being done, at once."""
    print(text, flush=True)


def need(program, sentence):
    """The path of a program.

    :param str program: its name
    :param str sentence: what to say when it is not there
    :return: str
    :raises SetupError: it is not on PATH
    """
    found = shutil.which(program)
    if not found:
        raise SetupError(sentence)
    return found


def run(step, command, otherwise, **options):
    """Run a program to its end; its output goes to .build/logs/<step>.log.

    :param str step: name of the log
    :param list command: program and arguments
    :param str otherwise: what to say when it fails in an unknown way
    :param options: passed to subprocess.run
    :return: str, what it printed
    :raises SetupError: it failed
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{step}.log"
    with log.open("w") as output:
        status = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=dies_with_us,
            check=False,
            **options,
        ).returncode
    printed = log.read_text(errors="replace")
    if status:
        raise SetupError(
            sentence_for(printed, f"{otherwise} (exit {status}; what it printed is in {log})")
        )
    return printed


def ask(command, **options):
    """What a program prints on its standard output, or an empty text when it fails.

    :param list command: program and arguments
    :return: str
    """
    try:
        return subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
            **options,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def environment(**more):
    """This process's environment with some more variables.

    :return: dict
    """
    return {**os.environ, **{name: str(value) for name, value in more.items()}}
