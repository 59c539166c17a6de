"""Random small faults in the pure rules of the sync, and which of them the pure tests do not notice.

`python -m javis_pipeline_tests.mutants random [NUMBER [SEED]]`, or `make mutants ARGS=random`. A survivor is either a
rule that no test holds, or a change that changes no behaviour: a person has to look. The tests run in copies of this
checkout as it is at the start, one for each processor.
"""

import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from random import Random
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
COPIED: Final = ("javis_pipeline", "javis_pipeline_tests", "pyproject.toml", "setup.cfg")
# Texts have their own laws, and messages are for people.
MUTATED: Final = sorted(path for path in (ROOT / "javis_pipeline" / "sync").glob("*.py") if path.name != "__init__.py")
_UNIT: Final = "javis_pipeline_tests/unit/test_sync_"
_LAWS: Final = "javis_pipeline_tests/property/"
# The cheap ones first: most faults end there.
TESTS: Final = (
    *(
        f"{_UNIT}{name}.py"
        for name in (
            "decide",
            "codecs",
            "evidence",
            "late",
            "records",
            "sets",
            "offers",
            "refusals",
            "verify",
            "guards",
            "create",
            "screens",
            "policies",
            "wiki",
            "undo",
        )
    ),
    *(f"javis_pipeline_tests/unit/test_{name}.py" for name in ("watermark", "agenda", "choices", "kinds")),
    f"{_LAWS}test_create_laws.py",
    f"{_LAWS}test_laws_memory.py::test_no_edit_is_lost_and_every_history_converges",
)
HISTORIES: Final = "300"
# A fault can make the sync go on for ever; all tests without one take a minute.
LONGEST_SECONDS: Final = 1200
_SWAPPED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


@dataclass(frozen=True)
class Fault:
    """One change of one place: the n-th node of a module, walked in order."""

    path: Path
    node: int
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.what}"


def faults_in(path: Path) -> Iterator[Fault]:
    """Every fault that can be made in a module, in the order of its nodes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    declared = {id(part) for node in ast.walk(tree) for outer in _declarations(node) for part in ast.walk(outer)}
    for number, node in enumerate(ast.walk(tree)):
        what = None if id(node) in declared else _what(node)
        if what is not None:
            yield Fault(path, number, node.lineno, f"{what}: {ast.unparse(node)[:90]}")  # type: ignore[attr-defined]


def _declarations(node: ast.AST) -> list[ast.expr]:
    """How a class or a function is declared: a frozen dataclass behaves like another one."""
    return node.decorator_list if isinstance(node, ast.ClassDef | ast.FunctionDef) else []


def _what(node: ast.AST) -> str | None:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _SWAPPED:
            return "compared otherwise"
        case ast.BoolOp():
            return "and for or, or for and"
        case ast.UnaryOp(op=ast.Not()):
            return "not taken away"
        case ast.Constant(value=bool()):
            return "true for false, or false for true"
        case ast.Expr(value=ast.Call()):
            return "not done"
        case ast.If():
            return "never true"
        case _:
            return None


def mutated(fault: Fault) -> str:
    """The module with its fault."""
    tree = ast.parse(fault.path.read_text(encoding="utf-8"))
    wanted = list(ast.walk(tree))[fault.node]

    class Mutate(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            return _changed(node) if node is wanted else self.generic_visit(node)

    return ast.unparse(ast.fix_missing_locations(Mutate().visit(tree)))


def _changed(node: ast.AST) -> ast.AST:
    node = copy.deepcopy(node)
    match node:
        case ast.Compare(ops=[op]):
            node.ops = [_SWAPPED[type(op)]()]
        case ast.BoolOp(op=op):
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(operand=operand):
            return operand
        case ast.Constant(value=value):
            node.value = not value
        case ast.Expr():
            return ast.Pass()
        case ast.If():
            node.test = ast.Constant(False)
    return node


class Checkout:
    """A copy of this checkout, in which one fault at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def is_noticed(self, fault: Fault) -> bool:
        """Whether a pure test fails with the fault."""
        target = self.folder / fault.path.relative_to(ROOT)
        original, was = target.read_text(encoding="utf-8"), target.stat()
        target.write_text(mutated(fault), encoding="utf-8")
        try:
            # No compiled file of a fault stays, which could pass for one of the next.
            return not self.passes(PYTHONDONTWRITEBYTECODE="1")
        finally:
            target.write_text(original, encoding="utf-8")
            os.utime(target, ns=(was.st_atime_ns, was.st_mtime_ns))

    def passes(self, **environment: str) -> bool:
        """Whether the tests pass, in time."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *TESTS]
        inherited = {**os.environ, "PYTHONPATH": str(self.folder), "JAVIS_LAWS_HISTORIES": HISTORIES}
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=inherited | environment,
                capture_output=True,
                check=False,
                timeout=LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0


def _copied(folder: Path) -> Checkout:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    return Checkout(folder)


def main(number: int = 60, seed: int = 0) -> int:
    """Make so many faults, each by itself; exit code 1 when more than one in twenty is not noticed."""
    faults = [fault for path in MUTATED for fault in faults_in(path)]
    chosen = Random(seed).sample(faults, min(number, len(faults)))
    with tempfile.TemporaryDirectory() as folder:
        first = _copied(Path(folder) / "0")
        if not first.passes():  # which also leaves compiled files for all
            sys.stdout.write("the tests fail without any fault\n")
            return 1
        killed = sum(_tried(first, chosen))
    sys.stdout.write(f"{killed} of {len(chosen)} random mutants killed, of {len(faults)} possible\n")
    return 1 if (len(chosen) - killed) * 20 > len(chosen) else 0


def _tried(first: Checkout, chosen: Sequence[Fault]) -> Iterator[bool]:
    """Whether each fault is noticed; told as it is known."""
    number = os.cpu_count() or 1
    free: SimpleQueue[Checkout] = SimpleQueue()
    free.put(first)
    for other in range(1, number):
        free.put(Checkout(Path(shutil.copytree(first.folder, first.folder.with_name(str(other))))))

    def noticed(fault: Fault) -> bool:
        checkout = free.get()
        try:
            return checkout.is_noticed(fault)
        finally:
            free.put(checkout)

    with ThreadPoolExecutor(number) as threads:
        for fault, is_killed in zip(chosen, threads.map(noticed, chosen), strict=True):
            sys.stdout.write(f"{'killed  ' if is_killed else 'SURVIVES'}  {fault}\n")
            sys.stdout.flush()
            yield is_killed
