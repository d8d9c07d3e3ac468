from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class GatewayConfig(AppConfig):
    name = "flights_project.gateway"
    label = "gateway"
    verbose_name = "People and keys"
    default = True


class StaffSite(admin_apps.AdminConfig):
    """The admin, with our desk as its default site."""

    default_site = "flights_project.gateway.desk.StaffDesk"
    default = False
