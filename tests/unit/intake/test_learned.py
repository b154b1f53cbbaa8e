"""Learning from a ledger: what is learned is found again, the same each time, whatever the text; a file is read back or
refused."""

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duoge.learning.ledger import read_ledger
from services.intake.domain.learned.grams import OF_COLUMNS, Sample, grams
from services.intake.domain.learned.model import Model
from services.intake.domain.learned.modelfile import BadModel, dumped, read
from services.intake.domain.learned.scoring import score
from services.intake.domain.learned.training import TooLittle, held_out, train
from services.intake.domain.learned.vocabulary import counted
from tests.unit.intake.learned_made import TRAINED, ledger, made_model

MODEL = made_model()
RAW = dumped(MODEL)
ASKED = [
    ("石泉路嗡嗡声又来了", "GL-03"),
    ("石泉路车子横在中间", "CS-01"),
    ("石泉路盒饭吃了拉肚子", "FW-01"),
]


@pytest.mark.parametrize(("text", "label"), ASKED)
def test_what_was_learned_is_found_again(text: str, label: str) -> None:
    likely = MODEL.probabilities([Sample(text)])[0]
    assert MODEL.labels[int(likely.argmax())] == label
    assert likely.sum() == pytest.approx(1.0, abs=1e-5)


def test_the_deciding_words_stand_in_the_text() -> None:
    text = "石泉路盒饭吃了拉肚子"
    words = MODEL.words(Sample(text), MODEL.labels.index("FW-01"))
    assert words
    assert all(word in text for word in words)


def test_the_same_ledger_makes_the_same_model() -> None:
    again = made_model()
    assert again.about == MODEL.about
    assert np.array_equal(again.weights, MODEL.weights)


def test_a_batch_is_judged_as_one_by_one() -> None:
    samples = [Sample(text) for text, _ in ASKED]
    alone = np.concatenate([MODEL.probabilities([sample]) for sample in samples])
    assert np.allclose(MODEL.probabilities(samples), alone, atol=1e-6)


@given(st.lists(st.text(max_size=80), max_size=5))
def test_any_text_can_be_asked(texts: list[str]) -> None:
    samples = [Sample(text, {"address": text[::-1]}) for text in texts]
    likely = MODEL.probabilities(samples)
    assert likely.shape == (len(texts), len(MODEL.labels))
    assert np.isfinite(likely).all()
    assert np.array_equal(likely, MODEL.probabilities(samples))
    for sample in samples:
        assert all(word for word in MODEL.words(sample, 0))


def test_the_same_run_is_the_same_gram_wherever_it_stands() -> None:
    one, other = (set(counted([Sample(text)]).hashes.tolist()) for text in ("嗡嗡声", "兰溪路的嗡嗡声很大" + "。" * 50))
    assert len(one & other) >= 5


def test_other_columns_are_apart_from_the_text() -> None:
    found = grams([Sample("甲", {"category": "甲"})])
    assert (found.hashes >= OF_COLUMNS).any()
    assert (found.hashes < OF_COLUMNS).any()
    assert (
        len(
            set(found.hashes[found.hashes >= OF_COLUMNS].tolist())
            & set(found.hashes[found.hashes < OF_COLUMNS].tolist())
        )
        == 0
    )


def test_columns_help_where_they_are_there_and_are_not_needed() -> None:
    samples, labels = ledger()
    told = [Sample(sample.text, {"category": f"类{label}"}) for sample, label in zip(samples, labels, strict=True)]
    model, _ = train(told, labels, label="concern", trained_at=TRAINED)
    assert model.about.columns == ("category",)
    vague = Sample("请核实处理", {"category": "类CS-01"})
    assert model.labels[int(model.probabilities([vague])[0].argmax())] == "CS-01"
    assert model.labels[int(model.probabilities([Sample(ASKED[0][0])])[0].argmax())] == "GL-03"


def test_what_speaks_for_both_is_the_rarer_ones() -> None:
    """Where the words leave it open the frequent label has no lead of its own."""
    often = [Sample(f"路灯不亮第{n}盏") for n in range(60)] + [Sample("小区停电")] * 3
    rare = [Sample(f"变压器冒火花第{n}台") for n in range(6)] + [Sample("小区停电")] * 3
    model, _ = train([*often, *rare], ["路灯所"] * 63 + ["供电局"] * 9, label="unit", trained_at=TRAINED)
    likely = dict(zip(model.labels, model.probabilities([Sample("小区停电")])[0].tolist(), strict=True))
    assert likely["供电局"] > likely["路灯所"]


def test_every_part_is_named_by_a_model_of_the_others() -> None:
    samples, labels = ledger()
    samples, labels = [*samples, Sample("别处没有的一件事")], [*labels, "别处没有"]
    parts = np.array_split(np.random.default_rng(2).permutation(len(samples)), 4)
    *each, whole = held_out(samples, labels, parts)
    assert [one.n for one in each] == [len(part) for part in parts]
    assert whole.n == len(samples)
    assert whole.top1 == pytest.approx(sum(one.top1 * one.n for one in each) / whole.n, abs=1e-3)
    assert next(one.recall for one in whole.by_label if one.label == "别处没有") == 0.0


