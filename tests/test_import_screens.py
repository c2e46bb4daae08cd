"""Imports as somebody uses them: a file chosen in the form, the five steps, the page for large
files.

IMPORT_UPLOAD_MB=2000 sends a file of 2 GB by the page.
"""

import os
from pathlib import Path

import pytest

FORM = "/odoo/action-political_crm.action_import/new"
UPLOAD_MB = int(os.environ.get("IMPORT_UPLOAD_MB", "40"))
# What the server may grow by while a file of any size goes through it.
GROWTH = 60  # MiB
# As many milliseconds as a slow disk takes for the largest file.
PATIENCE = 60_000 + 200 * UPLOAD_MB
ROWS = [
    "Nom;Prénom;Courriel;Portable;Adresse;CP;Ville;Né le",
    "KERVADEC;anne;anne.k@example.org;01 99 00 41 01;12, BD DE LA MER;93140;BONDY;02/03/1971",
    "Le Goffic;Yves;yves@example.org;01 99 00 41 02;3 rue des Écoles;93140;Bondy;",
    "Ozanne;Ida;pas une adresse;12;4 rue des Écoles;93140;Bondy;",
    "Thibodault;Paul;paul.t@example.org;;;;;99/99/1990",
    "KERVADEC;Anne;anne.k@example.org;;;;;",
]


@pytest.fixture
def people_file(tmp_path):
    """A spreadsheet as a section sends it: in Windows-1252, with a wrong date and a double."""
    file = tmp_path / "adhésions.csv"
    file.write_text("\r\n".join([*ROWS, ""]), encoding="cp1252", newline="")
    return file


def _press(page, name, confirm=False):
    page.click(f"button[name={name}]")
    if confirm:
        page.click(".modal-footer .btn-primary")


def _state(server):
    return server.sql("SELECT state FROM political_import ORDER BY id DESC LIMIT 1")[0][0]


def test_five_steps(desk, log_in, odoo_server, people_file):
    """File, columns, preview, apply, take back: each step on the screen, and what it did."""
    log_in(desk, "admin")
    desk.goto(FORM)
    desk.set_input_files(".o_field_widget[name=file] input[type=file]", people_file)
    desk.click(".o_form_button_save")
    desk.wait_for_selector("button[name=action_preview]")
    assert "Windows-1252" in desk.inner_text(".o_field_widget[name=look_text]")
    columns = desk.locator(".o_field_widget[name=column_ids] .o_data_row")
    assert columns.count() == 8
    _press(desk, "action_preview")
    desk.wait_for_selector("button[name=action_apply]")
    assert desk.inner_text(".o_field_widget[name=created_count]") == "3"
    desk.click(".nav-link[name=reject]")
    assert "99/99/1990" in desk.inner_text(".o_field_widget[name=reject_row_ids]")
    assert not odoo_server.sql("SELECT FROM res_partner WHERE email = 'anne.k@example.org'")
    _press(desk, "action_apply", confirm=True)
    desk.wait_for_selector("button[name=action_undo]")
    [(street, phone)] = odoo_server.sql(
        "SELECT street, phone FROM res_partner WHERE email = 'anne.k@example.org'"
    )
    assert (street, phone) == ("12 boulevard de la Mer", "+33199004101")
    with desk.expect_download() as download:
        _press(desk, "action_rejects")
    rejects = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert rejects[0].endswith(";Motif")
    assert rejects[1].startswith(f"{ROWS[4]};")
    _press(desk, "action_undo", confirm=True)
    desk.wait_for_selector("button[name=action_undo]", state="detached")
    assert _state(odoo_server) == "undone"
    assert not odoo_server.sql("SELECT FROM res_partner WHERE email = 'anne.k@example.org'")
    assert not desk.errors


def test_on_a_phone(phone, log_in, odoo_server, people_file):
    """The same form at 390 px: nothing is wider than the screen."""
    log_in(phone, "admin")
    phone.goto(FORM)
    phone.set_input_files(".o_field_widget[name=file] input[type=file]", people_file)
    phone.click(".o_form_button_save")
    phone.wait_for_selector(".o_field_widget[name=look_text]")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def _memory(server):
    """The most that the server has held since it was last asked, in MiB."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")
    return int(peak.split()[1]) / 1024


def _large_file(path):
    """A file of many people, written by pieces."""
    line = "Nom{0};Camille;p{0}@example.org;01 99 00 41 01;{0} rue de l'Essai;93140;Bondy\r\n"
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write("Nom;Prénom;Courriel;Portable;Adresse;CP;Ville\r\n")
        number = 0
        while out.tell() < UPLOAD_MB * 1_000_000:
            out.writelines(line.format(n) for n in range(number, number + 10_000))
            number += 10_000
    return path


def test_large_file(desk, log_in, odoo_server, tmp_path):
    """By the page, in pieces: the server holds none of it in memory."""
    file = _large_file(tmp_path / "tout.csv")
    log_in(desk, "admin")
    desk.goto("/political/import/upload")
    _memory(odoo_server)
    before = _memory(odoo_server)
    desk.set_input_files("input[name=file]", file)
    with desk.expect_navigation(url="**/odoo/**", timeout=PATIENCE):
        desk.click("button[type=submit]")
    grown = _memory(odoo_server) - before
    print(f"{file.stat().st_size:,} bytes, the server grew by {grown:.0f} MiB")
    assert grown < GROWTH
    desk.wait_for_selector("button[name=action_preview]")
    [(size,)] = odoo_server.sql(
        "SELECT file_size FROM ir_attachment WHERE res_model = 'political.import' "
        "AND res_field = 'file' ORDER BY id DESC LIMIT 1"
    )
    assert size == file.stat().st_size
    assert desk.locator(".o_field_widget[name=column_ids] .o_data_row").count() == 7


def test_no_table(desk, log_in, axe, odoo_server, tmp_path):
    """What is no table is refused with a sentence, and leaves nothing behind."""
    file = tmp_path / "page.csv"
    file.write_text("<!DOCTYPE html><html><body>Connectez-vous</body></html>")
    log_in(desk, "admin")
    before = odoo_server.sql("SELECT count(*) FROM political_import")
    desk.goto("/political/import/upload")
    desk.set_input_files("input[name=file]", file)
    desk.click("button[type=submit]")
    desk.wait_for_selector(".alert-danger")
    assert "page web" in desk.inner_text(".alert-danger")
    assert axe(desk, "main") == []
    assert odoo_server.sql("SELECT count(*) FROM political_import") == before
