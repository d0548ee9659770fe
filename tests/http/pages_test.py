"""The pages as files of the server: types, compression, caching, headers."""
import gzip
import unittest

import harness


class Assets(harness.ServerCase):
    STYLE = "/ui/style.css"

    def test_packed_plain_and_unchanged(self):
        packed = self.server.get(self.STYLE, headers={"Accept-Encoding": "gzip, br"})
        self.assertEqual((packed.status, packed.headers["Content-Encoding"]), (200, "gzip"))
        self.assertEqual(packed.headers["Content-Type"], "text/css; charset=utf-8")
        self.assertEqual(packed.headers["Cache-Control"], "no-cache")
        self.assertEqual(packed.headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("Accept-Encoding", packed.headers["Vary"])
        plain = self.server.get(self.STYLE, headers={"Accept-Encoding": "identity"})
        self.assertIsNone(plain.headers["Content-Encoding"])
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        self.assertEqual(packed.headers["ETag"], plain.headers["ETag"])
        same = self.server.get(self.STYLE, headers={"If-None-Match": plain.headers["ETag"]})
        self.assertEqual((same.status, same.body), (304, b""))
        self.assertIsNone(same.headers["Content-Length"])
        self.assertEqual(same.headers["Content-Security-Policy"], plain.headers["Content-Security-Policy"])
        self.assertIn("script-src 'self'", same.headers["Content-Security-Policy"])

    def test_head_and_other_methods(self):
        plain = self.server.get(self.STYLE)
        head = self.server.request("HEAD", self.STYLE)
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.headers["Content-Length"], str(len(plain.body)))
        refused = self.server.post(self.STYLE, {})
        self.assertEqual((refused.status, refused.headers["Allow"]), (405, "GET, HEAD, OPTIONS"))

    def test_nothing_beside_what_is_embedded(self):
        for path in ("/ui/", "/ui", "/ui/none.js", "/ui/../style.css", "/ui/style.css/", "/ui//style.css",
                     "/ui/_core/dom.js"):
            self.refused(self.server.get(path), 404)


if __name__ == "__main__":
    unittest.main()
