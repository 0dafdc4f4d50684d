"""The published apps, in groups that live in one Django project each.

A group is as small as its apps' dependencies allow: the cost of one migration grows with the number of models
in the project, and every migration is run by a command of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONTRIB = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "django.contrib.staticfiles",
)


@dataclass(frozen=True, kw_only=True)
class Group:
    """One Django project: what it installs besides ``CONTRIB`` and which settings its apps ask for.

    ``defaults`` is a module of settings that the apps ship for their users to start from. Two fields name
    what fails under stock ``migrate`` as well: ``unseeded`` the tables that get no made-up rows, because a
    migration cannot make sense of them; ``not_midway`` (by ``dispatch_uid``) the apps' receivers of
    ``pre_migrate`` and ``post_migrate`` that expect the whole history of their app.
    """

    name: str
    apps: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    defaults: str | None = None
    unseeded: frozenset[str] = frozenset()
    not_midway: frozenset[str] = frozenset()


WAGTAIL = Group(
    name="wagtail",
    apps=(
        "wagtail.contrib.forms",
        "wagtail.contrib.redirects",
        "wagtail.contrib.search_promotions",
        "wagtail.contrib.simple_translation",
        "wagtail.embeds",
        "wagtail.sites",
        "wagtail.users",
        "wagtail.snippets",
        "wagtail.documents",
        "wagtail.images",
        "wagtail.search",
        "wagtail.admin",
        "wagtail",
        "modelcluster",
        "modelsearch",
        "taggit",
    ),
    settings={"WAGTAIL_SITE_NAME": "real apps", "WAGTAILADMIN_BASE_URL": "http://example.com"},
    unseeded=frozenset(
        {
            "wagtailcore_grouppagepermission",
            "wagtailcore_pagerevision",
            "wagtailcore_revision",
            "wagtailcore_workflowpage",
            "modelsearch_indexentry",
            "wagtailsearch_indexentry",
        }
    ),
)

OSCAR = Group(
    name="oscar",
    apps=(
        "django.contrib.flatpages",
        "oscar.config.Shop",
        "oscar.apps.analytics.apps.AnalyticsConfig",
        "oscar.apps.checkout.apps.CheckoutConfig",
        "oscar.apps.address.apps.AddressConfig",
        "oscar.apps.shipping.apps.ShippingConfig",
        "oscar.apps.catalogue.apps.CatalogueConfig",
        "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
        "oscar.apps.communication.apps.CommunicationConfig",
        "oscar.apps.partner.apps.PartnerConfig",
        "oscar.apps.basket.apps.BasketConfig",
        "oscar.apps.payment.apps.PaymentConfig",
        "oscar.apps.offer.apps.OfferConfig",
        "oscar.apps.order.apps.OrderConfig",
        "oscar.apps.customer.apps.CustomerConfig",
        "oscar.apps.search.apps.SearchConfig",
        "oscar.apps.voucher.apps.VoucherConfig",
        "oscar.apps.wishlists.apps.WishlistsConfig",
        "oscar.apps.dashboard.apps.DashboardConfig",
        "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
        "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
        "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
        "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
        "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
        "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
        "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
        "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
        "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
        "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
        "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
        "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
        "widget_tweaks",
        "haystack",
        "treebeard",
        "django_tables2",
        "easy_thumbnails",
    ),
    defaults="oscar.defaults",
    settings={"HAYSTACK_CONNECTIONS": {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}},
    unseeded=frozenset(
        {
            "basket_line",
            "basket_lineattribute",
            "analytics_productrecord",
            "analytics_userproductview",
            "address_useraddress",
        }
    ),
)

PULPCORE = Group(
    name="pulpcore",
    apps=(
        "django.contrib.postgres",
        "import_export",
        "django_filters",
        "django_guid",
        "drf_spectacular",
        "rest_framework",
        "pulpcore.app",
        "pulp_file.app.PulpFilePluginAppConfig",
        "pulp_certguard.app.PulpCertGuardPluginAppConfig",
    ),
    defaults="tests.real_apps.pulp_settings",
    not_midway=frozenset(
        {
            "clean_app_status",
            "ensure_default_domain",
            "populate_access_policies_identifier",
            "populate_artifact_serving_distribution_identifier",
            "populate_roles_identifier",
            "populate_system_id_identifier",
        }
    ),
    unseeded=frozenset({"core_upstreampulp", "core_label"}),
)

CMS = Group(
    name="cms",
    apps=(
        "cms",
        "menus",
        "treebeard",
        "sekizai",
        "easy_thumbnails",
        "filer",
        "djangocms_link",
        "djangocms_versioning",
        "reversion",
    ),
    settings={
        "CMS_CONFIRM_VERSION4": True,
        "LANGUAGES": [("en", "English")],
        "LANGUAGE_CODE": "en",
    },
    unseeded=frozenset({"djangocms_versioning_version", "cms_placeholderreference"}),
)

ACCOUNTS = Group(
    name="accounts",
    apps=(
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid",
        "allauth.mfa",
        "allauth.usersessions",
        "allauth.idp.oidc",
        "django_otp",
        "django_otp.plugins.otp_email",
        "django_otp.plugins.otp_hotp",
        "django_otp.plugins.otp_static",
        "django_otp.plugins.otp_totp",
        "axes",
        "guardian",
        "social_django",
    ),
    settings={"MIDDLEWARE": ["allauth.account.middleware.AccountMiddleware"]},
)

TOKENS = Group(
    name="tokens",
    apps=(
        "rest_framework",
        "rest_framework.authtoken",
        "rest_framework_api_key",
        "rest_framework_simplejwt.token_blacklist",
        "knox",
        "oauth2_provider",
        "push_notifications",
        "webpush",
    ),
)

TASKS = Group(
    name="tasks",
    apps=(
        "django_celery_beat",
        "django_celery_results",
        "django_q",
        "post_office",
        "silk",
        "waffle",
        "constance",
    ),
    unseeded=frozenset({"silk_request", "django_q_task", "constance_config", "constance_constance"}),
)

AUDIT = Group(
    name="audit",
    apps=(
        "auditlog",
        "easyaudit",
        "pgtrigger",
        "pghistory",
        "reversion",
        "simple_history",
        "taggit",
    ),
)

DESK = Group(
    name="desk",
    apps=(
        "django.contrib.humanize",
        "helpdesk",
        "schedule",
        "django_nyt",
        "mptt",
        "sekizai",
        "sorl.thumbnail",
        "wiki",
        "wiki.plugins.attachments",
        "wiki.plugins.notifications",
        "wiki.plugins.images",
        "wiki.plugins.macros",
        "wiki.plugins.editsection",
    ),
    settings={"HELPDESK_TEAMS_MODE_ENABLED": False},
)

GROUPS = {group.name: group for group in (WAGTAIL, OSCAR, PULPCORE, CMS, ACCOUNTS, TOKENS, TASKS, AUDIT, DESK)}
