"""A made ledger: short made sentences about noise, parking and food, with the codes of the concerns."""

from services.intake.domain.learned.grams import Sample
from services.intake.domain.learned.model import Model
from services.intake.domain.learned.training import train

TRAINED = "2026-11-20T08:00:00+08:00"
_PLACES = ("兰溪路", "真光路", "曹杨路", "铜川路", "北石路", "桃浦路")
_ABOUT = {
    "GL-03": ("{}楼下嗡嗡声整夜不断睡不着", "{}那边半夜咚咚咚敲东西", "{}音箱放得震天响", "{}嗡嗡声从早到晚"),
    "CS-01": ("{}车子横在路口过不去", "{}一排车把门口挡了", "{}电瓶车摆得到处都是", "{}车子横在盲道上"),
    "FW-01": ("{}吃了盒饭拉肚子", "{}买的面包长毛了", "{}盒饭里吃出虫子", "{}面包长毛还不给退"),
}


def ledger() -> tuple[list[Sample], list[str]]:
    rows = [
        (Sample(f"市民来电反映:{text.format(place)}，请核实处理"), label)
        for place in _PLACES
        for label, texts in _ABOUT.items()
        for text in texts
    ]
    return [sample for sample, _ in rows], [label for _, label in rows]


def made_model(names: dict[str, str] | None = None) -> Model:
    """`names`: other labels for the concerns."""
    samples, labels = ledger()
    renamed = [(names or {}).get(label, label) for label in labels]
    return train(samples, renamed, label="concern", trained_at=TRAINED)[0]
