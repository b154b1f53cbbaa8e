"""Training and judging as commands: progress and tables on stderr, one JSON line on stdout."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from duoge.cli.client import fail
from duoge.learning.ledger import Ledger, read_ledger, read_names
from services.intake.domain.learned.fitting import Told
from services.intake.domain.learned.model import Model
from services.intake.domain.learned.modelfile import BadModel, dumped, read
from services.intake.domain.learned.scoring import Scores, score
from services.intake.domain.learned.training import TooLittle, held_out, train
from services.kit.clock import real_now
from services.kit.files.bad import BadFile

_ZONE = ZoneInfo("Asia/Shanghai")
_AT_ONCE = 1_000
CORRECTED = "concern"
"""The column of the exported corrections that says what the desk found."""


def train_file(
    file: Path, label: str, output: Path, content_only: bool, corrections: Path | None, same: Path | None
) -> None:
    ledger = _ledger(file, label, content_only, same)
    kept = ledger.complete()
    samples, labels = list(kept.samples), list(kept.labels)
    if corrections is not None:
        ruled = _ledger(corrections, CORRECTED, content_only, same).complete()
        samples += ruled.samples
        labels += ruled.labels
    left = len(ledger.labels) - len(kept.labels)
    _say(f"{file}：{len(kept.labels)} 行" + (f"，另有 {left} 行没有原话或标签，不学" if left else ""))
    trained_at: datetime = real_now().astimezone(_ZONE)
    try:
        with _progress() as told_of:
            model, scores = train(
                samples, labels, label=label, trained_at=trained_at.isoformat(timespec="seconds"), told=told_of
            )
    except TooLittle as little:
        fail(str(little))
    _written(output, dumped(model))
    _say(
        f"{len(model.labels)} 种标签，{len(model.vocabulary)} 个特征。留出 {scores.n} 行检验："
        f"首选对 {scores.top1:.1%}，前三对 {scores.top3:.1%}，宏平均 F1 {scores.macro_f1:.3f}"
    )
    _say(f"模型 {model.about.version} 已写到 {output}")


def evaluate_file(
    file: Path, label: str, model_file: Path, content_only: bool, report: bool, same: Path | None
) -> None:
    try:
        model = read(model_file.read_bytes())
    except (BadModel, OSError) as bad:
        fail(f"{model_file}：{bad}")
    ledger = _ledger(file, label, content_only, same)
    with _progress() as told:
        scores = _judged(model, ledger, told)
    if report:
        _report(scores)
    print(json.dumps(scores.as_json(), ensure_ascii=False))


def check_file(
    file: Path, label: str, content_only: bool, rounds: int, seed: int, report: bool, same: Path | None
) -> None:
    """Each round parts the rows in five at random, every fifth named by a model of the four others; then the last fifth of
    the ledger, which is kept in the order of time, by a model of the four before it."""
    ledger = _ledger(file, label, content_only, same).complete()
    rows = len(ledger.labels)
    fifths = [
        part
        for turn in range(rounds)
        for part in np.array_split(np.random.default_rng([seed, turn]).permutation(rows), 5)
    ]
    try:
        with _progress() as told:
            *each, whole = held_out(ledger.samples, ledger.labels, fifths, told)
            latest = held_out(ledger.samples, ledger.labels, [np.arange(4 * rows // 5, rows)], told)[-1]
    except TooLittle as little:
        fail(str(little))
    if report:
        _report(whole)
        _report(latest, "按时间的最后五分之一，各标签")
    spread = {
        name: {"mean": round(float(np.mean(found)), 4), "min": min(found), "max": max(found)}
        for name, found in (("top1", [one.top1 for one in each]), ("top3", [one.top3 for one in each]))
    }
    at_random = {"splits": len(each), **spread, "macro_f1": whole.macro_f1}
    print(json.dumps({"n": rows, "random": at_random, "latest": latest.as_json()}, ensure_ascii=False))


def _judged(model: Model, ledger: Ledger, told: Told) -> Scores:
    parts = []
    for begin in range(0, len(ledger.samples), _AT_ONCE):
        parts.append(model.probabilities(ledger.samples[begin : begin + _AT_ONCE]))
        told("判断", min(1.0, (begin + _AT_ONCE) / len(ledger.samples)))
    return score(np.concatenate(parts), model.labels, ledger.labels)


def _ledger(file: Path, label: str, content_only: bool, same: Path | None = None) -> Ledger:
    try:
        return read_ledger(file, label, content_only).named(read_names(same) if same else {})
    except BadFile as bad:
        fail(str(bad))


def _written(output: Path, raw: bytes) -> None:
    """Whole or not at all: a service may be reading the old one."""
    beside = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        beside.write_bytes(raw)
        beside.replace(output)
    except OSError as error:
        beside.unlink(missing_ok=True)
        fail(f"写不了 {output}（{error.strerror}），请换一个能写的位置")


def _report(scores: Scores, title: str = "各标签") -> None:
    table = Table("标签", "行数", "判为", "准确率", "召回率", "F1", title=title)
    for one in scores.by_label:
        numbers = (f"{one.precision:.2f}", f"{one.recall:.2f}", f"{one.f1:.2f}")
        table.add_row(one.label, str(one.rows), str(one.named), *numbers)
    Console(stderr=True).print(table)


@contextmanager
def _progress() -> Iterator[Told]:
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=1.0)
        yield lambda said, share: shown.update(task, description=said, completed=share)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
