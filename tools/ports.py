"""Ports of this machine's loopback."""

import socket

from tools.faults import SetupError


def free():
    """A port that nothing listens on now.

    :return: int
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def need(port):
    """Refuse a port that is taken.

    :param int port: the port
    :raises SetupError: something listens there
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise SetupError(
                f"Port {port} of 127.0.0.1 is taken by another program: "
                f"stop that one, or choose another port with `make run PORT={port + 1}`."
            ) from None
