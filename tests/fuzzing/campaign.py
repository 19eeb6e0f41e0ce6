"""A run over many inputs: counts what came out of them, keeps what failed."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzzing.exactness import compare
from tests.fuzzing.inputs import Input
from tests.fuzzing.judge import Verdict, judge
from tests.fuzzing.sandbox import CPU_SECONDS, Died, apart


@dataclass
class Campaign:
    """seed: for the lines that say how to repeat a failure. save: where failing inputs go. exact: how many accepted
    inputs to compare with the reference and TensorFlow Lite Micro."""

    seed: int
    save: Path
    exact: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    comparisons: Counter[str] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def run(self, inputs: Iterable[Input]) -> None:
        """Tries every input."""
        for entry in inputs:
            self.try_input(entry)

    def try_input(self, entry: Input) -> Verdict:
        """Judges one input, and compares it if it is accepted and comparisons are left."""
        with tempfile.TemporaryDirectory(prefix="mcugen-fuzz-") as folder:
            path = Path(folder) / f"model{entry.suffix}"
            path.write_bytes(entry.data)
            try:
                verdict: Verdict = apart(lambda: judge(path, Path(folder) / "out")[0])
            except Died as died:
                verdict = Verdict(*("hang", str(died)) if "hang" in str(died) else ("crash", str(died)))
            self.outcomes[entry.kind, "failed" if verdict.failed else verdict.outcome] += 1
            if verdict.outcome == "accepted" and self.comparisons.total() < self.exact:
                verdict = _compared(path, Path(folder) / "again")
                self.comparisons[verdict.outcome] += 1
        if verdict.failed:
            self._keep(entry, verdict)
        return verdict

    def _keep(self, entry: Input, verdict: Verdict) -> None:
        self.save.mkdir(parents=True, exist_ok=True)
        path = self.save / f"{entry.kind}-{self.seed}-{entry.number}{entry.suffix}"
        path.write_bytes(entry.data)
        self.failures.append(
            {
                "number": entry.number,
                "kind": entry.kind,
                "model": entry.model,
                "outcome": verdict.outcome,
                "detail": verdict.detail,
                "file": str(path),
            }
        )
        lines = verdict.detail.strip().splitlines() or [""]
        print(f"{verdict.outcome}: input {entry.number}, made of {entry.model}: {lines[-1][:300]}", flush=True)
        print(f"    python -m tests.fuzzing --file {path}", flush=True)


def _compared(path: Path, output: Path) -> Verdict:
    def compile_and_compare() -> Verdict:
        verdict, compiled = judge(path, output)
        return verdict if compiled is None else compare(path, compiled)

    try:
        verdict: Verdict = apart(compile_and_compare, memory=None, cpu_seconds=10 * CPU_SECONDS)
    except Died as died:
        return Verdict("comparison died", str(died))
    return verdict
