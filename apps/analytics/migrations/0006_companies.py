import apps.core.encryption
import django.core.validators
import django.db.models.deletion
import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from apps.core.rls import EnableRowSecurity

WALLED = (
    'company', 'companyvisit', 'networkday', 'addresslookup', 'lookupday', 'companyscore', 'companyrules',
)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_keys_invitations_audit_and_single_sign_on'),
        ('analytics', '0005_events_from'),
    ]

    operations = [
        migrations.CreateModel(
            name='Company',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=270)),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('domain', models.CharField(blank=True, max_length=253, verbose_name='domain')),
                ('industry', models.CharField(blank=True, max_length=100, verbose_name='industry')),
                ('size', models.CharField(blank=True, max_length=40, verbose_name='size')),
                ('country', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('city', models.CharField(blank=True, max_length=100, verbose_name='city')),
                ('network', models.BigIntegerField(blank=True, null=True)),
                ('network_name', models.CharField(blank=True, max_length=200)),
                ('kind', models.CharField(choices=[('business', 'Business'), ('education', 'Education and research'), ('government', 'Public authority'), ('isp', 'Internet access provider'), ('hosting', 'Hosting and data centre'), ('unknown', 'Unknown network')], default='business', max_length=12, verbose_name='kind')),
                ('confidence', models.CharField(choices=[('high', 'High'), ('medium', 'Medium'), ('low', 'Low')], default='low', max_length=6)),
                ('reason', models.CharField(default='plain', max_length=12)),
                ('reason_detail', models.CharField(blank=True, max_length=253)),
                ('own', models.JSONField(blank=True, default=list)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('visits', models.IntegerField(default=0)),
                ('pageviews', models.IntegerField(default=0)),
                ('score', models.PositiveSmallIntegerField(default=0)),
                ('temperature', models.CharField(choices=[('hot', 'Hot'), ('warm', 'Warm'), ('cold', 'Cold')], default='cold', max_length=4)),
                ('scored_at', models.DateTimeField(blank=True, null=True)),
                ('hidden_at', models.DateTimeField(blank=True, null=True)),
                ('merged_into', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='merged', to='analytics.company')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'verbose_name_plural': 'companies',
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='CompanyRules',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('frequency', models.PositiveSmallIntegerField(default=25, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='How often')),
                ('depth', models.PositiveSmallIntegerField(default=20, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='How many pages')),
                ('time', models.PositiveSmallIntegerField(default=20, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='How long')),
                ('conversions', models.PositiveSmallIntegerField(default=20, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='Conversions')),
                ('recency', models.PositiveSmallIntegerField(default=15, validators=[django.core.validators.MaxValueValidator(100)], verbose_name='How recently')),
                ('hot_from', models.PositiveSmallIntegerField(default=70, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='Hot from')),
                ('warm_from', models.PositiveSmallIntegerField(default=40, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='Warm from')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'verbose_name_plural': 'company rules',
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='CompanyScore',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('score', models.PositiveSmallIntegerField()),
                ('temperature', models.CharField(choices=[('hot', 'Hot'), ('warm', 'Warm'), ('cold', 'Cold')], max_length=4)),
                ('parts', models.JSONField(default=dict)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='analytics.company')),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'ordering': ['day'],
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='CompanyVisit',
            fields=[
                ('session_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('business', 'Business'), ('education', 'Education and research'), ('government', 'Public authority'), ('isp', 'Internet access provider'), ('hosting', 'Hosting and data centre'), ('unknown', 'Unknown network')], default='business', max_length=12)),
                ('company', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.company')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='LookupDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('remembered', models.IntegerField(default=0)),
                ('found', models.IntegerField(default=0)),
                ('nameless', models.IntegerField(default=0)),
                ('failed', models.IntegerField(default=0)),
                ('expired', models.IntegerField(default=0)),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='NetworkDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('kind', models.CharField(choices=[('business', 'Business'), ('education', 'Education and research'), ('government', 'Public authority'), ('isp', 'Internet access provider'), ('hosting', 'Hosting and data centre'), ('unknown', 'Unknown network')], max_length=12)),
                ('visits', models.IntegerField(default=0)),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='AddressLookup',
            fields=[
                ('session_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('network', models.BigIntegerField(null=True)),
                ('network_name', models.CharField(blank=True, max_length=200)),
                ('kind', models.CharField(choices=[('business', 'Business'), ('education', 'Education and research'), ('government', 'Public authority'), ('isp', 'Internet access provider'), ('hosting', 'Hosting and data centre'), ('unknown', 'Unknown network')], max_length=12)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('address', apps.core.encryption.EncryptedJSONField()),
                ('seen_at', models.DateTimeField()),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='analytics.site')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'unscoped',
                'indexes': [models.Index(fields=['created_at'], name='address_lookup_by_age')],
            },
            managers=[
                ('objects', django.db.models.manager.Manager()),
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(fields=['organization', '-score'], name='company_by_score'),
        ),
        migrations.AddIndex(
            model_name='company',
            index=models.Index(fields=['organization', '-last_seen_at'], name='company_by_last_seen'),
        ),
        migrations.AddConstraint(
            model_name='company',
            constraint=models.UniqueConstraint(fields=('organization', 'key'), name='company_once'),
        ),
        migrations.AddConstraint(
            model_name='companyrules',
            constraint=models.UniqueConstraint(fields=('organization',), name='company_rules_once'),
        ),
        migrations.AddConstraint(
            model_name='companyscore',
            constraint=models.UniqueConstraint(fields=('company', 'day'), name='company_score_once_a_day'),
        ),
        migrations.AddIndex(
            model_name='companyvisit',
            index=models.Index(fields=['company'], name='company_visit_by_company'),
        ),
        migrations.AddIndex(
            model_name='companyvisit',
            index=models.Index(fields=['site'], name='company_visit_by_site'),
        ),
        migrations.AddConstraint(
            model_name='lookupday',
            constraint=models.UniqueConstraint(fields=('organization', 'day'), name='lookup_day_once'),
        ),
        migrations.AddConstraint(
            model_name='networkday',
            constraint=models.UniqueConstraint(fields=('site', 'day', 'kind'), name='network_day_once'),
        ),
        *[EnableRowSecurity(name) for name in WALLED],
    ]
