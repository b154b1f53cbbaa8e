"""What reading an order costs: by words alone, one at a time and many, with a model beside them, the model by itself, and
telling whether it is the same matter as one of thirty near to it; milliseconds of processor time an order. What the
database adds to the last of these: tests.bench.matters."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from services.intake.domain.draft import Draft
from services.intake.domain.judge import judge
from services.intake.domain.learned.grams import Sample
from services.intake.domain.learned.training import train
from services.intake.domain.matter import Sign, compare
from tests.harness.zhenru import AT, SHOP, zhenru
from tests.unit.intake.drafts import draft

ORDERS, BATCH, ROUNDS, NEAR = 1_000, 64, 3, 30
_WHAT = (
    "夜间卸货噪声很大睡不着",
    "面包车横在路口堵了半天",
    "盒饭吃了拉肚子要求退款",
    "路灯不亮井盖松动",
    "外墙渗水物业不修",
)
_LABELS = ("GL-03", "CS-01", "FW-01", "CS-03", "FW-02")


def run() -> Iterator[dict[str, Any]]:
    fabric = zhenru()
    texts = [
        f"市民来电反映：兰溪路{n % 300}号门口{_WHAT[n % 5]}，已经第{n % 9}次反映，请相关部门核实处理。"
        for n in range(ORDERS)
    ]
    labels = [_LABELS[n % 5] for n in range(ORDERS)]
    model, _ = train([Sample(text) for text in texts], labels, label="concern", trained_at=AT.isoformat())
    drafts = [draft(order_id=f"ord_{n}", content=text) for n, text in enumerate(texts)]
    assert drafts[0].position is not None
    assert (drafts[0].position.lon, drafts[0].position.lat) == SHOP
    yield _line("understand_by_words", lambda some: judge(fabric, some, AT), drafts)
    yield _line("understand_one_by_one", lambda some: judge(fabric, some, AT), drafts, 1)
    yield _line("understand_with_model", lambda some: judge(fabric, some, AT, model=model), drafts)
    yield _line("model_alone", lambda some: model.probabilities([Sample(one.text) for one in some]), drafts)
    near = [_sign(one) for one in drafts[:NEAR]]
    limits = fabric.profile.thresholds
    yield _line(
        "same_matter",
        lambda some: [compare(sign, other, limits) for sign in map(_sign, some) for other in near],
        drafts,
    )


def _sign(order: Draft) -> Sign:
    """Of an order at the shop, its words not read before."""
    return Sign("GL-03", "GL", "GL-03.1", AT, *SHOP, words=order.text)


def _line(figure: str, work: Callable[[list[Draft]], Any], drafts: list[Draft], batch: int = BATCH) -> dict[str, Any]:
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for start in range(0, len(drafts), batch):
            work(drafts[start : start + batch])
        spent.append(time.process_time() - began)
    return {"figure": figure, "unit": "ms/order", "batch": batch, "ours": round(min(spent) * 1_000 / len(drafts), 3)}
