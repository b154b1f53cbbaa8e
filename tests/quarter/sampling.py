"""Where processor time goes: a look at the stack every few milliseconds of it, whatever else the machine does."""

import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EVERY = 0.005  # seconds of processor time


class Samples:
    """Counts of samples: `own` and `under` by function, `of` by worker ("people" for what is none)."""

    def __init__(self) -> None:
        self.own: Counter[str] = Counter()
        self.under: Counter[str] = Counter()
        self.of: Counter[str] = Counter()

    def take(self, signum: int, frame: FrameType | None) -> None:
        seen: set[str] = set()
        worker = "people"
        top = True
        while frame is not None:
            code = frame.f_code
            name = f"{'/'.join(code.co_filename.split('/')[-3:])}:{code.co_name}"
            if top:
                self.own[name] += 1
                top = False
            seen.add(name)
            if code.co_name == "_run" and code.co_filename.endswith("kit/worker.py"):
                worker = str(frame.f_locals["self"].name)
            frame = frame.f_back
        self.under.update(seen)
        self.of[worker] += 1

    def lines(self, most: int = 60) -> Iterator[str]:
        whole = max(1, self.of.total())
        for title, counts in (("worker", self.of), ("own", self.own), ("under", self.under)):
            yield f"--- {title}, of {whole * EVERY:.0f} s"
            for name, count in counts.most_common(most):
                yield f"{100 * count / whole:5.1f} %  {name}"


@contextmanager
def sampling() -> Iterator[Samples]:
    samples = Samples()
    before = signal.signal(signal.SIGPROF, samples.take)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield samples
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