@pytest.mark.parametrize(("rows", "labels"), [(0, []), (3, ["甲", "乙", "甲"]), (40, ["甲"] * 40)])
def test_too_little_is_said(rows: int, labels: list[str]) -> None:
    with pytest.raises(TooLittle, match="至少"):
        train([Sample(f"第{n}行") for n in range(rows)], labels, label="x", trained_at=TRAINED)


def test_scores_count_a_label_never_seen_as_wrong() -> None:
    likely = np.array([[0.7, 0.3], [0.2, 0.8], [0.6, 0.4], [0.9, 0.1]], np.float32)
    scores = score(likely, ["甲", "乙"], ["甲", "乙", "丙", "乙"])
    assert (scores.n, scores.top1, scores.top3) == (4, 0.5, 0.75)
    of = {one.label: one for one in scores.by_label}
    assert (of["乙"].rows, of["乙"].named, of["乙"].recall, of["丙"].f1) == (2, 1, 0.5, 0.0)
    assert scores.macro_f1 == pytest.approx((0.5 + 2 / 3 + 0.0) / 3, abs=1e-4)
    assert score(likely[:0], ["甲", "乙"], []).n == 0


def test_a_model_is_read_back() -> None:
    back = read(dumped(MODEL))
    assert back.about == MODEL.about
    assert back.labels == MODEL.labels
    assert np.array_equal(back.probabilities([Sample("嗡嗡")]), MODEL.probabilities([Sample("嗡嗡")]))
    assert back.about.rows == 72
    assert set(back.about.scores) == {"n", "top1", "top3", "macro_f1"}


def _changed(**more: object) -> bytes:
    with np.load(io.BytesIO(dumped(MODEL))) as held:
        arrays = {name: held[name] for name in held.files}
    told = json.loads(arrays["about"].tobytes())
    for name, value in more.items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        else:
            told[name] = value
    arrays["about"] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def _pickled() -> bytes:
    out = io.BytesIO()
    np.savez(out, about=np.array([{"format": 1}], dtype=object), hashes=np.zeros(1, np.uint64))
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04 nothing of the kind",
        RAW[:-200],
        _pickled(),
        _changed(format=2),
        _changed(labels=["甲", "乙"]),
        _changed(labels=["甲", "甲", "甲"]),
        _changed(labels=["甲", "乙", "\ud800"]),
        _changed(labels="GL-03"),
        _changed(scores=[]),
        _changed(sharpness=-1),
        _changed(sharpness="x"),
        _changed(version="x" * 1000),
        _changed(own=np.full(3, np.nan, np.float32)),
        _changed(hashes=np.zeros(len(MODEL.vocabulary), np.uint64)),
        _changed(weights=np.zeros((1, 3), np.int8)),
        _changed(scales=np.zeros(len(MODEL.vocabulary), np.float64)),
    ],
)
def test_what_is_no_model_is_refused(raw: bytes) -> None:
    with pytest.raises(BadModel):
        read(raw)


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_file_is_a_model_or_refused(at: int, junk: bytes) -> None:
    raw = bytearray(RAW)
    raw[at % len(raw) : at % len(raw) + len(junk)] = junk
    try:
        model: Model = read(bytes(raw))
    except BadModel:
        return
    assert np.isfinite(model.probabilities([Sample("嗡嗡声")])).all()


REAL = os.environ.get("DUOGE_REAL_DATA")
HAIKOU = Path(REAL or ".") / "haikou_12345.csv.gz"


@pytest.mark.skipif(not REAL, reason="DUOGE_REAL_DATA 没有指向真实数据")
@pytest.mark.parametrize(("content_only", "top1", "top3"), [(False, 0.755, 0.88), (True, 0.74, 0.86)])
def test_the_handling_unit_of_real_orders_is_named(content_only: bool, top1: float, top3: float) -> None:
    """By everything that the ledger says beforehand, and by the text alone; each row once by a model of four fifths."""
    ledger = read_ledger(HAIKOU, "unit", content_only)
    fifths = np.array_split(np.random.default_rng(2027).permutation(len(ledger.labels)), 5)
    whole = held_out(ledger.samples, ledger.labels, fifths)[-1]
    assert whole.top1 >= top1
    assert whole.top3 >= top3


@pytest.mark.skipif(not REAL, reason="DUOGE_REAL_DATA 没有指向真实数据")
def test_the_latest_fifth_is_named_from_the_earlier_ones() -> None:
    """In the order of the ledger, which is that of time."""
    ledger = read_ledger(HAIKOU, "unit")
    rows = len(ledger.labels)
    found = held_out(ledger.samples, ledger.labels, [np.arange(4 * rows // 5, rows)])[-1]
    assert found.top1 >= 0.715
    assert found.top3 >= 0.855
