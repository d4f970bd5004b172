"""Import contracts of our own, for import-linter: what a domain shows to others, and which way its modules look."""

from importlinter import Contract, ContractCheck, fields, output

OUTER, RULES, STATEMENTS, SHAPES = 3, 2, 1, 0
_WORDS = {
    "routes": OUTER,
    "tasks": OUTER,
    "commands": OUTER,
    "seed": OUTER,
    "service": RULES,
    "queries": STATEMENTS,
    "schemas": SHAPES,
}


def level_of(module: str, *, otherwise: int) -> int:
    """How far from the tables a module stands, by a word of its name."""
    return next((_WORDS[word] for word in module.split("_") if word in _WORDS), otherwise)


class Domains(Contract):
    """Other domains import a domain's faces only; inside, routes and tasks look to service, service to queries, queries to schemas.

    A module with none of these words in its name (pure rules, values) may look as far as a service, and anybody may look at it.
    `outer` names packages that routes alone may import.
    """

    container = fields.StringField()
    faces = fields.ListField(subfield=fields.StringField())
    outer = fields.ListField(subfield=fields.StringField())

    def check(self, graph, verbose):
        prefix = f"{self.container}."
        broken = [
            (importer, imported)
            for importer in sorted(module for module in graph.modules if module.startswith(prefix))
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not self._is_allowed(
                importer.removeprefix(prefix), imported.removeprefix(prefix), is_ours=imported.startswith(prefix)
            )
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _is_allowed(self, importer, imported, *, is_ours):
        domain, _, module = importer.partition(".")
        if not is_ours:
            return imported not in self.outer or level_of(module, otherwise=RULES) == OUTER
        other, _, face = imported.partition(".")
        if domain != other:
            return face in self.faces
        return level_of(module, otherwise=RULES) >= level_of(face, otherwise=SHAPES)

    def render_broken_contract(self, check):
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} may not import {imported}")
