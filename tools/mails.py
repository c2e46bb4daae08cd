"""An SMTP server that keeps every mail on this machine, as one file a mail.

Runs in the virtual environment: `python -m tools.mails PORT FOLDER`.
"""

import asyncio
import email
import email.policy
import itertools
import sys
import threading
import time
from pathlib import Path

from aiosmtpd.controller import Controller


class Keeper:
    """Takes every mail for everybody and forwards none.

    :ivar threading.Event stalled: while it is set, no mail is answered
    :ivar threading.Event reached: is set when a mail is here, answered or not
    """

    def __init__(self, folder=None):
        self.folder = folder
        self.messages = []
        self.stalled, self.reached = threading.Event(), threading.Event()
        self._number = itertools.count(1)

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        """Keep a mail in memory, and in the folder when there is one."""
        self.reached.set()
        while self.stalled.is_set():
            await asyncio.sleep(0.02)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.sent_to = envelope.rcpt_tos
        self.messages.append(message)
        if self.folder:
            name = f"{time.strftime('%Y%m%d-%H%M%S')}-{next(self._number):04}.eml"
            (self.folder / name).write_bytes(envelope.content)
        return "250 Kept"


def controller(keeper, port):
    """A server on this machine's loopback.

    :param Keeper keeper: what takes the mails
    :param int port: the port
    :return: Controller; start() and stop() it
    """
    return Controller(keeper, hostname="127.0.0.1", port=port, data_size_limit=None)


def main():
    """Serve until killed."""
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    controller(Keeper(folder), int(sys.argv[1])).start()
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
