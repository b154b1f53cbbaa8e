"""Pages to people that wait for another try are found by what they are about."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """CREATE INDEX delivery_pages ON notify.delivery (subject)
           WHERE state = 'pending' AND kind IN ('sms', 'wecom', 'email')"""
    )


def downgrade() -> None:
    op.execute("DROP INDEX notify.delivery_pages")
