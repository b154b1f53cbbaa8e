"""What is the infrastructure's trouble, what is the input's fault, and what is the message's own."""

import errno
import socket
import ssl
from collections.abc import Iterator

import asyncpg
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.kit.bus.port import BusUnavailable, UnknownTopic

# SQLSTATE classes (PostgreSQL manual, appendix A): 08 connection, 53 resources such as a full disk, 57 operator
# intervention, 58 system, 40 rolled back by the server; 28, 3D, 3F and the codes of 42 below: the server or its
# schema is not (yet) what this program was made for, which no event can cause and an operator mends.
_TRANSIENT_CLASSES = frozenset({"08", "28", "3D", "3F", "40", "53", "57", "58"})
_TRANSIENT_CODES = frozenset(
    {
        "25006",  # a standby that has not been promoted yet
        "25P03",
        "25P04",
        "42501",
        "42703",
        "42P01",
        "55P03",
    }
)
_TRANSIENT_ERRNO = frozenset(
    {
        errno.EADDRNOTAVAIL,
        errno.EAGAIN,
        errno.EDQUOT,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.EIO,
        errno.EMFILE,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.ENOSPC,
        errno.EROFS,
    }
)
_AWAY = (
    BusUnavailable,
    UnknownTopic,
    PoolTimeout,
    OperationalError,
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    ssl.SSLError,
    asyncpg.InternalClientError,  # a dying server's last words, come in between two statements
)
# What asyncpg says about a connection that went away under a statement; it has no code of its own.
_CLOSED = ("closed", "closing", "terminated")
_DEADLOCK = frozenset({"40001", "40P01"})


def is_infrastructure(error: BaseException) -> bool:
    """True when waiting may help (database or broker away, disk full, lock timeout); False when the input is at fault."""
    return any(_is_away(each) for each in _chain(error))


def is_lock_timeout(error: BaseException) -> bool:
    """Somebody held one row or table for too long; the rest of the database is well."""
    return any(_sqlstate(each) == "55P03" for each in _chain(error))


def is_deadlock(error: BaseException) -> bool:
    """The server chose this transaction to give way: trying again at once is right."""
    return any(_sqlstate(each) in _DEADLOCK for each in _chain(error))


def is_disk_full(error: BaseException) -> bool:
    return any(_sqlstate(each) == "53100" or getattr(each, "errno", None) == errno.ENOSPC for each in _chain(error))


def is_unstorable(error: BaseException) -> bool:
    """The database can't hold what it was given: NUL in a text, a number out of range, NaN in JSON."""
    # Class 22 from the server; what asyncpg can't even encode is an interface error and a ValueError at once.
    return any(
        _sqlstate(each).startswith("22") or (isinstance(each, asyncpg.InterfaceError) and isinstance(each, ValueError))
        for each in _chain(error)
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__


def _is_away(error: BaseException) -> bool:
    if isinstance(error, _AWAY):
        return True
    if isinstance(error, OSError):
        return error.errno in _TRANSIENT_ERRNO or error.errno is None
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, asyncpg.InterfaceError) and any(word in str(error) for word in _CLOSED):
        return True
    code = _sqlstate(error)
    return code[:2] in _TRANSIENT_CLASSES or code in _TRANSIENT_CODES


def _sqlstate(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None) or "")
