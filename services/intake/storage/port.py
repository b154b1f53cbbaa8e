"""What intake asks of a store."""

from typing import Protocol

from services.kit.problems import Unavailable


class StoreAway(Unavailable):
    """The folder or the bucket doesn't answer, or refuses us."""

    code, title = "store_away", "附件暂时存取不了"


class Store(Protocol):
    """`key` is a safe name of ours. All raise StoreAway."""

    async def put(self, key: str, content: bytes, media_type: str) -> None:
        """On disk when it returns; the same key again writes the same."""
        ...

    async def get(self, key: str) -> bytes | None: ...

    async def delete(self, key: str) -> None:
        """Also fine when nothing is there."""
        ...

    async def close(self) -> None: ...
