"""The form that adds a passkey, in words that people know."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class AddPasskeyForm(AddWebAuthnForm):
    """A passkey opens the account by itself, unless somebody wants it as a second factor only."""

    passwordless = forms.BooleanField(
        label=_("Log in with it alone, without a password"),
        help_text=_("Your device then makes sure that it is you, by your finger, your face or its code."),
        required=False,
        initial=True,
    )
