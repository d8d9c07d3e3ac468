"""The ways to reach people, behind one interface: whatever carries a message is a `Channel`."""

from notifications.channels.base import Channel, Undeliverable, channel_for, is_open

__all__ = ["Channel", "Undeliverable", "channel_for", "is_open"]
