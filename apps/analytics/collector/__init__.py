"""The public door for events: a plain ASGI application that accepts only what is safe on disk."""
