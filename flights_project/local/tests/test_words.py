"""What is gathered for translation, and how it is merged and compiled."""

import os

import pytest
from babel.messages.mofile import read_mo

from flights_project.local import words


@pytest.fixture
def words_of(tmp_path):
    """What a file with this text marks."""

    def words_of(name: str, text: str) -> list[words.Word]:
        path = tmp_path / name
        path.write_text(text)
        return words.words_in(path)

    return words_of


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('_("Seat")', [(None, "Seat")]),
        ('gettext_lazy("One " "sentence")', [(None, "One sentence")]),
        ('ngettext("%(n)d seat", "%(n)d seats", count)', [(None, ("%(n)d seat", "%(n)d seats"))]),
        ('pgettext("verb", "Book")', [("verb", "Book")]),
        ('npgettext("verb", "one", "many", 2)', [("verb", ("one", "many"))]),
        ("_(name)", []),
        ('models.CharField(_("label"), help_text=_("hint"))', []),
        ('models.CheckConstraint(violation_error_message=_("Too late"))', [(None, "Too late")]),
        ('class Meta:\n    verbose_name = _("seat")', []),
        ('class Cabin(TextChoices):\n    FIRST = "first", _("first")', [(None, "first")]),
    ],
)
def test_python_is_read(words_of, source, expected):
    assert words_of("seats.py", source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% translate 'Seat' %}", [(None, "Seat")]),
        ('<p>It\'s (</p>{% translate "Seat" context "noun" %}', [("noun", "Seat")]),
        ("{% blocktranslate trimmed %}\n  a {{ b }}\n{% endblocktranslate %}", [(None, "a %(b)s")]),
        (
            "{% blocktranslate count n=seats %}{{ n }} seat{% plural %}{{ n }} seats{% endblocktranslate %}",
            [(None, ("%(n)s seat", "%(n)s seats"))],
        ),
        ('{{ name|default:_("nobody") }}', [(None, "nobody")]),
        ("<p>plain</p>", []),
    ],
)
def test_templates_are_read(words_of, source, expected):
    assert words_of("seats.html", source) == expected


CATALOGUE = r"""
msgid ""
msgstr ""
"Language: hi\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\n"
"Content-Type: text/plain; charset=utf-8\n"

msgid "Seat"
msgstr "सीट"

msgid "Gone"
msgstr "गया"
"""


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    path = tmp_path / "hi" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(CATALOGUE)
    monkeypatch.setattr(words, "LOCALES", tmp_path)
    monkeypatch.setattr(words, "own_words", lambda: [(None, "Seat"), (None, ("%(n)d bag", "%(n)d bags"))])
    monkeypatch.setattr(words, "words_of_libraries", list)
    return path


def test_a_catalogue_gets_what_is_new_keeps_what_is_there_and_loses_what_is_gone(catalogue, capsys):
    assert words.main(["gather"]) == 1

    text = catalogue.read_text()
    assert 'msgstr "सीट"' in text
    assert 'msgid_plural "%(n)d bags"' in text
    assert "Gone" not in text
    assert "not translated: ('%(n)d bag', '%(n)d bags')" in capsys.readouterr().err


def test_gathering_again_changes_nothing(catalogue):
    words.main(["gather"])
    before = catalogue.read_text()

    words.main(["gather"])

    assert catalogue.read_text() == before


def test_it_is_compiled_where_it_is_newer(catalogue):
    words.main([])
    compiled = catalogue.with_suffix(".mo")
    catalogue.write_text(CATALOGUE.replace("सीट", "कुर्सी"))
    os.utime(compiled, (1, 1))

    words.main([])

    with compiled.open("rb") as file:
        assert read_mo(file)["Seat"].string == "कुर्सी"
