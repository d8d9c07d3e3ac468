from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flights_project.gateway.models import ApiKey, User


class Command(BaseCommand):
    help = "Print a new API key for the integrator with this e-mail address. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="command line", help="What will use the key.")
        parser.add_argument("--scope", action="append", choices=ApiKey.Scope.values, help="Default: all.")

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            owner = User.objects.get(email__iexact=options["email"])
        except User.DoesNotExist as error:
            raise CommandError(f"Nobody has the e-mail address {options['email']}.") from error
        _key, secret = ApiKey.issue(owner=owner, name=options["name"], scopes=options["scope"])
        return secret
