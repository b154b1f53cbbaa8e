"""`duoge rules check|show|actions|dispatches|export|publish`, `duoge simulate`, `duoge duties import|export`: a rule table and the list of
duties behind it, judged before they are live."""

from pathlib import Path
from typing import Annotated

import typer

rules = typer.Typer(help="派单规则：检查、查看、存成文件、发布", no_args_is_help=True)
duties = typer.Typer(help="职责清单：导入、存成文件", no_args_is_help=True)
Data = Annotated[
    Path | None,
    typer.Option("--data", exists=True, file_okay=False, help="不问运行中的系统，按这个文件夹里的单位和网格判断"),
]
ProfileFile = Annotated[
    Path | None, typer.Option("--profile", exists=True, dir_okay=False, help="配合 --data 的城市方案，不写就用真如镇的")
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(rules, name="rules")
    app.add_typer(duties, name="duties")
    app.command("simulate")(simulate)


@rules.command("check")
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="规则表，XLSX、CSV、JSON 或 TOML")],
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


@rules.command("actions")
def actions() -> None:
    """打印状态表：案件和督办单的每个动作，什么状态下、谁能做、之后怎样。"""
    from duoge.trials.work import actions as printed

    typer.echo(printed())


@rules.command("dispatches")
def dispatches(
    profile: Annotated[str, typer.Option("--profile", help="城市方案的名字或文件")] = "zhenru",
) -> None:
    """打印派单权限表：谁可以派给谁，要不要抄送街道。"""
    from duoge.trials.work import dispatches as printed

    typer.echo(printed(profile))


@rules.command("export")
def export(
    output: Annotated[Path, typer.Option("-o", "--output", dir_okay=False, help="按后缀存成 XLSX、CSV 或 JSON")],
    version: Annotated[int | None, typer.Option("--version", min=1, help="以前的版本，不写就是在用的")] = None,
) -> None:
    """把派单规则存成文件，列名是中文的；改好再检查、试派、发布。"""
    from duoge.trials.publishing import export as save

    save("rules", output, version)


@rules.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="规则表，XLSX、CSV、JSON 或 TOML")],
    note: Annotated[str, typer.Option("--note", help="为什么改")],
    base: Annotated[int | None, typer.Option("--base", min=1, help="从第几版改的；别人先改了就不发布")] = None,
) -> None:
    """检查和示例都通过才生效，立即对所有进程生效。"""
    from duoge.trials.publishing import publish_rules

    publish_rules(file, note, base)


@duties.command("export")
def export_duties(
    output: Annotated[Path, typer.Option("-o", "--output", dir_okay=False, help="按后缀存成 XLSX 或 CSV")],
    version: Annotated[int | None, typer.Option("--version", min=1, help="以前的版本，不写就是在用的")] = None,
) -> None:
    """把职责清单存成文件。"""
    from duoge.trials.publishing import export as save

    save("duties", output, version)


@duties.command("import")
def import_duties(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="职责清单，XLSX 或 CSV")],
    note: Annotated[str, typer.Option("--note", help="为什么改")],
    base: Annotated[int | None, typer.Option("--base", min=1, help="从第几版改的；别人先改了就不导入")] = None,
) -> None:
    """换一张职责清单：每个坏格子都指出行和列；以前的版本留着。"""
    from duoge.trials.publishing import publish_duties

    publish_duties(file, note, base)


def simulate(
    rules_file: Annotated[Path, typer.Option("--rules", exists=True, dir_okay=False, help="要试的规则表")],
    orders: Annotated[
        Path | None, typer.Option("--orders", exists=True, dir_okay=False, help="工单，CSV、JSON 或一行一个 JSON")
    ] = None,
    last: Annotated[
        int | None, typer.Option("--last", min=1, max=5000, help="不给工单，用运行中的系统最近立的这么多件案件")
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="逐件结果写到这个 CSV")] = None,
    data: Data = None,
    profile: ProfileFile = None,
) -> None:
    """用一张规则表试派一批工单或最近的案件：派给谁，和在用的规则比变了哪些。不立案。"""
    from duoge.trials.publishing import simulate_last
    from duoge.trials.tables import simulate_file

    if (orders is None) == (last is None):
        raise typer.BadParameter("--orders 和 --last 给一个，也只给一个")
    if orders is None:
        simulate_last(rules_file, last or 0, output)
    else:
        simulate_file(orders, rules_file, output, data, profile)
