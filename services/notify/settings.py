"""Settings of notify: how deliveries go out, and which inner networks they may reach."""

from datetime import timedelta

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.kit.settings import KitSettings
from services.notify.domain.pages import PageKind
from services.notify.domain.targets import Network, read_networks, read_target
from services.notify.secrets import readable


class NotifySettings(KitSettings):
    """Read from `DUOGE_` variables like every other service's."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")

    delivery_timeout: timedelta = Field(default=timedelta(seconds=10), description="推送等对方回答多久")
    delivery_total: int = Field(default=64, ge=1, le=1000, description="同时推送多少件")
    delivery_per_host: int = Field(default=8, ge=1, le=100, description="同时向一个地址（主机和端口）推送多少件")
    webhook_networks: str = Field(
        default="", description="允许推送的内网网段，逗号分隔，如 10.0.0.0/8；不设则只许公网地址"
    )

    sms_gateway: str = Field(default="", description="应急呼叫发短信的网关地址，可在内网；不设则不发")
    wecom_gateway: str = Field(default="", description="应急呼叫发政务微信的网关地址，可在内网；不设则不发")
    email_gateway: str = Field(default="", description="应急呼叫发邮件的网关地址，可在内网；不设则不发")
    gateway_secret: SecretStr | None = Field(
        default=None, description="给网关的请求的签名密钥，whsec_ 开头；不设则不签名"
    )

    @field_validator("sms_gateway", "wecom_gateway", "email_gateway")
    @classmethod
    def _an_address(cls, address: str) -> str:
        if address:
            read_target(address)
        return address

    @field_validator("gateway_secret")
    @classmethod
    def _a_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not readable(secret.get_secret_value()):
            raise ValueError("要是 whsec_ 加 24 到 64 字节的 base64")
        return secret

    @field_validator("webhook_networks")
    @classmethod
    def _readable(cls, listed: str) -> str:
        read_networks(listed)
        return listed

    def networks(self) -> tuple[Network, ...]:
        """Under `dev` every address, this machine's too."""
        return read_networks("0.0.0.0/0,::/0" if self.dev else self.webhook_networks)

    def gateways(self) -> dict[PageKind, str]:
        told: dict[PageKind, str] = {
            "sms": self.sms_gateway,
            "wecom": self.wecom_gateway,
            "email": self.email_gateway,
        }
        return {kind: address for kind, address in told.items() if address}
