"""What every reader of files raises."""


class BadFile(ValueError):
    """The file as a whole can't be taken; the message is a sentence that says what to do."""
