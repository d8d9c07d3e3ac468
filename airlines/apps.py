from django.apps import AppConfig


class AirlinesConfig(AppConfig):
    name = "airlines"
    verbose_name = "Flights"
