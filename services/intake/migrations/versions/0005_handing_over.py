"""Handovers, appeals, approvals, and reconciliation with the sources."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
