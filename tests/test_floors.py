"""The house: files import only from floors below, and only doors touch the world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import newsdata

PACKAGE = Path(newsdata.__file__).parent

#: From the ground up. A folder is one room: its files may use each other, without a circle.
FLOORS = (
    ("errors", "reasons"),
    (
        "conditions",
        "readings",
        "records",
        "settings",
        "text",
        "limits",
        "sites",
        "words",
        "differences",
        "canonical",
        "columns",
        "progress",
        "storage",
    ),
    (
        "schema",
        "fingerprints",
        "identity",
        "jsontext",
        "grammar",
        "versions",
        "sizes",
        "encodings",
    ),
    ("sources", "validation", "duplicates", "ledger", "neighbours"),
    ("batches", "extractors", "index", "links", "reference", "states", "training"),
    ("archive", "exporters"),
    ("releases", "proposals", "configs", "removals", "opening"),
    ("engines",),
    ("pipeline", "copies", "preparing", "trainers"),
    ("audit", "checks", "health", "reports", "rereading", "snapshots"),
    ("publishing", "hydration"),
    ("api",),
    ("__init__", "cli"),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}

#: The rooms that may touch disk, clock and network.
DOORS = {"storage", "sources", "index", "archive", "exporters", "engines", "cli", "__main__"}

#: Modules that reach the world, and names that do so wherever they come from.
WORLD = {
    "glob", "http", "io", "os", "requests", "shutil", "signal", "socket", "subprocess", "sys",
    "tempfile", "time", "urllib.request",
}  # fmt: skip
CALLS = {
    "open", "now", "utcnow", "today", "read_text", "read_bytes", "write_text", "write_bytes",
    "unlink", "mkdir", "iterdir", "exists", "is_file", "is_dir", "read_table", "write_table",
}  # fmt: skip

FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def room_of(name: str) -> str:
    return name.split(".")[0]


def imports_of(file: Path) -> set[str]:
    """The modules of newsdata that a file imports anywhere in it, without the leading name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.startswith("newsdata")}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: a relative import"
            if node.module == "newsdata":
                found |= {f"newsdata.{a.name}" for a in node.names if a.name != "__version__"}
            elif node.module and node.module.startswith("newsdata."):
                found.add(node.module)
    return {name.partition(".")[2] for name in found if "." in name}


def test_every_file_has_a_floor():
    assert {room_of(name_of(f)) for f in FILES} == set(FLOOR)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_imports_go_down(file):
    room = room_of(name_of(file))
    for imported in imports_of(file):
        other = room_of(imported)
        if other == room:
            continue
        assert other in FLOOR, f"{name_of(file)} imports the unknown {imported}"
        assert FLOOR[other] < FLOOR[room], (
            f"{name_of(file)} imports {imported} from above or beside"
        )


def test_no_circle_inside_a_room():
    graph = {name_of(f): imports_of(f) for f in FILES}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " imports ".join([*path, name])
        if name in graph and name not in done:
            for imported in graph[name]:
                visit(imported, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(
    "file", [f for f in FILES if room_of(name_of(f)) not in DOORS], ids=name_of
)
def test_pure_rooms_do_not_touch_the_world(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        for module in modules:
            assert module not in WORLD, f"{name_of(file)}:{node.lineno} imports {module}"
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else None
            called = node.func.id if isinstance(node.func, ast.Name) else called
            if called in CALLS:
                whose = node.func.value if isinstance(node.func, ast.Attribute) else None
                ours = isinstance(whose, ast.Name) and whose.id in ("Archive", "target", "opened")
                assert ours, f"{name_of(file)}:{node.lineno} calls {called}()"


@pytest.mark.parametrize("exported", newsdata.__all__)
def test_what_is_public_can_be_loaded(exported):
    assert getattr(newsdata, exported) is not None


def test_public_names_are_sorted():
    assert newsdata.__all__ == sorted(newsdata.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = newsdata.nonsense
