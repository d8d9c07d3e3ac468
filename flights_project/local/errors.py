class StartError(Exception):
    """What cannot start and what a person can do about it, in one line."""
