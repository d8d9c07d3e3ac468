"""The catalogues of words: gathered from the sources, merged with what is translated, compiled.

`make words` gathers and compiles; `make run`, `make test` and the image compile what is older than its source.
Needs nothing but Python: no gettext tools.
"""

import ast
import io
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "locale"
ENGLISH = LOCALES / "en" / "LC_MESSAGES" / "django.po"
"""English is what stands in the sources; here is only what libraries call otherwise than our pages."""
ROOMS = ("airlines", "bookings", "notifications", "flights_project", "templates")
PASSED_OVER = {
    "tests", "migrations", "management", "local", "stream",
    "admin", "admin.py", "charts.py", "roles.py", "settings.py", "styleguide.py",
}  # fmt: skip
"""Whose words no traveller reads, beside what `desk` begins: the desk and the logs are English."""
LIBRARIES = {
    "allauth": [
        *("account/**/*.py", "mfa/**/*.py", "usersessions/**/*.py"),
        *("templates/account/**/*.*", "templates/mfa/**/*.*", "templates/usersessions/**/*.*"),
    ],
    "django": [
        *("utils/dates.py", "forms/fields.py", "core/validators.py", "contrib/auth/password_validation.py"),
        "contrib/humanize/templatetags/humanize.py",
    ],
}
"""What travellers read of libraries: one has no Hindi, the other's is old and has holes."""
KEYWORDS = {
    name + lazy: arguments
    for name, arguments in {
        "gettext": (1,),
        "ngettext": (1, 2),
        "pgettext": ((1, "c"), 2),
        "npgettext": ((1, "c"), 2, 3),
    }.items()
    for lazy in ("", "_lazy")
} | {"_": (1,), "gettext_noop": (1,)}
"""What marks words for translation, and which of its arguments they are; `c` is their context."""

OF_THE_DESK = {"verbose_name", "verbose_name_plural", "permissions"}
"""What a model says of itself, and only the desk shows."""

Word = tuple[str | None, str | tuple[str, ...]]
"""A context, and what is translated: in one form or two."""


def main(arguments: list[str]) -> int:
    """With `gather` 1 where words are not translated, each named."""
    missing = []
    if "gather" in arguments:
        missing = [word for path in catalogues() if path != ENGLISH for word in gather_into(path)]
    compile_catalogues()
    for word in missing:
        print(f"not translated: {word}", file=sys.stderr)
    return 1 if missing else 0


def catalogues() -> list[Path]:
    return sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))


def compile_catalogues() -> None:
    """Write the `.mo` that Django reads beside each `.po` that is newer."""
    for source in catalogues():
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            unfinished = compiled.with_suffix(".new")
            with unfinished.open("wb") as file:
                write_mo(file, read(source))
            unfinished.replace(compiled)  # whoever reads it meanwhile has the old one, whole


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def gather_into(path: Path) -> list[str]:
    """Give a catalogue every word of the sources and no other; returns those that have no translation."""
    kept, there = read(path), Catalog()
    for context, forms in {**dict.fromkeys(words_of_libraries()), **dict.fromkeys(own_words())}:
        there.add(forms, context=context)
    kept.update(there, no_fuzzy_matching=True, update_creation_date=False)
    kept.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, kept, width=0, no_location=True, sort_output=True)
    return [str(message.id) for message in kept if message.id and not is_translated(message)]


def is_translated(message: Message) -> bool:
    """In each of its forms."""
    return all([message.string] if isinstance(message.string, str) else message.string or [""])


def own_words() -> Iterator[Word]:
    """What is marked in our sources and read by travellers."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.*")):
            if _is_for_travellers(path.relative_to(ROOT).parts):
                yield from words_in(path)


def words_of_libraries() -> Iterator[Word]:
    for name, patterns in LIBRARIES.items():
        found = find_spec(name)
        [folder] = (found.submodule_search_locations if found else None) or [""]
        for pattern in patterns:
            for path in sorted(Path(folder).glob(pattern)):
                if _is_for_travellers(path.relative_to(folder).parts):
                    yield from words_in(path)


def _is_for_travellers(parts: tuple[str, ...]) -> bool:
    return PASSED_OVER.isdisjoint(parts) and not any(part.startswith("desk") for part in parts)


def words_in(path: Path) -> list[Word]:
    """What a file marks for translation: of Python, or of a template."""
    if path.suffix == ".py":
        return list(_in_python(ast.parse(path.read_text())))
    if path.suffix in {".html", ".txt"}:
        return list(_in_template(path.read_text()))
    return []


def _in_template(text: str) -> Iterator[Word]:
    """Django writes a template as calls of gettext between what is no Python; Babel reads those."""
    lines = "\n".join(line.strip() for line in templatize(text).splitlines())
    found: Iterator[Any] = extract_python(io.BytesIO(lines.encode()), KEYWORDS, [], {})
    for _line, function, texts, _comments in found:
        yield _word(function, texts if isinstance(texts, tuple) else (texts,))


def _in_python(node: ast.AST) -> Iterator[Word]:
    """Without the labels and help texts of models' fields and of models themselves: they are the desk's."""
    if isinstance(node, ast.Call):
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        texts = tuple(each.value if isinstance(each, ast.Constant) else None for each in node.args)
        if function in KEYWORDS and texts and isinstance(texts[0], str):
            yield _word(function, texts)
            return
        if _is_field_of_a_model(node.func):
            return
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in OF_THE_DESK:
        return
    for child in ast.iter_child_nodes(node):
        yield from _in_python(child)


def _is_field_of_a_model(function: ast.expr) -> bool:
    """`models.CharField`, `models.ForeignKey`, `ArrayField`, and not `models.CheckConstraint`."""
    name = ast.unparse(function)
    return (name.startswith("models.") and name.endswith(("Field", "Key"))) or name == "ArrayField"


def _word(function: str, texts: tuple[object, ...]) -> Word:
    context, forms = None, []
    for argument in KEYWORDS[function]:
        if isinstance(argument, tuple):
            context = str(texts[argument[0] - 1])
        else:
            forms.append(str(texts[argument - 1]))
    return context, forms[0] if len(forms) == 1 else tuple(forms)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
