"""Odoo from ODOO_HOME, from Python's path, from Debian; its signature, and a download cut off."""

import subprocess
import time

import pytest

from tools.setup import debian, odoo

from .conftest import kill_group, one_sentence
from .mirror import Mirror

RELEASE = "version_info = (%d, 0, 0, 'final', 0, '')\n"


def make_odoo(folder, major):
    (folder / "odoo").mkdir(parents=True)
    (folder / "odoo" / "release.py").write_text(RELEASE % major)
    return folder


@pytest.fixture
def here(monkeypatch, tmp_path):
    """A place of its own for what odoo.ensure() writes."""
    monkeypatch.setattr(odoo, "BUILD", tmp_path / "build")
    monkeypatch.setattr(odoo, "LINK", tmp_path / "build" / "platform")
    monkeypatch.delenv("ODOO_HOME", raising=False)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return tmp_path


def test_odoo_home_comes_first(here, monkeypatch):
    home = make_odoo(here / "mine", 19)
    monkeypatch.setenv("ODOO_HOME", str(home))
    monkeypatch.setattr(debian, "fetch", lambda _: pytest.fail("fetched although it is there"))
    found = odoo.ensure()
    assert found.folder == home
    assert (found.python_path / "odoo" / "release.py").read_text() == RELEASE % 19
    names = [path.name for path in found.python_path.iterdir()]
    assert names == ["odoo"], "nothing else may win over the pins"


@pytest.mark.parametrize("major", [18, None])
def test_odoo_home_elsewhere_is_told(here, clone, major):
    home = make_odoo(here / "old", major) if major else here
    status, printed = clone.step("tools.setup.odoo.ensure", ODOO_HOME=home)
    assert status == 1
    sentence = one_sentence(printed)
    assert sentence.startswith(f"ODOO_HOME is {home}, and there is ")
    assert ("Odoo 18.0" if major else "no Odoo") in sentence


def test_importable_odoo_comes_second(here, clone):
    home = make_odoo(here / "packages", 19)
    status, printed = clone.step("tools.setup.odoo.ensure", ODOO_HOME="", PYTHONPATH=home)
    assert status == 0, printed
    assert str(home) in printed


def test_importable_odoo_of_another_series_is_left(here, clone, no_network, empty_cache):
    home = make_odoo(here / "packages", 18)
    variables = {**no_network, **empty_cache, "ODOO_HOME": "", "PYTHONPATH": home}
    status, printed = clone.step("tools.setup.odoo.ensure", **variables)
    assert status == 1
    assert "There is no network" in printed, "it went on to Debian's package"


def test_other_systems_are_told_about_odoo_home(here, clone, monkeypatch):
    monkeypatch.setenv("PATH", str(here))
    with pytest.raises(odoo.SetupError, match=r"no apt .* ODOO_HOME .* again\.$"):
        odoo.ensure()


def test_machine_without_debian_mirror_is_told(here, clone, empty_cache):
    """Ubuntu's mirrors carry no Debian."""
    conf = here / "apt.conf"
    conf.write_text('Dir::Etc::sourcelist "/dev/null"; Dir::Etc::sourceparts "/dev/null";\n')
    variables = {**empty_cache, "APT_CONFIG": conf, "ODOO_HOME": ""}
    status, printed = clone.step("tools.setup.odoo._from_debian", **variables)
    assert status == 1
    assert "no Debian mirror among its sources" in one_sentence(printed)
    assert "ODOO_HOME" in printed


def test_dangling_link_is_refused(tmp_path):
    (tmp_path / "lost").symlink_to("nowhere")
    with pytest.raises(odoo.SetupError, match="1 links that lead nowhere, such as lost"):
        odoo._refuse_dangling_links(tmp_path)
    (tmp_path / "nowhere").touch()
    odoo._refuse_dangling_links(tmp_path)


# --- Debian's mirror ----------------------------------------------------------------------------


@pytest.fixture
def mirror():
    address = debian.mirror()
    if not address.startswith("http:"):
        pytest.skip(f"no plain-HTTP Debian mirror among this machine's sources: {address!r}")
    return Mirror()


def fetch(clone, proxy, cache):
    return clone.start(
        clone.step_command("tools.setup.odoo._fetch"), **cache, http_proxy=proxy, no_proxy=""
    )


def debs(cache):
    folder = cache["XDG_CACHE_HOME"] / "political-crm" / "debs"
    return [path for path in folder.glob("*") if path.suffix in (".deb", ".json")]


def test_killed_download_leaves_nothing_and_goes_on(clone, mirror, empty_cache):
    with mirror.serving() as proxy:
        mirror.slow = "odoo-19"
        process = fetch(clone, proxy, empty_cache)
        deadline = time.monotonic() + 240
        while mirror.given < 40 * (1 << 16):
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        kill_group(process)
        assert debs(empty_cache) == []

        mirror.slow = None
        process = fetch(clone, proxy, empty_cache)
        printed, _ = process.communicate(timeout=300)
        assert process.returncode == 0, printed
        assert len(debs(empty_cache)) == 1 + sum(map(len, odoo.PACKAGES.values()))
        assert not list((empty_cache["XDG_CACHE_HOME"] / "political-crm/debs").glob("partial-*"))

        # A file that was damaged on the disk is fetched again, a whole set is not
        asked = len(mirror.asked)
        printed, _ = fetch(clone, proxy, empty_cache).communicate(timeout=300)
        assert len(mirror.asked) == asked, "a second clone fetches nothing"
        victim = next(path for path in debs(empty_cache) if "inconsolata" in path.name)
        victim.write_bytes(victim.read_bytes()[:-1])
        printed, _ = fetch(clone, proxy, empty_cache).communicate(timeout=300)
        assert len(mirror.asked) > asked
        subprocess.run(["dpkg-deb", "-c", victim], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("file", ["InRelease", "fonts-inconsolata"])
def test_other_bytes_than_debian_signed_are_refused(clone, mirror, empty_cache, file):
    mirror.tampered = file
    with mirror.serving() as proxy:
        process = fetch(clone, proxy, empty_cache)
        printed, _ = process.communicate(timeout=300)
    assert process.returncode == 1
    assert one_sentence(printed).startswith("Debian's package")
    assert debs(empty_cache) == []
