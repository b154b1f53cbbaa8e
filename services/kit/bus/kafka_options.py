"""How to reach Kafka, and what its errors mean in the port's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.helpers import create_ssl_context

from services.kit.bus.port import BusUnavailable


@dataclass(frozen=True, slots=True)
class KafkaOptions:
    """`prefix` stands before every topic and group on the broker and never shows outside (tests share one broker).

    Real seconds: `lease` how long a silent member of a group keeps its partitions; `patience` how long one send,
    commit or question may take; `grace` how long a rebalance waits for a member to finish what it has in hand.
    """

    bootstrap: str
    security: str = "PLAINTEXT"
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    replication: int = 1
    mechanism: str = "SCRAM-SHA-512"
    prefix: str = ""
    lease: float = 10.0
    patience: float = 20.0
    grace: float = 10.0

    def connection(self) -> dict[str, Any]:
        """Arguments that producer, consumer and admin share."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": [each.strip() for each in self.bootstrap.split(",")],
            "security_protocol": self.security,
            "request_timeout_ms": int(min(self.patience, 10.0) * 1000),
            "metadata_max_age_ms": 30_000,
        }
        if self.security.startswith("SASL"):
            arguments |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        if self.security.endswith("SSL"):
            arguments["ssl_context"] = create_ssl_context(cafile=self.ca_file)
        return arguments


@contextmanager
def in_our_words() -> Iterator[None]:
    """Whatever isn't known to be final is taken for a broker that is away: waiting is safe, losing is not.

    A lacking right (ACL) counts as that too: the operator mends it and work goes on.
    """
    try:
        yield
    except (KafkaError, OSError, TimeoutError) as error:
        raise BusUnavailable(f"Kafka: {error!r}") from error
