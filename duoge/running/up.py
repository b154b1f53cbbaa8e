"""`duoge up`: folder, database, tables, services, and one line when everything serves."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import typer
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from duoge.demo.play import Demo, demo_clock, demo_stood, keep_demo_clock
from duoge.embedded.binaries import CannotStart, reachable_folder
from duoge.embedded.postgres import EmbeddedPostgres
from duoge.running import whole
from duoge.running.devclock import read_offset, write_offset
from duoge.running.heap import tend
from duoge.running.home import kept_secret
from duoge.running.server import hold_port, make_server
from duoge.running.server import run as run_loop
from services.kit import failpoints, logs
from services.kit.clock import Clock, ShiftedClock, real_now

NOT_BACK = "业务时钟接着上次的走：它不能往回拨，--clock 没有用上"
LOOK_EVERY = 1.0  # seconds between two looks whether the database lives


@dataclass(frozen=True)
class Wanted:
    folder: Path
    host: str
    port: int
    demo: bool
    dev: bool
    start: datetime | None
    door: socket.socket


def run(folder: Path, *, host: str, port: int, demo: bool, dev: bool, start: datetime | None) -> int:
    """Exit status: 0 after Ctrl-C, 1 when something needed is missing (said in one sentence)."""
    url = os.environ.get("DUOGE_DATABASE_URL") or None
    # Before anything is started; what stands here for the address and the secret is made below.
    whole.check(
        _settings(url or "postgresql+asyncpg://localhost/x", os.environ.get("DUOGE_SECRET") or "-" * 32, dev=dev)
    )
    logs.configure(os.environ.get("DUOGE_LOG_LEVEL") or "WARNING", human=True)
    failpoints.arm_from(os.environ)
    folder = _folder(folder.resolve(), url is None)
    with ExitStack() as stack:
        door = stack.enter_context(hold_port(host, port))
        database = None
        if url is None:
            say("1/4 启动数据库 …")
            database = EmbeddedPostgres(folder)
            url = database.start()
            stack.callback(database.stop)
        return run_loop(_serve(Wanted(folder, host, port, demo, dev, start, door), url, database))


def _folder(wanted: Path, for_database: bool) -> Path:
    """Made, and such that this account can write in it."""
    for part in (wanted, *wanted.parents):
        if part.exists() and not part.is_dir():
            raise CannotStart(f"{part} 是文件，不是文件夹，请用 --data 换一个")
    folder = wanted
    if for_database and (folder := reachable_folder(wanted)) != wanted:
        say(f"以 root 运行，数据库的账户进不了 {wanted}，数据改放 {folder}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lock").touch()
    except OSError as error:
        raise CannotStart(f"不能在 {folder} 里写（{error.strerror}），请用 --data 换一个文件夹，或改它的权限") from None
    return folder


def _settings(url: str, secret: str, admin: str | None = None, *, dev: bool) -> dict[str, object]:
    """What this command gives to every service; the rest comes from the environment."""
    told: dict[str, object] = {"database_url": url, "secret": secret, "dev": dev}
    return told if admin is None else told | {"admin_key": admin}


async def _serve(wanted: Wanted, url: str, database: EmbeddedPostgres | None) -> int:
    admin = kept_secret(wanted.folder, "admin.key", os.environ.get("DUOGE_ADMIN_KEY"))
    secret = kept_secret(wanted.folder, "secret", os.environ.get("DUOGE_SECRET"))
    settings = _settings(url, secret, admin, dev=wanted.dev)
    if not os.environ.get("DUOGE_INTAKE_STORE"):
        settings["intake_store"] = (wanted.folder.resolve() / "attachments").as_uri()
    if not os.environ.get("DUOGE_DISPATCH_CHECKPOINT_FILE"):
        settings["dispatch_checkpoint_file"] = wanted.folder.resolve() / "checkpoints.ndjson"
    say("2/4 建表 …")
    try:
        await whole.migrate_all(url)
    except (OSError, PostgresError, DBAPIError) as error:
        raise CannotStart(f"数据库用不了，请检查 DUOGE_DATABASE_URL 和数据库后重新启动：{error}") from None
    say("3/4 启动五个服务 …")
    clock, moved = clock_of(wanted)
    system = whole.build(settings, clock, moved)
    await system.start()
    tend(system.services[0].copy)
    server = make_server(system.app, wanted.host, wanted.port)
    serving = asyncio.create_task(server.serve([wanted.door]))
    beside = [asyncio.create_task(_keep_up(database))] if database is not None else []
    try:
        wrong = await system.ready()
        if wrong or serving.done():
            detail = "；".join(f"{name} {why}" for name, why in wrong.items()) or f"端口 {wanted.port} 用不了"
            say(f"没有起来：{detail}，请处理后重新启动")
            server.should_exit = True
            return 1
        address = f"http://{'127.0.0.1' if wanted.host == '0.0.0.0' else wanted.host}:{wanted.port}"
        say(f"4/4 管理员密钥在 {wanted.folder / 'admin.key'}" if not os.environ.get("DUOGE_ADMIN_KEY") else "4/4 就绪")
        if wanted.demo:
            demo = Demo(address, admin, system.clock, wanted.folder, say)
            try:
                await demo.prepare()
            except httpx.TransportError:
                if not server.should_exit:
                    raise
                say("装入还没有完成就停了，下次启动接着装入")
                return 0
            beside.append(asyncio.create_task(demo.play()))
        say(f"ready {address}")
        await serving
        return 0
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        if not serving.done():
            server.should_exit = True
            await serving
        await system.stop()


async def _keep_up(database: EmbeddedPostgres) -> None:
    """A database that dies under the system is raised again: here nobody else would."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            if await asyncio.to_thread(database.raise_again):
                say("数据库意外停止，已重新启动")
        except CannotStart as error:
            say(str(error))


def clock_of(wanted: Wanted) -> tuple[Clock, Callable[[], None]]:
    """And what writes down where it stands."""
    if wanted.demo:
        paced = demo_clock(wanted.folder, wanted.start)
        if wanted.start is not None and paced.now() - wanted.start > timedelta(minutes=1):
            say(NOT_BACK)
        return paced, lambda: keep_demo_clock(wanted.folder, paced.now())
    file, stood = wanted.folder / "clock-offset", demo_stood(wanted.folder)
    offset = read_offset(file)
    reached = [offset] if file.exists() else []
    if stood is not None:
        reached.append(stood - real_now())
        offset = max(offset, *reached)
    if wanted.start is not None:
        asked = wanted.start - real_now()
        if reached and asked < max(reached):  # the same command again, after a crash perhaps
            say(NOT_BACK)
        else:
            offset = asked
    clock = ShiftedClock(offset)
    if offset != timedelta(0):
        write_offset(file, offset)
    return clock, lambda: write_offset(file, clock.offset)


def say(sentence: str) -> None:
    typer.echo(sentence)
