"""Names of what every release has, as files and in its manifest."""

from __future__ import annotations

#: The format of manifests that this newsdata writes, and the latest that it reads.
FORMAT = 1
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
README = "README.md"
#: The key of the manifest under which its own hash stands.
SELF = "manifest_hash"
#: The default config of a release: its articles. Others (duplicates, revisions) stand beside it.
ARTICLES = "articles"
