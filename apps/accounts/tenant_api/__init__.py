"""API views inside an organization (`.views`), and how callers prove who they are (`.authentication`, `.sign_in`).

It stands on the accounts floor because it asks who belongs where; the parts without such words are `apps.core.api`.
"""
