#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page of oci-seccomp show --format html: well-formed, complete, and driven in headless Chromium.
Prints TAP. From the environment: OCI_SECCOMP (the program), OCI_SECCOMP_MUST_RUN=1 (without Chromium the
tests that need it fail instead of being skipped).
"""
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

VOID = {"meta", "input"}
NAME = "<b>&\"it's\".json"
RULES = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["read", "write", "openat"], "action": "SCMP_ACT_ALLOW"},
    {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
     "args": [{"index": 0, "op": "SCMP_CMP_NE", "value": 38}]},
    {"names": ["keyctl"], "action": "SCMP_ACT_ALLOW",
     "args": [{"index": 0, "op": "SCMP_CMP_EQ", "value": n} for n in range(1, 40, 2)]},
    {"names": ["kill"], "action": "SCMP_ACT_LOG"}]}
count, failed = 0, 0


def result(description, good, note=""):
    global count, failed
    count += 1
    failed += not good
    print("%s %d - %s" % ("ok" if good else "not ok", count, description))
    if not good:
        print("#   " + str(note).replace("\n", "\n#   "))


class Page(html.parser.HTMLParser):
    """Checks the nesting and collects rows and sections."""

    def __init__(self, text):
        super().__init__()
        self.open, self.problems, self.rows, self.sections, self.title = [], [], [], [], ""
        self.feed(text)
        self.problems += ["%s is not closed" % tag for tag, _ in self.open]

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if len(attributes) != len(attrs):
            self.problems.append("%s has an attribute twice" % tag)
        hidden = "hidden" in attributes or any(h for _, h in self.open)
        if "row" in attributes.get("class", "").split():
            self.rows.append({"text": "", "hidden": hidden, "tone": attributes["data-tone"]})
        if tag == "section":
            self.sections.append(hidden)
        if tag not in VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()[0] != tag:
            self.problems.append("%s closed at %s" % (tag, self.getpos()))

    def handle_data(self, data):
        tags = [tag for tag, _ in self.open]
        if "h1" in tags:
            self.title += data
        elif "main" in tags and "section" in tags and "h2" not in tags and self.rows:
            self.rows[-1]["text"] += " " + data

    def shown(self):
        return [row["text"].split()[0] for row in self.rows if not row["hidden"]]


def show(profile, *options):
    done = subprocess.run([os.environ["OCI_SECCOMP"], "show", "--arch", "amd64", *options, profile],
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def check_text(text):
    page = Page(text)
    result("the page is well-formed", not page.problems, page.problems)
    result("it begins as HTML", text.startswith("<!DOCTYPE html>\n<html lang=\"en\">"))
    result("the title is escaped", page.title == NAME, page.title)
    fetching = re.findall(r"https?:|//\w|url\(|@import|\b(?:src|href|srcset|action)=|<(?:link|img|iframe|object)"
                          r"|fetch\(|XMLHttpRequest|import\(|WebSocket|sendBeacon", text)
    result("nothing in it is fetched", not fetching, fetching)
    calls = json.loads(show(NAME, "--format", "json"))["calls"]
    result("every call is in it once", [row["text"].split()[0] for row in page.rows] ==
           [call["name"] for call in calls])
    row = [row["text"].split() for row in page.rows if row["text"].split()[0] == "socket"][0]
    result("a call newer than every name says so", any(
        row["text"].split() == ["mseal", "ERRNO(ENOSYS)", "newer"] for row in page.rows))
    result("a conditional call has its words", " ".join(row) ==
           "socket ALLOW if family != AF_ALG line 1 else ERRNO(EPERM) default", row)


class Browser:
    def __init__(self, program, folder):
        self.program, self.folder = program, folder

    def dom(self, name, *options, query=""):
        done = subprocess.run(
            [self.program, "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
             "--user-data-dir=" + str(self.folder / "browser"), "--virtual-time-budget=3000", "--dump-dom",
             *options, (self.folder / name).as_uri() + query],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=True)
        return done.stdout.decode()

    def after(self, text, script):
        """The DOM after a script has acted on the page."""
        (self.folder / "driven.html").write_text(text.replace("</body>", "<script>%s</script></body>" % script))
        return self.dom("driven.html")


def check_browser(browser, text):
    page = Page(browser.dom("page.html"))
    result("all is shown at first", len(page.shown()) == len(page.rows) > 370 and not any(page.sections))
    page = Page(browser.dom("page.html", query="?q=SOCK"))
    result("?q= filters", page.shown() == ["getsockname", "getsockopt", "setsockopt", "socket", "socketpair"],
           page.shown())
    result("sections without a call are hidden", page.sections.count(False) == 1, page.sections)
    typed = "var b = document.querySelector('input'); b.value = '%s'; b.dispatchEvent(new Event('input'));"
    result("typing filters by constant", Page(browser.after(text, typed % "af_alg")).shown() == ["socket"])
    result("all words must fit", Page(browser.after(text, typed % "line 1 open")).shown() == ["openat"])
    nothing = browser.after(text, typed % "nosuchcall")
    result("no call fits", not Page(nothing).shown() and '<p class="nothing">' in nothing)
    press = "document.querySelector('button.%s').click();"
    result("a number on top filters", Page(browser.after(text, press % "watch")).shown() == ["kill"])
    result("pressed again it does not", len(Page(browser.after(text, press % "watch" * 2)).shown()) > 370)
    loaded = "document.title = performance.getEntriesByType('resource').length + ' resources';"
    result("nothing is loaded", "<title>0 resources</title>" in browser.after(text, loaded))


def check_looks(browser):
    """Widths are those of a frame, since a window has a least width."""
    for width in (400, 700, 1280):
        (browser.folder / "frame.html").write_text("""<iframe src="page.html" style="width:%dpx;height:900px;border:0"
onload="document.title = 'beyond: ' + Array.from(this.contentDocument.querySelectorAll('body *')).filter(
  function (e) { return e.getBoundingClientRect().right > %d; }).map(function (e) { return e.className; })">
</iframe>""" % (width, width))
        title = re.search("<title>(.*)</title>", browser.dom("frame.html", "--window-size=1400,1000"))
        result("it fits into %d pixels" % width, title and title[1] == "beyond: ", title)
    ground = "document.title = getComputedStyle(document.body).backgroundColor;"
    text = (browser.folder / "page.html").read_text()
    (browser.folder / "ground.html").write_text(text.replace("</body>", "<script>%s</script></body>" % ground))
    for scheme, wanted in (("1", "light"), ("0", "dark")):
        dom = browser.dom("ground.html", "--blink-settings=preferredColorScheme=" + scheme)
        colour = [int(n) for n in re.search(r"<title>rgb\((.*)\)</title>", dom)[1].split(",")]
        result("a %s ground" % wanted, (min(colour) > 200) if wanted == "light" else (max(colour) < 60), colour)


def main():
    print("TAP version 13")
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        folder = pathlib.Path(name)
        (folder / NAME).write_text(json.dumps(RULES))
        text = show(NAME, "--format", "html")
        (folder / "page.html").write_text(text)
        check_text(text)
        program = shutil.which("chromium") or shutil.which("google-chrome")
        if program:
            browser = Browser(program, folder)
            check_browser(browser, text)
            check_looks(browser)
        elif os.environ.get("OCI_SECCOMP_MUST_RUN") == "1":
            result("in a browser", False, "cannot run here: there is no Chromium")
        else:
            print("ok %d - in a browser # SKIP there is no Chromium" % (count + 1))
        os.chdir("/")
    print("1..%d" % (count + (0 if program or failed else 1)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
