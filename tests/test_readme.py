"""The README is a tutorial: what it tells people to type works, in its order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_everything_in_the_readme_works(tmp_path):
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) > 10
    shutil.copytree(ROOT / "data", tmp_path / "data")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for language, code in blocks:
        command = ["bash", "-euc", code] if language == "bash" else [sys.executable, "-c", code]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            env={**os.environ, "PATH": path},
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{code}\n{done.stderr.decode()}"


def test_the_summary_in_the_readme_is_the_real_one(tmp_path):
    text = (ROOT / "README.md").read_text("utf-8")
    shown = re.search(r"^```text\n(my-archive: batch 1\n.*?)^```$", text, re.M | re.S)[1]
    shutil.copytree(ROOT / "data", tmp_path / "data")
    done = subprocess.run(
        [sys.executable, "-m", "newsdata", "build", "data/pages", "data/records", "-amy-archive"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    real = done.stderr.decode().splitlines()
    for told, found in zip(shown.splitlines(), real, strict=True):
        assert found.startswith(told.removesuffix(" ...")), found


def test_links_lead_somewhere():
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md"):
        text = (ROOT / name).read_text("utf-8")
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            if "://" not in link:
                assert ((ROOT / name).parent / link).exists(), f"{name}: {link}"
