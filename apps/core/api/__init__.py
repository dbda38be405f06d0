"""The frame every API door is built in: errors, paging, filters, limits, idempotency, ETags. No business words.

Views that work inside an organization start from `apps.accounts.tenant_api`.
"""
