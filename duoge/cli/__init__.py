"""The operator's command."""

import typer

from duoge.cli import audit, calendars, classify, imports, keys, operations, orders, privacy, profiles, rules, running

app = typer.Typer(
    name="duoge",
    help="多格合一：一张网格，谁管、谁帮、何时办完",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
running.add_to(app)
app.add_typer(keys.app, name="keys")
app.add_typer(privacy.app, name="privacy")
app.add_typer(audit.app, name="audit")
app.add_typer(orders.app, name="orders")
app.add_typer(classify.app, name="classify")
app.add_typer(calendars.app, name="calendar")
imports.add_to(app)
operations.add_to(app)
rules.add_to(app)
profiles.add_to(app)


def main() -> None:
    app()
