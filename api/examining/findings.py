"""What an examination finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `mend` is the next step where it is wrong, empty where it is not."""

    subject: str
    said: str
    mend: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether something is to be done."""
        return bool(self.mend)

    def lines(self) -> str:
        """The finding as plain lines."""
        state = "WRONG" if self.is_wrong else "OK   "
        line = f"{state} {self.subject}: {self.said}"
        return f"{line}\n      Next: {self.mend}" if self.is_wrong else line
