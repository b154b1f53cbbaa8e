"""`duoge rules check|show`, `duoge simulate`: judge a rule table before it is live."""

from pathlib import Path
from typing import Annotated

import typer

rules = typer.Typer(help="派单规则：检查、查看", no_args_is_help=True)
Data = Annotated[
    Path | None,
    typer.Option("--data", exists=True, file_okay=False, help="不问运行中的系统，按这个文件夹里的单位和网格判断"),
]
ProfileFile = Annotated[
    Path | None, typer.Option("--profile", exists=True, dir_okay=False, help="配合 --data 的城市方案，不写就用真如镇的")
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(rules, name="rules")
    app.command("simulate")(simulate)


@rules.command("check")
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="规则表，TOML 或 JSON")],
    data: Data = None,
    profile: ProfileFile = None,
) -> None:
    """检查一张规则表：编码、够不着的行、没人接的事项、示例。"""
    from duoge.trials.tables import check_file

    check_file(file, data, profile)


@rules.command("show")
def show(
    file: Annotated[Path | None, typer.Argument(exists=True, dir_okay=False, help="不写就看在用的规则")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="写成 JSON，改好后可以检查、试派、发布")] = False,
) -> None:
    """打印规则表，按判断的先后。"""
    from duoge.trials import tables

    tables.show(file, as_json)


def simulate(
    orders: Annotated[
        Path, typer.Option("--orders", exists=True, dir_okay=False, help="工单，CSV、JSON 或一行一个 JSON")
    ],
    rules_file: Annotated[Path, typer.Option("--rules", exists=True, dir_okay=False, help="要试的规则表")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="逐件结果写到这个 CSV")] = None,
    data: Data = None,
    profile: ProfileFile = None,
) -> None:
    """用一张规则表试派一批工单：派给谁，和在用的规则比变了哪些。不立案。"""
    from duoge.trials.tables import simulate_file

    simulate_file(orders, rules_file, output, data, profile)
