"""`duoge classify train|check|evaluate`: a district's own ledger teaches its intake."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="自学分类：用本区的台账训练，再检验", no_args_is_help=True)
Ledger = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="台账，CSV（可 .gz）或 XLSX，原话在 content 列")
]
Label = Annotated[str, typer.Option("--label", help="标签在哪一列，如 unit；给受理用的模型要用事项编码或名称")]
ContentOnly = Annotated[
    bool, typer.Option("--content-only", help="只看原话；不写则 title、address、category… 这些列也看，没有就不看")
]
Same = Annotated[
    Path | None,
    typer.Option("--same", exists=True, dir_okay=False, help="同一单位的几个名字：CSV 两列，台账里的写法、统一的名称"),
]


@app.command("train")
def train(
    file: Ledger,
    label: Label,
    output: Annotated[Path, typer.Option("-o", "--output", help="模型写到这个文件")],
    content_only: ContentOnly = False,
    corrections: Annotated[
        Path | None,
        typer.Option("--corrections", exists=True, dir_okay=False, help="一并学值班台改过的（受理导出的 CSV）"),
    ] = None,
    same: Same = None,
) -> None:
    """从台账里学：先留出五分之一检验，再用全部行训练。进度和成绩在标准错误上。"""
    from duoge.learning.working import train_file

    train_file(file, label, output, content_only, corrections, same)


@app.command("check")
def check(
    file: Ledger,
    label: Label,
    content_only: ContentOnly = False,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=20, help="随机分五份分几遍，一遍考五次")] = 2,
    seed: Annotated[int, typer.Option("--seed", min=0, help="换个数就是没用过的划分")] = 0,
    report: Annotated[bool, typer.Option("--report", help="另把各标签的成绩列在标准错误上")] = False,
    same: Same = None,
) -> None:
    """一份台账值不值得学：随机分五份轮流考，再按时间学前四份、考最后一份（行要按时间排），不写模型。一行 JSON。"""
    from duoge.learning.working import check_file

    check_file(file, label, content_only, rounds, seed, report, same)


@app.command("evaluate")
def evaluate(
    file: Ledger,
    label: Label,
    model: Annotated[Path, typer.Option("--model", exists=True, dir_okay=False, help="train 写出的模型文件")],
    content_only: ContentOnly = False,
    report: Annotated[bool, typer.Option("--report", help="另把各标签的成绩列在标准错误上")] = False,
    same: Same = None,
) -> None:
    """用另一份台账检验模型，所有行都算：一行 JSON {"n","top1","top3","macro_f1"}。"""
    from duoge.learning.working import evaluate_file

    evaluate_file(file, label, model, content_only, report, same)
