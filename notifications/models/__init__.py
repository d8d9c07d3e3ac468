"""What people and programs are told."""

from notifications.models.messages import Attempt, KeptMail, Message
from notifications.models.refusals import Refusal

__all__ = ["Attempt", "KeptMail", "Message", "Refusal"]
