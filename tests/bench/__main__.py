"""`make bench`: a JSON line a figure. Figures beside the bare pipeline are of one run; compare ratios, not rates."""

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from tests.bench import actions, clocks, flow, geometry, lists, rates, routing, understanding
from tests.bench.scratch import servers

Figure = Callable[[], Iterable[dict[str, Any]]]


def flow_on_kafka() -> Iterable[dict[str, Any]]:
    with servers() as (postgres, kafka):
        yield from flow.run_blocking(postgres.url, kafka.bootstrap)


FIGURES: dict[str, Figure] = {
    "geometry": geometry.run,
    "understanding": understanding.run,
    "routing": routing.run,
    "rates": rates.run,
    "lists": lists.run,
    "clocks": clocks.run,
    "actions": actions.run,
    "flow": flow_on_kafka,
}


def main(wanted: list[str]) -> None:
    for name in wanted or FIGURES:
        print(f"{name} …", file=sys.stderr, flush=True)
        for line in FIGURES[name]():
            print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
