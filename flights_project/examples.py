"""Examples for the API's documentation: what a body looks like, composed from what each of its fields looks like."""

from typing import Any

Schema = dict[str, Any]

BY_NAME: dict[str, Any] = {
    "access": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.c2lnbmF0dXJl",
    "airline": "KV",
    "amount": "4500.00",
    "arrives_at": "2026-12-05T06:45:00Z",
    "arrives_at_local": "2026-12-05T12:15:00+05:30",
    "born_on": "1990-04-05",
    "city": "DEL",
    "code": "DEL",
    "column": "A",
    "country": "IN",
    "currency": "INR",
    "decline_code": "",
    "departs_at": "2026-12-05T04:30:00Z",
    "departs_at_local": "2026-12-05T10:00:00+05:30",
    "departs_on": "2026-12-05",
    "destination": "BOM",
    "destination_terminal": "2",
    "duration": "PT2H15M",
    "email": "asha@example.com",
    "family": "standard",
    "family_name": "Rao",
    "first_name": "Asha",
    "first_row": 1,
    "gateway": "sandbox",
    "given_name": "Asha",
    "iata": "DEL",
    "icao": "VIDP",
    "last_name": "Rao",
    "last_row": 30,
    "latitude": 28.5665,
    "layout": "ABC-DEF",
    "locator": "K7QX2M",
    "longitude": 77.1031,
    "model": "A320neo",
    "name": "Delhi",
    "number": "KV412",
    "offer": "eyJzIjpbWzQxMl1dfQ:1wPq2x:c2lnbmF0dXJl",
    "offered": "412.2-418.0",
    "origin": "DEL",
    "origin_terminal": "3",
    "otp": "123456",
    "password": "a long enough phrase",
    "phone": "+91 11 2345 6789",
    "refresh": "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl",
    "registration": "VT-KAA",
    "seat": "12A",
    "token": "tok_ok",
    "with_adult": None,
    "url": "https://hooks.example.com/flights",
    "description": "Our shop",
    "secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    "sequence": 42,
    "data": {"locator": "K7QX2M", "status": "confirmed", "total": {"amount": "4500.00", "currency": "INR"}},
    "status_code": 200,
    "milliseconds": 87,
    "error": "",
    "taxes.code": "IN",
    "taxes.name": "User development fee",
    "tickets.number": "8972400000013",
    "results.name": "Delhi",
    "conditions.cabin_bag_kg": 7,
    "conditions.checked_bag_kg": 20,
    "conditions.refund_percent": 50,
    "challenge_url": "",
    "ended_at": None,
    "explanation": "You sit together.",
    "exit_rows": 12,
    "zone": "Asia/Kolkata",
}
"""What a field of this name holds; `taxes.code` is a code within taxes."""
BY_FORMAT: dict[str, Any] = {
    "date": "2026-12-05",
    "date-time": "2026-12-05T04:30:00Z",
    "decimal": "4500.00",
    "email": "asha@example.com",
    "time": "10:00:00",
    "uri": "https://fly.example.com/",
    "uuid": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
}
BY_TYPE: dict[str, Any] = {"boolean": True, "number": 1.0, "null": None}


def example_of(schema: Schema, schemas: dict[str, Schema], name: str = "") -> Any:
    """A value that `schema` allows. References lead into `schemas`; `name` is the field's, empty for a whole body."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    if schema.get("enum"):
        return next((each for each in schema["enum"] if each), None)
    given = _named(schema, name) + [schema[key] for key in ("default",) if key in schema] + schema.get("examples", [])
    if given:
        return given[0]
    parts = schema.get("allOf") or schema.get("oneOf") or schema.get("anyOf")
    return example_of(parts[0], schemas, name) if parts else _by_type(schema, schemas, name)


def _named(schema: Schema, name: str) -> list[Any]:
    """What a field of this name holds, where it is of the schema's type: a name may mean a number elsewhere."""
    known = [BY_NAME[each] for each in (name, name.rpartition(".")[2]) if each in BY_NAME]
    return [value for value in known if JSON_TYPES[type(value)] in _kinds(schema)]


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", "object")
    return [kinds] if isinstance(kinds, str) else list(kinds)


JSON_TYPES = {dict: "object", str: "string", int: "integer", float: "number", type(None): "null"}


def _by_type(schema: Schema, schemas: dict[str, Schema], name: str) -> Any:
    kind = next(each for each in _kinds(schema) if each != "null")
    field = name.rpartition(".")[2]
    if kind == "object":
        parts = schema.get("properties", {})
        return {part: example_of(parts[part], schemas, f"{field}.{part}") for part in parts}
    if kind == "array":
        return [example_of(schema["items"], schemas, field)]
    if kind == "string":
        return BY_FORMAT.get(schema.get("format", ""), field.replace("_", " ") or "text")
    return max(schema.get("minimum", 1), 1) if kind == "integer" else BY_TYPE[kind]
