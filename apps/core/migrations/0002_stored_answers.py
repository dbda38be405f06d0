from __future__ import annotations

import django.utils.timezone
from django.db import migrations, models

import apps.core.encryption


class Migration(migrations.Migration):
    dependencies = [("core", "0001_first")]

    operations = [
        migrations.CreateModel(
            name="StoredAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(max_length=64)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("answer", apps.core.encryption.EncryptedJSONField(blank=True, null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="storedanswer", index=models.Index(fields=["started_at"], name="stored_answer_age")
        ),
        migrations.AddConstraint(
            model_name="storedanswer",
            constraint=models.UniqueConstraint(fields=("caller", "key"), name="stored_answer_once"),
        ),
    ]
