"""Where the bytes of attachments lie: a folder, or a bucket that speaks S3."""

from services.intake.storage.folder import Folder
from services.intake.storage.port import Store, StoreAway
from services.intake.storage.s3 import Bucket, Credentials

__all__ = ["Bucket", "Credentials", "Folder", "Store", "StoreAway"]
