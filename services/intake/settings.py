"""Settings of intake: the kernel's, and what its doors need besides."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.intake.domain.keeping import Keeping
from services.intake.domain.keyring import FIRST_KEY, ring_of
from services.kit.settings import KitSettings


class IntakeSettings(KitSettings):
    """Read from the same `DUOGE_` variables as every other service."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")

    open311_jurisdiction: str | None = Field(
        default=None, max_length=64, description="Open311 的 jurisdiction_id；不设则用城市方案的名字"
    )
    open311_channels: str = Field(
        default="*", description="Open311 向所有人公开哪些渠道的工单，编码以逗号分隔；* 为全部；保密的总不公开"
    )
    open311_rate: int = Field(default=20, ge=1, description="不带密钥读 Open311，每个地址每秒请求数上限")

    intake_store: str | None = Field(
        default=None,
        description="附件放在哪里：file:///文件夹 或 s3://桶/前缀；不设则不收附件（duoge up 放在数据文件夹里）",
    )
    intake_store_endpoint: str | None = Field(
        default=None, max_length=300, description="S3 兼容存储的地址，如 https://minio.example.cn:9000"
    )
    intake_store_region: str = Field(default="us-east-1", max_length=64, description="S3 兼容存储的区域")
    intake_store_access_key: str | None = Field(default=None, max_length=128, description="S3 兼容存储的访问键")
    intake_store_secret_key: SecretStr | None = Field(default=None, description="S3 兼容存储的口令")
    intake_attachment_limit: int = Field(
        default=20 * 1024 * 1024, ge=1024, le=512 * 1024 * 1024, description="一个附件的上限，字节"
    )
    intake_attachment_keep: timedelta = Field(
        default=timedelta(days=7), ge=timedelta(hours=1), description="没有工单用到的附件留多久"
    )
    intake_import_limit: int = Field(
        default=64 * 1024 * 1024, ge=1024, le=512 * 1024 * 1024, description="导入文件的上限，字节"
    )

    resident_reports: int = Field(
        default=30, ge=1, le=100_000, description="居民、商户的表单：每个地址每小时最多交几张，三分之一可以连着交"
    )
    resident_lookups: int = Field(
        default=5, ge=1, le=10_000, description="表单和回执的页面、接口：每个地址每秒请求数上限"
    )
    resident_pause: timedelta = Field(
        default=timedelta(seconds=3),
        ge=timedelta(0),
        le=timedelta(minutes=1),
        description="填一张表至少要多久，更快的当是机器",
    )
    resident_photos: int = Field(default=6, ge=0, le=20, description="一张表最多几张照片；合起来不超过一个附件的上限")

    @property
    def channels_shown(self) -> Sequence[str] | None:
        """None for all."""
        codes = [code.strip() for code in self.open311_channels.split(",") if code.strip()]
        return None if "*" in codes else codes

    intake_model: Path | None = Field(
        default=None, description="duoge classify train 写出的模型文件；上传过模型的以上传的为准，都没有就只按词判断"
    )
    intake_keys: SecretStr | None = Field(
        default=None,
        description="个人信息的钥匙，如 p2=口令,p3=口令，口令至少 32 个字符；p1 由主密钥派生。最后一把用来加密，其余只用来解密",
    )
    intake_key: str | None = Field(
        default=None, description="现在用哪一把钥匙加密；不设就用 DUOGE_INTAKE_KEYS 里的最后一把"
    )
    intake_keep_personal: timedelta = Field(
        default=timedelta(days=730), ge=timedelta(days=1), description="工单办结多久以后删除姓名、电话、原话"
    )
    intake_keep_orders: timedelta = Field(
        default=timedelta(days=1095), ge=timedelta(days=1), description="工单办结多久以后整件删除，附件一起"
    )
    intake_keep_audit: timedelta = Field(
        default=timedelta(days=1826), ge=timedelta(days=1), description="操作记录保留多久"
    )

    @field_validator("intake_keys")
    @classmethod
    def _reads_as_ring(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            ring_of(keys.get_secret_value())
        return keys

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.intake_key is not None and self.intake_key not in {FIRST_KEY, *self.ring}:
            raise ValueError("DUOGE_INTAKE_KEY 指的钥匙不在 DUOGE_INTAKE_KEYS 里")
        if not self.intake_keep_personal <= self.intake_keep_orders <= self.intake_keep_audit:
            raise ValueError("保留期限应是个人信息最短、操作记录最长")
        return self

    @property
    def ring(self) -> Mapping[str, str]:
        """Keys of personal data, id → secret, besides the one that comes from the master secret."""
        return ring_of(self.intake_keys.get_secret_value()) if self.intake_keys is not None else {}

    @property
    def keeping(self) -> Keeping:
        return Keeping(self.intake_keep_personal, self.intake_keep_orders, self.intake_keep_audit)
