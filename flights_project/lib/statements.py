"""Statements written by hand, where the ORM takes longer to write one than PostgreSQL to execute it.

For the path of holding and paying alone: everybody who books pays for each statement on it (`docs/benchmarks.md`).
Columns come from the models, so that a new field needs no change here.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault
from django.db.models.options import Options

M = TypeVar("M", bound=Model)
Parameters = Sequence[Any] | Mapping[str, Any]


def fetch(statement: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    """The rows that `statement` returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def execute(statement: str, parameters: Parameters) -> int:
    """How many rows `statement` changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


@lru_cache(maxsize=128)
def columns(model: type[Model], alias: str) -> str:
    """The columns of `model` in the order in which `instance` wants them."""
    return ", ".join(f'{alias}."{field.column}"' for field in _fields(model))


def width(model: type[Model]) -> int:
    """How many columns that is."""
    return len(_fields(model))


def instance(model: type[M], values: Sequence[object]) -> M:
    """A row of `model` as the ORM would have read it."""
    converted = [
        value if convert is None else convert(value, None, connection)
        for value, convert in zip(values, _converters(model), strict=True)
    ]
    return model.from_db(connection.alias, _names(model), converted)


def instances(models: Sequence[type[Model]], row: Sequence[object]) -> list[Any]:
    """One of each of `models` from a row that has the columns of all of them, one after the other."""
    made, at = [], 0
    for model in models:
        made.append(instance(model, row[at : at + width(model)]))
        at += width(model)
    return made


def from_json(model: type[M], row: Mapping[str, Any]) -> M:
    """A row of `model` from what PostgreSQL's `to_json` made of it."""
    return model(**{field.attname: field.to_python(row[str(field.column)]) for field in _fields(model)})


def next_ids(counts: Sequence[tuple[type[Model], int]]) -> list[list[int]]:
    """So many new ids of each model, in one round trip: rows that refer to each other can be written together."""
    sequences = [_sequence(model) for model, count in counts for _ in range(count)]
    [row] = fetch(f"SELECT {', '.join(['nextval(%s)'] * len(sequences))}", sequences)
    ids = iter(row)
    return [[next(ids) for _ in range(count)] for _model, count in counts]


def insert(*batches: Sequence[Model], unless_there: bool = False) -> int:
    """Write new rows, each batch of one model, all in one round trip and in this order; returns how many of the last
    batch were written. `unless_there` leaves out a row that a unique constraint refuses.

    A row without a primary key gets one from the database and does not learn it.
    """
    statements, parameters = [], []
    for rows in filter(None, batches):
        fields = _fields(type(rows[0]))
        places = []
        for row in rows:
            values = [_value(field, row) for field in fields]
            places.append(f"({', '.join('DEFAULT' if value is DEFAULT else '%s' for value in values)})")
            parameters += [value for value in values if value is not DEFAULT]
        statements.append(f"{_insert_into(type(rows[0]))} {', '.join(places)}{ON_CONFLICT * unless_there}")
    written = execute("; ".join(statements), parameters)
    for row in (row for rows in batches for row in rows):
        row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001 -- as the ORM's own bulk_create
    return written


ON_CONFLICT = " ON CONFLICT DO NOTHING"
DEFAULT = object()
"""What the database fills in."""


def _value(field: "Field[Any, Any]", row: Model) -> object:
    value = field.pre_save(row, add=True)
    if isinstance(value, DatabaseDefault) or (value is None and field.primary_key):
        return DEFAULT
    return field.get_db_prep_save(value, connection=connection)


@lru_cache(maxsize=128)
def _insert_into(model: type[Model]) -> str:
    names = ", ".join(f'"{field.column}"' for field in _fields(model))
    return f'INSERT INTO "{_about(model).db_table}" ({names}) VALUES'


@lru_cache(maxsize=128)
def _fields(model: type[Model]) -> tuple["Field[Any, Any]", ...]:
    return tuple(_about(model).concrete_fields)


@lru_cache(maxsize=128)
def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in _fields(model)]


@lru_cache(maxsize=128)
def _converters(model: type[Model]) -> tuple[Any, ...]:
    return tuple(getattr(field, "from_db_value", None) for field in _fields(model))


def _sequence(model: type[Model]) -> str:
    return f"{_about(model).db_table}_id_seq"


def _about(model: type[Model]) -> "Options[Any]":
    return model._meta  # noqa: SLF001 -- documented by Django
