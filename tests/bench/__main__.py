"""`make bench`: a JSON line a figure. Figures beside the bare pipeline are of one run; compare ratios, not rates."""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from duoge.embedded.postgres import EmbeddedPostgres
from tests.bench import actions, clocks, flow, geometry, lists, rates, routing, understanding
from tests.servers.kafka import KafkaServer

Figure = Callable[[], Iterable[dict[str, Any]]]


def flow_on_kafka() -> Iterable[dict[str, Any]]:
    folder = Path(tempfile.mkdtemp(prefix="duoge-bench-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder, settings={"max_connections": "300"})
    kafka = KafkaServer()
    try:
        url = postgres.start()
        kafka.start()
        yield from flow.run_blocking(url, kafka.bootstrap)
    finally:
        kafka.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


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
