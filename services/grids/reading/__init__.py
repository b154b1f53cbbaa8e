"""Files of boundaries as authorities hand them in, told apart by what is in them and never by their name.

Pure: bytes in, a collection of features out, with the system that the file names and where in it each feature stands.
Whatever is inflated is counted while it is, so that a small file can't fill the memory.
"""

from services.grids.reading.collected import Collected
from services.grids.reading.files import read_file
from services.kit.files.bad import BadFile

__all__ = ["BadFile", "Collected", "read_file"]
