"""What people and programs are told."""

from notifications.models.messages import KeptMail, Message

__all__ = ["KeptMail", "Message"]
