"""Ports of this machine for servers that come back on the same one after they died."""

import random
import socket

# Below those that outgoing connections get: while the server is away one of its own callers could otherwise take it.
_FIRST, _LAST = 15_000, 32_000


def free_port() -> int:
    dice = random.SystemRandom()
    while not port_is_free(port := dice.randint(_FIRST, _LAST)):
        pass
    return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
