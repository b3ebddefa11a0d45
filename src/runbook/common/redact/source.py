"""Secrets in the Python source of a notebook's cells, among them what papermill injects."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from operator import attrgetter

from runbook.common.redact.data import secrets_in
from runbook.common.redact.names import REDACTED, is_secret
from runbook.common.redact.text import redact_prose, redact_text, without

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)?")
_NOT_PYTHON = (SyntaxError, ValueError, RecursionError, MemoryError)


def redact_source(source: str, secrets: tuple[str, ...]) -> str:
    """The source with each literal taken out that has a secret name, or is a secret in part."""
    try:
        tree = ast.parse(source)
    except _NOT_PYTHON:
        return without(redact_text(source), secrets)
    named = set(_named(tree))
    changes = [(node, _instead(node, secrets, named=node in named)) for node in _literals(tree)]
    return without(_replaced(source, changes), secrets)


def secrets_of(source: str) -> tuple[str, ...]:
    """The values that the source gives to secret names."""
    try:
        found = [node.value for node in _named(ast.parse(source)) if isinstance(node, ast.Constant)]
    except _NOT_PYTHON:
        return ()
    return secrets_in({"secret": found})


def _named(tree: ast.AST) -> Iterator[ast.expr]:
    """Literals that are the value of something with a secret name, or part of it."""
    for node in ast.walk(tree):
        for value in _values(node):
            yield from _literals(value)


def _values(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Assign(targets=targets, value=value) if any(map(_is_target, targets)):
            yield value
        case ast.AnnAssign(target=target, value=ast.expr() as value) if _is_target(target):
            yield value
        case ast.keyword(arg=str() as name, value=value) if is_secret(name):
            yield value
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            yield from (value for key, value in pairs if key and _is_target(key))


def _is_target(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str() as name):
            return is_secret(name)
        case ast.Subscript(slice=inner):
            return _is_target(inner)
        case _:
            return False


def _literals(tree: ast.AST) -> Iterator[ast.expr]:
    """Text and numbers; of text with values in it, all as one."""
    if isinstance(tree, ast.JoinedStr | ast.Constant):
        kept = isinstance(tree, ast.Constant) and (tree.value is None or tree.value is ...)
        if not kept and not (isinstance(tree, ast.Constant) and isinstance(tree.value, bool)):
            yield tree
        return
    for inner in ast.iter_child_nodes(tree):
        yield from _literals(inner)


def _instead(node: ast.expr, secrets: tuple[str, ...], *, named: bool) -> str | None:
    """The literal to be in its place; None where it may stay."""
    if named:
        return repr(REDACTED)
    text = ast.unparse(node) if isinstance(node, ast.JoinedStr) else getattr(node, "value", "")
    if not isinstance(text, str):
        return None
    shown = without(redact_prose(text), secrets)
    return None if shown == text else repr(shown)


def _replaced(source: str, changes: Iterable[tuple[ast.expr, str | None]]) -> str:
    """The source with the literals in place of those of the nodes; ast counts bytes of UTF-8."""
    content = source.encode()
    starts = [found.start() for found in _LINE.finditer(content)]
    place = attrgetter("lineno", "col_offset")
    for node, instead in sorted(changes, key=lambda pair: place(pair[0]), reverse=True):
        if instead is not None and node.end_lineno and node.end_col_offset is not None:
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[node.end_lineno - 1] + node.end_col_offset
            content = content[:start] + instead.encode() + content[end:]
    return content.decode()
