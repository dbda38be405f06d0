from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("analytics", "0001_first")]

    operations = [
        migrations.RemoveConstraint("foldedmonth", "folded_month_once"),
        migrations.RenameModel("FoldedMonth", "FoldedPeriod"),
        migrations.RenameField("foldedperiod", "month", "start"),
        migrations.AddField("foldedperiod", "grain", models.SmallIntegerField(default=4), preserve_default=False),
        migrations.AddConstraint(
            "foldedperiod",
            models.UniqueConstraint(fields=["site", "grain", "start"], name="folded_period_once"),
        ),
    ]
