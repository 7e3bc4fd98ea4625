"""Every place in the code from which a step can be taken, found without running it.

From the handlers of the workers and the ticks, along every call (and every function handed on) to the seams:
a line on such a way is a place. It is covered when some scenario took a step by way of it.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tests.integration.promises.points import ROOT

ROOTS = (
    "functions.publish_post.handler.handler",
    "functions.publish_due.handler.handler",
    "functions.spawn_recurring.handler.handler",
    "functions.fill_occurrences.handler.handler",
)
SEAMS = (
    "lamplighter.postgres.session.transaction",
    "lamplighter.clients.queues.",
    "lamplighter.clients.objects.",
    "lamplighter.clients.keys.",
    "lamplighter.secrets_store.secret",
    "lamplighter.egress.request",
)
NOBODYS = ("lamplighter.services.audit._signature",)
"""What signs for a caller: a worker has none."""
CONNECTOR = ("prepare", "publish", "reconcile", "delete", "edit", "refresh")
"""What a worker calls on whatever network it is: every network's function of that name is meant."""


@dataclass(frozen=True, order=True)
class Place:
    """A call, by the lines it stands on."""

    file: str
    first: int
    last: int
    calls: str

    @property
    def network(self) -> str:
        """Whose connector it is in; of none in what all share."""
        return self.file.partition("lamplighter/platforms/")[2].partition("/")[0].removesuffix(".py")

    def is_on_the_way(self, lines: set[tuple[str, int]]) -> bool:
        """Whether a step was taken from here."""
        return any((self.file, line) in lines for line in range(self.first, self.last + 1))


@dataclass
class Module:
    """One file: what its names mean, and its functions."""

    name: str
    file: str
    tree: ast.Module

    @cached_property
    def names(self) -> dict[str, str]:
        """What is imported under which name."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            elif isinstance(node, ast.Import):
                found |= {a.asname or a.name: a.name for a in node.names}
        return found

    @cached_property
    def functions(self) -> dict[str, ast.AST]:
        """Its functions and, by the class's name, each class with all its methods."""
        kinds = (ast.FunctionDef, ast.ClassDef)
        return {node.name: node for node in self.tree.body if isinstance(node, kinds)}


@dataclass
class Code:
    """All modules of ours, and which function refers to which."""

    modules: dict[str, Module] = field(default_factory=dict)

    def meant(self, module: Module, node: ast.expr) -> list[str]:
        """The functions that a name or attribute stands for, by their full names."""
        if isinstance(node, ast.Name):
            if node.id in module.functions:
                return [f"{module.name}.{node.id}"]
            return self._followed(module.names[node.id]) if node.id in module.names else []
        if not isinstance(node, ast.Attribute):
            return []
        if isinstance(node.value, ast.Name) and node.value.id in module.names:
            return self._followed(f"{module.names[node.value.id]}.{node.attr}")
        if node.attr in CONNECTOR and module.name == "lamplighter.services.delivery":
            networks = [
                m for m in self.modules if m.startswith("lamplighter.platforms.") and m.count(".") == 2
            ]
            return [name for network in networks for name in self._followed(f"{network}.{node.attr}")]
        return []

    def _followed(self, name: str) -> list[str]:
        """To where it is defined, through the packages that pass it on."""
        if name.startswith(SEAMS):
            return [name]
        owner, _, last = name.rpartition(".")
        module = self.modules.get(owner)
        if module is None:
            return []
        if last in module.functions:
            return [name]
        return self._followed(module.names[last]) if last in module.names else []

    def is_class(self, name: str) -> bool:
        """Whether the name is a class's."""
        owner, _, last = name.rpartition(".")
        return isinstance(self.modules[owner].functions.get(last), ast.ClassDef)

    def references(self, name: str) -> Iterator[tuple[ast.expr, str]]:
        """Everything of ours that a function refers to, where it does."""
        owner, _, last = name.rpartition(".")
        if owner not in self.modules or last not in self.modules[owner].functions:
            return
        module = self.modules[owner]
        handled: set[int] = set()
        for node in ast.walk(module.functions[last]):
            if isinstance(node, ast.Call):
                handled.add(id(node.func))
                yield from ((node, meant) for meant in self.meant(module, node.func))
            elif isinstance(node, ast.Name | ast.Attribute) and id(node) not in handled:
                yield from ((node, meant) for meant in self.meant(module, node))


def places() -> list[Place]:
    """All of them."""
    code = _code()
    graph = _graph(code)
    leading = _leading(code, graph)
    found = set()
    for name, uses in graph.items():
        file = code.modules[name.rpartition(".")[0]].file
        # What is made of a class takes no step, its methods do: those calls are places by themselves.
        for node, meant in uses:
            # A function that is only handed on is called from elsewhere: that call is a place of its own.
            if isinstance(node, ast.Call) and meant in leading:
                found.add(Place(file, node.lineno, node.end_lineno or node.lineno, meant))
    return sorted(found)


def _code() -> Code:
    code = Code()
    for root in (ROOT / "shared" / "lamplighter", ROOT / "functions"):
        for path in root.rglob("*.py"):
            name = ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
            code.modules[name] = Module(name, str(path.relative_to(ROOT)), ast.parse(path.read_text()))
    return code


def _graph(code: Code) -> Mapping[str, list[tuple[ast.expr, str]]]:
    """Each function that the handlers reach, and what it refers to."""
    graph: dict[str, list[tuple[ast.expr, str]]] = {}
    left = list(ROOTS)
    while left:
        name = left.pop()
        if name in graph or name.startswith(SEAMS) or name in NOBODYS:
            continue
        graph[name] = list(code.references(name))
        left += [meant for _, meant in graph[name]]
    return {name: uses for name, uses in graph.items() if name.rpartition(".")[0] in code.modules}


def _leading(code: Code, graph: Mapping[str, list[tuple[ast.expr, str]]]) -> set[str]:
    """The functions from which a seam is reached, and the seams."""
    functions = {name: uses for name, uses in graph.items() if not code.is_class(name)}
    seams = {meant for uses in graph.values() for _, meant in uses if meant.startswith(SEAMS)}
    # Types, errors and constants of a seam's module: what is called there begins with a small letter.
    leading = {seam for seam in seams if seam.rpartition(".")[2][0].islower()}
    while True:
        more = {name for name, uses in functions.items() if any(m in leading for _, m in uses)} - leading
        if not more:
            return leading
        leading |= more


if __name__ == "__main__":
    for place in places():
        print(place.file, place.first, place.calls)  # noqa: T201
