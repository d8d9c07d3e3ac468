"""The live price stream: server-sent events of what changes on flights that somebody looks at.

A process of its own and a plain ASGI application: no request of Django, no database.
"""
