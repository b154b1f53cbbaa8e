import errno
import socket

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.kit.bus.port import BusUnavailable, MessageTooLarge, UnknownTopic
from services.kit.contracts.envelope import Undecodable
from services.kit.faults import is_deadlock, is_disk_full, is_infrastructure, is_lock_timeout, is_unstorable


class Orig(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def sql(state: str | None, *, gone: bool = False) -> DBAPIError:
    return DBAPIError("SELECT", {}, Orig(state), connection_invalidated=gone)


WAITS = [
    BusUnavailable("x"),
    UnknownTopic("x"),
    PoolTimeout(),
    OperationalError("x", {}, Exception()),
    ConnectionRefusedError(),
    BrokenPipeError(),
    TimeoutError(),
    socket.gaierror(socket.EAI_AGAIN, "no name server"),
    OSError(errno.ENOSPC, "full"),
    OSError(errno.EHOSTUNREACH, "no route"),
    OSError(errno.ENETUNREACH, "no net"),
    OSError(errno.EMFILE, "too many files"),
    OSError("Multiple exceptions: …"),
    asyncpg.TooManyConnectionsError(),
    asyncpg.CannotConnectNowError(),
    asyncpg.InternalClientError(),
    asyncpg.InterfaceError("connection is closed"),
    sql(None, gone=True),
    *(
        sql(state)
        for state in ("08006", "28P01", "3D000", "40001", "40P01", "53100", "53300", "55P03", "57014", "57P01")
    ),
    *(sql(state) for state in ("25006", "25P03", "42P01", "42703", "42501", "58030")),
]
FAULTS = [
    ValueError("x"),
    KeyError("x"),
    FileNotFoundError(errno.ENOENT, "x"),
    Undecodable("x"),
    MessageTooLarge("x"),
    RecursionError(),
    asyncpg.InterfaceError("cannot switch to state"),
    *(sql(state) for state in ("22001", "22021", "23505", "23503", "42601", "54000", "P0001", "XX000", None)),
]


@pytest.mark.parametrize("error", WAITS, ids=repr)
def test_waiting_helps(error: Exception) -> None:
    assert is_infrastructure(error)
    wrapped = RuntimeError("in the handler")
    wrapped.__cause__ = error
    assert is_infrastructure(wrapped)


@pytest.mark.parametrize("error", FAULTS, ids=repr)
def test_waiting_does_not_help(error: Exception) -> None:
    assert not is_infrastructure(error)


def test_kinds() -> None:
    assert is_lock_timeout(sql("55P03"))
    assert not is_lock_timeout(sql("57014"))
    assert is_deadlock(sql("40P01"))
    assert is_deadlock(sql("40001"))
    assert not is_deadlock(sql("55P03"))
    assert is_disk_full(sql("53100"))
    assert is_disk_full(OSError(errno.ENOSPC, "x"))
    assert not is_disk_full(sql("53200"))
    assert is_unstorable(sql("22021"))
    assert is_unstorable(asyncpg.exceptions._base.DataError("int too large"))
    assert not is_unstorable(ValueError("x"))
    assert not is_unstorable(sql("23505"))
