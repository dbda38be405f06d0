"""Ports: free ones for services, held ones for what people open."""

from __future__ import annotations

import socket

from launcher.errors import CannotStart

LOOPBACK = "127.0.0.1"
TRIED = 100


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def answers(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.settimeout(0.3)
            return probe.connect_ex((host, port)) == 0
    except OSError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit this; uvicorn does not set it on a socket it is handed, and a request takes 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def listen(preferred: int, host: str = LOOPBACK) -> socket.socket:
    """A listening socket on the preferred port, or on the next one that is free.

    The launcher keeps it and hands it to the server it starts: no stranger can answer in its place, and callers
    wait instead of being refused while the server is started again. Browsers try ::1 for `localhost` first, so a
    port where somebody answers there is taken too.
    """
    for port in range(preferred, min(preferred + TRIED, 65536)):
        if answers("::1", port):
            continue
        try:
            return _listen(host, port)
        except PermissionError:
            raise CannotStart(f"Port {port} needs more rights; choose one above 1023.") from None
        except OSError as error:
            if port == preferred and host != LOOPBACK and not _is_own(host):
                raise CannotStart(f"This machine has no address {host}: {error.strerror}.") from None
    raise CannotStart(f"No free port from {preferred} to {preferred + TRIED - 1}.")


def _is_own(host: str) -> bool:
    try:
        with socket.socket() as probe:
            probe.bind((host, 0))
        return True
    except OSError:
        return False
