"""The desk's pages for what people and programs are told."""

from notifications.admin.messages import MessageAdmin
from notifications.admin.refusals import RefusalAdmin

__all__ = ["MessageAdmin", "RefusalAdmin"]
