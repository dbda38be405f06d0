"""Addresses of the demo: its web site and the way out."""

from __future__ import annotations

from django.urls import path, re_path

from apps.demo.shop.views import ArticlePage, CategoryPage, MissingPage, ProductPage, ShopPage
from apps.demo.views import DemoRemove

app_name = "demo"
urlpatterns = [
    path("o/<slug:slug>/demo/remove/", DemoRemove.as_view(), name="remove"),
    path("demo/shop/", ShopPage.as_view(), name="shop"),
    path("demo/shop/c/<slug:category>/", CategoryPage.as_view(), name="category"),
    path("demo/shop/p/<slug:product>/", ProductPage.as_view(), name="product"),
    path("demo/shop/journal/<slug:article>/", ArticlePage.as_view(), name="article"),
    path("demo/shop/workshop/", ShopPage.as_view(template="workshop"), name="workshop"),
    path("demo/shop/cart/", ShopPage.as_view(template="cart"), name="cart"),
    path("demo/shop/checkout/", ShopPage.as_view(template="checkout"), name="checkout"),
    path("demo/shop/thanks/", ShopPage.as_view(template="thanks"), name="thanks"),
    re_path(r"^demo/shop/.+$", MissingPage.as_view(), name="missing"),
]
