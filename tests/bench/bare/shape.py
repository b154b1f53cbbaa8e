"""How much a bare order weighs: measured from ours just before, so that both carry the same load."""

import json
import os
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """Messages an order (or an action on a case) causes on each stage, and their mean bytes (value and headers).
    `answer_bytes`: what an action is answered with."""

    orders: int = 2
    orders_bytes: int = 1000
    cases: int = 2
    cases_bytes: int = 1500
    units: int = 8
    units_bytes: int = 1500
    unit_topics: int = 60
    answer_bytes: int = 4000

    def to_environment(self) -> dict[str, str]:
        return {"BARE_SHAPE": json.dumps(asdict(self))}


def from_environment() -> Shape:
    return Shape(**json.loads(os.environ["BARE_SHAPE"]))


DDL = """
CREATE TABLE IF NOT EXISTS bare_row (stage text NOT NULL, id text NOT NULL, body text NOT NULL, PRIMARY KEY (stage, id));
CREATE TABLE IF NOT EXISTS bare_outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stage text NOT NULL, topic text NOT NULL, key text NOT NULL,
  value bytea NOT NULL);
CREATE INDEX IF NOT EXISTS bare_outbox_stage ON bare_outbox (stage, seq);
CREATE TABLE IF NOT EXISTS bare_offset (
  stage text NOT NULL, topic text NOT NULL, partition int NOT NULL, next_offset bigint NOT NULL,
  PRIMARY KEY (stage, topic, partition));
"""
ORDERS, CASES, UNIT = "bare.orders", "bare.cases", "bare.unit."
