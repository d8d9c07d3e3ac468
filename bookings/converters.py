class LocatorConverter:
    """A record locator in an address, in whatever case somebody typed it."""

    regex = "[A-Za-z0-9]{6}"

    def to_python(self, value: str) -> str:
        return value.upper()

    def to_url(self, value: str) -> str:
        return value
