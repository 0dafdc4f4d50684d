"""The phases of migrations in installed packages: inferred, or by the settings; their files stay as they are."""

from __future__ import annotations

from .site import Site

BLOG = ".venv/lib/python3/site-packages/blog"
POST = (
    'migrations.CreateModel("Post", [("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, '
    'verbose_name="ID"))])'
)


def test_a_mix_in_an_installed_package_is_told_to_the_settings(site: Site) -> None:
    site.path.insert(1, site.directory / ".venv/lib/python3/site-packages")
    fields = "    stars = models.IntegerField(default=0)\n"
    site.app(BLOG, f"class Post(models.Model):\n{fields}")
    site.migration(BLOG, "0001_initial", POST, initial="True")
    site.install("django_safemigrate", "blog")
    site.ok("safemigrate", "--noinput")
    site.migration(
        BLOG,
        "0002_stars",
        'migrations.AddField("post", "stars", models.IntegerField(default=0))',
        ("blog", "0001_initial"),
    )
    said = site.fails("safemigrate", "--noinput", status=2)
    assert 'SAFEMIGRATE = {"PHASES": {"blog.0002_stars": "before_deploy"}}' in said
    assert "--split" not in said
    assert "is in an installed package" in site.fails("safemigrate", "--split", "blog", "0002", status=2)
    site.install("django_safemigrate", "blog", SAFEMIGRATE={"PHASES": {"blog.0002_stars": "before_deploy"}})
    assert "runs before deploy, as your settings say" in site.ok("safemigrate", "--plan")
    assert "OK blog.0002_stars" in site.ok("safemigrate", "--noinput")
