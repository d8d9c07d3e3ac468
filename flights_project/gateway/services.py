from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from flights_project.gateway.models import User
from flights_project.gateway.roles import Role
from flights_project.lib.errors import DomainError


class EmailTaken(DomainError):
    code = "email_taken"
    title = "There is already an account with this e-mail address."


def sign_up(*, email: str, password: str | None, first_name: str, last_name: str) -> User:
    """A new traveller, who can log in on the pages and by the API: without a password once they have set one.

    Raises EmailTaken, the same however the address is spelt.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, first_name=first_name, last_name=last_name)
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
            give_role(user=user, role=Role.TRAVELLER)
    except IntegrityError as error:
        raise EmailTaken(errors={"email": [EmailTaken.title]}) from error
    return user


def open_unclaimed_account(*, email: str) -> User:
    """An account without a password, for somebody who has none: it is opened by a mail to the address, and by nothing
    else. Raises EmailTaken."""
    return sign_up(email=email, password=None, first_name="", last_name="")


def rename(*, user: User, first_name: str, last_name: str) -> None:
    """How we call somebody from now on; bookings keep the names that they were made in."""
    user.first_name, user.last_name = first_name, last_name
    user.save(update_fields=["first_name", "last_name"])


def choose_language(*, user: User, language: str) -> None:
    """Messages and files in `language`, one of LANGUAGES, from now on."""
    user.language = language
    user.save(update_fields=["language"])


def give_role(*, user: User, role: Role) -> None:
    user.groups.add(Group.objects.get_or_create(name=role)[0])
