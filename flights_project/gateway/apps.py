from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate


class GatewayConfig(AppConfig):
    name = "flights_project.gateway"
    label = "gateway"
    verbose_name = "People and keys"
    default = True

    def ready(self) -> None:
        from flights_project.gateway.roles import grant_roles  # noqa: PLC0415 -- permissions are models

        post_migrate.connect(grant_roles, dispatch_uid="roles")


class StaffSite(admin_apps.AdminConfig):
    """The admin, with our desk as its default site."""

    default_site = "flights_project.gateway.desk.StaffDesk"
    default = False
