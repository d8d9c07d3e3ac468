"""The desk's pages for what people and programs are told."""

from notifications.admin.messages import MessageAdmin

__all__ = ["MessageAdmin"]
