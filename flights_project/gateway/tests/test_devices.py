"""What a device is called where its owner looks at it."""

import pytest

from flights_project.gateway.devices import device_in_words

PHONE = "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (PHONE, "Firefox Mobile on Android"),
        (DESK, "Chrome on Windows"),
        ("curl/8.1", "curl"),
        ("", ""),
        ("<script>", ""),
    ],
)
def test_a_device_is_named_as_people_know_it(user_agent, words):
    assert device_in_words(user_agent) == words
