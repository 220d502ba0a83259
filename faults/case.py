"""What a case is, and what comes of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from faults.lab import Absent, Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One observation: what was done, what came of it, whether that is what should."""

    what: str
    outcome: str
    ok: bool


Run = Callable[[Lab], Iterator[Seen]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault or a bad input, and what has to come of it.

    ``limit`` says why no server on grpcio can do what a client would wish, where that is so; then
    ``expected`` is what is true instead. ``quick`` ones take a few seconds and are run as tests.
    """

    id: str
    title: str
    expected: str
    run: Run
    limit: str = ""
    quick: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a case: ``ok``, ``SHORT``, or ``absent`` where it could not run."""

    case: Case
    seen: Sequence[Seen]
    absent: str = ""

    @property
    def verdict(self) -> str:
        if any(not seen.ok for seen in self.seen):
            return "SHORT"
        return "absent" if self.absent or not self.seen else "ok"

    @property
    def summary(self) -> str:
        """What was seen: each outcome once, or, of a case that is short, what should not be."""
        if self.absent:
            return self.absent
        short = [f"{seen.what}: {seen.outcome}" for seen in self.seen if not seen.ok]
        return "; ".join(short or dict.fromkeys(seen.outcome for seen in self.seen))


def collect(case: Case, lab: Lab) -> Result:
    """Run ``case``, and see that the server that all share still serves."""
    seen: list[Seen] = []
    try:
        seen.extend(case.run(lab))
        then = lab.then()
    except Absent as absent:
        return Result(case=case, seen=seen, absent=str(absent))
    except Exception as error:  # a fault that the case did not foresee is one all the more
        seen.append(Seen(what="the case itself", outcome=f"{error!r:.300}", ok=False))
        return Result(case=case, seen=seen)
    if then != "OK":
        seen.append(Seen(what="another client, afterwards", outcome=then, ok=False))
    return Result(case=case, seen=seen)


class Cases(list[Case]):
    """The cases of a module, in their order."""

    def add(
        self, id: str, title: str, expected: str, *, limit: str = "", quick: bool = True
    ) -> Callable[[Run], Run]:
        """Declare the function below as the case ``id``."""

        def declare(run: Run) -> Run:
            case = Case(id=id, title=title, expected=expected, run=run, limit=limit, quick=quick)
            self.append(case)
            return run

        return declare
