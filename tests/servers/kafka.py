"""A real Apache Kafka broker (KRaft) as a child process, from the jars that Maven resolves."""

import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from duoge.embedded.ports import free_port
from tests.servers.jars import JAVA, Missing, listens, resolve_jars

START_SECONDS = 60.0


class KafkaServer:
    """One broker that is its own controller. `kill` is SIGKILL; `start` goes on with the same log folder."""

    def __init__(self) -> None:
        self._jars = resolve_jars("kafka", "真实 Kafka", "，或把 DUOGE_TEST_KAFKA 设成一个可用的 Kafka 地址")
        if shutil.which("java") is None:
            raise Missing("真实 Kafka：请安装 Java 17")
        self.folder = Path(tempfile.mkdtemp(prefix="duoge-kafka-"))
        self.port, controller = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = self.folder / "server.properties"
        self._properties.write_text(
            "\n".join(
                f"{name}={value}"
                for name, value in {
                    "process.roles": "broker,controller",
                    "node.id": 1,
                    "controller.quorum.voters": f"1@127.0.0.1:{controller}",
                    "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}",
                    "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
                    "controller.listener.names": "CONTROLLER",
                    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
                    "log.dirs": self.folder / "logs",
                    "auto.create.topics.enable": "false",
                    "offsets.topic.replication.factor": 1,
                    "offsets.topic.num.partitions": 4,
                    "transaction.state.log.replication.factor": 1,
                    "transaction.state.log.min.isr": 1,
                    "share.coordinator.state.topic.replication.factor": 1,
                    "share.coordinator.state.topic.min.isr": 1,
                    "group.initial.rebalance.delay.ms": 0,
                    "group.min.session.timeout.ms": 1000,
                    "broker.session.timeout.ms": 3000,
                    "log.cleaner.backoff.ms": 500,
                }.items()
            )
        )
        identifier = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # With "=": an identifier may begin with a dash.
        format_arguments = ("format", f"--cluster-id={identifier}", "-c", str(self._properties))
        self._java("kafka.tools.StorageTool", *format_arguments).check_returncode()

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.folder / "broker.log").open("ab") as out:
            self._process = subprocess.Popen(
                [*self._command("kafka.Kafka"), str(self._properties)], stdout=out, stderr=out, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while not listens(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "broker.log").read_text(errors="replace")
                raise RuntimeError(f"Kafka 没有起来：{log[-800:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _command(self, name: str) -> list[str]:
        return [*JAVA, "-Xms128m", "-Xmx384m", "-cp", f"{self._jars}/*", name]

    def _java(self, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*self._command(name), *arguments], capture_output=True, text=True)
