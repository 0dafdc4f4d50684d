"""Migrations of other people's apps are never written into the directories in which these are installed."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import pytest

from .site import Site

POST = "class Post(models.Model):\n    title = models.CharField(max_length=9)\n"
ORDER = "class Order(models.Model):\n    number = models.IntegerField()\n"


@pytest.fixture
def packages(site: Site) -> Path:
    """A directory of installed packages with the app ``blog``, whose migrations are complete with keys of 32 bits."""
    directory = site.directory / ".venv/lib/python3/site-packages"
    site.path.insert(1, directory)
    site.app(".venv/lib/python3/site-packages/blog", POST)
    (directory / "django_blog-1.2.dist-info").mkdir()
    (directory / "django_blog-1.2.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: django-blog\nVersion: 1.2\n"
    )
    (directory / "django_blog-1.2.dist-info/top_level.txt").write_text("blog\n")
    site.migration(
        ".venv/lib/python3/site-packages/blog",
        "0001_initial",
        'migrations.CreateModel("Post", [("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, '
        'verbose_name="ID")), ("title", models.CharField(max_length=9))])',
        initial="True",
    )
    site.app("shop", ORDER)
    return directory


def everything(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def test_nothing_is_written_into_an_installed_package_and_the_error_says_why_and_what_to_do(
    site: Site, packages: Path
) -> None:
    site.install("django_safemigrate", "blog", "shop")
    before = everything(site.directory)
    said = site.fails("makemigrations", status=2)
    assert said.splitlines() == [
        f"UsageError: Migrations of blog would be written into {packages}/blog/migrations, which belongs to "
        "django-blog 1.2.",
        "They would be lost with its next update, and no other machine would have them.",
        "Its models are not as its migrations say: Alter field id on post.",
        "The type of its keys comes from your DEFAULT_AUTO_FIELD (django.db.models.BigAutoField). To leave them as they are, "
        'list an AppConfig of yours for it in INSTALLED_APPS, with default_auto_field = "django.db.models.AutoField".',
        "Or keep its migrations in your project:",
        f"  cp -r {packages}/blog/migrations blog_migrations",
        '  MIGRATION_MODULES = {"blog": "blog_migrations"}  # in your settings',
        "  manage.py makemigrations blog",
        "To go on without it: manage.py makemigrations shop",
    ]
    assert everything(site.directory) == before


def test_each_way_that_the_error_shows_works(site: Site, packages: Path) -> None:
    site.install("django_safemigrate", "blog", "shop")
    before = everything(packages)
    site.ok("makemigrations", "shop")
    assert site.names("shop") == ["0001_initial"]
    site.write(
        "config.py",
        "from django.apps import AppConfig\n\n\nclass Blog(AppConfig):\n    name = 'blog'\n"
        "    default_auto_field = 'django.db.models.AutoField'\n",
    )
    site.install("django_safemigrate", "config.Blog", "shop")
    assert "No changes detected" in site.ok("makemigrations")
    copy = Path(shutil.copytree(packages / "blog/migrations", site.directory / "blog_migrations"))
    site.install("django_safemigrate", "blog", "shop", MIGRATION_MODULES={"blog": "blog_migrations"})
    site.ok("makemigrations", "blog")
    assert sorted(path.name for path in copy.glob("0*")) == [
        "0001_initial.py",
        "0002_alter_post_id_expand.py",
        "0003_finish_alter_post_id_contract.py",
    ]
    assert everything(packages) == before


def test_looking_stays_possible(site: Site, packages: Path) -> None:
    site.install("django_safemigrate", "blog", "shop")
    assert "Alter field id on post" in site.ok("makemigrations", "--dry-run")
    assert "Alter field id on post" in site.fails("makemigrations", "--check", status=1)
    assert "Alter field id on post" in site.ok("makemigrations", "--dry-run", "-v", "3")


def test_update_empty_and_merge_are_refused_too(site: Site, packages: Path) -> None:
    site.install("django_safemigrate", "blog", "shop")
    assert "belongs to django-blog 1.2" in site.fails("makemigrations", "--update", "blog", status=2)
    assert "belongs to django-blog 1.2" in site.fails("makemigrations", "--empty", "blog", status=2)
    for name in ("0002_one", "0002_two"):
        site.migration(".venv/lib/python3/site-packages/blog", name, "", ("blog", "0001_initial"))
    before = everything(packages)
    said = site.fails("makemigrations", "--merge", "--noinput", status=2)
    assert "manage.py makemigrations --merge blog" in said
    assert "Its models" not in said
    assert everything(packages) == before


def test_an_installed_app_without_migrations_gets_none_there(site: Site, packages: Path) -> None:
    for file in (packages / "blog/migrations").iterdir():
        file.unlink()
    (packages / "blog/migrations").rmdir()
    site.install("django_safemigrate", "blog", "shop")
    said = site.fails("makemigrations", "blog", status=2)
    assert "cp -r" not in said
    assert 'MIGRATION_MODULES = {"blog": "blog_migrations"}' in said
    site.write("blog_migrations/__init__.py")
    site.install("django_safemigrate", "blog", "shop", MIGRATION_MODULES={"blog": "blog_migrations"})
    site.ok("makemigrations", "blog")
    assert (site.directory / "blog_migrations/0001_initial.py").exists()


def test_a_package_that_migration_modules_names_is_made(site: Site, packages: Path) -> None:
    site.write("mysite/__init__.py")
    site.install("django_safemigrate", "blog", MIGRATION_MODULES={"blog": "mysite.blog_migrations"})
    site.ok("makemigrations", "blog")
    assert (site.directory / "mysite/blog_migrations/0001_initial.py").exists()


def test_an_editable_install_is_the_projects(site: Site, packages: Path) -> None:
    """Whether by a .pth file, which puts its sources on the path, or by a link in the directory of packages."""
    source = site.directory / "src/blog"
    source.parent.mkdir()
    (packages / "blog").rename(source)
    (packages / "blog").symlink_to(source)
    site.install("django_safemigrate", "blog")
    site.ok("makemigrations", "blog")
    assert (source / "migrations/0002_alter_post_id_expand.py").exists()


def test_the_directory_of_this_python_is_one_of_packages() -> None:
    from django_safemigrate.doing.whose import is_installed

    for scheme in ("purelib", "platlib"):
        assert is_installed(Path(sysconfig.get_path(scheme), "blog/migrations").resolve())
