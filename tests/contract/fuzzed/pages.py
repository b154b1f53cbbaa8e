"""The pages of the API, and how hard they are asked."""

import os

from tests.contract.http.town import Json, Town, ok

SERVICES = ("intake", "grids", "dispatch", "notify", "console")
# How many requests a route gets, and the seed of what they are: `make fuzz` asks for more, and others.
EXAMPLES = int(os.environ.get("DUOGE_FUZZ_EXAMPLES", "3"))
SEED = int(os.environ.get("DUOGE_FUZZ_SEED", "20261123"))


async def page_of(town: Town, service: str) -> Json:
    return dict(ok(await town.running.visitor.anonymous().get(f"/{service}/openapi.json")))
