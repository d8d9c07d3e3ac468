"""How every form of the pages is rendered, and the sign-up form."""

from django import forms
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from flights_project.gateway import languages
from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.gateway.services import choose_language, give_role


class FlightsFormRenderer(TemplatesSetting):
    """Fields with label, hint and error tied to the input; see `templates/components/field.html`."""

    field_template_name = "components/field.html"


class ProfileForm(forms.Form):
    """How we call somebody; the e-mail address is changed on its own page, as it opens the account."""

    first_name = forms.CharField(
        label=_("Given name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Family name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )


class SignupForm(ProfileForm):
    """What allauth's sign-up asks beside e-mail and password."""

    field_order = ["first_name", "last_name", "email", "password1"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Called by allauth once the account is made: names were already taken from the form."""
        give_role(user=user, role=Role.TRAVELLER)
        choose_language(user=user, language=languages.current())
