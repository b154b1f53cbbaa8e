"""`duoge profile check|show`: judge a city's profile before it is live."""

from pathlib import Path
from typing import Annotated

import typer

profile = typer.Typer(help="城市方案：检查、查看", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(profile, name="profile")


@profile.command("check")
def check(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="城市方案，TOML")],
    data: Annotated[
        Path | None,
        typer.Option("--data", exists=True, file_okay=False, help="再按这个文件夹里的单位和网格看：层级、角色、标准"),
    ] = None,
) -> None:
    """检查一个城市方案，连同它的底和派单规则；不生效。"""
    from duoge.trials.profiles import check_file

    check_file(file, data)


@profile.command("show")
def show(
    name: Annotated[str | None, typer.Argument(help="profiles/ 下的名字；不写就看运行中的系统用的")] = None,
) -> None:
    """把一个城市方案写成一页：层级、时限、标准、步骤。"""
    from duoge.trials.profiles import show_profile

    show_profile(name)
