"""The city's profile: read from its file at start, published again whenever the file has changed since."""

from datetime import datetime, timedelta
from pathlib import Path

from services.fabric.profile import BadProfile, Profile, load_profile
from services.grids.domain.publication import Draft
from services.grids.repository import publications
from services.grids.usecases.publishing import SYSTEM, Change, Registry, profile_draft
from services.kit.db import Tx
from services.kit.settings import WrongSetting
from services.kit.worker import Worker

# Beside the package, in a checkout as well as in the image.
FOLDER = Path(__file__).resolve().parents[3] / "profiles"


def find_profile(name: str, folder: Path = FOLDER) -> Profile:
    """WrongSetting with a sentence when there is no such file, or faults in it."""
    file = folder / f"{name}.toml"
    if "/" in name or not file.is_file():
        there = "、".join(sorted(known.stem for known in folder.glob("*.toml"))) or "（一个也没有）"
        raise WrongSetting(f"找不到城市方案 {name}，请把 DUOGE_PROFILE 设成 {there} 之一")
    try:
        return load_profile(file)
    except BadProfile as bad:
        raise WrongSetting(f"城市方案有误，请改正后再启动：{bad}") from None


class ProfileKeeper(Worker):
    """At start, and after trouble again until it is done. Before the first publication there is nothing to do: that one
    brings the profile with it."""

    def __init__(self, registry: Registry) -> None:
        super().__init__("grids.profile", timedelta(hours=1))
        self._registry = registry
        self._done = False

    async def turn(self) -> bool:
        if not self._done:
            await self._registry.change("profile", SYSTEM, self._compared)
            self._done = True
        return False

    async def idle(self) -> bool:
        return self._done

    async def _compared(self, tx: Tx, now: datetime) -> Change[None]:
        if (await publications.last(tx)).version == 0:
            return Change(Draft({}, frozenset()), (), None)
        return Change(profile_draft(self._registry.profile), (), None)
