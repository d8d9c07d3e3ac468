from django.db import IntegrityError


def constraint_of(error: IntegrityError) -> str:
    """The name of the constraint that PostgreSQL refused a row by; empty where it names none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""
