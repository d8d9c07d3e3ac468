"""What an account wants to be told, by which channel and in which language."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from flights_project.gateway.models import User
from notifications.kinds import KINDS, Way
from notifications.services.refusals import choices_of

BY = {Way.EMAIL: _("By email"), Way.INBOX: _("In the inbox here"), Way.SMS: _("By text message")}


class ChoicesForm(forms.Form):
    """A box for each kind that can be refused and each channel it goes by, ticked where it is wanted."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("language", reader.language)
        self._boxes = {f"{kind}-{way}": (kind, way) for kind, way in choices_of(reader)}
        for name, wanted in zip(self._boxes, choices_of(reader).values(), strict=True):
            self.fields[name] = forms.BooleanField(label=BY[self._boxes[name][1]], required=False, initial=wanted)

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The boxes of each kind under its name."""
        kinds = dict.fromkeys(kind for kind, _way in self._boxes.values())
        return [
            (str(KINDS[kind].label), [self[name] for name, (of, _way) in self._boxes.items() if of == kind])
            for kind in kinds
        ]

    @property
    def wanted(self) -> list[tuple[str, Way]]:
        return [chosen for name, chosen in self._boxes.items() if self.cleaned_data[name]]
