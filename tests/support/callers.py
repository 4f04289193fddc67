# SPDX-License-Identifier: Apache-2.0
"""Where a name of a module is called in a source tree, read from the syntax and not from the text.

Worked example
    callers("VerifiedAct", "paridad.acts.verify")          is {"acts/verify.py: open_act", "acts/verify.py: reread"}
"""

import ast
from pathlib import Path

import paridad

SOURCE = Path(paridad.__file__).parent


def callers(name: str, module: str, root: Path = SOURCE) -> set[str]:
    """Return `file: function` of every call of a module's name, whatever it is called there."""
    return {
        f"{path.relative_to(root).as_posix()}: {where}"
        for path in sorted(root.rglob("*.py"))
        for where in _calls(path, name, module, root)
    }


def _calls(path: Path, name: str, module: str, root: Path) -> set[str]:
    text = path.read_text()
    if name not in text:
        return set()
    tree = ast.parse(text)
    here = ".".join(("paridad", *path.relative_to(root).with_suffix("").parts))
    known = _names(tree, name, module) | ({name} if here == module else set())
    modules = _modules(tree, module)
    return {where for where, call in _functions(tree) if _is_call(call.func, name, known, modules)}


def _names(tree: ast.AST, name: str, module: str) -> set[str]:
    """Return what a name of the module is called in a file."""
    return {
        each.asname or each.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == module
        for each in node.names
        if each.name == name
    }


def _modules(tree: ast.AST, module: str) -> set[str]:
    """Return what the module itself is called in a file."""
    parent, _, last = module.rpartition(".")
    found = {module}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == parent:
            found |= {each.asname or each.name for each in node.names if each.name == last}
        if isinstance(node, ast.Import):
            found |= {each.asname or each.name for each in node.names if each.name == module}
    return found


def _functions(tree: ast.AST, inside: str = "") -> list[tuple[str, ast.Call]]:
    """Return every call with the function that it stands in."""
    found: list[tuple[str, ast.Call]] = []
    for node in ast.iter_child_nodes(tree):
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        where = node.name if is_function else inside  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            found.append((where, node))
        found += _functions(node, where)
    return found


def _is_call(func: ast.expr, name: str, known: set[str], modules: set[str]) -> bool:
    if isinstance(func, ast.Name):
        return func.id in known
    return isinstance(func, ast.Attribute) and func.attr == name and ast.unparse(func.value) in modules
