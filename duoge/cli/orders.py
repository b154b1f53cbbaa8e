"""`duoge orders …`: what an operator does to orders from the command line."""

import typer

from duoge.cli import reconciling, registers

app = typer.Typer(help="工单", no_args_is_help=True)


@app.callback()
def group() -> None:
    """导入登记表，和来源对账。"""


reconciling.add_to(app)
registers.add_to(app)
