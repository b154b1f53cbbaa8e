"""A real server that speaks S3 and checks each signature (S3Proxy, from the jars that Maven resolves), over a folder."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from duoge.embedded.ports import free_port
from tests.servers.jars import JAVA, listens, resolve_jars

START_SECONDS = 60.0
_QUIET = '<configuration><root level="WARN"/></configuration>'


class S3Server:
    """`held` is what lies in the bucket, as files."""

    bucket, access_key, secret_key = "photos", "duoge-tests", "secret-of-the-bucket"

    def __init__(self) -> None:
        jars = resolve_jars("s3proxy", "真实的对象存储")
        self.folder = Path(tempfile.mkdtemp(prefix="duoge-s3-"))
        self.port = free_port()
        (self.folder / "data" / self.bucket).mkdir(parents=True)
        (self.folder / "logback.xml").write_text(_QUIET)
        properties = self.folder / "s3proxy.conf"
        properties.write_text(
            "\n".join(
                f"{name}={value}"
                for name, value in {
                    "s3proxy.endpoint": self.endpoint,
                    "s3proxy.authorization": "aws-v4",
                    "s3proxy.identity": self.access_key,
                    "s3proxy.credential": self.secret_key,
                    "jclouds.provider": "filesystem-nio2",
                    "jclouds.filesystem.basedir": self.folder / "data",
                    "jclouds.identity": "unused",
                    "jclouds.credential": "unused",
                }.items()
            )
        )
        self._command = [
            *(*JAVA, "-Xmx256m", f"-Dlogback.configurationFile={self.folder / 'logback.xml'}"),
            *("-cp", f"{jars}/*", "org.gaul.s3proxy.Main", "--properties", str(properties)),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def held(self) -> set[str]:
        data = self.folder / "data" / self.bucket
        return {str(path.relative_to(data)) for path in data.rglob("*") if path.is_file()}

    def start(self) -> None:
        with (self.folder / "s3proxy.log").open("ab") as out:
            self._process = subprocess.Popen(self._command, stdout=out, stderr=out, start_new_session=True)
        deadline = time.monotonic() + START_SECONDS
        while not listens(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                log = (self.folder / "s3proxy.log").read_text(errors="replace")
                raise RuntimeError(f"S3Proxy 没有起来：{log[-800:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
