"""``extends``: a variant states its differences, everything else comes from its base.

Sections are merged key by key; lists and single values are replaced. A section that makes
another choice than its base (another ``dist``, a ``profile`` instead of a ``rate``) replaces it,
because the fields of the two do not go together.
"""

from pathlib import Path

from scenarios.source.files import Files
from scenarios.source.marks import Mark
from scenarios.source.problems import Problems, quoted
from scenarios.source.text import read_source
from scenarios.source.tree import Entry, Node, ScalarNode, SectionNode
from scenarios.source.yaml_reader import read_yaml

CHAIN_MAX = 8
EXTENDS = "extends"
_CHOICES = (("rate", "steps", "profile"),)
_NAMED_CHOICE = "dist"


def merge(base: Node, variant: Node) -> Node:
    """The variant's values over the base's."""
    if not isinstance(base, SectionNode) or not isinstance(variant, SectionNode):
        return variant
    if _chooses_otherwise(base, variant):
        return variant
    merged = {entry.key: entry for entry in base.entries}
    for entry in variant.entries:
        under = merged.get(entry.key)
        node = entry.node if under is None else merge(under.node, entry.node)
        merged[entry.key] = Entry(entry.key, entry.key_mark, node)
    return SectionNode(tuple(merged.values()), variant.mark)


def _chooses_otherwise(base: SectionNode, variant: SectionNode) -> bool:
    old, new = base.find(_NAMED_CHOICE), variant.find(_NAMED_CHOICE)
    if old is not None and new is not None:
        return _scalar(old.node) != _scalar(new.node)
    for kinds in _CHOICES:
        was = {kind for kind in kinds if base.find(kind)}
        becomes = {kind for kind in kinds if variant.find(kind)}
        if was and becomes and was != becomes:
            return True
    return False


def _scalar(node: Node) -> object:
    return node.value if isinstance(node, ScalarNode) else node


def resolve_extends(root: Node, files: Files, problems: Problems) -> Node | None:
    """Merge the chain of bases under the file; None, and a problem, if the chain is broken."""
    chain = [root]
    seen = {_identity(root.mark)}
    while (reference := _reference(chain[-1])) is not None:
        if len(chain) > CHAIN_MAX:
            problems.add(
                reference[1], (EXTENDS,), f"more than {CHAIN_MAX} files extend one another"
            )
            return None
        base = _read_base(*reference, files, problems, rank=len(chain))
        if base is None:
            return None
        if _identity(base.mark) in seen:
            problems.add(
                reference[1], (EXTENDS,), f"{quoted(reference[0])} extends itself in a circle"
            )
            return None
        seen.add(_identity(base.mark))
        chain.append(base)
    merged = chain[-1]
    for variant in reversed(chain[:-1]):
        merged = merge(merged, variant)
    return merged


def _identity(mark: Mark) -> str:
    return str(Path(mark.source.name).resolve())


def _reference(node: Node) -> tuple[str, Mark] | None:
    entry = node.find(EXTENDS) if isinstance(node, SectionNode) else None
    if entry is None or not isinstance(entry.node, ScalarNode):
        return None
    value = entry.node.value
    return (value, entry.node.mark) if isinstance(value, str) else None


def _read_base(
    reference: str, mark: Mark, files: Files, problems: Problems, *, rank: int
) -> Node | None:
    found = files.matching(reference, mark, (EXTENDS,))
    if len(found) != 1:
        if found:
            problems.add(mark, (EXTENDS,), "a scenario extends one file, not a pattern")
        return None
    read = read_source(
        found[0].content,
        name=found[0].name,
        label=f"extends-{rank}",
        directory=Path(found[0].name).parent,
        rank=rank,
        problems=problems,
    )
    return None if read is None else read_yaml(read[1], read[0], problems)
