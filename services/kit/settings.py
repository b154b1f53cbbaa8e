"""Settings from the environment: one frozen model a service, checked at start; a wrong one is named and ends the start."""

from datetime import timedelta
from typing import Any, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

S = TypeVar("S", bound=BaseSettings)


class WrongSetting(SystemExit):
    """Ends the process with a sentence instead of a stack trace."""


class KitSettings(BaseSettings):
    """What every service needs. Prefix `DUOGE_`."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: str = Field(description="PostgreSQL，形如 postgresql+asyncpg://用户:口令@主机/库")
    database_pool: int = Field(default=10, ge=2, le=100, description="每个服务的数据库连接数")
    kafka_bootstrap: str | None = Field(default=None, description="Kafka 地址，逗号分隔；不设则用库内日志引擎")
    kafka_security: str = Field(
        default="PLAINTEXT", pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$", description="Kafka 连接方式"
    )
    kafka_username: str | None = Field(default=None, description="SASL 用户名")
    kafka_password: SecretStr | None = Field(default=None, description="SASL 口令")
    kafka_ca_file: str | None = Field(default=None, description="Kafka 证书文件")
    kafka_replication: int = Field(default=1, ge=1, le=5, description="新建主题的副本数")
    secret: SecretStr = Field(
        min_length=32, description="全区一把主密钥，至少 32 个字符；由它派生各种密钥，丢了就解不开个人信息"
    )
    admin_key: SecretStr | None = Field(default=None, min_length=16, description="管理员密钥，至少 16 个字符")
    dev: bool = Field(default=False, description="开发模式：不限流、可拨时钟、可向本机回调")
    profile: str = Field(default="zhenru", description="城市方案，profiles/ 下的文件名")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="日志级别")
    otlp_endpoint: str | None = Field(default=None, description="OpenTelemetry 收集端；不设则不发")
    rate_limit: int = Field(default=600, ge=1, description="每把密钥每秒请求数上限")
    body_limit: int = Field(default=5 * 1024 * 1024, ge=1024, description="请求体上限，字节")
    outbox_keep: timedelta = Field(
        default=timedelta(days=7), description="已发出的事件在库里再留多久，消息总线丢了数据时可从中补发"
    )
    holder_expiry: timedelta = Field(default=timedelta(seconds=10), description="服务多久不报心跳算不在")

    @field_validator("database_url")
    @classmethod
    def _reads_as_url(cls, url: str) -> str:
        try:
            driver = make_url(url).drivername
        except (ArgumentError, ValueError):
            driver = ""
        if driver != "postgresql+asyncpg":
            raise ValueError("不是 postgresql+asyncpg:// 开头的地址")
        return url


def load(model: type[S], **given: object) -> S:
    """The settings, or WrongSetting with a Chinese sentence that names the variable."""
    try:
        return model(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        said = "；".join(_wrong(model, dict(one)) for one in error.errors(include_url=False, include_input=False))
        raise WrongSetting(f"设置有误，请改正这些环境变量后再启动：{said}") from None


def _wrong(model: type[BaseSettings], error: dict[str, Any]) -> str:
    """Which variable, what is wrong with it and what it is for; never its value, which may be a secret."""
    prefix = str(model.model_config.get("env_prefix", ""))
    name = str(error["loc"][0]) if error["loc"] else ""
    field = model.model_fields.get(name)
    meaning = field.description if field is not None and field.description else ""
    reason = "没有设" if error["type"] == "missing" else str(error["msg"]).removeprefix("Value error, ")
    return f"{prefix}{name}".upper() + f"（{meaning}；{reason}）"


def table(*models: type[BaseSettings]) -> list[tuple[str, str, str]]:
    """(variable, default, meaning) of every setting, for the operator's guide."""
    rows: list[tuple[str, str, str]] = []
    for model in models:
        prefix = str(model.model_config.get("env_prefix", "")).upper()
        for name, field in model.model_fields.items():
            default = "必填" if field.is_required() else _shown(field.default)
            rows.append((f"{prefix}{name.upper()}", default, field.description or ""))
    return rows


def _shown(value: object) -> str:
    if value is None or value == "":
        return "不设"
    if isinstance(value, timedelta) and value.days and not value.seconds:
        return f"P{value.days}D"
    return str(value)
