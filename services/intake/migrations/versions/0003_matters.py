"""What tells whether two orders are about the same matter."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # One row for each case that an order began, under the case's own id. Narrow, for it is what every new order is
    # compared with; the order's words are masked already. `alive_at`: when it last moved, by our clock.
    op.execute(
        """CREATE TABLE intake.matter (
             matter_id text PRIMARY KEY, order_id text NOT NULL, cell bigint NOT NULL, category text NOT NULL,
             concern text NOT NULL, sub text, lon float8 NOT NULL, lat float8 NOT NULL, place text,
             coarse boolean NOT NULL, building text, emergency boolean NOT NULL, telling text[] NOT NULL,
             words text NOT NULL, at timestamptz NOT NULL, alive_at timestamptz NOT NULL,
             ended text CHECK (ended IN ('closed', 'withdrawn')), ended_at timestamptz)"""
    )
    op.execute("CREATE INDEX matter_near ON intake.matter (cell, concern, alive_at)")
    op.execute("CREATE INDEX matter_order ON intake.matter (order_id)")
    op.execute(
        """CREATE TABLE intake.joined (
             matter_id text NOT NULL, order_id text NOT NULL, at timestamptz NOT NULL,
             by text NOT NULL CHECK (by IN ('rule', 'desk')), score float8, reasons jsonb NOT NULL,
             left_at timestamptz, PRIMARY KEY (matter_id, order_id))"""
    )
    op.execute("CREATE INDEX joined_order ON intake.joined (order_id)")
    op.execute(
        """CREATE TABLE intake.proposal (
             id text PRIMARY KEY, order_id text NOT NULL, matter_id text NOT NULL, at timestamptz NOT NULL,
             score float8 NOT NULL, reasons jsonb NOT NULL,
             state text NOT NULL CHECK (state IN ('open', 'joined', 'refused')),
             decided_at timestamptz, decided_by text, UNIQUE (order_id, matter_id))"""
    )
    op.execute("CREATE INDEX proposal_open ON intake.proposal (at, id) WHERE state = 'open'")
    op.execute("ALTER TABLE intake.orders ADD COLUMN recurs text")
    # The newest orders of one caller without sorting all of them.
    op.execute("CREATE INDEX personal_caller ON intake.personal (phone_index, order_id) WHERE phone_index IS NOT NULL")
    op.execute("DROP INDEX intake.personal_phone")


def downgrade() -> None:
    op.execute("CREATE INDEX personal_phone ON intake.personal (phone_index) WHERE phone_index IS NOT NULL")
    op.execute("DROP INDEX intake.personal_caller")
    op.execute("ALTER TABLE intake.orders DROP COLUMN recurs")
    op.execute("DROP TABLE intake.proposal, intake.joined, intake.matter")
