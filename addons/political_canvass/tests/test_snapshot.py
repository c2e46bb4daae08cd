from odoo.tests import BaseCase, tagged

from ..lib import snapshot


@tagged("post_install", "-at_install")
class TestSnapshot(BaseCase):
    def test_written_as_javascript_writes_it(self):
        data = {"b": [1, 48.0, -0.0, 2.5, 0.00002, 48.893494], "a": {"é": "«\n»", "c": None}}
        self.assertEqual(
            snapshot.canonical(data),
            '{"a":{"c":null,"é":"«\\n»"},"b":[1,48,0,2.5,0.00002,48.893494]}',
        )

    def test_order_of_keys_does_not_matter(self):
        one, two = {"a": 1, "b": True}, {"b": True, "a": 1}
        self.assertEqual(snapshot.canonical(one), snapshot.canonical(two))

    def test_only_plain_data(self):
        with self.assertRaises(TypeError):
            snapshot.canonical({"a": object()})
