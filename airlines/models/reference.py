"""What every process keeps in memory, and how it learns that it has changed."""

import uuid

import pgtrigger
from django.db import models


class ReferenceStamp(models.Model):
    """One row, another stamp whenever the network, names of countries, connection times, fare families or tax rules
    have changed.

    Written by the triggers below, so that no way around them exists, and in the transaction that changes: whoever
    reads a new stamp reads what is new with it.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.UUIDField(default=uuid.uuid4)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="reference_stamp_is_one_row")]

    def __str__(self) -> str:
        return str(self.stamp)


STAMPED = pgtrigger.Trigger(
    name="stamp_reference",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func="""
        INSERT INTO airlines_referencestamp (id, stamp) VALUES (1, gen_random_uuid())
        ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp;
        RETURN NULL;
    """,
)
"""For models that `services/reference.py` keeps."""
