# Fetches the rest of a file of which the first bytes are there, with the library of the Hugging Face command.
# Arguments: repository, commit, file, path of the partial file, size of the whole file.
import os
import sys
from urllib.parse import urlparse

sys.path[:] = [entry for entry in sys.path if entry]

from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers

repo, commit, name, path, size = sys.argv[1:6]
url = hf_hub_url(repo, name, revision=commit)
metadata = get_hf_file_metadata(url, token=None, timeout=10)
headers = build_hf_headers(token=None)
if urlparse(metadata.location).netloc != urlparse(url).netloc:
    # A signed address of the storage; the token is for the hub.
    headers.pop("authorization", None)
with open(path, "ab") as part:
    http_get(metadata.location, part, resume_size=os.path.getsize(path), headers=headers, expected_size=int(size))
