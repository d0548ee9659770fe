"""Browsers on their way to a provider and back: tabs, cookies, and what comes back twice."""

import unittest

from openid import PUBLIC_URL, Browser, HostileCase


class Journeys(HostileCase):
    def test_a_state_is_good_once_and_in_its_browser(self):
        browser = Browser(self.server)
        path = self.provider.come_back(browser.start("evil"))
        other = Browser(self.server)
        other.start("evil")
        self.refused(other.get(path), 401, "invalid_state")
        self.refused(browser.get(path), 401, "invalid_state")
        path = self.provider.come_back(browser.start("evil"))
        kept = dict(browser.cookies)
        self.assertEqual(browser.get(path).status, 200)
        browser.cookies = kept
        self.refused(browser.get(path), 401, "invalid_state")
        for wrong in ("", "?state=", "?state=x&code=y", "?state=" + "a" * 43 + "&code=y"):
            self.refused(Browser(self.server).get("/api/v1/auth/providers/evil/callback" + wrong),
                         401, "invalid_state")

    def begin(self, browser, query):
        """Begins a journey from a page; returns the path at which its browser comes back."""
        reply = browser.get("/api/v1/auth/providers/evil/start?redirect=1&session=cookie" + query)
        self.assertEqual(reply.status, 302, reply.body)
        return self.provider.come_back(reply.headers["Location"])

    def test_two_tabs_do_not_disturb_each_other(self):
        for order in ((0, 1), (1, 0)):
            with self.subTest(str(order)):
                browser = Browser(self.server)
                paths = [self.begin(browser, "&return_to=/tab%d" % tab) for tab in range(2)]
                for tab in order:
                    done = browser.get(paths[tab])
                    self.assertEqual((done.status, done.headers["Location"]), (303, "/tab%d" % tab))

    def test_a_page_and_a_program_in_one_browser_keep_apart(self):
        browser = Browser(self.server)
        page = self.begin(browser, "&return_to=/tab")
        program = self.provider.come_back(browser.start("evil"))
        self.assertIn("access_token", browser.get(program).json)
        self.assertNotIn("authd_session", browser.cookies)
        self.assertEqual(browser.get(page).headers["Location"], "/tab")
        self.assertIn("authd_session", browser.cookies)

    def test_a_browser_keeps_one_cookie_and_nobody_chooses_its_value(self):
        browser = Browser(self.server)
        self.begin(browser, "")
        first = browser.cookies["authd_journeys"]
        self.begin(browser, "")
        self.assertEqual(browser.cookies["authd_journeys"], first)
        for odd in ("", "x", first + "x", "%00" * 20):
            browser.cookies["authd_journeys"] = odd
            self.begin(browser, "")
            self.assertRegex(browser.cookies["authd_journeys"], "^[A-Za-z0-9_-]{43}$")

    def test_a_page_that_comes_back_twice_is_told_on_its_own_page(self):
        browser = Browser(self.server)
        path = self.begin(browser, "&page=/signin&return_to=/tab")
        self.assertEqual(browser.get(path).headers["Location"], "/tab")
        again = browser.get(path)
        self.assertEqual((again.status, again.headers["Location"]),
                         (303, "/signin?error=invalid_state&provider=evil&return_to=%2Ftab"))

    def test_a_person_without_a_journey_sees_a_page_and_a_program_an_error(self):
        path = self.begin(Browser(self.server), "")
        shown = self.server.get(path, headers={"Accept": "text/html"})
        self.assertEqual(shown.status, 303)
        self.assertTrue(shown.headers["Location"].startswith(PUBLIC_URL + "/?error=invalid_state&"),
                        shown.headers["Location"])
        self.assertNotIn("tab", shown.headers["Location"])
        self.refused(self.server.get(path), 401, "invalid_state")


if __name__ == "__main__":
    unittest.main()
