"""What the log of a developer's console says of an error."""

import pytest

from flights_project.lib.logs import console


class Query:
    """As Django's: shown, it asks the database."""

    is_asked = False

    def __repr__(self) -> str:
        self.is_asked = True
        return "<Query>"


def test_an_error_is_told_without_asking_for_what_its_variables_hold():
    query = Query()
    with pytest.raises(ValueError, match="of no use") as raised:
        raise ValueError("of no use")

    said = console()(None, "error", {"event": "it failed", "exc_info": raised.value})

    assert "ValueError: of no use" in said
    assert not query.is_asked
