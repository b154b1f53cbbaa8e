"""Where processor time goes: a look at the stack every few milliseconds of it, whatever else the machine does."""

import re
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EVERY = 0.005  # seconds of processor time
_HOUSE = re.compile(r"/(?:services|duoge|tests)/(?!.*site-packages)")


class Samples:
    """Counts of samples, by function: the innermost of all, the innermost of the house, all of the house on the stack;
    and by worker ("people" for what is none)."""

    def __init__(self) -> None:
        self.worker: Counter[str] = Counter()
        self.innermost: Counter[str] = Counter()
        self.own: Counter[str] = Counter()
        self.under: Counter[str] = Counter()

    def take(self, signum: int, frame: FrameType | None) -> None:
        worker = "people"
        stack: list[str] = []
        if frame is not None:
            self.innermost[_name(frame)] += 1
        while frame is not None:
            if _HOUSE.search(frame.f_code.co_filename):
                stack.append(_name(frame))
                if stack[-1] == "kit/worker.py:_run":
                    worker = str(frame.f_locals["self"].name)
            frame = frame.f_back
        self.worker[worker] += 1
        self.own.update(stack[:1])
        self.under.update(set(stack))

    def lines(self, most: int = 100) -> Iterator[str]:
        whole = max(1, self.worker.total())
        for title, counts in vars(self).items():
            yield f"--- {title}, of {whole * EVERY:.0f} s"
            for name, count in counts.most_common(most):
                yield f"{100 * count / whole:5.1f} %  {name}"


def _name(frame: FrameType) -> str:
    code = frame.f_code
    return f"{'/'.join(code.co_filename.split('/')[-2:])}:{code.co_name}"


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
