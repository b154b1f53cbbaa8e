"""Settings of dispatch: the kernel's suffice so far."""

from pydantic_settings import SettingsConfigDict

from services.kit.settings import KitSettings


class DispatchSettings(KitSettings):
    """Read from the same `DUOGE_` variables as every other service."""

    model_config = SettingsConfigDict(env_prefix="DUOGE_", env_ignore_empty=True, frozen=True, extra="ignore")
