"""What is the infrastructure's trouble and what is the message's own fault."""

import errno

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.kit.bus.port import BusUnavailable, UnknownTopic

# SQLSTATE classes (PostgreSQL manual, appendix A): 08 connection, 53 resources such as a full disk, 57 operator
# intervention, 58 system; 40 rolled back by the server, 55P03 lock not available.
_TRANSIENT_CLASSES = ("08", "53", "57", "58", "40")
_TRANSIENT_CODES = ("55P03", "25P03")
_TRANSIENT_ERRNO = {errno.ENOSPC, errno.EDQUOT, errno.EIO}


def is_infrastructure(error: BaseException) -> bool:
    """True when waiting may help (database or broker away, disk full, lock timeout); False when the input is at fault."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(
            seen, BusUnavailable | UnknownTopic | PoolTimeout | OperationalError | ConnectionError | TimeoutError
        ):
            return True
        if isinstance(seen, OSError) and (seen.errno in _TRANSIENT_ERRNO or seen.errno is None):
            return True
        if isinstance(seen, DBAPIError) and seen.connection_invalidated:
            return True
        code = str(getattr(seen, "sqlstate", None) or getattr(getattr(seen, "orig", None), "sqlstate", "") or "")
        if code[:2] in _TRANSIENT_CLASSES or code in _TRANSIENT_CODES:
            return True
        seen = seen.__cause__
    return False
